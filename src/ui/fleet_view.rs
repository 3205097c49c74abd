//! What became of several stacks: a line for each, and the failures below.

use serde::Serialize;

use super::{Answer, Style};
use crate::deploy::fleet::{Landing, Outcome};

/// All of them: a list for programs.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Fleet<'a>(pub &'a [Landing]);

impl Answer for Fleet<'_> {
    fn text(&self, style: Style) -> String {
        let width = self.0.iter().map(|landing| landing.stack.chars().count()).max().unwrap_or_default();
        let lines = self.0.iter().map(|Landing { stack, region, outcome, .. }| {
            let outcome = match outcome {
                Outcome::Created => style.green("created"),
                Outcome::Updated => style.green("updated"),
                Outcome::Deleted => style.green("deleted"),
                Outcome::Unchanged => style.dim("unchanged"),
                Outcome::Failed => style.red("failed"),
                Outcome::NotBegun => style.yellow("not begun"),
            };
            format!("{stack:width$}  {region}  {outcome}")
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}
