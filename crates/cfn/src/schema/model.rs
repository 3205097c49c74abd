//! A JSON schema as AWS's resource types use it: the keywords that restrict a value, and nothing else.

use indexmap::IndexMap;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::pattern::Pattern;
use super::types::Type;

/// A schema of one value. An absent keyword restricts nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Schema {
    /// A pointer to the schema that is meant, such as `#/definitions/Tag`.
    #[serde(rename = "$ref")]
    pub reference: Option<String>,
    #[serde(rename = "type", deserialize_with = "one_or_many")]
    pub types: Vec<Type>,
    #[serde(rename = "enum")]
    pub allowed: Option<Vec<Value>>,
    #[serde(rename = "const")]
    pub constant: Option<Value>,

    pub properties: IndexMap<String, Schema>,
    #[serde(deserialize_with = "by_pattern")]
    pub pattern_properties: Vec<(Pattern, Schema)>,
    pub additional_properties: Additional,
    pub required: Vec<String>,
    pub min_properties: Option<usize>,
    pub max_properties: Option<usize>,
    /// For each property, those that must not stand beside it. cfn-lint's word, as the next two are.
    pub dependent_excluded: IndexMap<String, Vec<String>>,
    /// Properties of which exactly one must be there.
    pub required_xor: Vec<String>,
    /// Properties of which at least one must be there.
    pub required_or: Vec<String>,

    pub items: Option<Box<Schema>>,
    pub min_items: Option<usize>,
    pub max_items: Option<usize>,
    pub unique_items: bool,

    pub pattern: Option<Pattern>,
    pub min_length: Option<usize>,
    pub max_length: Option<usize>,
    /// What AWS says of the meaning of a text, such as `AWS::IAM::Role.Arn`.
    pub format: Option<String>,

    pub minimum: Option<f64>,
    pub maximum: Option<f64>,
    pub exclusive_minimum: Option<f64>,
    pub exclusive_maximum: Option<f64>,

    pub all_of: Vec<Schema>,
    pub any_of: Vec<Schema>,
    pub one_of: Vec<Schema>,

    pub definitions: IndexMap<String, Schema>,
}

/// What is said of keys that neither `properties` nor `patternProperties` names.
#[derive(Debug, Default, Deserialize)]
#[serde(untagged)]
pub enum Additional {
    /// Whether they may be there.
    Permitted(bool),
    /// What their values must be.
    Schema(Box<Schema>),
    /// Nothing; they may be there.
    #[default]
    #[serde(skip)]
    Unsaid,
}

impl Schema {
    /// Returns the schema that a reference in it, or below it, means: `#/definitions/Tag`.
    pub fn definition(&self, reference: &str) -> Option<&Schema> {
        let mut parts = reference.strip_prefix("#/")?.split('/');
        let mut schema = self;
        while let Some(keyword) = parts.next() {
            schema = match keyword {
                "definitions" => schema.definitions.get(parts.next()?)?,
                "properties" => schema.properties.get(parts.next()?)?,
                "items" => schema.items.as_deref()?,
                _ => return None,
            };
        }
        Some(schema)
    }

    /// Returns the schemas directly below this one, definitions included.
    pub fn children(&self) -> impl Iterator<Item = &Schema> {
        let additional = match &self.additional_properties {
            Additional::Schema(schema) => Some(&**schema),
            Additional::Permitted(_) | Additional::Unsaid => None,
        };
        let combined = [&self.all_of, &self.any_of, &self.one_of].into_iter().flatten();
        (self.properties.values())
            .chain(self.definitions.values())
            .chain(self.pattern_properties.iter().map(|(_, schema)| schema))
            .chain(self.items.as_deref())
            .chain(additional)
            .chain(combined)
    }
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Type>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Types {
        One(Type),
        Many(Vec<Type>),
    }
    Ok(match Types::deserialize(deserializer)? {
        Types::One(one) => vec![one],
        Types::Many(many) => many,
    })
}

fn by_pattern<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(Pattern, Schema)>, D::Error> {
    use serde::de::Error;
    let entries = IndexMap::<String, Schema>::deserialize(deserializer)?;
    let pattern = |text: String| Pattern::deserialize(Value::String(text)).map_err(D::Error::custom);
    entries.into_iter().map(|(text, schema)| Ok((pattern(text)?, schema))).collect()
}
