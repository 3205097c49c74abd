//! # E1010: Fn::GetAtt names a resource of the template and an attribute that its type has
//!
//! ```yaml
//! Resources:
//!   Role: {Type: AWS::IAM::Role, Properties: {…}}
//!   Function:
//!     Type: AWS::Lambda::Function
//!     Properties:
//!       Role: !GetAtt Rolle.Arn
//! ```
//!
//! Name a resource that the template declares, and one of the attributes that its type returns; the attribute must be of a type that
//! the property takes. For an output's value the same is E6101.

use super::given;
use crate::lint::arguments::owner;
use crate::lint::rules::functions::target;
use crate::lint::{Context, Findings, Level, Rule, arguments};
use crate::template::{Reference, ReferenceKind};

pub(super) const RULE: Rule = Rule {
    id: "E1010",
    level: Level::Error,
    summary: "Fn::GetAtt names a resource of the template and an attribute that its type has",
    source: include_str!("get_att.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    arguments::check(context, findings);
    let of_ours = |reference: &&Reference| {
        reference.kind == ReferenceKind::GetAtt
            && reference.from.path.first().is_none_or(|section| section != "Outputs")
    };
    for reference in context.references.iter().filter(of_ours) {
        // Within another function the fault is that function's.
        let own = std::mem::replace(&mut findings.rule, owner::at(&reference.from.path, "E1010"));
        target::attribute(context, reference, findings);
        findings.rule = own;
    }
    given::attributes(context, false, findings);
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_a_missing_resource_and_on_a_missing_attribute() {
        let template = "Resources:\n  Stream: {Type: AWS::Kinesis::Stream}\n  B:\n    Type: Custom::B\n    Properties:\n      \
                        One: !GetAtt Streem.Arn\n      Two: !GetAtt Stream.Name\n      Three: !GetAtt Stream\n";
        let found = findings("E1010", template);
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(found[0], "6:20 no resource is named `Streem` (did you mean `Stream`?)");
        assert!(found[1].starts_with("7:20 AWS::Kinesis::Stream has no attribute `Name`"), "{found:?}");
        assert!(found[2].starts_with("8:22 "), "{found:?}");
    }

    #[test]
    fn is_fine_with_attributes_that_only_the_resource_knows() {
        let template = "Resources:\n  Stream: {Type: AWS::Kinesis::Stream}\n  Custom: {Type: Custom::C}\n  Nested: {Type: \
                        AWS::CloudFormation::Stack}\n  B:\n    Type: Custom::B\n    Properties:\n      One: !GetAtt \
                        Stream.Arn\n      Two: !GetAtt Custom.Anything\n      Three: !GetAtt Nested.Outputs.X\n      \
                        Four: {Fn::GetAtt: [Stream, !Ref AWS::Region]}\n";
        assert_eq!(findings("E1010", template), [""; 0]);
    }
}
