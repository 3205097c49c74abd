//! A schema becomes what of it is read: keywords that restrict values, and what AWS says of whole types.

use serde_json::{Map, Value};

/// Members of a resource's schema that are kept as they are.
const KEPT: &[&str] = &["lifecycle", "replacementStrategy"];

/// Members of a resource's schema that are lists of properties.
const POINTERS: &[&str] = &[
    "conditionalCreateOnlyProperties",
    "createOnlyProperties",
    "deprecatedProperties",
    "primaryIdentifier",
    "readOnlyProperties",
    "writeOnlyProperties",
];

/// Keywords that the top level of a resource's schema shares with the schemas in it.
const KEYWORDS: &[&str] = &[
    "additionalProperties",
    "allOf",
    "anyOf",
    "definitions",
    "dependencies",
    "dependentExcluded",
    "dependentRequired",
    "if",
    "then",
    "else",
    "not",
    "oneOf",
    "patternProperties",
    "properties",
    "required",
    "requiredOr",
    "requiredXor",
];

/// Members of nested schemas that say nothing about what is valid.
const PROSE: &[&str] = &[
    "$comment",
    "$id",
    "$schema",
    "arrayType",
    "default",
    "description",
    "examples",
    "insertionOrder",
    "title",
];

/// Keeps what is read of a resource's schema.
pub fn resource(schema: &Value) -> Map<String, Value> {
    let mut kept = Map::new();
    for (name, value) in schema.as_object().into_iter().flatten() {
        let value = match name.as_str() {
            name if POINTERS.contains(&name) => pointers(value),
            name if KEYWORDS.contains(&name) => keyword(name, value),
            name if KEPT.contains(&name) => value.clone(),
            "tagging" => tagging(value),
            // The form of the schema before `tagging`.
            "taggable" if schema.get("tagging").is_none() => serde_json::json!({"taggable": value}),
            _ => continue,
        };
        let name = if name == "taggable" { "tagging" } else { name };
        kept.insert(name.to_owned(), value);
    }
    kept
}

fn pointers(value: &Value) -> Value {
    let pointers = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    pointers.map(|text| Value::from(super::pointer(text))).collect()
}

fn tagging(value: &Value) -> Value {
    let mut kept = Map::new();
    for (name, value) in value.as_object().into_iter().flatten() {
        match (name.as_str(), value.as_str()) {
            ("permissions", _) => {}
            ("tagProperty", Some(text)) => {
                kept.insert(name.clone(), super::pointer(text).into());
            }
            _ => {
                kept.insert(name.clone(), value.clone());
            }
        }
    }
    kept.into()
}

/// Strips the value of a keyword: names of properties are not keywords, whatever they are called.
fn keyword(name: &str, value: &Value) -> Value {
    match (name, value) {
        ("properties" | "patternProperties" | "definitions" | "dependencies", Value::Object(members)) => {
            Value::Object(members.iter().map(|(name, schema)| (name.clone(), nested(schema))).collect())
        }
        ("allOf" | "anyOf" | "oneOf" | "prefixItems", Value::Array(schemas)) => {
            schemas.iter().map(nested).collect()
        }
        (
            "items" | "additionalProperties" | "contains" | "not" | "if" | "then" | "else" | "propertyNames",
            schema,
        ) => nested(schema),
        _ => value.clone(),
    }
}

/// Keeps what restricts a value.
pub fn nested(schema: &Value) -> Value {
    let Some(members) = schema.as_object() else { return schema.clone() };
    let kept = members.iter().filter(|(name, _)| !PROSE.contains(&name.as_str()));
    Value::Object(kept.map(|(name, value)| (name.clone(), keyword(name, value))).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keeps_a_property_that_is_called_like_prose() {
        let schema = json!({
            "description": "gone", "handlers": {}, "properties": {
                "description": {"type": "string", "description": "gone"},
                "B": {"items": {"title": "gone", "$ref": "#/definitions/X"}},
            },
        });
        let expected = json!({"properties": {
            "description": {"type": "string"},
            "B": {"items": {"$ref": "#/definitions/X"}},
        }});
        assert_eq!(Value::Object(resource(&schema)), expected);
    }

    #[test]
    fn shortens_pointers() {
        let schema = json!({
            "readOnlyProperties": ["/properties/A", "/properties/B/items/properties/C", "/properties/D/*/E"],
            "tagging": {"taggable": true, "tagProperty": "/properties/Tags", "permissions": ["a:B"]},
        });
        let expected = json!({
            "readOnlyProperties": ["A", "B/C", "D/*/E"],
            "tagging": {"taggable": true, "tagProperty": "Tags"},
        });
        assert_eq!(Value::Object(resource(&schema)), expected);
    }
}
