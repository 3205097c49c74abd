//! Findings that a template's author or the caller has switched off, and suppressions that switch nothing off.
//!
//! An author does so in a comment ([`super::comments`]) or in cfn-lint's notation: `Metadata: {cfn-lint: {config:
//! {ignore_checks: [W2001]}}}` at the top is for the whole template, in a resource for that resource; an entry is a rule's id
//! or the start of it.

use super::comments::Allowances;
use super::{Context, Finding, Level, rules};
use crate::yaml::{Node, Span};

/// An entry of `ignore_checks`.
struct Entry<'t> {
    prefix: &'t str,
    /// The resource whose findings it is for; without one, those of the whole template.
    logical_id: Option<&'t str>,
    span: Span,
    used: bool,
}

impl Entry<'_> {
    fn is_for(&self, finding: &Finding) -> bool {
        let of_resource = |logical_id: &str| match finding.path.as_slice() {
            [section, id, ..] => section == "Resources" && id == logical_id,
            _ => false,
        };
        finding.rule.starts_with(self.prefix) && self.logical_id.is_none_or(of_resource)
    }
}

pub(super) fn suppress(context: &Context<'_>, findings: Vec<Finding>) -> Vec<Finding> {
    let document = context.template.document();
    let mut entries = entries(&document.root);
    let allowances = Allowances::of(document);
    let mut used = vec![false; allowances.list.len()];
    let mut kept = Vec::with_capacity(findings.len());
    for finding in findings {
        let mut suppressed = false;
        for entry in entries.iter_mut().filter(|entry| entry.is_for(&finding)) {
            (entry.used, suppressed) = (true, true);
        }
        if !allowances.list.is_empty() {
            let line = document.position(finding.span.start).line;
            for (allowance, used) in allowances.list.iter().zip(&mut used) {
                if allowance.allows(finding.rule, line) {
                    (*used, suppressed) = (true, true);
                }
            }
        }
        if !suppressed || context.options.insists_on(finding.rule) {
            kept.push(finding);
        }
    }
    for (message, help, span) in allowances.unreadable {
        kept.push(about("H0102", Level::Warning, message, help, span));
    }
    // Of a text that could not be read, hardly a rule has seen anything.
    if context.syntax_errors.is_empty() {
        let unused = allowances.list.iter().zip(used).filter(|(_, used)| !used);
        kept.extend(unused.map(|(allowance, _)| unused_one(allowance.rule, Level::Warning, allowance.span)));
        let named = |entry: &&Entry<'_>| !entry.used && rules().iter().any(|rule| rule.id == entry.prefix);
        let unused = entries.iter().filter(named);
        kept.extend(unused.map(|entry| unused_one(entry.prefix, Level::Info, entry.span)));
    }
    kept.retain(|finding| {
        let own = finding.rule.starts_with("H010") && entries.iter().any(|entry| entry.is_for(finding));
        !own && context.options.wants(finding.rule)
    });
    kept
}

fn unused_one(rule: &str, level: Level, span: Span) -> Finding {
    about(
        "H0101",
        level,
        format!("nothing here breaks `{rule}`"),
        Some("remove the suppression".to_owned()),
        span,
    )
}

fn about(rule: &'static str, level: Level, message: String, help: Option<String>, span: Span) -> Finding {
    Finding { rule, level, message, help, span, path: Vec::new() }
}

/// Returns the entries at the top and in resources.
fn entries(root: &Node) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    collect(root, None, &mut entries);
    for (key, resource) in root.get("Resources").map(Node::entries).unwrap_or_default() {
        collect(resource, Some(&key.name), &mut entries);
    }
    entries
}

fn collect<'t>(holder: &'t Node, logical_id: Option<&'t str>, entries: &mut Vec<Entry<'t>>) {
    let checks = ["Metadata", "cfn-lint", "config", "ignore_checks"]
        .iter()
        .try_fold(holder, |node, name| node.get(name))
        .map(Node::items)
        .unwrap_or_default();
    for item in checks {
        if let Some(prefix) = item.as_str().filter(|prefix| !prefix.is_empty()) {
            entries.push(Entry { prefix, logical_id, span: item.span, used: false });
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::{Options, check, tests::findings};

    const TEMPLATE: &str = "Metadata: {cfn-lint: {config: {ignore_checks: [W2001, W3005, E9999]}}}\nParameters: {P: {Type: String}}\n\
        Resources:\n  A: {Type: Custom::A, Properties: {X: !Ref Y}} # hydrant: allow E1020, E1010 it is made elsewhere\n";

    #[test]
    fn suppresses_what_a_comment_allows_and_tells_of_what_is_unused() {
        assert_eq!(findings("E1020", TEMPLATE), [""; 0]);
        assert_eq!(findings("W2001", TEMPLATE), [""; 0]);
        assert_eq!(
            findings("H0101", TEMPLATE),
            [
                "1:55 nothing here breaks `W3005` (remove the suppression)",
                "4:73 nothing here breaks `E1010` (remove the suppression)",
            ]
        );
    }

    #[test]
    fn leaves_out_what_the_caller_does_not_want() {
        let of = |options: &Options| {
            check(TEMPLATE, options).findings.iter().map(|one| one.rule).collect::<Vec<_>>()
        };
        let options = Options { ignore: vec!["H01".to_owned(), "E3003".to_owned()], ..Options::default() };
        assert_eq!(of(&options), [""; 0]);
        let options = Options { only: vec!["E1".to_owned()], ..Options::default() };
        assert_eq!(of(&options), [""; 0]);
        assert_eq!(of(&Options { only: vec!["H0101".to_owned()], ..Options::default() }), ["H0101", "H0101"]);
    }
}
