//! Checks templates and shows what is found where it stands.

use std::path::Path;
use std::sync::Arc;

use hydrant_cfn::lint::{Finding, Level, Options, check};

use crate::diagnostic::{Diagnostic, Severity};
use crate::error::{Error, Kind, Result};

/// Returns what is wrong with a template's text.
pub fn diagnostics(path: &Path, text: &str) -> Vec<Diagnostic> {
    let source: Arc<str> = text.into();
    let report = check(text, &Options::default());
    report.findings.iter().map(|finding| diagnostic(path, &source, finding)).collect()
}

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

/// Refuses a rendered template with errors, before anything is sent.
pub fn refuse_errors(body: &str) -> Result<()> {
    let mut errors = diagnostics(Path::new("rendered template"), body);
    errors.retain(|diagnostic| diagnostic.severity == Severity::Error);
    if errors.is_empty() {
        return Ok(());
    }
    Err(Error::new(Kind::Findings, "the template has errors")
        .at(errors)
        .hint("see it whole with `hydrant render`"))
}
