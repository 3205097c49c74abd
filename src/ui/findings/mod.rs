//! Lint findings: snippets for people, and for programs the forms that CI systems read.
//!
//! Each form is a file that turns [`Diagnostic`]s into text; none of them knows how a finding came about.

mod cfn_lint;
mod fingerprint;
mod github;
mod gitlab;
mod json;
mod junit;
mod sarif;

use serde::Serialize;

use super::{Answer, Format, Style, counted};
use crate::diagnostic::{Diagnostic, Severity};

/// What was found in which files.
#[derive(Debug)]
pub struct Findings<'a> {
    /// Every file that was checked, in the order of the answer.
    files: Vec<String>,
    diagnostics: &'a [Diagnostic],
    /// The least severity that makes the command fail.
    least: Severity,
}

impl<'a> Findings<'a> {
    pub fn new(files: Vec<String>, diagnostics: &'a [Diagnostic], least: Severity) -> Self {
        Self { files, diagnostics, least }
    }

    /// Returns whether one of them makes the command fail.
    pub fn fail(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity >= self.least)
    }

    fn count(&self, severity: Severity) -> usize {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count()
    }

    /// Returns the counts in one line, coloured by the gravest.
    fn summary(&self, style: Style) -> String {
        let severities =
            [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Info, "info")];
        let counts = severities.map(|(severity, what)| counted(self.count(severity) as u64, what));
        let counts = format!("{} in {}", counts.join(", "), counted(self.files.len() as u64, "file"));
        let counts = match self.diagnostics.iter().map(|diagnostic| diagnostic.severity).max() {
            Some(Severity::Error) => style.red(&counts),
            Some(Severity::Warning) => style.yellow(&counts),
            _ => counts,
        };
        match self.diagnostics.iter().filter(|diagnostic| diagnostic.fix.is_some()).count() {
            0 => counts,
            fixes => format!("{counts}; `--fix` mends {fixes} of them"),
        }
    }
}

impl Answer for Findings<'_> {
    fn text(&self, style: Style) -> String {
        let snippets = self.diagnostics.iter().map(|diagnostic| format!("{}\n\n", diagnostic.render(style)));
        snippets.collect::<String>() + &self.summary(style)
    }

    fn document(&self, format: Format) -> String {
        match format {
            Format::Text | Format::Env | Format::Dotenv => self.text(Style::plain()),
            Format::Json => json::write(self),
            Format::Sarif => sarif::write(self),
            Format::Github => github::write(self),
            Format::Junit => junit::write(self),
            Format::Gitlab => gitlab::write(self),
            Format::CfnLintJson => cfn_lint::write(self),
        }
    }
}

impl Serialize for Findings<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::Report::of(self).serialize(serializer)
    }
}

/// The id under which mistakes are told that no rule found: those of a stack file's own form.
const UNNAMED: &str = "stack-file";

/// Returns the id of the rule.
fn rule_of(diagnostic: &Diagnostic) -> &str {
    diagnostic.rule.as_deref().unwrap_or(UNNAMED)
}

/// Returns message and advice in one text, on lines of their own.
fn message_and_help(diagnostic: &Diagnostic) -> String {
    match &diagnostic.help {
        Some(help) => format!("{}\n{help}", diagnostic.message),
        None => diagnostic.message.clone(),
    }
}
