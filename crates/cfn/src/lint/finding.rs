//! What a rule says, and about which bytes.

use crate::yaml::{Document, Position, Span};
use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    Error,
    Warning,
    Info,
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Info => "info",
        })
    }
}

/// One thing that is wrong, at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub rule: &'static str,
    pub level: Level,
    /// A lower-case fragment without a full stop; names stand in backticks.
    pub message: String,
    /// What to do about it, when the rule knows.
    pub help: Option<String>,
    pub span: Span,
    /// The way from the template's root, functions in their long form.
    pub path: Vec<String>,
}

/// All findings of one template, in the order of its text, and the text to show them in.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub findings: Vec<Finding>,
    pub document: Document,
}

impl Report {
    /// Returns where a finding starts and ends.
    pub fn place(&self, finding: &Finding) -> (Position, Position) {
        (self.document.position(finding.span.start), self.document.position(finding.span.end))
    }

    /// Says whether the whole text could be read. Places in one that could not are not to be written to.
    pub fn is_readable(&self) -> bool {
        !self.findings.iter().any(|finding| finding.rule == "E0000")
    }

    /// Returns how many findings have the level.
    pub fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }
}
