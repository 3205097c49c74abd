//! The way down a resource schema beside a value: which schema a member or item of it has.

use hydrant_cfn::schema::{Additional, Schema};

/// Returns the schema that is meant: what a reference leads to, or the schema itself.
pub fn followed<'a>(root: &'a Schema, schema: &'a Schema) -> &'a Schema {
    schema.reference.as_deref().and_then(|reference| root.definition(reference)).unwrap_or(schema)
}

/// Returns the schema of an object's member.
pub fn member<'a>(schema: &'a Schema, name: &str) -> Option<&'a Schema> {
    let by_pattern = || {
        schema.pattern_properties.iter().find(|(pattern, _)| pattern.matches(name)).map(|(_, schema)| schema)
    };
    let additional = || match &schema.additional_properties {
        Additional::Schema(schema) => Some(&**schema),
        Additional::Permitted(_) | Additional::Unsaid => None,
    };
    schema.properties.get(name).or_else(by_pattern).or_else(additional)
}
