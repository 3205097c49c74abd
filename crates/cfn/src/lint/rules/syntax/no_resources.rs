//! # H0002: the section Resources holds a resource
//!
//! CloudFormation refuses a template without any: "At least one Resources member must be defined". What a transform of your own
//! makes may come later, so that a template with a macro is let alone.
//! <https://repost.aws/knowledge-center/cloudformation-template-validation>
//!
//! ```yaml
//! Resources: {}
//! ```
//!
//! Add the resource, or remove the template.

use crate::lint::{Context, Findings, Level, Rule};
use crate::yaml::NodeValue;

pub(super) const RULE: Rule = Rule {
    id: "H0002",
    level: Level::Error,
    summary: "the section Resources holds a resource",
    source: include_str!("no_resources.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let Some((key, resources)) = context.template.document().root.entry("Resources") else { return };
    if matches!(&resources.value, NodeValue::Mapping(entries) if entries.is_empty()) && !context.has_macros()
    {
        findings.add("`Resources` holds no resource", None, key.span, &["Resources"]);
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_an_empty_section() {
        assert_eq!(findings("H0002", "Resources: {}\n"), ["1:1 `Resources` holds no resource"]);
    }

    #[test]
    fn is_fine_with_a_resource_or_a_macro() {
        assert_eq!(findings("H0002", "Resources: {A: {Type: AWS::SNS::Topic}}\n"), [""; 0]);
        assert_eq!(findings("H0002", "Transform: Mine\nResources: {}\n"), [""; 0]);
    }
}
