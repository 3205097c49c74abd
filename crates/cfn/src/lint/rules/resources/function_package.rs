//! # W2533: a function from an archive has a handler and a runtime
//!
//! ```yaml
//! F: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt R.Arn, Code: {S3Bucket: b, S3Key: k}, Runtime: python3.13}}
//! ```
//!
//! Only a container image knows by itself what to run. Name the handler and the runtime.

use crate::lint::{Context, Findings, Level, Rule};

pub(super) const RULE: Rule = Rule {
    id: "W2533",
    level: Level::Warning,
    summary: "a function from an archive has a handler and a runtime",
    source: include_str!("function_package.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for (logical_id, resource) in &context.template.resources {
        let properties = &resource.properties;
        let of_archive = ["/Code/S3Key", "/Code/ZipFile"].iter().any(|way| properties.pointer(way).is_some())
            && properties.get("PackageType").is_none_or(|package| package == "Zip");
        if resource.resource_type != "AWS::Lambda::Function" || !of_archive {
            continue;
        }
        // Without a runtime, inline code is another rule's finding.
        let inline = properties.pointer("/Code/ZipFile").is_some();
        for name in ["Handler", "Runtime"] {
            if properties.get(name).is_none() && !(inline && name == "Runtime") {
                let path = ["Resources", logical_id, "Properties"];
                let message = format!("a function from an archive needs `{name}`");
                findings.add(message, None, context.template.place(&path), &path);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_an_archive_without_a_handler() {
        let template = "Resources: {F: {Type: AWS::Lambda::Function, Properties: {Code: {S3Bucket: b, S3Key: k}, Runtime: python3.13}}}";
        assert_eq!(findings("W2533", template).len(), 1);
    }

    #[test]
    fn is_fine_with_an_image() {
        let template = "Resources: {F: {Type: AWS::Lambda::Function, Properties: {Code: {ImageUri: i}, PackageType: Image}}}";
        assert_eq!(findings("W2533", template), [""; 0]);
    }
}
