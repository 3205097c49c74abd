//! From a template's text to findings: what CloudFormation would refuse, and what nobody can have meant.
//!
//! [`check`] works offline, on the text and on what [`Options`] tell; it asks no account and knows no parameter's value.
//! Rules that check the same as one of cfn-lint's carry its id, so that suppressions carry over; those with an `H` are
//! ours. A rule is one file in `rules`, whose opening comment is its page.

mod arguments;
mod comments;
mod context;
mod destinations;
mod family;
mod finding;
mod fixes;
mod globals;
mod options;
mod properties;
mod rules;
mod suppress;

pub use comments::Allowances;
pub use family::Family;
pub use finding::{Finding, Level, Report};
pub use fixes::{Applied, Edit, Fix, Fixed, fix};
pub use options::Options;
pub use rules::rules;

use crate::template::Template;
use crate::yaml::{Document, Span};
use context::Context;

/// One check, with its page.
#[derive(Clone, Copy)]
pub struct Rule {
    pub id: &'static str,
    pub level: Level,
    /// What holds when the rule is kept.
    pub summary: &'static str,
    source: &'static str,
    check: fn(&Context<'_>, &mut Findings),
}

impl Rule {
    /// Returns a rule that others check, such as those of what becomes a template; `source` opens with its page as a comment.
    pub const fn elsewhere(
        id: &'static str,
        level: Level,
        summary: &'static str,
        source: &'static str,
    ) -> Self {
        Self { id, level, summary, source, check: |_, _| {} }
    }

    /// Returns the rule's page: what it checks and why, an example, and how to mend it. Markdown.
    pub fn page(&self) -> String {
        if self.source.starts_with("# ") {
            return self.source.to_owned();
        }
        let lines = self.source.lines().map_while(|line| line.strip_prefix("//!"));
        lines.map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line))).collect()
    }
}

/// Returns the rule with an id, or the one that was meant.
pub fn rule(id: &str) -> Result<&'static Rule, Option<&'static str>> {
    let known = rules().iter().find(|rule| rule.id.eq_ignore_ascii_case(id));
    known.ok_or_else(|| crate::yaml::near_miss(id, rules().iter().map(|rule| rule.id)))
}

/// What the rules found so far.
struct Findings {
    rule: &'static str,
    level: Level,
    list: Vec<Finding>,
}

impl Findings {
    fn add(
        &mut self,
        message: impl Into<String>,
        help: Option<String>,
        span: Span,
        path: &[impl AsRef<str>],
    ) {
        self.list.push(Finding {
            rule: self.rule,
            level: self.level,
            message: message.into(),
            help,
            span,
            path: path.iter().map(|segment| segment.as_ref().to_owned()).collect(),
        });
    }
}

/// Checks the text of a template.
pub fn check(source: &str, options: &Options) -> Report {
    let (document, syntax_errors) = Document::parse(source);
    let (template, _) = Template::read(document);
    let references = template.references();
    let context = Context::new(options, &template, &references, &syntax_errors);
    let mut findings = Findings { rule: "", level: Level::Error, list: Vec::new() };
    for rule in rules() {
        findings.rule = rule.id;
        findings.level = rule.level;
        (rule.check)(&context, &mut findings);
        // What follows from a text that could not be read would only be echoes.
        if !syntax_errors.is_empty() {
            break;
        }
    }
    let mut findings = suppress::suppress(&context, findings.list);
    drop(context);
    findings.sort_by(|left, right| {
        (left.span.start, left.rule, left.span.end).cmp(&(right.span.start, right.rule, right.span.end))
    });
    Report { findings, document: template.into_document() }
}

/// Returns "did you mean" for the candidate that `found` looks like.
fn did_you_mean<'a, S: AsRef<str> + ?Sized + 'a>(
    found: &str,
    candidates: impl IntoIterator<Item = &'a S>,
) -> Option<String> {
    crate::yaml::near_miss(found, candidates).map(|near| format!("did you mean `{near}`?"))
}

/// Returns the name that [`did_you_mean`] proposes.
fn meant(help: &str) -> Option<&str> {
    help.strip_prefix("did you mean `")?.strip_suffix("`?")
}

#[cfg(test)]
mod tests;
