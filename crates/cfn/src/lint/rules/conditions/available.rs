//! # W1001: what is referred to exists whenever the reference does
//!
//! ```yaml
//! Resources:
//!   Role: {Type: AWS::IAM::Role, Condition: IsProd, Properties: {…}}
//!   Function: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt Role.Arn}}
//! ```
//!
//! When the condition does not hold, the resource is not made and CloudFormation refuses the reference: "Unresolved resource
//! dependencies". Give both the same condition, or put the reference into an `Fn::If` of it. Conditions that cannot differ, since
//! they compare the same parameter, are understood, and so are `AllowedValues` and the template's rules.

use crate::lint::{Context, Findings, Level, Rule};
use crate::template::ReferenceKind;

pub(super) const RULE: Rule = Rule {
    id: "W1001",
    level: Level::Warning,
    summary: "what is referred to exists whenever the reference does",
    source: include_str!("available.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for reference in context.references {
        let of_value =
            matches!(reference.kind, ReferenceKind::Ref | ReferenceKind::GetAtt | ReferenceKind::Sub);
        let path = &reference.from.path;
        if !of_value || !matches!(path[0].as_str(), "Resources" | "Outputs") {
            continue;
        }
        let resource = context.template.resources.get(&reference.to);
        let Some(condition) = resource.and_then(|resource| resource.condition.as_deref()) else { continue };
        let assumed = context.assumed(path);
        if context.conditions.can_hold(&assumed) != Some(true)
            || context.conditions.can_fail(&assumed, condition) != Some(true)
        {
            continue;
        }
        let to = &reference.to;
        let message =
            format!("`{to}` is only there when `{condition}` holds, and this does not wait for that");
        let help = format!("put it into `Fn::If: [{condition}, …]`, or give both the same condition");
        let function = path.iter().rposition(|segment| segment == "Ref" || segment.starts_with("Fn::"));
        let way = &path[..function.unwrap_or(path.len())];
        let span = match context.template.key_span(way) {
            Some(key) => key,
            None => context.template.place(way),
        };
        findings.add(message, Some(help), span, path);
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    const CONDITIONS: &str = "Parameters: {P: {Type: String, AllowedValues: [a, b]}}\nConditions: {A: !Equals [!Ref P, a], B: !Equals \
                              [!Ref P, b]}\nResources:\n  R: {Type: Custom::R, Condition: A}\n  S:\n    Type: Custom::S\n";

    #[test]
    fn trips_when_the_resource_may_not_be_there() {
        let template = format!(
            "{CONDITIONS}    Properties:\n      One: !Ref R\n      Two: [!If [B, !GetAtt R.X, x]]\n      Three: !Sub '${{R}}'\n"
        );
        let found = findings("W1001", &template);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].starts_with("8:7 `R` is only there when `A` holds"), "{found:?}");
    }

    #[test]
    fn is_fine_when_the_conditions_go_together() {
        let template = format!(
            "{CONDITIONS}    Condition: A\n    Properties: {{One: !Ref R}}\n  T:\n    Type: Custom::T\n    Properties: {{One: !If [B, x, \
             !Ref R], Two: !If [A, !Ref R, x]}}\n"
        );
        assert_eq!(findings("W1001", &template), [""; 0]);
    }
}
