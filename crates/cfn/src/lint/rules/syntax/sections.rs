//! # E1001: a template has the sections that templates have, and resources
//!
//! CloudFormation refuses a template with a section that it does not know, and one without `Resources`.
//!
//! ```yaml
//! Resorces:
//!   Stream: {Type: AWS::Kinesis::Stream}
//! ```
//!
//! Write the section's name as CloudFormation does; move notes of your own to `Metadata`.

use crate::lint::{Context, Findings, Level, Rule, did_you_mean};
use crate::template::SECTIONS;
use crate::yaml::NodeValue;

pub(super) const RULE: Rule = Rule {
    id: "E1001",
    level: Level::Error,
    summary: "a template has the sections that templates have, and resources",
    source: include_str!("sections.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let root = &context.template.document().root;
    let NodeValue::Mapping(entries) = &root.value else {
        // Any other root than an empty one is no document of this kind at all, which another rule says.
        if root.value == NodeValue::Null {
            let nothing: &[&str] = &[];
            findings.add("the template is empty; `Resources` is required", None, root.span, nothing);
        }
        return;
    };
    let serverless = context.template.has_transform("AWS::Serverless-2016-10-31");
    for (key, node) in entries {
        let name = key.name.as_str();
        let path = [name];
        if !SECTIONS.contains(&name) {
            if name == "Globals" && serverless {
                continue;
            }
            let help = match name {
                "Globals" => Some("`Globals` needs `Transform: AWS::Serverless-2016-10-31`".to_owned()),
                _ => did_you_mean(name, SECTIONS),
            };
            findings.add(format!("`{name}` is not a section of a template"), help, key.span, &path);
            continue;
        }
        let must_be_object = !matches!(name, "AWSTemplateFormatVersion" | "Description" | "Transform");
        if must_be_object && !matches!(node.value, NodeValue::Mapping(_) | NodeValue::Null) {
            findings.add(format!("`{name}` must be an object"), None, key.span, &path);
        }
    }
    if let Some((key, version)) = root.entry("AWSTemplateFormatVersion")
        && !matches!(version.as_str(), Some("2010-09-09"))
    {
        let help = Some("write \"2010-09-09\", or leave it out".to_owned());
        findings.add("the only format version is 2010-09-09", help, key.span, &["AWSTemplateFormatVersion"]);
    }
    if root.entry("Resources").is_none() {
        let nothing: &[&str] = &[];
        findings.add("the template has no `Resources`", None, root.span, nothing);
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_an_unknown_section_and_on_missing_resources() {
        assert_eq!(
            findings("E1001", "Resorces:\n  A: {Type: AWS::SNS::Topic}\n"),
            [
                "1:1 `Resorces` is not a section of a template (did you mean `Resources`?)",
                "1:1 the template has no `Resources`",
            ]
        );
        assert_eq!(findings("E1001", "").len(), 1);
    }

    #[test]
    fn trips_on_another_format_version() {
        let template = "AWSTemplateFormatVersion: 2012-10-17\nResources: {A: {Type: AWS::SNS::Topic}}\n";
        assert_eq!(findings("E1001", template).len(), 1);
    }

    #[test]
    fn is_fine_with_globals_of_a_serverless_template() {
        let template = "AWSTemplateFormatVersion: 2010-09-09\nTransform: AWS::Serverless-2016-10-31\nGlobals: {}\nResources: {A: {Type: AWS::SNS::Topic}}\n";
        assert_eq!(findings("E1001", template), [""; 0]);
    }
}
