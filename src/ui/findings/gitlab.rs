//! GitLab's code quality report. <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>

use serde::Serialize;

use super::{Findings, fingerprint, message_and_help, rule_of};
use crate::diagnostic::{Diagnostic, Severity};

#[derive(Debug, Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Debug, Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Debug, Serialize)]
struct Lines {
    begin: usize,
    end: usize,
}

pub(super) fn write(findings: &Findings<'_>) -> String {
    let fingerprints = fingerprint::of_each(findings.diagnostics);
    let issues =
        findings.diagnostics.iter().zip(fingerprints).map(|(diagnostic, print)| issue(diagnostic, print));
    crate::ui::json(&issues.collect::<Vec<_>>())
}

fn issue(diagnostic: &Diagnostic, fingerprint: String) -> Issue<'_> {
    let path = diagnostic.path.display().to_string();
    Issue {
        description: format!("{}: {}", rule_of(diagnostic), message_and_help(diagnostic).replace('\n', "; ")),
        check_name: rule_of(diagnostic),
        fingerprint,
        severity: match diagnostic.severity {
            Severity::Error => "critical",
            Severity::Warning => "minor",
            Severity::Info => "info",
        },
        location: Location {
            path: path.strip_prefix("./").unwrap_or(&path).to_owned(),
            lines: Lines { begin: diagnostic.start().0, end: diagnostic.end().0 },
        },
    }
}
