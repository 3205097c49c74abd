//! Checks templates and stack files, and shows what is found where it stands.
//!
//! `catalogue` tells of the rules, `targets` finds what to check, `work` checks it on all cores, `config` reads what a project says of it, and `mending`
//! changes files. The rules are `crates/cfn`'s, and `stack::lint`'s for what only a stack file can break.

pub mod catalogue;
pub mod config;
mod glob;
pub mod mending;
mod of_stack;
pub mod targets;
pub mod work;

use std::path::Path;
use std::sync::Arc;

use hydrant_cfn::lint::{Finding, Level, Options, Report, check, fix};

use crate::diagnostic::{Diagnostic, Severity};
use crate::error::{Error, Kind, Result};
use crate::render::Template;
use crate::stack::Stack;
use crate::ui::Ui;

pub use of_stack::of_stack;

/// Returns what is wrong with a template's text.
pub fn diagnostics(path: &Path, text: &str, options: &Options) -> Vec<Diagnostic> {
    of_report(path, &check(text, options))
}

/// Returns a report's findings with the file that they are in.
fn of_report(path: &Path, report: &Report) -> Vec<Diagnostic> {
    let source: Arc<str> = report.document.source().into();
    let is_readable = report.is_readable();
    let diagnostic = |finding: &Finding| Diagnostic {
        fix: fix(&report.document, finding).filter(|_| is_readable),
        ..diagnostic(path, &source, finding)
    };
    report.findings.iter().map(diagnostic).collect()
}

/// Returns a finding in the file whose text is `source`.
fn diagnostic(path: &Path, source: &Arc<str>, finding: &Finding) -> Diagnostic {
    let span = finding.span.start..finding.span.end;
    let mut diagnostic =
        Diagnostic::error(path, source, span, finding.message.clone()).help(finding.help.clone());
    diagnostic.rule = Some(finding.rule.to_owned());
    diagnostic.template_path = finding.path.clone();
    diagnostic.severity = match finding.level {
        Level::Error => Severity::Error,
        Level::Warning => Severity::Warning,
        Level::Info => Severity::Info,
    };
    diagnostic
}

/// Returns the options for a stack that goes to one region.
fn in_region_of(stack: &Stack, options: &Options) -> Options {
    let mut options = options.clone();
    if let Some(region) = &stack.environment.region {
        options.regions = vec![region.value.clone()];
    }
    options
}

/// Refuses a stack with errors, before anything is sent; when they are allowed, only shows them.
pub fn gate(ui: &Ui, stack: &Stack, template: &Template, are_allowed: bool) -> Result<()> {
    let mut errors = of_stack(stack, template, &in_region_of(stack, &Options::default()));
    errors.retain(|diagnostic| diagnostic.severity == Severity::Error);
    if errors.is_empty() {
        return Ok(());
    }
    if are_allowed {
        let style = ui.style();
        errors.iter().for_each(|error| ui.status(&format!("{}\n", error.render(style))));
        ui.status("The stack has errors, which are allowed this time.");
        return Ok(());
    }
    Err(Error::new(Kind::Findings, "the stack has errors")
        .at(errors)
        .hint("see it whole with `hydrant render`"))
}
