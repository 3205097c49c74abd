//! # E3005: DependsOn names other resources of the template
//!
//! ```yaml
//! Resources:
//!   Function: {Type: AWS::Lambda::Function, DependsOn: Polcy}
//! ```
//!
//! Write the name of a resource, or a list of names. A parameter or a condition cannot be waited for, nor a resource that its own
//! condition may leave out: give both the same condition.

use crate::lint::{Context, Findings, Level, Rule, did_you_mean};
use crate::template::{Reference, ReferenceKind, Resource};
use crate::yaml::NodeValue;

pub(super) const RULE: Rule = Rule {
    id: "E3005",
    level: Level::Error,
    summary: "DependsOn names other resources of the template",
    source: include_str!("depends_on.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for reference in context.references {
        if reference.kind != ReferenceKind::DependsOn {
            continue;
        }
        if reference.from.logical_id() == Some(reference.to.as_str()) {
            let message = format!("`{}` depends on itself", reference.to);
            findings.add(message, None, reference.from.span, &reference.from.path);
        }
        if let Some(other) = context.template.resources.get(&reference.to) {
            available(context, reference, other, findings);
            continue;
        }
        if context.may_be_generated(&reference.to) {
            continue;
        }
        let message = format!("no resource is named `{}`", reference.to);
        let help = did_you_mean(&reference.to, context.template.resources.keys());
        findings.add(message, help, reference.from.span, &reference.from.path);
    }
    let resources = context.template.document().root.get("Resources");
    for (key, node) in resources.map_or(&[][..], |resources| resources.entries()) {
        let Some((attribute, value)) = node.entry("DependsOn") else {
            continue;
        };
        let name = |value: &NodeValue| matches!(value, NodeValue::String(_));
        let fits = match &value.value {
            NodeValue::Sequence(items) => items.iter().all(|item| item.tag.is_none() && name(&item.value)),
            NodeValue::Null => true,
            other => value.tag.is_none() && name(other),
        };
        if !fits {
            let message = "`DependsOn` takes the name of a resource, or a list of names";
            findings.add(message, None, attribute.span, &["Resources", &key.name, "DependsOn"]);
        }
    }
}

/// Finds a resource that is not made in every case in which it is waited for.
fn available(context: &Context<'_>, reference: &Reference, other: &Resource, findings: &mut Findings) {
    let Some(condition) = other.condition.as_deref() else { return };
    let assumed = context.assumed(&reference.from.path);
    if context.conditions.can_hold(&assumed) == Some(true)
        && context.conditions.can_fail(&assumed, condition) == Some(true)
    {
        let message = format!(
            "`{}` is only there when `{condition}` holds, and this does not wait for that",
            reference.to
        );
        findings.add(message, None, reference.from.span, &reference.from.path);
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_a_name_that_is_no_resource() {
        let template = "Parameters: {P: {Type: String}}\nResources:\n  Policy: {Type: Custom::A}\n  B: {Type: Custom::B, \
                        DependsOn: [Polcy, P]}\n  C: {Type: Custom::C, DependsOn: !Ref Policy}\n";
        assert_eq!(
            findings("E3005", template),
            [
                "4:36 no resource is named `Polcy` (did you mean `Policy`?)",
                "4:43 no resource is named `P`",
                "5:24 `DependsOn` takes the name of a resource, or a list of names",
            ]
        );
    }

    #[test]
    fn trips_on_itself() {
        let template = "Resources:\n  A: {Type: Custom::A, DependsOn: A}\n";
        assert_eq!(findings("E3005", template), ["2:35 `A` depends on itself"]);
    }

    #[test]
    fn is_fine_with_one_name_or_many() {
        let template = "Resources:\n  A: {Type: Custom::A}\n  B: {Type: Custom::B, DependsOn: A}\n  C: {Type: Custom::C, \
                        DependsOn: [A, B]}\n";
        assert_eq!(findings("E3005", template), [""; 0]);
    }
}
