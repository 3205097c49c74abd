//! AWS's description of each resource type: which properties it has, what is valid for them, and which of
//! them replace the resource when they change.
//!
//! A type name becomes a [`ResourceSchema`], parsed when it is first asked for. Resolved properties become
//! [`Violation`]s in CloudFormation's words. It does not know intrinsic functions, nor formats such as
//! "the ARN of a role": a pattern and a length are all that AWS's schemas say of those.

mod model;
mod pattern;
mod pointer;
mod types;
mod validate;

use std::fmt;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::Value;

pub use model::{Additional, Schema};
pub use pattern::Pattern;
pub use pointer::PropertyPointer;
pub use types::Type;

/// Type names in order, each with its schema as text.
static SOURCES: &[(&str, &str)] = &include!("../../data/schemas/index.rs");

/// Returns AWS's schema of a resource type, or nothing for a type that is not carried.
pub fn of(type_name: &str) -> Option<&'static ResourceSchema> {
    static PARSED: OnceLock<Vec<OnceLock<Option<ResourceSchema>>>> = OnceLock::new();
    let index = SOURCES.binary_search_by_key(&type_name, |(name, _)| name).ok()?;
    let parsed = PARSED.get_or_init(|| SOURCES.iter().map(|_| OnceLock::new()).collect());
    parsed[index].get_or_init(|| serde_json::from_str(SOURCES[index].1).ok()).as_ref()
}

/// Returns the names of all types that [`of`] knows, in order.
pub fn type_names() -> impl ExactSizeIterator<Item = &'static str> {
    SOURCES.iter().map(|(name, _)| *name)
}

/// The schema of one resource type.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceSchema {
    type_name: String,
    #[serde(flatten)]
    root: Schema,
    #[serde(default)]
    create_only_properties: Vec<PropertyPointer>,
    #[serde(default)]
    conditional_create_only_properties: Vec<PropertyPointer>,
    #[serde(default)]
    read_only_properties: Vec<PropertyPointer>,
    #[serde(default)]
    write_only_properties: Vec<PropertyPointer>,
    #[serde(default)]
    primary_identifier: Vec<PropertyPointer>,
}

impl ResourceSchema {
    /// Returns the type's name, such as `AWS::Kinesis::Stream`.
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// Returns the schema of the properties object.
    pub fn root(&self) -> &Schema {
        &self.root
    }

    /// Returns the names of all properties, those that only AWS sets included.
    pub fn property_names(&self) -> impl Iterator<Item = &str> {
        self.root.properties.keys().map(String::as_str)
    }

    /// Returns the properties whose change replaces the resource.
    pub fn create_only(&self) -> &[PropertyPointer] {
        &self.create_only_properties
    }

    /// Returns the properties whose change replaces the resource under conditions that the schema does not tell.
    pub fn conditional_create_only(&self) -> &[PropertyPointer] {
        &self.conditional_create_only_properties
    }

    /// Returns the properties that only AWS sets; these are the attributes that `Fn::GetAtt` can read.
    pub fn read_only(&self) -> &[PropertyPointer] {
        &self.read_only_properties
    }

    /// Returns the properties that AWS never shows again.
    pub fn write_only(&self) -> &[PropertyPointer] {
        &self.write_only_properties
    }

    /// Returns the properties that together name a resource of this type.
    pub fn primary_identifier(&self) -> &[PropertyPointer] {
        &self.primary_identifier
    }

    /// Tells whether a change at `path` replaces the resource: the property itself, or one that contains it,
    /// is create-only. A list index may stand in the path.
    ///
    /// When a whole object appears or vanishes, ask for each leaf in it: an object which is not create-only
    /// can hold a property that is.
    pub fn is_create_only<S: AsRef<str>>(&self, path: &[S]) -> bool {
        self.create_only_properties.iter().any(|pointer| pointer.covers(path))
    }

    /// Tells whether a change at `path` may replace the resource, see [`Self::conditional_create_only`].
    pub fn is_conditional_create_only<S: AsRef<str>>(&self, path: &[S]) -> bool {
        self.conditional_create_only_properties.iter().any(|pointer| pointer.covers(path))
    }

    /// Returns what is wrong with resolved properties; an empty list when they are valid.
    pub fn validate(&self, properties: &Value) -> Vec<Violation> {
        validate::validate(self, properties)
    }
}

/// One property that breaks one rule of a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Names and list indexes that lead to the property.
    pub path: Vec<String>,
    /// The rule, by its keyword in the schema, such as `required`.
    pub keyword: &'static str,
    /// What CloudFormation says of it, without the place.
    pub message: String,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_every_type_that_it_names() {
        assert!(type_names().len() >= 32);
        for name in type_names() {
            let schema = of(name).unwrap_or_else(|| panic!("{name} cannot be parsed"));
            assert_eq!(schema.type_name(), name);
            assert!(schema.property_names().count() > 0, "{name}");
        }
    }

    #[test]
    fn finds_every_definition_that_a_reference_names() {
        fn check(schema: &Schema, root: &Schema) {
            if let Some(reference) = &schema.reference {
                assert!(root.definition(reference).is_some(), "{reference}");
            }
            schema.children().for_each(|child| check(child, root));
        }
        type_names().filter_map(of).for_each(|schema| check(schema.root(), schema.root()));
    }

    #[test]
    fn knows_what_replaces_a_delivery_stream() {
        let schema = of("AWS::KinesisFirehose::DeliveryStream").unwrap();
        assert!(schema.is_create_only(&["DeliveryStreamName"]));
        assert!(schema.is_create_only(&["KinesisStreamSourceConfiguration", "RoleARN"]));
        assert!(!schema.is_create_only(&["ExtendedS3DestinationConfiguration", "Prefix"]));
        let read_only: Vec<_> = schema.read_only().iter().map(PropertyPointer::dotted).collect();
        assert_eq!(read_only, ["Arn"]);
        assert_eq!(schema.primary_identifier()[0].dotted(), "DeliveryStreamName");
    }

    #[test]
    fn does_not_know_a_type_that_is_not_carried() {
        assert!(of("AWS::Nothing::AtAll").is_none());
    }
}
