//! # E8007: a condition names conditions of the template
//!
//! ```yaml
//! Conditions:
//!   IsLarge: !And [!Condition IsPro, !Equals [!Ref Size, large]]
//! ```
//!
//! Declare the condition in the section `Conditions`, or use the name of one that is there.

use crate::lint::rules::functions::target;
use crate::lint::{Context, Findings, Level, Rule};

pub(super) const RULE: Rule = Rule {
    id: "E8007",
    level: Level::Error,
    summary: "a condition names conditions of the template",
    source: include_str!("function.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    target::condition(context, "Conditions", findings);
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_a_condition_that_is_not_there() {
        let template = "Conditions:\n  A: !Not [!Condition B]\n  C: !Not [{Condition: D}]\nResources: {R: {Type: Custom::A}}\n";
        assert_eq!(
            findings("E8007", template),
            ["2:23 no condition is named `B`", "3:24 no condition is named `D`"]
        );
    }

    #[test]
    fn is_fine_with_a_condition_that_stands_below() {
        let template =
            "Conditions:\n  A: !Not [!Condition B]\n  B: !Equals [a, b]\nResources: {R: {Type: Custom::A}}\n";
        assert_eq!(findings("E8007", template), [""; 0]);
    }
}
