//! What AWS says of one resource type as a whole.

use serde_json::Value;

use super::Schema;
use super::data;
use super::pointer::PropertyPointer;
use super::validate::{self, Reader, Violation};
use crate::frozen::{Frozen, List};

/// The schema of one resource type.
#[derive(Debug, Clone, Copy)]
pub struct ResourceSchema {
    type_name: &'static str,
    members: Frozen<'static>,
}

/// What AWS says of the end of a resource type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifecycle {
    /// `maintenance`: no new customers; `sunset`: it ends; `shutdown`: it has ended.
    pub status: &'static str,
    /// The day from which that holds, as `2026-09-30`, where AWS names one.
    pub date: Option<&'static str>,
}

impl ResourceSchema {
    pub(super) fn new(type_name: &'static str, members: Frozen<'static>) -> Self {
        Self { type_name, members }
    }

    /// Returns the type's name, such as `AWS::Kinesis::Stream`.
    pub fn type_name(self) -> &'static str {
        self.type_name
    }

    /// Returns the schema of the properties object.
    pub fn root(self) -> Schema<'static> {
        Schema::new(self.members)
    }

    /// Returns the names of all properties, those that only AWS sets included.
    pub fn property_names(self) -> impl Iterator<Item = &'static str> {
        self.root().properties().map(|(name, _)| name)
    }

    fn member(self, name: &str) -> Option<Frozen<'static>> {
        self.members.object().and_then(|members| members.get(name))
    }

    fn pointers(self, name: &str) -> impl Iterator<Item = PropertyPointer<'static>> {
        self.member(name).and_then(Frozen::list).into_iter().flat_map(List::texts).map(PropertyPointer::new)
    }

    /// Returns the properties whose change replaces the resource.
    pub fn create_only(self) -> impl Iterator<Item = PropertyPointer<'static>> {
        self.pointers("createOnlyProperties")
    }

    /// Returns the properties whose change replaces the resource under conditions that the schema does not tell.
    pub fn conditional_create_only(self) -> impl Iterator<Item = PropertyPointer<'static>> {
        self.pointers("conditionalCreateOnlyProperties")
    }

    /// Returns the properties that only AWS sets.
    pub fn read_only(self) -> impl Iterator<Item = PropertyPointer<'static>> {
        self.pointers("readOnlyProperties")
    }

    /// Returns the properties that AWS never shows again.
    pub fn write_only(self) -> impl Iterator<Item = PropertyPointer<'static>> {
        self.pointers("writeOnlyProperties")
    }

    /// Returns the properties that AWS advises against.
    pub fn deprecated(self) -> impl Iterator<Item = PropertyPointer<'static>> {
        self.pointers("deprecatedProperties")
    }

    /// Returns the properties that together name a resource of this type.
    pub fn primary_identifier(self) -> impl Iterator<Item = PropertyPointer<'static>> {
        self.pointers("primaryIdentifier")
    }

    /// Returns the attributes that `Fn::GetAtt` can read; `Outputs.*` stands for any output.
    pub fn attributes(self) -> impl Iterator<Item = PropertyPointer<'static>> {
        // Where they are just the properties that only AWS sets, the data does not repeat them.
        let name = if self.member("attributes").is_some() { "attributes" } else { "readOnlyProperties" };
        self.pointers(name)
    }

    /// Says whether the type takes tags, as far as its schema says so.
    pub fn is_taggable(self) -> bool {
        let tagging = self.member("tagging").and_then(Frozen::object);
        tagging.and_then(|tagging| tagging.get("taggable")?.flag()) == Some(true)
    }

    /// Returns the property that holds the tags, for a type that takes tags.
    pub fn tag_property(self) -> Option<PropertyPointer<'static>> {
        let tagging = self.member("tagging").and_then(Frozen::object)?;
        if tagging.get("taggable").and_then(Frozen::flag) == Some(false) {
            return None;
        }
        tagging.get("tagProperty").and_then(Frozen::text).map(PropertyPointer::new)
    }

    /// Says whether AWS deletes the old resource before it makes the new one in a replacement.
    pub fn deletes_before_it_creates(self) -> bool {
        self.member("replacementStrategy").and_then(Frozen::text) == Some("delete_then_create")
    }

    /// Returns what AWS says of the type's end, if it has one.
    pub fn lifecycle(self) -> Option<Lifecycle> {
        let lifecycle = self.member("lifecycle").and_then(Frozen::object)?;
        let text = |name: &str| lifecycle.get(name).and_then(Frozen::text);
        Some(Lifecycle { status: text("status")?, date: text("date") })
    }

    /// Returns the regions in which AWS has the type, in the order of their names.
    pub fn regions(self) -> impl Iterator<Item = &'static str> {
        let bits = self.member("regions").and_then(Frozen::integer).unwrap_or_default();
        data::region_names()
            .enumerate()
            .filter(move |(index, _)| bits >> index & 1 == 1)
            .map(|(_, name)| name)
    }

    /// Says whether AWS has the type in a region, or nothing for a region that is not known and for a serverless type.
    pub fn is_in_region(self, region: &str) -> Option<bool> {
        let index = data::region_names().position(|name| name == region)?;
        let bits = self.member("regions").and_then(Frozen::integer)?;
        Some(bits >> index & 1 == 1)
    }

    /// Tells whether a change at `path` replaces the resource: the property itself, or one that contains it,
    /// is create-only. A list index may stand in the path.
    ///
    /// When a whole object appears or vanishes, ask for each leaf in it: an object which is not create-only
    /// can hold a property that is.
    pub fn is_create_only<S: AsRef<str>>(self, path: &[S]) -> bool {
        self.create_only().any(|pointer| pointer.covers(path))
    }

    /// Tells whether a change at `path` may replace the resource, see [`Self::conditional_create_only`].
    pub fn is_conditional_create_only<S: AsRef<str>>(self, path: &[S]) -> bool {
        self.conditional_create_only().any(|pointer| pointer.covers(path))
    }

    /// Returns what is wrong with resolved properties; an empty list when they are valid.
    pub fn validate(self, properties: &Value) -> Vec<Violation> {
        validate::resource(self, properties, &validate::resolved)
    }

    /// Returns what is wrong with properties in which not every value is known, as `reader` tells.
    pub fn validate_with(self, properties: &Value, reader: &Reader<'_>) -> Vec<Violation> {
        validate::resource(self, properties, reader)
    }

    /// Returns what is wrong with properties as [`Self::validate_with`] does, and texts that are not what their `format` names.
    pub fn validate_with_formats(
        self,
        properties: &Value,
        reader: &Reader<'_>,
        has_format: fn(&str, &str) -> bool,
    ) -> Vec<Violation> {
        validate::resource_with_formats(self, properties, reader, has_format)
    }
}
