//! Checks a value against a schema, and says what is wrong as CloudFormation does.
//!
//! CloudFormation validates with a Java library whose messages it shows, except where a message would
//! repeat the value: then it only names the keyword, since a value may be a secret. Both are taken from its
//! [source](https://github.com/aws-cloudformation/cloudformation-resource-schema). It does not know what the
//! word of a `format` means.

mod collections;
mod combined;
mod reader;
mod scalars;
mod walk;

use std::fmt;

use serde_json::Value;

pub use reader::{Alternative, Reader, Reading, resolved};

use super::types::found;
use super::{ResourceSchema, Schema};
use walk::{Fit, Walk};

/// One property that breaks one rule of a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Names and list indexes that lead to the property.
    pub path: Vec<String>,
    /// The rule, by its keyword in the schema, such as `required`.
    pub keyword: &'static str,
    /// What CloudFormation says of it, without the place.
    pub message: String,
    /// The members that it is about, for rules about which may and must be there, and the word of a `format`.
    pub names: Vec<String>,
}

impl fmt::Display for Violation {
    /// Writes `#/BufferingHints/SizeInMBs: failed validation constraint for keyword [maximum]`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("#")?;
        for part in &self.path {
            write!(formatter, "/{part}")?;
        }
        write!(formatter, ": {}", self.message)
    }
}

/// Returns the reason that CloudFormation gives when a resource's properties are invalid.
pub fn failure(logical_id: &str, violations: &[Violation]) -> String {
    let lines: Vec<String> = violations.iter().map(Violation::to_string).collect();
    format!("Properties validation failed for resource {logical_id} with message:\n{}", lines.join("\n"))
}

/// Returns what is wrong with a resource's properties.
pub(super) fn resource(resource: ResourceSchema, properties: &Value, reader: &Reader<'_>) -> Vec<Violation> {
    let mut walk = Walk::new(reader);
    walk.value(resource.root(), properties);
    if !properties.is_object() {
        walk.report("type", format!("expected type: JSONObject, found: {}", found(properties)));
    }
    for pointer in resource.read_only() {
        let parts: Vec<_> = pointer.parts().collect();
        walk.read_only(&parts, properties);
    }
    walk.violations
}

/// Returns what is wrong with a resource's properties, texts that are not what their `format` names included.
///
/// AWS leaves such texts to its services; `has_format` says whether a text is what a word of a `format` means.
pub(super) fn resource_with_formats(
    resource: ResourceSchema,
    properties: &Value,
    reader: &Reader<'_>,
    has_format: fn(&str, &str) -> bool,
) -> Vec<Violation> {
    let mut walk = Walk::new(reader);
    walk.has_format = Some(has_format);
    walk.explains = true;
    walk.value(resource.root(), properties);
    for pointer in resource.read_only() {
        let parts: Vec<_> = pointer.parts().collect();
        walk.read_only(&parts, properties);
    }
    walk.violations
}

impl Schema<'_> {
    /// Returns what is wrong with a value in which not everything is known, as `reader` tells.
    pub fn violations(self, value: &Value, reader: &Reader<'_>) -> Vec<Violation> {
        let mut walk = Walk::new(reader);
        walk.value(self, value);
        walk.violations
    }

    /// Returns what is wrong with a value, texts that are not what their `format` names included.
    pub(crate) fn violations_with_formats(self, value: &Value, reader: &Reader<'_>) -> Vec<Violation> {
        let mut walk = Walk::new(reader);
        walk.has_format = Some(super::formats::has_format);
        walk.value(self, value);
        walk.violations
    }

    /// Says whether a value is valid, or nothing where something decides that is not known.
    pub fn is_met(self, value: &Value, reader: &Reader<'_>) -> Option<bool> {
        match Walk::new(reader).fits(self, value) {
            Fit::Yes => Some(true),
            Fit::No => Some(false),
            Fit::Unsure => None,
        }
    }
}

#[cfg(test)]
mod tests;
