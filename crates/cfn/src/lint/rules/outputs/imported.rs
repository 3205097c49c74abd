//! # W6001: an output does not pass an import on
//!
//! ```yaml
//! Outputs:
//!   Topic:
//!     Value: !ImportValue network-topic
//! ```
//!
//! The other stack exports the value already. Whoever needs it can import it from there; here it only makes another stack that
//! cannot change.

use crate::lint::rules::functions::places;
use crate::lint::{Context, Findings, Level, Rule};

pub(super) const RULE: Rule = Rule {
    id: "W6001",
    level: Level::Warning,
    summary: "an output does not pass an import on",
    source: include_str!("imported.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    places::each(context.template, "Fn::ImportValue", &mut |place| {
        if matches!(place.path, [section, _, value, ..] if section == "Outputs" && value == "Value") {
            findings.add("this output is the import of another", None, place.span, place.path);
        }
    });
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_an_imported_value() {
        let template = "Resources: {A: {Type: AWS::SNS::Topic}}\nOutputs: {O: {Value: !ImportValue x}}\n";
        assert_eq!(findings("W6001", template).len(), 1);
    }

    #[test]
    fn is_fine_with_an_import_in_a_resource() {
        let template = "Resources: {A: {Type: AWS::SNS::Topic, Properties: {TopicName: !ImportValue x}}}\nOutputs: {O: {Value: !Ref A}}\n";
        assert_eq!(findings("W6001", template), [""; 0]);
    }
}
