//! # E6101: an output's functions name resources and attributes that exist
//!
//! ```yaml
//! Outputs:
//!   Arn: {Value: !GetAtt Streem.Arn}
//! ```
//!
//! Name a resource that the template declares, and one of the attributes that its type returns. Elsewhere the same is E1010
//! for `Fn::GetAtt` and E1019 for `Fn::Sub`.

use crate::lint::rules::functions::{given, target};
use crate::lint::{Context, Findings, Level, Rule};
use crate::template::{Reference, ReferenceKind};

pub(super) const RULE: Rule = Rule {
    id: "E6101",
    level: Level::Error,
    summary: "an output's functions name resources and attributes that exist",
    source: include_str!("value.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let of_ours = |reference: &&Reference| {
        matches!(reference.kind, ReferenceKind::GetAtt | ReferenceKind::Sub)
            && reference.from.path.first().is_some_and(|section| section == "Outputs")
    };
    for reference in context.references.iter().filter(of_ours) {
        if reference.kind == ReferenceKind::GetAtt || reference.attribute.is_some() {
            target::attribute(context, reference, findings);
        } else {
            target::name(context, reference, findings);
        }
    }
    given::attributes(context, true, findings);
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_what_does_not_exist() {
        let template = "Resources: {Stream: {Type: AWS::Kinesis::Stream}}\nOutputs:\n  One: {Value: !GetAtt Streem.Arn}\n  \
                        Two: {Value: !Sub \"${Streem}\"}\n  Three: {Value: !Sub \"${Stream.Nothing}\"}\n";
        let found = findings("E6101", template);
        assert_eq!(found.len(), 3, "{found:?}");
    }

    #[test]
    fn is_fine_with_what_exists() {
        let template = "Resources: {Stream: {Type: AWS::Kinesis::Stream}}\nOutputs:\n  One: {Value: !GetAtt Stream.Arn}\n  \
                        Two: {Value: !Sub \"${Stream}-${AWS::Region}-${!x}\"}\n";
        assert_eq!(findings("E6101", template), [""; 0]);
    }
}
