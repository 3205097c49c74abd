//! # E1002: a template has at most a million bytes
//!
//! CloudFormation takes [1 MB from S3](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html),
//! and 51,200 bytes in a request.
//!
//! ```yaml
//! Resources: {} # … and a megabyte more
//! ```
//!
//! Move a part of the resources to a nested stack or to one of its own.

use crate::lint::{Context, Findings, Level, Rule};
use crate::yaml::Span;

pub(super) const RULE: Rule = Rule {
    id: "E1002",
    level: Level::Error,
    summary: "a template has at most a million bytes",
    source: include_str!("size.rs"),
    check,
};

const MOST: usize = 1_000_000;

fn check(context: &Context<'_>, findings: &mut Findings) {
    let size = context.template.document().source().len();
    if size > MOST {
        let nothing: &[&str] = &[];
        findings.add(
            format!("the template has {size} bytes; {MOST} are allowed"),
            None,
            Span::default(),
            nothing,
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_a_large_template() {
        let template = format!("Resources: {{A: {{Type: AWS::SNS::Topic}}}}\n#{}", "x".repeat(1_000_000));
        assert_eq!(findings("E1002", &template).len(), 1);
    }

    #[test]
    fn is_fine_with_one_that_just_fits() {
        let template = "Resources: {A: {Type: AWS::SNS::Topic}}\n#";
        let template = format!("{template}{}", "x".repeat(1_000_000 - template.len()));
        assert_eq!(findings("E1002", &template), [""; 0]);
    }
}
