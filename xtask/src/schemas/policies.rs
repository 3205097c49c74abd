//! The schemas of IAM's documents: each of them with the parts that they share as definitions of its own.

use serde_json::{Map, Value};

/// Kinds of document, with the files below `cfnlint/data/schemas/other/iam`.
pub const KINDS: [(&str, &str); 4] = [
    ("identity", "policy_identity.json"),
    ("registry", "policy_resource_ecr.json"),
    ("resource", "policy_resource.json"),
    ("trust", "policy_trust.json"),
];

/// The file of the parts that the others refer to as `policy`.
pub const SHARED: &str = "policy.json";

/// Puts the shared parts into a document's schema, as definitions named `policy.…`.
pub fn bundle(schema: &Value, shared: &Value) -> Value {
    let mut bundled = references(schema, "#/definitions/");
    let parts = ["properties", "definitions"].into_iter().filter_map(|section| shared[section].as_object());
    let parts = parts
        .flatten()
        .map(|(name, part)| (format!("policy.{name}"), references(part, "#/definitions/policy.")));
    let mut definitions: Map<String, Value> = parts.collect();
    definitions.extend(bundled["definitions"].as_object().cloned().unwrap_or_default());
    bundled["definitions"] = definitions.into();
    super::strip::nested(&bundled)
}

/// Rewrites references: `own` begins those within the same file.
fn references(schema: &Value, own: &str) -> Value {
    match schema {
        Value::Array(items) => items.iter().map(|item| references(item, own)).collect(),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| match (name.as_str(), value) {
                ("cfnLint" | "$id", _) => None,
                ("$ref", Value::String(target)) => {
                    let target = target.replace("#/properties/", "#/definitions/");
                    let target = match target.strip_prefix("policy#/definitions/") {
                        Some(part) => format!("#/definitions/policy.{part}"),
                        None => target.replace("#/definitions/", own),
                    };
                    Some((name.clone(), target.into()))
                }
                _ => Some((name.clone(), references(value, own))),
            };
            Value::Object(members.iter().filter_map(member).collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn brings_along_what_a_schema_refers_to() {
        let shared = json!({"definitions": {"A": {"$ref": "#/definitions/B"}, "B": {"type": "string"}}, "properties": {"Id": {"cfnLint": []}}});
        let schema = json!({"$id": "x", "definitions": {"S": {"$ref": "policy#/definitions/A"}}, "properties": {
            "Id": {"$ref": "policy#/properties/Id"}, "S": {"$ref": "#/definitions/S"}}});
        let expected = json!({
            "definitions": {
                "S": {"$ref": "#/definitions/policy.A"}, "policy.A": {"$ref": "#/definitions/policy.B"},
                "policy.B": {"type": "string"}, "policy.Id": {}
            },
            "properties": {"Id": {"$ref": "#/definitions/policy.Id"}, "S": {"$ref": "#/definitions/S"}},
        });
        assert_eq!(bundle(&schema, &shared), expected);
    }
}
