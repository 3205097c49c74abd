//! Rules that only a stack file can break: what is expected of a pipeline against what its parts can do.
//!
//! A rule is one file, whose opening comment is its page; the page's first example trips it, the second is
//! almost wrong but fine. What the rendered template breaks is found by the rules for templates, not here.

mod deliveries;
mod environments;
mod functions;
mod streams;

use hydrant_cfn::lint::{Finding, Level, Rule};

use super::model::{Stack, StackFile};

/// One check of stack files: its id, level and page, and what it does.
struct StackRule {
    rule: Rule,
    check: fn(&Stack, &mut Findings<'_>),
}

/// Returns every rule of stack files.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    all().map(|one| &one.rule)
}

fn all() -> impl Iterator<Item = &'static StackRule> {
    FAMILIES.iter().copied().flatten()
}

const FAMILIES: [&[StackRule]; 4] =
    [&streams::RULES, &functions::RULES, &deliveries::RULES, &environments::RULES];

/// Checks a stack for its environment.
pub fn check(stack: &Stack) -> Vec<Finding> {
    let mut findings = Findings { stack, rule: "", level: Level::Error, list: Vec::new() };
    for StackRule { rule, check } in all() {
        findings.rule = rule.id;
        findings.level = rule.level;
        check(stack, &mut findings);
    }
    findings.list
}

/// What the rules found so far.
struct Findings<'a> {
    stack: &'a Stack,
    rule: &'static str,
    level: Level,
    list: Vec<Finding>,
}

impl Findings<'_> {
    /// Adds a finding at the key to which `way` leads, or the nearest above it that somebody wrote.
    fn add(&mut self, way: &[&str], message: impl Into<String>, help: impl Into<Option<String>>) {
        self.list.push(Finding {
            rule: self.rule,
            level: self.level,
            message: message.into(),
            help: help.into(),
            span: self.stack.nearest_place(way).unwrap_or_default(),
            path: way.iter().map(|key| (*key).to_owned()).collect(),
        });
    }
}

/// Returns the blocks that read a stream: functions, then deliveries.
fn readers<'a>(file: &'a StackFile, stream: &'a str) -> impl Iterator<Item = &'a str> {
    let functions = file
        .functions
        .iter()
        .filter(move |(_, one)| one.reads.as_ref().is_some_and(|reads| reads.stream.value == stream));
    let deliveries = file
        .deliveries
        .iter()
        .filter(move |(_, one)| one.from.as_ref().is_some_and(|from| from.value == stream));
    functions.map(|(name, _)| name.value.as_str()).chain(deliveries.map(|(name, _)| name.value.as_str()))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::path::Path;

    use super::*;
    use crate::stack::parse;

    #[test]
    fn trips_and_is_fine_as_the_pages_say() {
        for rule in rules() {
            let page = rule.page();
            assert!(page.starts_with(&format!("# {}: {}\n", rule.id, rule.summary)), "{}", rule.id);
            assert!(page.contains("<https://"), "{} names its source", rule.id);
            let examples: Vec<&str> =
                page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
            let [bad, good] = examples[..] else { panic!("{} has two examples", rule.id) };
            let found = |text: &str| {
                let stack = parse(Path::new("example.yaml"), text, "dev")
                    .unwrap_or_else(|error| panic!("{}: {:?}", rule.id, error.diagnostics));
                check(&stack).into_iter().filter(|finding| finding.rule == rule.id).collect::<Vec<_>>()
            };
            let tripped = found(bad);
            assert!(!tripped.is_empty(), "{} does not trip", rule.id);
            assert!(tripped.iter().all(|finding| finding.span.end > finding.span.start), "{tripped:?}");
            assert_eq!(found(good), [], "{} trips on what is fine", rule.id);
        }
    }

    #[test]
    fn gives_each_rule_an_id_of_its_own() {
        let mut seen: HashSet<&str> = hydrant_cfn::lint::rules().iter().map(|rule| rule.id).collect();
        for rule in rules() {
            assert!(rule.id.starts_with("H3") && seen.insert(rule.id), "{}", rule.id);
        }
    }
}
