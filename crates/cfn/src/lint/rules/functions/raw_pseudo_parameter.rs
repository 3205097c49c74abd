//! # W1054: the name of a pseudo parameter is not a value
//!
//! ```yaml
//! Properties:
//!   TopicName: AWS::StackName
//! ```
//!
//! Nothing but `Ref` and `Fn::Sub` puts a pseudo parameter's value in its place; the text alone stays what it is. Write
//! `!Ref AWS::StackName`.

use super::texts;
use crate::lint::{Context, Findings, Level, Rule};
use crate::template::PSEUDO_PARAMETERS;

pub(super) const RULE: Rule = Rule {
    id: "W1054",
    level: Level::Warning,
    summary: "the name of a pseudo parameter is not a value",
    source: include_str!("raw_pseudo_parameter.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    texts::each(context.template, &mut |text| {
        let is_value = text.is_in_properties()
            || matches!(text.path, [section, _, value, ..] if section == "Outputs" && value == "Value")
            || text.path[0] == "Conditions";
        let is_name = text.path.iter().any(|segment| segment == "Ref");
        if is_value && !is_name && PSEUDO_PARAMETERS.contains(&text.text) {
            let message = format!("`{}` is only a text here", text.text);
            findings.add(message, Some(format!("write `!Ref {}`", text.text)), text.span, text.path);
        }
    });
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_a_name_without_ref() {
        let template = "Resources: {A: {Type: AWS::SNS::Topic, Properties: {TopicName: AWS::StackName}}}";
        assert_eq!(findings("W1054", template).len(), 1);
    }

    #[test]
    fn is_fine_with_ref_and_other_names() {
        let template = "Resources: {A: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref AWS::StackName, DisplayName: 'AWS::Stack'}}}";
        assert_eq!(findings("W1054", template), [""; 0]);
    }
}
