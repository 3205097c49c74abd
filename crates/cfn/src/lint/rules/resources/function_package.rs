//! # W2533: a function of an archive has a handler and a runtime
//!
//! ```yaml
//! Function: {Type: AWS::Lambda::Function, Properties: {Code: {S3Bucket: b, S3Key: k}, Role: …}}
//! ```
//!
//! Only a container image brings its own; see
//! [AWS::Lambda::Function](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-lambda-function.html).

use crate::lint::{Context, Findings, Level, Rule};
use serde_json::Value;

pub(super) const RULE: Rule = Rule {
    id: "W2533",
    level: Level::Warning,
    summary: "a function of an archive has a handler and a runtime",
    source: include_str!("function_package.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for (logical_id, resource) in &context.template.resources {
        let properties = &resource.properties;
        let serverless = resource.resource_type == "AWS::Serverless::Function";
        let globals = context.template.body.pointer("/Globals/Function").filter(|_| serverless);
        let given = |name: &str| {
            let value = properties.get(name).or_else(|| globals.and_then(|globals| globals.get(name)));
            value.filter(|value| !value.is_null())
        };
        // What an `Fn::If` or a transform gives for all of them is not known.
        if properties
            .as_object()
            .is_some_and(|properties| properties.keys().any(|name| name.starts_with("Fn::")))
        {
            continue;
        }
        let archive = match resource.resource_type.as_str() {
            "AWS::Lambda::Function" => of_function(&given),
            "AWS::Serverless::Function" => of_serverless(&given),
            _ => None,
        };
        let missing: Vec<&str> =
            ["Handler", "Runtime"].into_iter().filter(|name| given(name).is_none()).collect();
        if let Some(archive) = archive.filter(|_| !missing.is_empty()) {
            let path = ["Resources", logical_id, "Properties", archive];
            let message = format!("a function of an archive needs `{}`", missing.join("` and `"));
            let span = context.template.key_span(&path).unwrap_or_else(|| context.template.place(&path));
            findings.add(message, None, span, &path);
        }
    }
}

/// Returns the property that says that a function's code is an archive.
fn of_function<'v>(given: &dyn Fn(&str) -> Option<&'v Value>) -> Option<&'static str> {
    if given("PackageType").and_then(Value::as_str) == Some("Zip") {
        return Some("PackageType");
    }
    let code = given("Code")?;
    (code.get("ZipFile").is_some() || code.get("S3Key").is_some()).then_some("Code")
}

fn of_serverless<'v>(given: &dyn Fn(&str) -> Option<&'v Value>) -> Option<&'static str> {
    match given("PackageType").map(Value::as_str) {
        Some(Some("Zip")) => Some("PackageType"),
        Some(_) => None,
        None if given("ImageUri").is_some() => None,
        None => ["CodeUri", "InlineCode"].into_iter().find(|name| given(name).is_some()),
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn of(kind: &str, properties: &str) -> usize {
        let template = format!(
            "Transform: AWS::Serverless-2016-10-31\nGlobals: {{Function: {{Runtime: python3.13}}}}\nResources:\n  F: {{Type: AWS::{kind}::Function, \
             Properties: {{{properties}}}}}\n"
        );
        findings("W2533", &template).len()
    }

    #[test]
    fn trips_without_a_handler_or_a_runtime() {
        assert_eq!(of("Lambda", "Code: {ZipFile: x}, Handler: a.b"), 1);
        assert_eq!(of("Lambda", "PackageType: Zip, Runtime: python3.13"), 1);
        assert_eq!(of("Serverless", "CodeUri: ."), 1);
    }

    #[test]
    fn is_fine_with_both_and_with_images() {
        assert_eq!(of("Lambda", "Code: {S3Key: x}, Handler: a.b, Runtime: python3.13"), 0);
        assert_eq!(of("Lambda", "Code: {ImageUri: x}, PackageType: Image"), 0);
        assert_eq!(of("Serverless", "CodeUri: ., Handler: a.b"), 0);
        assert_eq!(of("Serverless", "ImageUri: x"), 0);
    }
}
