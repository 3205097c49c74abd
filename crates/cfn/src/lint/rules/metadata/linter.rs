//! # W4005: what is said to cfn-lint is what it understands
//!
//! ```yaml
//! Metadata:
//!   cfn-lint: {config: {ignore_check: [W2001]}}
//! ```
//!
//! A name that cfn-lint does not know, or a text where it wants a list, is passed over, and the rules stay as they were. This
//! linter reads `ignore_checks` too.

use crate::lint::{Context, Findings, Level, Rule, did_you_mean};
use crate::yaml::{Node, NodeValue};

pub(super) const RULE: Rule = Rule {
    id: "W4005",
    level: Level::Warning,
    summary: "what is said to cfn-lint is what it understands",
    source: include_str!("linter.rs"),
    check,
};

const LISTS: &[&str] = &["append_rules", "ignore_checks", "regions"];
const FLAGS: &[&str] = &["ignore_bad_template", "include_experimental", "merge_configs"];

fn check(context: &Context<'_>, findings: &mut Findings) {
    let metadata = context.template.document().root.get("Metadata");
    let Some((key, linter)) = metadata.and_then(|metadata| metadata.entry("cfn-lint")) else { return };
    if !matches!(linter.value, NodeValue::Mapping(_)) {
        return findings.add("`cfn-lint` is an object", None, key.span, &["Metadata", "cfn-lint"]);
    }
    let Some((key, config)) = linter.entry("config") else { return };
    if !matches!(config.value, NodeValue::Mapping(_)) {
        return findings.add("`config` is an object", None, key.span, &["Metadata", "cfn-lint", "config"]);
    }
    for (key, value) in config.entries() {
        let name = key.name.as_str();
        let path = ["Metadata", "cfn-lint", "config", name];
        let wanted = if LISTS.contains(&name) {
            if is_list(value) {
                continue;
            }
            "a list of texts"
        } else if FLAGS.contains(&name) {
            if is_flag(value) {
                continue;
            }
            "`true` or `false`"
        } else if name == "configure_rules" {
            if matches!(value.value, NodeValue::Mapping(_)) {
                continue;
            }
            "an object"
        } else {
            let known = LISTS.iter().chain(FLAGS).copied().chain(["configure_rules"]);
            let message = format!("cfn-lint does not know `{name}`");
            findings.add(message, did_you_mean(name, known.collect::<Vec<_>>()), key.span, &path);
            continue;
        };
        findings.add(format!("`{name}` must be {wanted}"), None, key.span, &path);
    }
}

fn is_list(node: &Node) -> bool {
    matches!(node.value, NodeValue::Sequence(_)) && node.items().iter().all(|item| !item.is_collection())
}

fn is_flag(node: &Node) -> bool {
    let text = |text: &str| matches!(text.to_lowercase().as_str(), "true" | "false");
    matches!(node.value, NodeValue::Bool(_)) || node.as_str().is_some_and(text)
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn of(config: &str) -> usize {
        let template =
            format!("Metadata: {{cfn-lint: {{config: {config}}}}}\nResources: {{A: {{Type: Custom::A}}}}\n");
        findings("W4005", &template).len()
    }

    #[test]
    fn trips_on_what_is_passed_over() {
        assert_eq!(of("{ignore_checks: W2001, include_checks: [I], merge_configs: maybe}"), 3);
        assert_eq!(of("[x]"), 1);
    }

    #[test]
    fn is_fine_with_what_is_known() {
        assert_eq!(
            of("{ignore_checks: [X1], regions: [us-east-1], configure_rules: {E3012: {strict: false}}}"),
            0
        );
    }
}
