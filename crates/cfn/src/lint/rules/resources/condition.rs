//! # E3015: a resource's condition is one of the template
//!
//! ```yaml
//! Resources:
//!   Stream: {Type: AWS::Kinesis::Stream, Condition: IsPro}
//! ```
//!
//! Declare the condition in the section `Conditions`, or use the name of one that is there.

use crate::lint::rules::functions::target;
use crate::lint::{Context, Findings, Level, Rule};

pub(super) const RULE: Rule = Rule {
    id: "E3015",
    level: Level::Error,
    summary: "a resource's condition is one of the template",
    source: include_str!("condition.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    target::condition(context, "Resources", findings);
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_a_condition_that_is_not_there() {
        let template =
            "Conditions: {IsProd: !Equals [a, b]}\nResources:\n  A: {Type: Custom::A, Condition: IsPro}\n";
        assert_eq!(
            findings("E3015", template),
            ["3:35 no condition is named `IsPro` (did you mean `IsProd`?)"]
        );
    }

    #[test]
    fn is_fine_with_a_condition_in_a_policy() {
        let template = "Conditions: {IsProd: !Equals [a, b]}\nResources:\n  A: {Type: Custom::A, Condition: IsProd, Properties: \
                        {Policy: {Condition: {StringEquals: {a: b}}}}}\n";
        assert_eq!(findings("E3015", template), [""; 0]);
    }
}
