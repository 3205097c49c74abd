//! hydrant's own JSON of findings: a contract, version 1.

use serde::Serialize;

use super::Findings;
use crate::diagnostic::{Diagnostic, Severity};

#[derive(Debug, Serialize)]
pub(super) struct Report {
    version: u32,
    findings: Vec<Row>,
    summary: Summary,
}

#[derive(Debug, Serialize)]
struct Row {
    rule: Option<String>,
    level: &'static str,
    message: String,
    help: Option<String>,
    file: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    path: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<Fix>,
}

/// What to write where, all places of the file before the fix.
#[derive(Debug, Serialize)]
struct Fix {
    title: String,
    edits: Vec<Edit>,
}

#[derive(Debug, Serialize)]
struct Edit {
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    text: String,
}

#[derive(Debug, Serialize)]
struct Summary {
    files: usize,
    errors: usize,
    warnings: usize,
    infos: usize,
}

impl Report {
    pub(super) fn of(findings: &Findings<'_>) -> Self {
        let summary = Summary {
            files: findings.files.len(),
            errors: findings.count(Severity::Error),
            warnings: findings.count(Severity::Warning),
            infos: findings.count(Severity::Info),
        };
        Self { version: 1, findings: findings.diagnostics.iter().map(row).collect(), summary }
    }
}

pub(super) fn write(findings: &Findings<'_>) -> String {
    crate::ui::json(findings)
}

fn row(diagnostic: &Diagnostic) -> Row {
    let (line, column) = diagnostic.start();
    let (end_line, end_column) = diagnostic.end();
    Row {
        rule: diagnostic.rule.clone(),
        level: match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        },
        message: diagnostic.message.clone(),
        help: diagnostic.help.clone(),
        file: diagnostic.path.display().to_string(),
        line,
        column,
        end_line,
        end_column,
        path: diagnostic.template_path.clone(),
        fix: fix(diagnostic),
    }
}

fn fix(diagnostic: &Diagnostic) -> Option<Fix> {
    let fix = diagnostic.fix.as_ref()?;
    let edit = |edit: &hydrant_cfn::lint::Edit| {
        let (line, column) = diagnostic.line_and_column(edit.span.start);
        let (end_line, end_column) = diagnostic.line_and_column(edit.span.end);
        Edit { line, column, end_line, end_column, text: edit.text.clone() }
    };
    Some(Fix { title: fix.title.clone(), edits: fix.edits.iter().map(edit).collect() })
}
