//! A template with the values that it is given: resources that exist, their functions evaluated.
//!
//! What only a stack knows stands in texts as the marks of [`symbols`](super::super::symbols).

use std::collections::BTreeMap;

use serde_json::Value;

use super::Given;
use super::resources;
use super::statement::Principal;
use crate::access::Access;
use crate::access::symbols::{GENERATED, OPAQUE, opaque};
use crate::template::resolve::{Scope, resolve_partial};
use crate::template::{Template, scalar_text};

/// Types that the resources of a template name by an ARN of their own kind.
const TYPES_WITH_PARTS: [&str; 2] = ["AWS::Logs::LogGroup", "AWS::S3::Bucket"];

/// What a template has, as it would be deployed.
pub(super) struct Seen<'t> {
    pub template: &'t Template,
    pub resources: BTreeMap<String, Resource>,
    /// The ARNs of resources, by logical id.
    arns: BTreeMap<String, String>,
}

/// A resource that exists.
pub(super) struct Resource {
    pub resource_type: String,
    pub properties: Value,
}

impl<'t> Seen<'t> {
    pub fn of(given: Given<'t>) -> Self {
        let scope = Known(given);
        let mut seen = Self { template: given.template, resources: BTreeMap::new(), arns: BTreeMap::new() };
        let conditions = |name: &str| {
            let value = serde_json::json!({ "Fn::If": [name, true, false] });
            let resolved = resolve_partial(&value, given.template, &scope).ok()?.into_value()?;
            resolved.as_bool()
        };
        for (logical_id, resource) in &given.template.resources {
            let is_there = resource.condition.as_deref().and_then(conditions).unwrap_or(true);
            if !is_there {
                continue;
            }
            let resolved = resolve_partial(&resource.properties, given.template, &scope);
            let properties = resolved.ok().and_then(|resolved| resolved.into_value());
            let properties = properties.unwrap_or_else(|| resource.properties.clone());
            let resource_type = resource.resource_type.clone();
            seen.resources.insert(logical_id.clone(), Resource { resource_type, properties });
            let arn = scope.attribute_text(logical_id, "Arn").filter(|arn| arn.starts_with("arn:"));
            let arn = arn.or_else(|| scope.reference_text(logical_id).filter(|arn| arn.starts_with("arn:")));
            seen.arns.extend(arn.map(|arn| (logical_id.clone(), arn)));
        }
        seen
    }

    /// Returns the same where resources have the names that they have in `after`, so that only access is compared.
    pub fn renamed_as(mut self, after: &Self, renamed: &[(String, String)]) -> Self {
        let mut texts: Vec<(String, String)> = Vec::new();
        for (logical_id, arn) in &self.arns {
            let new_id = renamed.iter().find(|(old, _)| old == logical_id).map_or(logical_id, |(_, new)| new);
            if let Some(other) = after.arns.get(new_id).filter(|other| *other != arn) {
                texts.push((arn.clone(), other.clone()));
            }
        }
        // Longer ARNs first, so that `stream/a` does not take the start of `stream/ab`.
        texts.sort_by_key(|(arn, _)| std::cmp::Reverse(arn.len()));
        for resource in self.resources.values_mut() {
            replace(&mut resource.properties, &texts);
        }
        self
    }

    /// Returns a resource's ARN.
    pub fn arn(&self, logical_id: &str) -> Option<&String> {
        self.arns.get(logical_id)
    }

    /// Returns the resource that a name or an ARN means.
    pub fn meant(&self, text: &str) -> Option<&str> {
        let is_it = |logical_id: &&String| {
            self.arns.get(*logical_id).is_some_and(|arn| arn == text)
                || resources::names(self.template, logical_id, 0).iter().any(|name| name == text)
                || resources::reference(self.template, logical_id, 0).iter().any(|name| name == text)
        };
        self.resources.keys().find(is_it).map(String::as_str)
    }

    /// Writes an ARN for people: the logical id of what it means, and what follows.
    pub fn resource_shown(&self, text: &str) -> String {
        let part = |(logical_id, arn): (&String, &String)| {
            let is_whole = self
                .resources
                .get(logical_id)
                .is_some_and(|resource| TYPES_WITH_PARTS.contains(&resource.resource_type.as_str()));
            let arn = if is_whole { arn.strip_suffix(":*").unwrap_or(arn) } else { arn };
            let rest = text.strip_prefix(arn)?;
            match rest {
                "" | ":*" => Some((arn.len(), logical_id.clone())),
                _ if rest.starts_with(['/', ':']) => Some((arn.len(), format!("{logical_id}{rest}"))),
                _ => None,
            }
        };
        let best = self.arns.iter().filter_map(part).max_by_key(|(length, _)| *length);
        best.map_or_else(|| Access::shown(text), |(_, shown)| shown)
    }

    /// Writes a principal for people.
    pub fn principal_shown(&self, principal: &Principal) -> String {
        let Principal { kind, name, is_negated } = principal;
        let account = name.strip_suffix(":root").and_then(|name| name.rsplit("::").next());
        let is_number = !name.is_empty() && name.chars().all(|character| character.is_ascii_digit());
        let shown = match (kind.as_str(), account) {
            ("AWS", _) if name == "*" => "anyone".to_owned(),
            ("AWS", Some(account)) => format!("account {}", Access::shown(account)),
            ("AWS", None) if is_number => format!("account {name}"),
            _ => self.resource_shown(name),
        };
        if *is_negated { format!("anyone but {shown}") } else { shown }
    }
}

/// Puts other texts in the place of ARNs, and of what begins with one.
fn replace(value: &mut Value, texts: &[(String, String)]) {
    match value {
        Value::String(text) => {
            let fitting = texts.iter().find(|(arn, _)| {
                text.strip_prefix(arn.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ':']))
            });
            if let Some((arn, other)) = fitting {
                *text = format!("{other}{}", &text[arn.len()..]);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, texts)),
        Value::Object(members) => members.values_mut().for_each(|member| replace(member, texts)),
        _ => {}
    }
}

/// What a template is given, and marks for everything else.
struct Known<'t>(Given<'t>);

impl Known<'_> {
    /// Puts values in the place of marks that are known.
    fn with_values(&self, text: String) -> String {
        let mut text = text;
        for (name, value) in self.0.values {
            if text.contains([OPAQUE, GENERATED]) {
                text = text.replace(&opaque(name), value);
            }
        }
        text
    }

    fn reference_text(&self, name: &str) -> Option<String> {
        let texts = resources::reference(self.0.template, name, 0);
        one(texts).map(|text| self.with_values(text))
    }

    fn attribute_text(&self, logical_id: &str, attribute: &str) -> Option<String> {
        let texts = resources::attribute(self.0.template, logical_id, attribute, 0);
        one(texts).map(|text| self.with_values(text))
    }
}

/// Returns a text when it is the only one.
fn one(texts: Vec<String>) -> Option<String> {
    let [text] = <[String; 1]>::try_from(texts).ok()?;
    Some(text)
}

impl Scope for Known<'_> {
    fn reference(&self, name: &str) -> Option<Value> {
        let Given { template, values } = self.0;
        if template.resources.contains_key(name) {
            return self.reference_text(name).map(Value::from);
        }
        let parameter = template.parameters.get(name);
        let is_list = parameter.is_some_and(|one| {
            one.parameter_type.starts_with("List<") || one.parameter_type == "CommaDelimitedList"
        });
        let default = || parameter.and_then(|one| scalar_text(one.default.as_ref()?));
        let is_secret = parameter.is_some_and(|one| one.no_echo);
        let text = match values.get(name).filter(|_| !is_secret) {
            Some(text) => text.clone(),
            None if is_secret => opaque(name),
            None => match (name, default()) {
                ("AWS::Partition", _) => "aws".to_owned(),
                ("AWS::URLSuffix", _) => "amazonaws.com".to_owned(),
                (_, Some(default)) => default,
                _ => opaque(name),
            },
        };
        match is_list {
            true => Some(text.split(',').map(|item| Value::from(item.trim())).collect()),
            false => Some(Value::from(text)),
        }
    }

    fn attribute(&self, logical_id: &str, attribute: &str) -> Option<Value> {
        self.attribute_text(logical_id, attribute).map(Value::from)
    }

    fn import(&self, name: &str) -> Option<Value> {
        Some(Value::from(opaque(&format!("Fn::ImportValue {name}"))))
    }
}
