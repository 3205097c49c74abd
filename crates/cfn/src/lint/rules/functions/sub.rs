//! # E1019: the variables of Fn::Sub exist
//!
//! ```yaml
//! Properties:
//!   Name: !Sub "${Streem}-consumer"
//! ```
//!
//! Name a parameter, a resource, an attribute as `${Resource.Attribute}`, or a variable in the second argument. Text that should
//! keep its `${}` is written `${!text}`. For an output's value the same is E6101.

use crate::lint::arguments::owner;
use crate::lint::rules::functions::target;
use crate::lint::{Context, Findings, Level, Rule, arguments};
use crate::template::{Reference, ReferenceKind};

pub(super) const RULE: Rule = Rule {
    id: "E1019",
    level: Level::Error,
    summary: "the variables of Fn::Sub exist",
    source: include_str!("sub.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    arguments::check(context, findings);
    let of_ours = |reference: &&Reference| {
        reference.kind == ReferenceKind::Sub
            && reference.from.path.first().is_none_or(|section| section != "Outputs")
    };
    for reference in context.references.iter().filter(of_ours) {
        // Within another function the fault is that function's.
        let own = std::mem::replace(&mut findings.rule, owner::at(&reference.from.path, "E1019"));
        if reference.attribute.is_some() {
            target::attribute(context, reference, findings);
        } else {
            target::name(context, reference, findings);
        }
        findings.rule = own;
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_a_variable_that_is_nowhere() {
        let template = "Parameters: {Env: {Type: String}}\nResources:\n  A:\n    Type: AWS::SNS::Topic\n    Properties:\n      \
                        TopicName: !Sub \"${Envi}-${B.Arn}\"\n";
        assert_eq!(
            findings("E1019", template),
            [
                "6:23 no parameter or resource is named `Envi` (did you mean `Env`?)",
                "6:23 no resource is named `B`",
            ]
        );
    }

    #[test]
    fn trips_on_another_shape() {
        let template = "Resources:\n  A:\n    Type: Custom::A\n    Properties:\n      One: !Sub {a: b}\n      Two: {Fn::Sub: [x]}\n";
        assert_eq!(findings("E1019", template).len(), 2);
    }

    #[test]
    fn is_fine_with_literals_and_variables_of_its_own() {
        let template = "Resources:\n  A:\n    Type: AWS::SNS::Topic\n    Properties:\n      TopicName: !Sub [\"${!Envi}-${Own}\
                        -${AWS::Region}\", {Own: x}]\n";
        assert_eq!(findings("E1019", template), [""; 0]);
    }
}
