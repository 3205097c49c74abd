//! What a template gave and what there is now become the places where the two differ.
//!
//! Only what the template gives is looked at, as on AWS. What else a resource has counts in lists, in maps and in
//! policy documents only, where a member more is a change of what was given.

use std::collections::BTreeMap;

use hydrant_cfn::schema::{ResourceSchema, Schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::super::diff::{is_same, is_structured};
use super::super::dynamic;

/// A place at which a resource is not what the template says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PropertyDifference {
    /// Names and list indexes that lead to it.
    pub path: Vec<String>,
    /// `None` when it was added.
    pub expected: Option<Value>,
    /// `None` when it was removed.
    pub actual: Option<Value>,
}

/// What came of a comparison.
#[derive(Debug)]
pub struct Compared {
    pub differences: Vec<PropertyDifference>,
    /// The given properties with the values that they have now.
    pub actual: Value,
}

impl PropertyDifference {
    /// Returns the kind of difference in AWS's words.
    pub fn kind(&self) -> &'static str {
        match (&self.expected, &self.actual) {
            (None, _) => "ADD",
            (_, None) => "REMOVE",
            (Some(_), Some(_)) => "NOT_EQUAL",
        }
    }
}

/// Compares what the template gave with what there is; `stack_tags` are not looked for in lists of tags.
pub fn with_live(
    schema: Option<ResourceSchema>,
    expected: &Value,
    live: &Value,
    stack_tags: &BTreeMap<String, String>,
) -> Compared {
    let mut walk = Walk { schema, stack_tags, path: Vec::new(), differences: Vec::new() };
    let actual = walk.compare(schema.map(ResourceSchema::root), Some(expected), Some(live));
    Compared { differences: walk.differences, actual: actual.unwrap_or_else(|| Value::Object(Map::new())) }
}

struct Walk<'a> {
    schema: Option<ResourceSchema>,
    stack_tags: &'a BTreeMap<String, String>,
    path: Vec<String>,
    differences: Vec<PropertyDifference>,
}

impl Walk<'_> {
    /// Notes where the values differ, and returns the live one in the shape of the expected.
    fn compare(
        &mut self,
        schema: Option<Schema<'_>>,
        expected: Option<&Value>,
        live: Option<&Value>,
    ) -> Option<Value> {
        let schema = schema.map(Schema::followed);
        let live = live.filter(|live| !live.is_null());
        match (expected, live) {
            // Nothing reads it, so nobody can say that it changed.
            (expected, _) if self.is_write_only() => expected.cloned(),
            // CloudFormation does not look behind a dynamic reference for this.
            (Some(expected @ Value::String(_)), _) if dynamic::stands_in(expected) => Some(expected.clone()),
            (Some(expected), Some(live)) if is_same(expected, live) => Some(expected.clone()),
            (Some(expected), None) if is_blank(expected) => Some(expected.clone()),
            (Some(expected), Some(live)) if !is_structured(schema) => self.document(expected, live),
            (Some(Value::Object(expected)), Some(Value::Object(live))) => {
                Some(self.members(schema, expected, live))
            }
            (Some(Value::Object(expected)), None) => {
                // Each member says for itself whether it is missed: a default may say the same.
                let actual = self.members(schema, expected, &Map::new());
                (actual != Value::Object(Map::new())).then_some(actual)
            }
            (Some(Value::Array(expected)), Some(Value::Array(live))) => {
                Some(Value::Array(self.items(schema, expected, live)))
            }
            (expected, live) => {
                self.note(expected.cloned(), live.cloned());
                live.cloned()
            }
        }
    }

    fn members(
        &mut self,
        schema: Option<Schema<'_>>,
        expected: &Map<String, Value>,
        live: &Map<String, Value>,
    ) -> Value {
        // Names that the schema leaves open are the user's own, so that one more is a change.
        let is_map = schema.is_some_and(|schema| schema.properties().next().is_none());
        let added = live.keys().filter(|name| is_map && !expected.contains_key(*name));
        let mut actual = Map::new();
        for name in expected.keys().chain(added) {
            let member = schema.and_then(|schema| schema.member(name));
            let value = self.at(name, |walk| walk.compare(member, expected.get(name), live.get(name)));
            if let Some(value) = value {
                actual.insert(name.clone(), value);
            }
        }
        Value::Object(actual)
    }

    /// Compares lists by what stands in them: tags by their keys, others by what is the same, the rest in turn.
    fn items(&mut self, schema: Option<Schema<'_>>, expected: &[Value], live: &[Value]) -> Vec<Value> {
        let item = schema.and_then(|schema| schema.items());
        let live: Vec<&Value> = live.iter().filter(|one| !self.is_foreign_tag(expected, one)).collect();
        let mut partners: Vec<Option<usize>> = vec![None; expected.len()];
        for by_name in [false, true] {
            for (index, one) in expected.iter().enumerate() {
                if partners[index].is_some() {
                    continue;
                }
                let free = (0..live.len()).find(|other| {
                    let is_partner = |walk: &mut Self| match by_name {
                        true => is_named_alike(one, live[*other]),
                        false => walk.agrees(item, one, live[*other]),
                    };
                    !partners.contains(&Some(*other)) && is_partner(self)
                });
                partners[index] = free;
            }
        }
        // What is left are objects without names, in the order in which they stand.
        for (index, one) in expected.iter().enumerate() {
            let is_open = partners[index].is_none() && one.is_object() && name_of(one).is_none();
            if is_open {
                partners[index] = (0..live.len()).find(|other| !partners.contains(&Some(*other)));
            }
        }
        let mut actual = Vec::new();
        for (index, one) in expected.iter().enumerate() {
            let other = partners[index].map(|other| live[other]);
            let value = self.at(&index.to_string(), |walk| walk.compare(item, Some(one), other));
            actual.extend(value);
        }
        let more = (0..live.len()).filter(|other| !partners.contains(&Some(*other)));
        for (index, other) in (expected.len()..).zip(more) {
            self.at(&index.to_string(), |walk| walk.note(None, Some(live[other].clone())));
            actual.push(live[other].clone());
        }
        actual
    }

    /// Whether two items of a list say the same.
    fn agrees(&mut self, item: Option<Schema<'_>>, expected: &Value, live: &Value) -> bool {
        let before = self.differences.len();
        self.compare(item, Some(expected), Some(live));
        let agrees = self.differences.len() == before;
        self.differences.truncate(before);
        agrees
    }

    /// Compares documents as AWS reads them: JSON in a text, and a list of one for the one.
    fn document(&mut self, expected: &Value, live: &Value) -> Option<Value> {
        let (one, other) = (normal(expected), normal(live));
        if one == other {
            return Some(expected.clone());
        }
        self.within_document(&one, &other);
        Some(live.clone())
    }

    fn within_document(&mut self, expected: &Value, live: &Value) {
        match (expected, live) {
            (Value::Object(one), Value::Object(other)) => {
                let added = other.keys().filter(|name| !one.contains_key(*name));
                for name in one.keys().chain(added) {
                    self.at(name, |walk| match (one.get(name), other.get(name)) {
                        (Some(one), Some(other)) if one == other => {}
                        (Some(one), Some(other)) => walk.within_document(one, other),
                        (one, other) => walk.note(one.cloned(), other.cloned()),
                    });
                }
            }
            (Value::Array(one), Value::Array(other)) => {
                for index in 0..one.len().max(other.len()) {
                    self.at(&index.to_string(), |walk| match (one.get(index), other.get(index)) {
                        (Some(one), Some(other)) if one == other => {}
                        (Some(one), Some(other)) => walk.within_document(one, other),
                        (one, other) => walk.note(one.cloned(), other.cloned()),
                    });
                }
            }
            (one, other) => self.note(Some(one.clone()), Some(other.clone())),
        }
    }

    fn note(&mut self, expected: Option<Value>, actual: Option<Value>) {
        self.differences.push(PropertyDifference { path: self.path.clone(), expected, actual });
    }

    /// Whether a tag is not the template's affair: AWS's own, and those of the stack.
    fn is_foreign_tag(&self, expected: &[Value], item: &Value) -> bool {
        if self.path.first().is_none_or(|first| first != "Tags") {
            return false;
        }
        let Some(key) = item["Key"].as_str() else { return false };
        let is_given = expected.iter().any(|one| one["Key"].as_str() == Some(key));
        let is_of_stack = self.stack_tags.get(key).map(String::as_str) == item["Value"].as_str();
        key.starts_with("aws:") || !is_given && self.stack_tags.contains_key(key) && is_of_stack
    }

    fn is_write_only(&self) -> bool {
        let Some(schema) = self.schema else { return false };
        let names: Vec<&str> =
            self.path.iter().map(String::as_str).filter(|part| part.parse::<usize>().is_err()).collect();
        !names.is_empty()
            && schema
                .write_only()
                .any(|pointer| pointer.parts().filter(|part| *part != "*").collect::<Vec<_>>() == names)
    }

    fn at<T>(&mut self, part: &str, compare: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(part.to_owned());
        let result = compare(self);
        self.path.pop();
        result
    }
}

/// Returns what tells an item of a list from its like: a tag's key, or a name.
fn name_of(item: &Value) -> Option<&str> {
    ["Key", "Id", "PolicyName", "ParameterName"].iter().find_map(|name| item.get(name)?.as_str())
}

fn is_named_alike(one: &Value, other: &Value) -> bool {
    name_of(one).is_some() && name_of(one) == name_of(other)
}

/// Whether a value says what its absence says.
fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

/// Returns a document in the one way that stands for all ways of writing it.
fn normal(document: &Value) -> Value {
    match document {
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
            serde_json::from_str(text).map_or_else(|_| document.clone(), |parsed: Value| normal(&parsed))
        }
        Value::Number(number) => Value::String(number.to_string()),
        Value::Bool(flag) => Value::String(flag.to_string()),
        Value::Array(items) if items.len() == 1 => normal(&items[0]),
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(normal).collect();
            // The order of actions and resources says nothing; that of statements neither, but people look for it.
            if items.iter().all(Value::is_string) {
                items.sort_by_key(Value::to_string);
            }
            Value::Array(items)
        }
        Value::Object(members) => {
            members.iter().map(|(name, member)| (name.clone(), normal(member))).collect()
        }
        Value::Null | Value::String(_) => document.clone(),
    }
}

#[cfg(test)]
mod tests {
    use hydrant_cfn::schema;
    use serde_json::json;

    use super::*;

    fn found(type_name: &str, expected: &Value, live: &Value) -> Vec<(String, &'static str)> {
        let tags = BTreeMap::from([("team".to_owned(), "gps".to_owned())]);
        let compared = with_live(schema::of(type_name), expected, live, &tags);
        compared.differences.iter().map(|one| (one.path.join("/"), one.kind())).collect()
    }

    #[test]
    fn looks_only_at_what_the_template_gives() {
        let expected = json!({"ShardCount": 1, "Tags": [{"Key": "a", "Value": "1"}]});
        let live = json!({
            "ShardCount": "1", "RetentionPeriodHours": 48,
            "Tags": [{"Key": "team", "Value": "gps"}, {"Key": "a", "Value": "1"}],
        });
        assert_eq!(found("AWS::Kinesis::Stream", &expected, &live), []);
    }

    #[test]
    fn says_what_was_changed_added_and_removed() {
        let expected = json!({
            "Timeout": 30, "Layers": ["a", "b"],
            "Environment": {"Variables": {"A": "1", "B": "2"}},
            "Tags": [{"Key": "a", "Value": "1"}],
        });
        let live = json!({
            "Timeout": 45, "Layers": ["c", "b"],
            "Environment": {"Variables": {"A": "1", "C": "3"}},
            "Tags": [{"Key": "b", "Value": "1"}, {"Key": "a", "Value": "2"}],
        });
        let expected_findings = [
            ("Environment/Variables/B", "REMOVE"),
            ("Environment/Variables/C", "ADD"),
            ("Layers/0", "REMOVE"),
            ("Layers/2", "ADD"),
            ("Tags/0/Value", "NOT_EQUAL"),
            ("Tags/1", "ADD"),
            ("Timeout", "NOT_EQUAL"),
        ];
        let mut findings = found("AWS::Lambda::Function", &expected, &live);
        findings.sort();
        assert_eq!(findings, expected_findings.map(|(path, kind)| (path.to_owned(), kind)));
    }

    #[test]
    fn does_not_miss_what_nobody_can_read() {
        let expected = json!({"Code": {"S3Bucket": "b", "S3Key": "k"}});
        assert_eq!(found("AWS::Lambda::Function", &expected, &json!({})), []);
    }

    #[test]
    fn reads_documents_as_aws_does() {
        let document = |statement: Value| json!({"AssumeRolePolicyDocument": {"Statement": statement}});
        let expected = document(json!([{"Effect": "Allow", "Action": ["b", "a"]}]));
        let same = document(json!({"Effect": "Allow", "Action": ["a", "b"]}));
        assert_eq!(found("AWS::IAM::Role", &expected, &same), []);
        let other = document(json!({"Effect": "Allow", "Action": "a"}));
        let path = "AssumeRolePolicyDocument/Statement/Action".to_owned();
        assert_eq!(found("AWS::IAM::Role", &expected, &other), [(path, "NOT_EQUAL")]);
    }

    #[test]
    fn keeps_the_shape_of_the_template_in_what_there_is() {
        let expected = json!({"ShardCount": 1, "RetentionPeriodHours": 24});
        let live = json!({"ShardCount": 2, "RetentionPeriodHours": 24, "MaxRecordSizeInKiB": 1024});
        let compared = with_live(schema::of("AWS::Kinesis::Stream"), &expected, &live, &BTreeMap::new());
        assert_eq!(compared.actual, json!({"ShardCount": 2, "RetentionPeriodHours": 24}));
    }
}
