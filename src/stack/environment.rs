//! Environments: where a stack goes, and what it has other than by default there.

use hydrant_cfn::yaml::{Node, NodeValue, Spanned};
use serde::Deserialize;
use serde_json::Value;

/// A place to which a stack is deployed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    pub region: Option<Spanned<String>>,
    /// Several regions, each of which gets a stack of its own.
    #[serde(default)]
    pub regions: Vec<Spanned<String>>,
    /// The only account to which this environment may be deployed.
    pub account: Option<Spanned<String>>,
    /// Refuse to destroy the stack, and to purge where it is.
    #[serde(default)]
    pub protect: bool,
    // The overrides are merged into the file before it is read; here they only have to be known as keys.
    #[serde(rename = "streams", default)]
    _streams: Option<Value>,
    #[serde(rename = "deliveries", default)]
    _deliveries: Option<Value>,
    #[serde(rename = "buckets", default)]
    _buckets: Option<Value>,
    #[serde(rename = "functions", default)]
    _functions: Option<Value>,
    #[serde(rename = "topics", default)]
    _topics: Option<Value>,
    #[serde(rename = "users", default)]
    _users: Option<Value>,
    #[serde(rename = "values", default)]
    _values: Option<Value>,
}

impl Environment {
    /// Returns an environment of which only the place is known.
    pub fn at(region: &str, account: &str) -> Self {
        let value = |text: &str| Some(Spanned::new(text.to_owned(), Default::default()));
        Self { region: value(region), account: value(account), ..Self::default() }
    }
}

/// Returns whether an environment's name says that it is the one that counts.
pub fn is_production(name: &str) -> bool {
    ["prod", "production", "prd", "live"].contains(&name.to_ascii_lowercase().as_str())
}

/// The sections of a stack file whose blocks an environment may change.
const SECTIONS: [&str; 7] = ["streams", "deliveries", "buckets", "functions", "topics", "users", "values"];

/// A block that an environment changes although the stack does not have it.
#[derive(Debug)]
pub struct Stray<'a> {
    pub section: &'static str,
    pub key: &'a hydrant_cfn::yaml::Key,
    /// The blocks that the section does have.
    pub known: Vec<&'a str>,
}

/// Returns `file` with the overrides of `environment` in place of what they replace.
pub fn merge<'a>(file: &'a Node, environment: &'a Node) -> Result<Node, Stray<'a>> {
    let mut merged = file.clone();
    for section in SECTIONS {
        let Some(overrides) = environment.get(section) else { continue };
        if let Some((key, _)) = overrides.entries().iter().find(|(key, _)| !has(file, section, &key.name)) {
            return Err(Stray { section, key, known: file.get(section).map(names).unwrap_or_default() });
        }
        if let NodeValue::Mapping(entries) = &mut merged.value
            && let Some((_, target)) = entries.iter_mut().find(|(key, _)| key.name == section)
        {
            overlay(target, overrides);
        }
    }
    Ok(merged)
}

fn has(file: &Node, section: &str, name: &str) -> bool {
    file.get(section).is_some_and(|section| section.get(name).is_some())
}

/// Returns the keys of a mapping.
pub fn names(mapping: &Node) -> Vec<&str> {
    mapping.entries().iter().map(|(key, _)| key.name.as_str()).collect()
}

/// Puts `upper` over `lower`: mappings merge key by key, everything else is replaced.
fn overlay(lower: &mut Node, upper: &Node) {
    match (&mut lower.value, &upper.value) {
        (NodeValue::Mapping(lower_entries), NodeValue::Mapping(upper_entries)) => {
            for (key, value) in upper_entries {
                match lower_entries.iter_mut().find(|(lower_key, _)| lower_key.name == key.name) {
                    Some((_, lower_value)) => overlay(lower_value, value),
                    None => lower_entries.push((key.clone(), value.clone())),
                }
            }
        }
        _ => *lower = upper.clone(),
    }
}
