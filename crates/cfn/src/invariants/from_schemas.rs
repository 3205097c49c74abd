//! Rules that are schemas of their own: cfn-lint's, by its ids.

use serde_json::Value;

use super::{Breach, Known, Refusal};
use crate::frozen::{Frozen, List};
use crate::schema::{Reading, Schema, section};

/// Rules that a file here knows better, since it also sees where references lead.
const ELSEWHERE: [&str; 2] = ["E3633", "E3634"];

/// Returns what cfn-lint's schemas of a type's rules find.
pub(super) fn check(resource_type: &str, properties: &Value, known: &Known<'_>) -> Vec<Breach> {
    let rules = section("rules").and_then(|rules| rules.get(resource_type)?.list());
    let mut breaches = Vec::new();
    for rule in rules.into_iter().flat_map(List::iter).filter_map(Frozen::object) {
        let text = |name: &str| rule.get(name).and_then(Frozen::text);
        let (Some(id), Some(place), Some(schema)) = (text("id"), text("path"), rule.get("schema")) else {
            continue;
        };
        if ELSEWHERE.contains(&id) {
            continue;
        }
        // A suspicion of cfn-lint's is a suspicion here.
        let refusal = if id.starts_with('E') { Refusal::Handler } else { Refusal::Unsure };
        let names: Vec<&str> = place.split('/').filter(|name| !name.is_empty()).collect();
        let mut found = Vec::new();
        places(properties, &names, &mut Vec::new(), known, &mut found);
        for (path, value) in found {
            for violation in Schema::new(schema).violations_with_formats(value, known.reader) {
                // What must not be there is named by its key.
                let excluded = matches!(violation.keyword, "additionalProperties" | "dependentExcluded");
                let key = violation.names.into_iter().next().filter(|_| excluded);
                let path = path.iter().cloned().chain(violation.path).chain(key).collect();
                breaches.push(Breach { rule: id, path, message: violation.message, refusal });
            }
        }
    }
    breaches
}

/// Collects the values that names lead to, where `*` is any item or member.
fn places<'v>(
    value: &'v Value,
    names: &[&str],
    path: &mut Vec<String>,
    known: &Known<'_>,
    found: &mut Vec<(Vec<String>, &'v Value)>,
) {
    let Some((name, rest)) = names.split_first() else {
        found.push((path.clone(), value));
        return;
    };
    match (known.reader)(value) {
        Reading::Known => {}
        Reading::OneOf(alternatives) => {
            for alternative in alternatives {
                let length = path.len();
                path.extend(alternative.path);
                places(alternative.value, names, path, known, found);
                path.truncate(length);
            }
            return;
        }
        Reading::Unknown | Reading::Absent => return,
    }
    let mut step = |name: String, below: &'v Value| {
        path.push(name);
        places(below, rest, path, known, found);
        path.pop();
    };
    match value {
        Value::Array(items) if *name == "*" => {
            items.iter().enumerate().for_each(|(index, item)| step(index.to_string(), item));
        }
        Value::Object(members) if *name == "*" => {
            members.iter().for_each(|(name, member)| step(name.clone(), member));
        }
        _ => {
            if let Some(below) = value.get(*name) {
                step((*name).to_owned(), below);
            }
        }
    }
}
