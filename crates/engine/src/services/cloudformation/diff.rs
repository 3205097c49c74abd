//! Two values of the same properties become the list of places where they differ.
//!
//! Places are as fine as a schema is: inside a property that takes any JSON, such as a policy document, the whole
//! document is one place, as on AWS.

use hydrant_cfn::schema::{ResourceSchema, Schema, Type};
use serde_json::Value;

/// A place at which two values differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Names and list indexes that lead to it.
    pub path: Vec<String>,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

/// Returns where `after` differs from `before`, in the order of the properties.
pub fn between(schema: Option<ResourceSchema>, before: &Value, after: &Value) -> Vec<Difference> {
    let mut walk = Walk { path: Vec::new(), differences: Vec::new() };
    walk.compare(schema.map(ResourceSchema::root), Some(before), Some(after));
    walk.differences
}

struct Walk {
    path: Vec<String>,
    differences: Vec<Difference>,
}

impl Walk {
    fn compare(&mut self, schema: Option<Schema<'_>>, before: Option<&Value>, after: Option<&Value>) {
        let schema = schema.map(Schema::followed);
        match (before, after) {
            (Some(before), Some(after)) if is_same(before, after) => {}
            (Some(Value::Object(before)), Some(Value::Object(after))) if is_structured(schema) => {
                let added = after.keys().filter(|name| !before.contains_key(*name));
                for name in before.keys().chain(added) {
                    let member = schema.and_then(|schema| schema.member(name));
                    self.at(name, |walk| walk.compare(member, before.get(name), after.get(name)));
                }
            }
            (Some(Value::Array(before)), Some(Value::Array(after))) if is_structured(schema) => {
                let items = schema.and_then(|schema| schema.items());
                for index in 0..before.len().max(after.len()) {
                    let (one, other) = (before.get(index), after.get(index));
                    self.at(&index.to_string(), |walk| walk.compare(items, one, other));
                }
            }
            (before, after) => self.differences.push(Difference {
                path: self.path.clone(),
                before: before.cloned(),
                after: after.cloned(),
            }),
        }
    }

    fn at(&mut self, part: &str, compare: impl FnOnce(&mut Self)) {
        self.path.push(part.to_owned());
        compare(self);
        self.path.pop();
    }
}

/// Whether AWS looks inside a value of this schema: not when it takes any object, or text in an object's place.
pub fn is_structured(schema: Option<Schema<'_>>) -> bool {
    let Some(schema) = schema else { return true };
    let types = schema.types();
    !types.contains(Type::Object) || !schema.is_free_form() && !types.contains(Type::String)
}

/// Whether two scalars are the same to CloudFormation, which reads `"5"` and `5` alike.
pub fn is_same(before: &Value, after: &Value) -> bool {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    match (before, after) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| other.get(name).is_some_and(|other| is_same(value, other)))
        }
        _ => before == after || text(before).is_some_and(|before| text(after) == Some(before)),
    }
}

#[cfg(test)]
mod tests {
    use hydrant_cfn::schema;
    use serde_json::json;

    use super::*;

    fn paths(type_name: &str, before: &Value, after: &Value) -> Vec<String> {
        let differences = between(schema::of(type_name), before, after);
        differences.iter().map(|difference| difference.path.join("/")).collect()
    }

    #[test]
    fn finds_the_leaves_that_differ() {
        let before = json!({"ShardCount": 1, "Tags": [{"Key": "a", "Value": "1"}], "Name": "x"});
        let after =
            json!({"ShardCount": "2", "Tags": [{"Key": "a", "Value": "2"}], "RetentionPeriodHours": 24});
        let expected = ["ShardCount", "Tags/0/Value", "Name", "RetentionPeriodHours"];
        assert_eq!(paths("AWS::Kinesis::Stream", &before, &after), expected);
    }

    #[test]
    fn takes_a_number_and_its_text_for_the_same() {
        let (before, after) = (json!({"ShardCount": 1}), json!({"ShardCount": "1"}));
        assert_eq!(paths("AWS::Kinesis::Stream", &before, &after), [""; 0]);
    }

    #[test]
    fn takes_a_policy_document_as_one_place() {
        let document =
            |action: &str| json!({"AssumeRolePolicyDocument": {"Statement": [{"Action": action}]}});
        let expected = ["AssumeRolePolicyDocument"];
        assert_eq!(paths("AWS::IAM::Role", &document("a"), &document("b")), expected);
    }
}
