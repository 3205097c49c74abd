//! Changes to files, as unified diffs.

use serde::Serialize;

use super::{Answer, Style};

/// Unified diffs, one for each file.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Diff {
    diffs: Vec<String>,
}

impl Diff {
    pub fn new(diffs: Vec<String>) -> Self {
        Self { diffs }
    }
}

impl Answer for Diff {
    fn text(&self, style: Style) -> String {
        let line = |line: &str| match line {
            line if line.starts_with("---") || line.starts_with("+++") => style.bold(line),
            line if line.starts_with("@@") => style.cyan(line),
            line if line.starts_with('+') => style.green(line),
            line if line.starts_with('-') => style.red(line),
            line => line.to_owned(),
        };
        self.diffs.iter().flat_map(|diff| diff.lines()).map(line).collect::<Vec<_>>().join("\n")
    }
}
