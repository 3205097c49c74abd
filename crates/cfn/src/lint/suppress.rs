//! Rules that a template's author has switched off, in cfn-lint's own notation.
//!
//! `Metadata: {cfn-lint: {config: {ignore_checks: [W2001]}}}` at the top is for the whole template, in a resource for that
//! resource. An entry is a rule's id or the start of it.

use super::Finding;
use crate::template::Template;
use serde_json::Value;

pub(super) fn suppress(template: &Template, findings: Vec<Finding>) -> Vec<Finding> {
    let everywhere = ignored(template.metadata.as_ref());
    findings.into_iter().filter(|finding| !is_ignored(template, &everywhere, finding)).collect()
}

fn is_ignored(template: &Template, everywhere: &[&str], finding: &Finding) -> bool {
    let matches = |prefixes: &[&str]| prefixes.iter().any(|prefix| finding.rule.starts_with(prefix));
    let in_resource = || match finding.path.as_slice() {
        [section, logical_id, ..] if section == "Resources" => {
            let resource = template.resources.get(logical_id);
            matches(&ignored(resource.and_then(|resource| resource.metadata.as_ref())))
        }
        _ => false,
    };
    matches(everywhere) || in_resource()
}

fn ignored(metadata: Option<&Value>) -> Vec<&str> {
    let checks = metadata.and_then(|metadata| metadata.pointer("/cfn-lint/config/ignore_checks"));
    let checks = checks.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    checks.iter().filter_map(Value::as_str).filter(|prefix| !prefix.is_empty()).collect()
}
