//! # E1020: Ref names a parameter or a resource of the template
//!
//! ```yaml
//! Properties:
//!   Name: !Ref Streem
//! ```
//!
//! CloudFormation refuses the template before it creates anything: "Unresolved resource dependencies". Name what the template
//! declares, or one of the pseudo parameters (`AWS::Region`, …). A condition may not name a resource: it is decided before any
//! resource exists. What it gives must be of a type that its place takes: a parameter that is a list does not stand where one text
//! does, nor the other way round.

use super::given;
use crate::lint::rules::functions::target;
use crate::lint::{Context, Findings, Level, Rule, arguments};
use crate::template::ReferenceKind;

pub(super) const RULE: Rule = Rule {
    id: "E1020",
    level: Level::Error,
    summary: "Ref names a parameter or a resource of the template",
    source: include_str!("reference.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    arguments::check(context, findings);
    for reference in context.references {
        if reference.kind != ReferenceKind::Ref {
            continue;
        }
        let path = &reference.from.path;
        let in_condition = path.first().is_some_and(|section| section == "Conditions");
        if in_condition && context.template.resources.contains_key(&reference.to) {
            let message = format!("a condition cannot depend on the resource `{}`", reference.to);
            findings.add(message, None, reference.from.span, path);
        } else {
            target::name(context, reference, findings);
        }
    }
    given::references(context, findings);
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_a_name_that_is_nowhere_and_on_a_resource_in_a_condition() {
        let template = "Conditions: {C: !Equals [!Ref Topic, x]}\nResources:\n  Topic:\n    Type: AWS::SNS::Topic\n    \
                        Condition: C\n    Properties: {TopicName: !Ref Topik}\n";
        assert_eq!(
            findings("E1020", template),
            [
                "1:31 a condition cannot depend on the resource `Topic`",
                "6:34 no parameter or resource is named `Topik` (did you mean `Topic`?)",
            ]
        );
    }

    #[test]
    fn is_fine_with_pseudo_parameters_and_with_names_that_a_transform_makes() {
        let template = "Transform: AWS::Serverless-2016-10-31\nResources:\n  F: {Type: AWS::Serverless::Function}\n  A:\n    \
                        Type: Custom::A\n    Properties: {One: !Ref AWS::NoValue, Two: !Ref FRole}\n";
        assert_eq!(findings("E1020", template), [""; 0]);
    }
}
