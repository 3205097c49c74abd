//! Findings of a stack, shown in its file: what only the file tells, and what its rendered template has, each where
//! the file causes it.

use std::path::Path;
use std::sync::Arc;

use hydrant_cfn::lint::{Allowances, Finding, Level, Options, rule};
use hydrant_cfn::yaml::Document;

use super::{diagnostic, diagnostics};
use crate::diagnostic::Diagnostic;
use crate::render::{Origins, Template};
use crate::stack::{self, Stack};

/// Returns what is wrong with a stack.
pub fn of_stack(stack: &Stack, template: &Template, options: &Options) -> Vec<Diagnostic> {
    let origins = Origins::of(stack);
    let rendered = format!("{} (rendered)", stack.name);
    let rendered = diagnostics(Path::new(&rendered), template.body(), options).into_iter();
    let mut found: Vec<Diagnostic> = rendered
        .map(|diagnostic| match origins.place(&diagnostic.template_path) {
            Some(span) => Diagnostic {
                note: Some(format!("in the rendered template: {}", diagnostic.template_path.join("/"))),
                path: stack.path.clone(),
                source: Arc::clone(&stack.source),
                span: span.start..span.end,
                fix: None,
                ..diagnostic
            },
            // A template of the project's own is the only place that it can be shown at.
            None => diagnostic,
        })
        .collect();
    let own = stack::lint::check(stack).into_iter().filter(|finding| options.wants(finding.rule));
    found.extend(own.map(|finding| diagnostic(&stack.path, &stack.source, &finding)));
    let mut found = allow(stack, found, options);
    found.sort_by(|left, right| {
        (left.path != stack.path, left.span.start).cmp(&(right.path != stack.path, right.span.start))
    });
    found
}

/// Leaves out what comments of the stack file allow, and tells of comments that allow nothing.
fn allow(stack: &Stack, found: Vec<Diagnostic>, options: &Options) -> Vec<Diagnostic> {
    let (document, _) = Document::parse(&stack.source);
    let allowances = Allowances::naming(&document, known);
    let mut used = vec![false; allowances.list.len()];
    let mut kept: Vec<Diagnostic> = Vec::with_capacity(found.len());
    for diagnostic in found {
        let rule = diagnostic.rule.as_deref().unwrap_or_default();
        let mut is_allowed = false;
        for (allowance, used) in allowances.list.iter().zip(&mut used) {
            if diagnostic.path == stack.path && allowance.allows(rule, diagnostic.start().0) {
                (*used, is_allowed) = (true, !options.insists_on(rule));
            }
        }
        if !is_allowed {
            kept.push(diagnostic);
        }
    }
    let unused = allowances.list.iter().zip(used).filter(|(_, used)| !used).map(|(allowance, _)| {
        let message = format!("nothing here breaks `{}`", allowance.rule);
        ("H0101", message, Some("remove the suppression".to_owned()), allowance.span)
    });
    let unreadable = allowances.unreadable.iter();
    let unreadable = unreadable.map(|(message, help, span)| ("H0102", message.clone(), help.clone(), *span));
    let about = unused.chain(unreadable).filter(|(rule, ..)| options.wants(rule));
    kept.extend(about.map(|(rule, message, help, span)| {
        let finding = Finding { rule, level: Level::Warning, message, help, span, path: Vec::new() };
        diagnostic(&stack.path, &stack.source, &finding)
    }));
    kept
}

/// Returns the id of a rule for templates or for stack files, or the near miss.
fn known(id: &str) -> Result<&'static str, Option<&'static str>> {
    let own = stack::lint::rules().map(|rule| rule.id).find(|rule| rule.eq_ignore_ascii_case(id));
    own.map_or_else(|| rule(id).map(|rule| rule.id), Ok)
}
