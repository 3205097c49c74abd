//! # E3007: no resource has the name of a parameter
//!
//! ```yaml
//! Parameters: {Stream: {Type: String}}
//! Resources: {Stream: {Type: AWS::Kinesis::Stream}}
//! ```
//!
//! `Ref` could mean either, so CloudFormation refuses the template. Rename one of them.

use crate::lint::{Context, Findings, Level, Rule};

pub(super) const RULE: Rule = Rule {
    id: "E3007",
    level: Level::Error,
    summary: "no resource has the name of a parameter",
    source: include_str!("names.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for name in
        context.template.resources.keys().filter(|name| context.template.parameters.contains_key(*name))
    {
        let path = ["Resources", name];
        let span = context.template.key_span(&path).unwrap_or_default();
        findings.add(format!("a parameter is named `{name}` too"), None, span, &path);
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_one_name_for_two() {
        let template = "Parameters: {A: {Type: String}}\nResources:\n  A: {Type: Custom::A}\n";
        assert_eq!(findings("E3007", template), ["3:3 a parameter is named `A` too"]);
    }

    #[test]
    fn is_fine_with_names_that_differ_in_case() {
        let template = "Parameters: {a: {Type: String}}\nResources:\n  A: {Type: Custom::A}\n";
        assert_eq!(findings("E3007", template), [""; 0]);
    }
}
