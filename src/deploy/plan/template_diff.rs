//! Compares the properties of a resource in two templates, without asking AWS.

use hydrant_cfn::schema;
use hydrant_cfn::template::Template;
use serde_json::Value;

/// A property that differs; `null` stands for one that is not there.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Names from the properties down, joined by dots.
    pub path: String,
    pub before: Value,
    pub after: Value,
}

/// Returns the differing properties of the resource `logical_id`.
pub fn properties(old: Option<&Template>, new: Option<&Template>, logical_id: &str) -> Vec<Row> {
    match (old, new) {
        (Some(old), Some(new)) => between(old, logical_id, new, logical_id),
        _ => Vec::new(),
    }
}

/// Returns the properties in which two resources differ.
pub fn between(old: &Template, old_id: &str, new: &Template, new_id: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    if let (Some(old), Some(new)) = (old.resources.get(old_id), new.resources.get(new_id)) {
        compare(String::new(), &old.properties, &new.properties, &mut rows);
    }
    rows
}

/// Returns where two values of the property `path` differ.
pub fn values(path: String, before: &Value, after: &Value) -> Vec<Row> {
    let mut rows = Vec::new();
    compare(path, before, after, &mut rows);
    rows
}

/// Returns whether two resources are of one type and differ in nothing but the property that names them.
pub fn differ_only_by_name(old: &Template, old_id: &str, new: &Template, new_id: &str) -> bool {
    let (Some(old_resource), Some(new_resource)) = (old.resources.get(old_id), new.resources.get(new_id))
    else {
        return false;
    };
    let Some(schema) = schema::of(&new_resource.resource_type) else { return false };
    let is_name = |row: &Row| {
        let parts: Vec<&str> = row.path.split('.').collect();
        schema.primary_identifier().any(|name| name.is(&parts)) || schema.is_create_only(&parts)
    };
    old_resource.resource_type == new_resource.resource_type
        && between(old, old_id, new, new_id).iter().all(is_name)
}

fn compare(path: String, before: &Value, after: &Value, rows: &mut Vec<Row>) {
    if before == after {
        return;
    }
    match (before, after) {
        (Value::Object(old), Value::Object(new)) if !is_intrinsic(before) && !is_intrinsic(after) => {
            let names = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name)));
            for name in names {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                let null = Value::Null;
                compare(path, old.get(name).unwrap_or(&null), new.get(name).unwrap_or(&null), rows);
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                compare(format!("{path}.{index}"), old, new, rows);
            }
        }
        _ => rows.push(Row { path, before: before.clone(), after: after.clone() }),
    }
}

/// Returns whether a value is a function call such as `{"Ref": "Stream"}`, which is compared whole.
fn is_intrinsic(value: &Value) -> bool {
    let Value::Object(members) = value else { return false };
    members.len() == 1 && members.keys().all(|name| name == "Ref" || name.starts_with("Fn::"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn template(properties: &str) -> Template {
        let text = format!("Resources: {{S: {{Type: AWS::Kinesis::Stream, Properties: {properties}}}}}");
        Template::parse(&text).unwrap()
    }

    #[test]
    fn finds_the_one_property_that_differs() {
        let old = template("{Name: a, ShardCount: 1, StreamModeDetails: {StreamMode: PROVISIONED}}");
        let new = template("{Name: a, ShardCount: 2, StreamModeDetails: {StreamMode: PROVISIONED}}");
        let row = Row { path: "ShardCount".into(), before: json!(1), after: json!(2) };
        assert_eq!(properties(Some(&old), Some(&new), "S"), [row]);
        assert!(!differ_only_by_name(&old, "S", &new, "S"));
    }

    #[test]
    fn knows_a_resource_by_everything_but_its_name() {
        let old = template("{Name: a, ShardCount: 1}");
        assert!(differ_only_by_name(&old, "S", &template("{Name: b, ShardCount: 1}"), "S"));
    }
}
