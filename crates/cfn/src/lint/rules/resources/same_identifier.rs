//! # E3019: no two resources of one type have the same name
//!
//! ```yaml
//! One: {Type: AWS::Kinesis::Stream, Properties: {Name: orders}}
//! Two: {Type: AWS::Kinesis::Stream, Properties: {Name: orders}}
//! ```
//!
//! The second one is refused, since the first has the name. Give it another, or leave the name to CloudFormation. Two that are never
//! made together, by their conditions, may have the same name.

use crate::lint::{Context, Findings, Level, Rule};
use crate::schema;
use crate::template::Resource;
use serde_json::Value;
use std::collections::BTreeMap;

pub(super) const RULE: Rule = Rule {
    id: "E3019",
    level: Level::Error,
    summary: "no two resources of one type have the same name",
    source: include_str!("same_identifier.rs"),
    check,
};

/// How many outcomes of one resource's conditions are looked at.
const MOST: usize = 32;

/// A resource with the conditions under which it has a name.
struct Named<'t> {
    logical_id: &'t str,
    assumed: Vec<(&'t str, bool)>,
}

fn check(context: &Context<'_>, findings: &mut Findings) {
    // By type and name.
    let mut named: BTreeMap<(&str, String), Vec<Named<'_>>> = BTreeMap::new();
    for (logical_id, resource) in &context.template.resources {
        let Some(properties) = identifier(resource) else { continue };
        for (names, assumed) in outcomes(resource, &properties) {
            let of_name = named.entry((&resource.resource_type, names)).or_default();
            of_name.push(Named { logical_id, assumed });
        }
    }
    for ((type_name, names), resources) in &named {
        for one in resources {
            let same = resources
                .iter()
                .find(|other| other.logical_id != one.logical_id && together(context, one, other));
            let Some(other) = same else { continue };
            let properties =
                context.template.resources.get(one.logical_id).and_then(identifier).unwrap_or_default();
            let mut path = vec!["Resources", one.logical_id, "Properties"];
            if let [only] = properties.as_slice() {
                path.push(only);
            }
            let message = format!("`{}` is the same {type_name}: {names}", other.logical_id);
            let span = context.template.place(&path);
            let known = findings.list.iter().any(|one| one.rule == "E3019" && one.span == span);
            if !known {
                findings.add(message, None, span, &path);
            }
        }
    }
}

fn together(context: &Context<'_>, one: &Named<'_>, other: &Named<'_>) -> bool {
    let assumed: Vec<(&str, bool)> = one.assumed.iter().chain(&other.assumed).copied().collect();
    // Where a condition is nowhere, only what says the same is taken to go together.
    match context.conditions.can_hold(&assumed) {
        Some(can) => can,
        None => one.assumed == other.assumed,
    }
}

/// Returns the properties that name a resource, unless AWS alone sets one of them.
fn identifier(resource: &Resource) -> Option<Vec<String>> {
    // A project's name is not its identifier in the schema.
    if resource.resource_type == "AWS::CodeBuild::Project" {
        return Some(vec!["Name".to_owned()]);
    }
    let schema = schema::of(&resource.resource_type)?;
    let names: Vec<String> = schema.primary_identifier().map(|pointer| pointer.dotted()).collect();
    let is_read_only = |name: &String| schema.read_only().any(|pointer| pointer.dotted() == *name);
    let usable = |name: &String| !name.contains('.') && !is_read_only(name);
    (!names.is_empty() && names.iter().all(usable)).then_some(names)
}

/// Returns the names that a resource may have, each with the conditions under which it has it.
fn outcomes<'t>(resource: &'t Resource, names: &[String]) -> Vec<(String, Vec<(&'t str, bool)>)> {
    let start: Vec<(&str, bool)> = resource.condition.iter().map(|name| (name.as_str(), true)).collect();
    let mut sets = Vec::new();
    branches(&resource.properties, start, &mut |properties, assumed| sets.push((properties, assumed)));
    let mut found = Vec::new();
    for (properties, assumed) in sets {
        let mut made = vec![(Vec::new(), assumed)];
        for name in names {
            let Some(value) = properties.get(name) else {
                made.clear();
                break;
            };
            let before = std::mem::take(&mut made);
            for (values, assumed) in before {
                branches(value, assumed, &mut |value, assumed| {
                    let mut values: Vec<&Value> = values.clone();
                    values.push(value);
                    made.push((values, assumed));
                });
            }
            if made.len() > MOST {
                return Vec::new();
            }
        }
        let absent =
            |value: &Value| value.is_null() || value.get("Ref").is_some_and(|name| name == "AWS::NoValue");
        let given = made.into_iter().filter(|(values, _)| !values.iter().any(|value| absent(value)));
        found.extend(given.map(|(values, assumed)| {
            let words: Vec<String> = values.iter().map(|value| value.to_string()).collect();
            (words.join(", "), assumed)
        }));
    }
    found
}

/// Visits what a value may be by its conditions.
fn branches<'t>(
    value: &'t Value,
    assumed: Vec<(&'t str, bool)>,
    visit: &mut dyn FnMut(&'t Value, Vec<(&'t str, bool)>),
) {
    let parts = value.get("Fn::If").and_then(Value::as_array).map(Vec::as_slice);
    let Some([Value::String(name), one, other]) = parts else { return visit(value, assumed) };
    if assumed.len() > MOST {
        return;
    }
    for (branch, holds) in [(one, true), (other, false)] {
        if !assumed.contains(&(name.as_str(), !holds)) {
            let mut assumed = assumed.clone();
            assumed.push((name.as_str(), holds));
            branches(branch, assumed, visit);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_the_same_name_twice() {
        let template = "Resources:\n  A:\n    Type: AWS::Kinesis::Stream\n    Properties: {Name: orders}\n  B:\n    Type: \
                        AWS::Kinesis::Stream\n    Properties: {Name: orders}\n";
        let found = findings("E3019", template);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("`B` is the same AWS::Kinesis::Stream"), "{found:?}");
    }

    const CONDITIONS: &str = "Parameters: {P: {Type: String}}\nConditions: {C: !Equals [!Ref P, a], D: !Equals [!Ref P, b]}\nResources:\n";

    #[test]
    fn trips_on_what_conditions_make_the_same() {
        let template = format!(
            "{CONDITIONS}  A:\n    Type: AWS::Kinesis::Stream\n    Properties: {{Name: !If [C, x, y]}}\n  B:\n    Type: AWS::Kinesis::Stream\n    \
             Condition: D\n    Properties: {{Name: y}}\n"
        );
        assert_eq!(findings("E3019", &template).len(), 2);
    }

    #[test]
    fn is_fine_with_names_that_are_never_there_together() {
        let template = format!(
            "{CONDITIONS}  A: {{Type: AWS::Kinesis::Stream, Condition: C, Properties: {{Name: orders}}}}\n  B: {{Type: \
             AWS::Kinesis::Stream, Condition: D, Properties: {{Name: orders}}}}\n  E: {{Type: AWS::SNS::Topic, Properties: {{TopicName: \
             orders}}}}\n"
        );
        assert_eq!(findings("E3019", &template), [""; 0]);
    }
}
