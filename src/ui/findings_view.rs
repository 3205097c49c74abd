//! Lint findings: snippets for people, a versioned contract for programs.

use serde::Serialize;

use super::{Answer, Style, counted};
use crate::diagnostic::{Diagnostic, Severity};

/// What was found in how many files; its JSON form is a contract, version 1.
#[derive(Debug, Serialize)]
pub struct Findings<'a> {
    version: u32,
    findings: Vec<Row>,
    summary: Summary,
    #[serde(skip)]
    diagnostics: &'a [Diagnostic],
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
}

#[derive(Debug, Default, Serialize)]
struct Summary {
    files: usize,
    errors: usize,
    warnings: usize,
    infos: usize,
}

impl<'a> Findings<'a> {
    pub fn new(files: usize, diagnostics: &'a [Diagnostic]) -> Self {
        let count =
            |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
        let summary = Summary {
            files,
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            infos: count(Severity::Info),
        };
        Self { version: 1, findings: diagnostics.iter().map(row).collect(), summary, diagnostics }
    }
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
    }
}

impl Answer for Findings<'_> {
    fn text(&self, style: Style) -> String {
        let mut text = String::new();
        for diagnostic in self.diagnostics {
            text.push_str(&diagnostic.render(style.is_coloured()));
            text.push_str("\n\n");
        }
        let Summary { files, errors, warnings, infos } = self.summary;
        let counts = [(errors, "error"), (warnings, "warning"), (infos, "info")]
            .map(|(count, what)| counted(count as u64, what));
        let counts = format!("{} in {}", counts.join(", "), counted(files as u64, "file"));
        text + &if errors > 0 { style.red(&counts) } else { counts }
    }
}
