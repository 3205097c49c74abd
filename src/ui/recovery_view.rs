//! A stack that needs recovery: what stopped it, what will be done, and how that ended.

use std::fmt;

use serde::Serialize;

use super::{Answer, Style};
use crate::deploy::failure::Failure;
use crate::deploy::recovery::WayOut;

/// What stands in a stack's way, and what is to be done about it.
pub struct RecoveryView<'a> {
    pub stack: &'a str,
    pub status: &'a str,
    pub obstacles: &'a [Failure],
    /// Resources that are left as they are.
    pub spared: &'a [String],
    pub style: Style,
}

impl fmt::Display for RecoveryView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (way_out, style) = (WayOut::of(self.status), self.style);
        let (stack, status) = (style.bold(self.stack), style.red(self.status));
        writeln!(f, "{stack} is in {status}: {}.", way_out.cause(self.status))?;
        if !self.obstacles.is_empty() {
            writeln!(f, "It stopped at:")?;
        }
        for obstacle in self.obstacles {
            writeln!(f, "  {} {}", obstacle.logical_id, style.dim(&obstacle.resource_type))?;
            writeln!(f, "    {}", obstacle.reason)?;
        }
        write!(f, "To recover it: {}.", way_out.remedy())?;
        if !self.spared.is_empty() {
            let what = match way_out {
                WayOut::ContinueRollback => "left as it is, whatever the template says",
                _ => "kept in the account, without a stack",
            };
            write!(f, "\n  {}: {what}.", self.spared.join(", "))?;
        }
        Ok(())
    }
}

/// How a stack was recovered: an object for programs.
#[derive(Debug, Serialize)]
pub struct Recovered {
    pub stack: String,
    pub from: String,
    /// `DELETE_COMPLETE` when nothing is left of it.
    pub to: String,
    pub spared: Vec<String>,
}

impl Answer for Recovered {
    fn text(&self, style: Style) -> String {
        let stack = style.bold(&self.stack);
        match (self.from == self.to, self.to.as_str()) {
            (true, status) => {
                format!("{stack} is in {status} and takes deployments; there is nothing to recover.")
            }
            (false, "DELETE_COMPLETE") => format!("{stack} is gone; the next deployment creates it anew."),
            (false, status) => format!("{stack} is in {} and takes deployments again.", style.green(status)),
        }
    }
}
