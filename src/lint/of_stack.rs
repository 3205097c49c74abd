//! Findings of a stack, shown in its file: what only the file tells, and what its rendered template has, each where
//! the file causes it.

use std::path::Path;
use std::sync::Arc;

use hydrant_cfn::lint::Options;

use super::{diagnostic, diagnostics};
use crate::diagnostic::Diagnostic;
use crate::render::{Origins, Template};
use crate::stack::{self, Stack};

/// Returns what is wrong with a stack.
pub fn of_stack(stack: &Stack, template: &Template, options: &Options) -> Vec<Diagnostic> {
    let origins = Origins::of(stack);
    let rendered = format!("{} (rendered)", stack.name);
    let rendered = diagnostics(Path::new(&rendered), &template.body, options).into_iter();
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
    let own = stack::lint::check(stack);
    found.extend(own.iter().map(|finding| diagnostic(&stack.path, &stack.source, finding)));
    found.sort_by(|left, right| {
        (left.path != stack.path, left.span.start).cmp(&(right.path != stack.path, right.span.start))
    });
    found
}
