//! Shows what was looked at and how it is.

use serde::Serialize;

use super::{Answer, Style, counted};
use crate::doctor::{Check, State};

/// Everything that was looked at.
#[derive(Debug, Serialize)]
pub struct Checkup {
    pub checks: Vec<Check>,
    pub summary: Summary,
}

/// How many there are of each state.
#[derive(Debug, Serialize)]
pub struct Summary {
    pub ok: u64,
    pub warn: u64,
    pub fail: u64,
    pub skip: u64,
}

impl Checkup {
    pub fn of(checks: Vec<Check>) -> Self {
        let count = |state: State| checks.iter().filter(|check| check.state == state).count() as u64;
        let summary = Summary {
            ok: count(State::Ok),
            warn: count(State::Warn),
            fail: count(State::Fail),
            skip: count(State::Skip),
        };
        Self { checks, summary }
    }
}

impl Answer for Checkup {
    fn text(&self, style: Style) -> String {
        let width = self.checks.iter().map(|check| check.name.len()).max().unwrap_or_default();
        let mut lines = Vec::new();
        for check in &self.checks {
            let state = match check.state {
                State::Ok => style.green("ok  "),
                State::Warn => style.yellow("warn"),
                State::Fail => style.red("fail"),
                State::Skip => style.dim("skip"),
            };
            lines.push(format!("{state}  {:<width$}  {}", check.name, check.says));
            lines.extend(
                check
                    .help
                    .as_ref()
                    .map(|help| format!("{:indent$}{}: {help}", "", style.cyan("help"), indent = width + 8)),
            );
        }
        let Summary { warn, fail, .. } = self.summary;
        lines.push(match (fail, warn) {
            (0, 0) => style.green("Everything is there."),
            (0, warn) => format!("{}.", counted(warn, "warning")),
            (fail, 0) => format!("{}.", style.red(&counted(fail, "failure"))),
            (fail, warn) => {
                format!("{}, {}.", style.red(&counted(fail, "failure")), counted(warn, "warning"))
            }
        });
        lines.join("\n")
    }
}
