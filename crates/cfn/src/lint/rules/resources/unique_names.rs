//! # E3007: a resource has no name of a parameter
//!
//! ```yaml
//! Parameters: {Bucket: {Type: String}}
//! Resources: {Bucket: {Type: AWS::S3::Bucket}}
//! ```
//!
//! `Ref` could mean either. CloudFormation refuses the template; give one of them another name.

use crate::lint::{Context, Findings, Level, Rule};

pub(super) const RULE: Rule = Rule {
    id: "E3007",
    level: Level::Error,
    summary: "a resource has no name of a parameter",
    source: include_str!("unique_names.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for logical_id in context.template.resources.keys() {
        if context.template.parameters.contains_key(logical_id) {
            let path = ["Resources", logical_id];
            let message = format!("a parameter is called `{logical_id}`, too");
            findings.add(message, None, context.template.place(&path), &path);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_a_name_that_is_taken() {
        let template = "Parameters: {Topic: {Type: String}}\nResources: {Topic: {Type: AWS::SNS::Topic}}\n";
        assert_eq!(findings("E3007", template), ["2:13 a parameter is called `Topic`, too"]);
    }

    #[test]
    fn is_fine_with_a_name_that_is_close() {
        let template =
            "Parameters: {TopicName: {Type: String}}\nResources: {Topic: {Type: AWS::SNS::Topic}}\n";
        assert_eq!(findings("E3007", template), [""; 0]);
    }
}
