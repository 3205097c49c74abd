//! What functions refuse of their arguments, and places of what functions give, found once for all rules that tell of it.
//!
//! A template becomes [`Finding`]s, each with the id of the rule that it [belongs to](owner). Names that lead nowhere are for
//! others to find, here it is only asked whether a value has the shape that its place wants.

mod kinds;
pub(in crate::lint) mod owner;
mod signatures;
mod walk;

use super::{Context, Finding, Findings};

/// Adds what belongs to the rule that is asked.
pub(super) fn check(context: &Context<'_>, findings: &mut Findings) {
    let all = context.arguments.get_or_init(|| walk::collect(context));
    findings.list.extend(all.iter().filter(|finding| finding.rule == findings.rule).cloned());
}

/// Returns the finding with the level of its rule.
fn finding(
    rule: &'static str,
    message: String,
    help: Option<String>,
    span: crate::yaml::Span,
    path: &[String],
) -> Finding {
    let level = if rule.starts_with('W') { super::Level::Warning } else { super::Level::Error };
    Finding { rule, level, message, help, span, path: path.to_vec() }
}
