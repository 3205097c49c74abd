//! A JSON schema as AWS's resource types use it, read from frozen bytes one keyword at a time.

use super::types::{Type, Types};
use crate::frozen::{Frozen, List, Object, View};

/// A schema of one value. A keyword that is absent restricts nothing.
#[derive(Debug, Clone, Copy)]
pub struct Schema<'a> {
    /// The schema in which references are looked up.
    root: Frozen<'a>,
    this: Frozen<'a>,
}

/// What is said of keys that neither `properties` nor `patternProperties` names.
#[derive(Debug, Clone, Copy)]
pub enum Additional<'a> {
    /// They must not be there.
    Forbidden,
    /// What their values must be.
    Schema(Schema<'a>),
    /// Nothing; they may be there.
    Unsaid,
}

impl<'a> Schema<'a> {
    /// Returns the schema that a whole frozen value is.
    pub fn new(root: Frozen<'a>) -> Self {
        Self { root, this: root }
    }

    /// Returns the schema with another beside it as the one in which references are looked up.
    fn with(self, this: Frozen<'a>) -> Self {
        Self { root: self.root, this }
    }

    /// Returns what is always or never valid, for a schema that is only a flag.
    pub fn flag(self) -> Option<bool> {
        self.this.flag()
    }

    /// Returns the keywords with their values.
    pub fn keywords(self) -> impl Iterator<Item = (&'a str, Frozen<'a>)> {
        self.this.object().into_iter().flat_map(Object::iter)
    }

    fn keyword(self, name: &str) -> Option<Frozen<'a>> {
        self.this.object()?.get(name)
    }

    fn members(self, name: &str) -> Option<Object<'a>> {
        self.keyword(name)?.object()
    }

    /// Returns the values of a keyword that has a list.
    pub(super) fn list(self, name: &str) -> Option<List<'a>> {
        self.keyword(name)?.list()
    }

    /// Returns the schema that a keyword has as its value.
    pub(super) fn schema(self, name: &str) -> Option<Schema<'a>> {
        self.keyword(name).map(|this| self.with(this))
    }

    /// Returns the schemas that a keyword has as its values, by their names.
    pub(super) fn schemas(self, name: &str) -> impl Iterator<Item = (&'a str, Schema<'a>)> {
        self.members(name).into_iter().flat_map(Object::iter).map(move |(name, this)| (name, self.with(this)))
    }

    /// Returns a pointer to the schema that is meant, such as `#/definitions/Tag`.
    pub fn reference(self) -> Option<&'a str> {
        self.keyword("$ref")?.text()
    }

    /// Returns the schema that is meant: what a reference leads to, or the schema itself.
    pub fn followed(self) -> Schema<'a> {
        self.reference().and_then(|reference| self.definition(reference)).unwrap_or(self)
    }

    /// Returns the schema that a reference means.
    pub fn definition(self, reference: &str) -> Option<Schema<'a>> {
        let mut parts = reference.strip_prefix("#/")?.split('/');
        let mut this = self.root;
        while let Some(keyword) = parts.next() {
            let value = this.object()?.get(keyword)?;
            this = match keyword {
                "definitions" | "properties" => value.object()?.get(parts.next()?)?,
                "items" => value,
                _ => return None,
            };
        }
        Some(self.with(this))
    }

    /// Returns the types of which the value must be one.
    pub fn types(self) -> Types<'a> {
        Types::new(self.keyword("type"))
    }

    /// Returns the values of which it must be one.
    pub fn allowed(self) -> Option<List<'a>> {
        self.list("enum")
    }

    /// Returns the properties that are named, in the order of their names.
    pub fn properties(self) -> impl Iterator<Item = (&'a str, Schema<'a>)> {
        self.schemas("properties")
    }

    /// Returns the schema of a property that is named.
    pub fn property(self, name: &str) -> Option<Schema<'a>> {
        self.members("properties")?.get(name).map(|this| self.with(this))
    }

    /// Returns the schemas of the properties whose names match a pattern.
    pub fn pattern_properties(self) -> impl Iterator<Item = (&'a str, Schema<'a>)> {
        self.schemas("patternProperties")
    }

    /// Returns what is said of other keys.
    pub fn additional_properties(self) -> Additional<'a> {
        match self.keyword("additionalProperties") {
            Some(this) => match this.view() {
                View::Bool(false) => Additional::Forbidden,
                View::Object(_) => Additional::Schema(self.with(this)),
                _ => Additional::Unsaid,
            },
            None => Additional::Unsaid,
        }
    }

    /// Returns the schema of an object's member: by its name, by a pattern, or as any other.
    pub fn member(self, name: &str) -> Option<Schema<'a>> {
        let by_pattern = || {
            let mut patterns = self.pattern_properties();
            patterns.find(|(pattern, _)| super::pattern::matches(pattern, name) != Some(false))
        };
        let additional = || match self.additional_properties() {
            Additional::Schema(schema) => Some(schema),
            Additional::Forbidden | Additional::Unsaid => None,
        };
        self.property(name).or_else(|| by_pattern().map(|(_, schema)| schema)).or_else(additional)
    }

    /// Says whether the schema tells nothing about the members of an object.
    pub fn is_free_form(self) -> bool {
        self.properties().next().is_none()
            && self.pattern_properties().next().is_none()
            && !matches!(self.additional_properties(), Additional::Schema(_))
    }

    /// Returns the schema of a list's items.
    pub fn items(self) -> Option<Schema<'a>> {
        self.schema("items")
    }

    /// Returns the properties that must be there.
    pub fn required(self) -> impl Iterator<Item = &'a str> {
        self.list("required").into_iter().flat_map(List::texts)
    }

    /// Returns the pattern of which a text must contain a match.
    pub fn pattern(self) -> Option<&'a str> {
        self.keyword("pattern")?.text()
    }

    /// Returns what is said of the meaning of a text, such as `AWS::IAM::Role.Arn`.
    pub fn format(self) -> Option<&'a str> {
        self.keyword("format")?.text()
    }

    /// Says whether the value must be an object.
    pub fn is_object(self) -> bool {
        self.types().only() == Some(Type::Object)
    }

    /// Returns the schemas of which the value fits one at least, as `anyOf` lists them.
    pub fn alternatives(self) -> impl Iterator<Item = Schema<'a>> {
        self.list("anyOf").into_iter().flat_map(move |list| self.each(list))
    }

    /// Returns the schemas directly below this one, definitions included.
    pub fn children(self) -> impl Iterator<Item = Schema<'a>> {
        let named = ["properties", "patternProperties", "definitions"];
        let single =
            ["items", "additionalProperties", "not", "if", "then", "else", "propertyNames", "contains"];
        let several = ["allOf", "anyOf", "oneOf", "prefixItems"];
        let named = named.into_iter().flat_map(move |name| self.schemas(name).map(|(_, schema)| schema));
        let single = single.into_iter().filter_map(move |name| self.schema(name));
        let several = several.into_iter().filter_map(move |name| self.list(name)).flat_map(List::iter);
        named.chain(single).chain(several.map(move |this| self.with(this)))
    }

    /// Returns the schemas of which a keyword has a list.
    pub(super) fn each(self, list: List<'a>) -> impl Iterator<Item = Schema<'a>> {
        list.iter().map(move |this| self.with(this))
    }

    /// Returns the schema that a value below a keyword is.
    pub(super) fn at(self, this: Frozen<'a>) -> Schema<'a> {
        self.with(this)
    }
}
