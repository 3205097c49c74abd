//! # E3019: no two resources of one type have the same name
//!
//! ```yaml
//! One: {Type: AWS::Kinesis::Stream, Properties: {Name: orders}}
//! Two: {Type: AWS::Kinesis::Stream, Properties: {Name: orders}}
//! ```
//!
//! The second one is refused, since the first has the name. Give it another, or leave the name to CloudFormation.

use crate::lint::{Context, Findings, Level, Rule};
use crate::schema;
use crate::template::Resource;
use serde_json::Value;

pub(super) const RULE: Rule = Rule {
    id: "E3019",
    level: Level::Error,
    summary: "no two resources of one type have the same name",
    source: include_str!("same_identifier.rs"),
    check,
};

/// The properties that name a resource, with their values.
type Names<'t> = Vec<(String, &'t Value)>;

fn check(context: &Context<'_>, findings: &mut Findings) {
    let named: Vec<(&String, &Resource, Names<'_>)> = context
        .template
        .resources
        .iter()
        .filter_map(|(logical_id, resource)| Some((logical_id, resource, identifier(resource)?)))
        .collect();
    for (logical_id, resource, names) in &named {
        let same = named.iter().find(|(other_id, other, other_names)| {
            other_id != logical_id
                && other.resource_type == resource.resource_type
                && other_names == names
                // With a condition on either, perhaps only one of them is made.
                && other.condition == resource.condition
        });
        let Some((other_id, ..)) = same else { continue };
        for (name, value) in names {
            let path = ["Resources", logical_id, "Properties", name];
            let message = format!("`{other_id}` has the same `{name}`: {value}");
            findings.add(message, None, context.template.place(&path), &path);
        }
    }
}

/// Returns the properties that name a resource, when all of them are given.
fn identifier(resource: &Resource) -> Option<Names<'_>> {
    let schema = schema::of(&resource.resource_type)?;
    let mut names = Vec::new();
    for pointer in schema.primary_identifier() {
        let name = pointer.dotted();
        let value = resource.properties.get(&name)?;
        names.push((name, value));
    }
    let is_read_only = |name: &str| schema.read_only().any(|pointer| pointer.dotted() == name);
    (!names.is_empty() && !names.iter().any(|(name, _)| is_read_only(name))).then_some(names)
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_both_of_the_same_name() {
        let template = "Resources:\n  A: {Type: AWS::Kinesis::Stream, Properties: {Name: s}}\n  B: {Type: AWS::Kinesis::Stream, Properties: {Name: s}}\n";
        assert_eq!(findings("E3019", template).len(), 2);
    }

    #[test]
    fn is_fine_with_one_or_the_other() {
        let template = "Conditions: {C: !Equals [!Ref AWS::Region, x], D: !Not [!Condition C]}\nResources:\n  A: {Type: AWS::Kinesis::Stream, \
                        Condition: C, Properties: {Name: s}}\n  B: {Type: AWS::Kinesis::Stream, Condition: D, Properties: {Name: s}}\n";
        assert_eq!(findings("E3019", template), [""; 0]);
    }
}
