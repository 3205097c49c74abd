//! # E6005: an output's condition is one of the template
//!
//! ```yaml
//! Outputs:
//!   Arn: {Value: !GetAtt Stream.Arn, Condition: IsPro}
//! ```
//!
//! Declare the condition in the section `Conditions`, or use the name of one that is there.

use crate::lint::rules::functions::target;
use crate::lint::{Context, Findings, Level, Rule};

pub(super) const RULE: Rule = Rule {
    id: "E6005",
    level: Level::Error,
    summary: "an output's condition is one of the template",
    source: include_str!("condition.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    target::condition(context, "Outputs", findings);
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_a_condition_that_is_not_there() {
        let template = "Resources: {A: {Type: Custom::A}}\nOutputs:\n  O: {Value: x, Condition: IsProd}\n";
        assert_eq!(findings("E6005", template), ["3:28 no condition is named `IsProd`"]);
    }

    #[test]
    fn is_fine_with_a_condition_that_is() {
        let template = "Conditions: {IsProd: !Equals [a, b]}\nResources: {A: {Type: Custom::A}}\nOutputs: {O: {Value: x, \
                        Condition: IsProd}}\n";
        assert_eq!(findings("E6005", template), [""; 0]);
    }
}
