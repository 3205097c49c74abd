//! Rules that compare a resource with others that it names, as schemas of what is gathered from all of them.
//!
//! A rule gathers properties of the resource (`{"service": {"properties": {"LaunchType": "/LaunchType"}}}`) and of those that a
//! reference of its leads to, and asks a schema about them, in which `{"$data": "/service/LaunchType"}` stands for a value
//! that was gathered and `{"$lookup": {"key": …, "map": …}}` for one out of a table. What is not in the text is not compared.

use super::of_resource::OfResource;
use super::{places, rule_id};
use crate::frozen::{Frozen, List, freeze};
use crate::lint::{Level, globals};
use crate::schema::{Reader, Reading, Schema, resolved, section};
use crate::template::{Resource, seen};
use serde_json::{Map, Value};

/// Checks a resource against those that it names.
pub(super) fn check(resource: &mut OfResource<'_, '_>, properties: &Value) {
    let rules = section("gathering").and_then(|rules| rules.get(resource.type_name)?.list());
    for rule in rules.into_iter().flat_map(List::iter) {
        let rule = rule.thaw();
        let Some(id) = rule["id"].as_str().and_then(rule_id) else { continue };
        let Some(entries) = rule["gather"].as_object() else { continue };
        let Some(gathered) = Gathered::of(resource, entries, properties) else { continue };
        let values = Value::Object(gathered.values);
        // A schema in a context without functions compares functions as they are written.
        let (schema, reader): (&Value, &Reader<'_>) = match rule["schema"].get("cfnContext") {
            Some(context) => (&context["schema"], &resolved),
            None => (&rule["schema"], &read),
        };
        let literal = rule["schema"].get("cfnContext").is_some();
        let Some(Ok(bytes)) = filled(schema, &values, literal).map(|schema| freeze(&schema)) else {
            continue;
        };
        let violations = Schema::new(Frozen::root(&bytes)).violations(&values, reader);
        for path in violations.iter().map(|violation| violation.path.as_slice()) {
            let level = if id.starts_with('W') { Level::Warning } else { Level::Error };
            let message = format!("it should hold that {}", super::summary(id).unwrap_or_default());
            let (entry, property) = (path.first(), path.get(1));
            let spec = entry.and_then(|entry| entries.get(entry));
            let way: Vec<String> = match (spec, property) {
                (Some(spec), Some(property)) => {
                    steps(path_of(&spec["properties"][property])).chain(path[2..].iter().cloned()).collect()
                }
                _ => Vec::new(),
            };
            match entry.and_then(|entry| gathered.others.iter().find(|(name, _)| name == entry)) {
                Some((_, logical_id)) => resource.add_of(logical_id, id, level, message, &way),
                None => resource.add(id, level, message, None, &way, "const"),
            }
        }
    }
}

/// Reads what was gathered, where a rule itself names `null` as what is not there.
fn read(value: &Value) -> Reading<'_> {
    if value.is_null() { Reading::Known } else { seen::read(value) }
}

/// What was gathered for a rule: values by entry, and which resources the entries are.
struct Gathered {
    values: Map<String, Value>,
    others: Vec<(String, String)>,
}

impl Gathered {
    /// Gathers, unless the resource does not name the one that the rule is about.
    fn of(resource: &OfResource<'_, '_>, entries: &Map<String, Value>, properties: &Value) -> Option<Self> {
        let mut gathered = Self { values: Map::new(), others: Vec::new() };
        let mut is_first = true;
        for (name, spec) in entries {
            let Some(reference) = spec["reference"].as_str() else {
                gathered.values.insert(name.clone(), collected(spec, properties, resource.type_name).into());
                continue;
            };
            let named = first(properties, reference);
            let Some((logical_id, other)) = named.as_ref().and_then(|value| referred(resource, value)) else {
                // A name or an ARN leads to no resource of the template; what is here may still be compared.
                if named.map_or(!is_first, |value| !value.is_object()) {
                    continue;
                }
                return None;
            };
            is_first = false;
            if spec["filter"]["type"].as_str().is_some_and(|wanted| wanted != other.resource_type) {
                return None;
            }
            let template = resource.context.template;
            let theirs = globals::properties(template, logical_id, other);
            let theirs = seen::see(&resource.context.conditions, &theirs, other.condition.as_deref());
            gathered.values.insert(name.clone(), collected(spec, &theirs, &other.resource_type).into());
            gathered.others.push((name.clone(), logical_id.to_owned()));
        }
        Some(gathered)
    }
}

/// Returns the properties that an entry asks for, as far as they are there.
fn collected(spec: &Value, properties: &Value, resource_type: &str) -> Map<String, Value> {
    let mut collected = Map::new();
    for (key, wanted) in spec["properties"].as_object().into_iter().flatten() {
        let found = match wanted.as_str() {
            Some("$type") => Some(resource_type.into()),
            _ => first(properties, path_of(wanted)).or_else(|| wanted.get("default").cloned()),
        };
        collected.extend(found.map(|found| (key.clone(), found)));
    }
    collected
}

fn path_of(wanted: &Value) -> &str {
    wanted.as_str().or_else(|| wanted["path"].as_str()).unwrap_or_default()
}

fn steps(path: &str) -> impl Iterator<Item = String> {
    path.split('/').filter(|step| !step.is_empty()).map(str::to_owned)
}

/// Returns the first value at a path that is there.
fn first(properties: &Value, path: &str) -> Option<Value> {
    let mut found = None;
    places::visit(properties, path, &mut |_, value| {
        let is_absent = matches!(seen::read(value), Reading::Absent);
        if found.is_none() && !is_absent {
            found = Some(value.clone());
        }
    });
    found
}

/// Returns the resource that `Ref` or `Fn::GetAtt` names.
fn referred<'t>(resource: &OfResource<'_, 't>, value: &Value) -> Option<(&'t str, &'t Resource)> {
    let name = value.get("Ref").or_else(|| value.get("Fn::GetAtt")?.get(0))?.as_str()?;
    let (name, resource) = resource.context.template.resources.get_key_value(name)?;
    Some((name.as_str(), resource))
}

/// Keywords in which a gathered value may stand.
const FILLED: &[&str] = &[
    "const",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "pattern",
];

/// Returns a schema with gathered values in it, unless one of them is not known.
///
/// A value that is a function is known only where functions are compared as they are written.
fn filled(schema: &Value, gathered: &Value, literal: bool) -> Option<Value> {
    match schema {
        Value::Array(items) => items
            .iter()
            .map(|item| filled(item, gathered, literal))
            .collect::<Option<Vec<_>>>()
            .map(Value::Array),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                if !FILLED.contains(&name.as_str()) || !value.is_object() {
                    return Some((name.clone(), filled(value, gathered, literal)?));
                }
                let value = data(value, gathered)
                    .filter(|value| literal || !value.is_object() && !value.is_array())?;
                let number = |value: Value| match value.as_str().map(str::parse::<f64>) {
                    Some(Ok(number)) => serde_json::json!(number),
                    _ => value,
                };
                let is_number = name != "const" && name != "pattern";
                Some((name.clone(), if is_number { number(value) } else { value }))
            };
            members.iter().map(member).collect::<Option<Map<_, _>>>().map(Value::Object)
        }
        other => Some(other.clone()),
    }
}

/// Returns the value that `$data` or `$lookup` stands for.
fn data(value: &Value, gathered: &Value) -> Option<Value> {
    if let Some(lookup) = value.get("$lookup") {
        let key = data(&lookup["key"], gathered)?;
        return lookup["map"].get(key.as_str()?).cloned();
    }
    match value.get("$data") {
        Some(pointer) => gathered.pointer(pointer.as_str()?).cloned(),
        None => Some(value.clone()),
    }
}
