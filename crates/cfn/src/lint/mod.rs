//! From a template's text to findings: what CloudFormation would refuse, and what nobody can have meant.
//!
//! [`check`] works offline, on the text and on what [`Options`] tell; it asks no account and knows no parameter's value.
//! Rules that check the same as one of cfn-lint's carry its id, so that suppressions carry over; those with an `H` are
//! ours. A rule is one file in `rules`, whose opening comment is its page.

mod arguments;
mod comments;
mod destinations;
mod finding;
mod fixes;
mod options;
mod properties;
mod rules;
mod suppress;

pub use comments::Allowances;
pub use finding::{Finding, Level, Report};
pub use fixes::{Applied, Edit, Fix, Fixed, fix};
pub use options::Options;
pub use rules::rules;

use crate::template::conditions::Conditions;
use crate::template::{Reference, Template};
use crate::yaml::{Document, Span, SyntaxError};
use destinations::Destination;
use serde_json::Value;
use std::cell::OnceCell;

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
    /// Returns the rule's page: what it checks and why, an example, and how to mend it. Markdown.
    pub fn page(&self) -> String {
        if self.source.starts_with("# ") {
            return self.source.to_owned();
        }
        let lines = self.source.lines().map_while(|line| line.strip_prefix("//!"));
        lines.map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line))).collect()
    }

    /// Returns the page's first paragraph in one line; the summary where a page has only examples.
    pub fn why(&self) -> String {
        let page = self.page();
        let mut paragraphs = page.split("\n\n").skip(1).map(str::trim);
        let prose = |text: &&str| !text.is_empty() && !text.starts_with("```") && !text.starts_with('#');
        paragraphs.find(prose).map_or_else(|| self.summary.to_owned(), |text| text.replace('\n', " "))
    }
}

/// Returns the rule with an id, or the one that was meant.
pub fn rule(id: &str) -> Result<&'static Rule, Option<&'static str>> {
    let known = rules().iter().find(|rule| rule.id.eq_ignore_ascii_case(id));
    known.ok_or_else(|| crate::yaml::near_miss(id, rules().iter().map(|rule| rule.id)))
}

/// What a rule may look at.
struct Context<'t> {
    options: &'t Options,
    template: &'t Template,
    references: &'t [Reference],
    /// What conditions say of each other.
    conditions: Conditions<'t>,
    syntax_errors: &'t [SyntaxError],
    /// What schemas and services refuse, found when the first rule asks.
    properties: OnceCell<Vec<Finding>>,
    /// Where functions stand and what is wanted there, found when the first rule asks.
    destinations: OnceCell<Vec<Destination<'t>>>,
    /// What functions refuse of their arguments, found likewise.
    arguments: OnceCell<Vec<Finding>>,
}

impl<'t> Context<'t> {
    /// Returns where functions stand and what is wanted there.
    fn destinations(&self) -> &[Destination<'t>] {
        self.destinations.get_or_init(|| destinations::of(self.template))
    }

    /// Returns what the way to a place takes for granted: a resource's condition, and those of each `Fn::If`.
    fn assumed(&self, path: &[String]) -> Vec<(&'t str, bool)> {
        let mut assumed = Vec::new();
        let mut value = &self.template.body;
        for (index, segment) in path.iter().enumerate() {
            if index == 2 && matches!(path[0].as_str(), "Resources" | "Outputs") {
                assumed.extend(value.get("Condition").and_then(Value::as_str).map(|name| (name, true)));
            }
            let next = match value {
                Value::Array(items) => segment.parse().ok().and_then(|index: usize| items.get(index)),
                other => other.get(segment),
            };
            let Some(next) = next else { break };
            if let ("Fn::If", Some(branch)) = (segment.as_str(), path.get(index + 1))
                && let Some(name) = next.get(0).and_then(Value::as_str)
                && matches!(branch.as_str(), "1" | "2")
            {
                assumed.push((name, branch == "1"));
            }
            value = next;
        }
        assumed
    }

    /// Says whether a place is in an `Fn::If` that cannot be read: of that alone it is told.
    fn is_in_broken_if(&self, path: &[String]) -> bool {
        let mut value = Some(&self.template.body);
        for segment in path {
            value = value.and_then(|value| match value {
                Value::Array(items) => segment.parse().ok().and_then(|index: usize| items.get(index)),
                other => other.get(segment),
            });
            if segment == "Fn::If" {
                let parts = value.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
                let known = |name: &Value| {
                    name.as_str().is_some_and(|name| self.template.conditions.contains_key(name))
                };
                if parts.len() != 3 || !known(&parts[0]) {
                    return true;
                }
            }
        }
        false
    }
    /// Says whether `Fn::ForEach` is at work, which makes names that the text does not show.
    fn has_loops(&self) -> bool {
        ["Conditions", "Resources", "Outputs"].iter().any(|section| {
            let members = self.template.body.get(section).and_then(|section| section.as_object());
            members.is_some_and(|members| members.keys().any(|name| name.starts_with("Fn::ForEach::")))
        })
    }

    /// Says whether somebody's own transform is at work, not one of AWS's.
    fn has_macros(&self) -> bool {
        self.template.transforms.iter().any(|transform| !transform.starts_with("AWS::"))
    }

    /// Says whether a name may exist that the text does not show: macros and modules make such.
    fn may_be_generated(&self, name: &str) -> bool {
        let serverless = self.template.has_transform("AWS::Serverless-2016-10-31");
        let included = self.template.body.pointer("/Resources/Fn::Transform").is_some();
        included
            || self.has_loops()
            || serverless && name.starts_with("Serverless")
            || self.template.resources.iter().any(|(logical_id, resource)| {
                let expands = resource.resource_type.ends_with("::MODULE")
                    || serverless && resource.resource_type.starts_with("AWS::Serverless::");
                expands && name.len() > logical_id.len() && name.starts_with(logical_id.as_str())
            })
    }
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
    let conditions = Conditions::new(&template);
    let context = Context {
        options,
        template: &template,
        references: &references,
        conditions,
        syntax_errors: &syntax_errors,
        properties: OnceCell::new(),
        destinations: OnceCell::new(),
        arguments: OnceCell::new(),
    };
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
