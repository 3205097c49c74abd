//! # E3038: serverless types come with the serverless transform
//!
//! ```yaml
//! Resources:
//!   F: {Type: AWS::Serverless::Function, Properties: {Handler: h.h, Runtime: python3.13, CodeUri: s3://b/k}}
//! ```
//!
//! CloudFormation knows these types only through the transform. Write `Transform: AWS::Serverless-2016-10-31` at the top.

use crate::lint::globals::SERVERLESS;
use crate::lint::{Context, Findings, Level, Rule};

pub(super) const RULE: Rule = Rule {
    id: "E3038",
    level: Level::Error,
    summary: "serverless types come with the serverless transform",
    source: include_str!("transform.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    if context.template.has_transform(SERVERLESS) {
        return;
    }
    for (logical_id, resource) in &context.template.resources {
        if resource.resource_type.starts_with("AWS::Serverless::") {
            let path = ["Resources", logical_id, "Type"];
            let help = Some(format!("write `Transform: {SERVERLESS}` at the top"));
            let message = format!("`{}` is a type of the serverless transform", resource.resource_type);
            findings.add(message, help, context.template.place(&path), &path);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    const TEMPLATE: &str = "Resources: {T: {Type: AWS::Serverless::SimpleTable}}\n";

    #[test]
    fn trips_without_the_transform() {
        assert_eq!(findings("E3038", TEMPLATE).len(), 1);
    }

    #[test]
    fn is_fine_with_it() {
        let template = format!("Transform: AWS::Serverless-2016-10-31\n{TEMPLATE}");
        assert_eq!(findings("E3038", &template), [""; 0]);
    }
}
