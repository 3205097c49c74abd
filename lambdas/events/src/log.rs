//! Writes log lines, each one JSON object, to stdout, from where Lambda carries them to CloudWatch Logs.
//!
//! The members `level` and `message` have the names that Lambda's own JSON logs use, so that one
//! query finds both. A line that cannot be written is lost: there is nowhere to say so.

use std::io::Write;

use serde::Serialize;

/// What a line is worth to its reader.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    Info,
    Warn,
    Error,
}

#[derive(Serialize)]
struct Line<'a, T> {
    level: Level,
    message: &'a str,
    #[serde(flatten)]
    members: &'a T,
}

/// Logs `message` with the members of `members`, which is a struct or a map.
pub fn line(level: Level, message: &str, members: &impl Serialize) {
    if let Ok(mut line) = serde_json::to_vec(&Line { level, message, members }) {
        line.push(b'\n');
        // One call per line, so that lines never mix.
        let _lost = std::io::stdout().write_all(&line);
    }
}

/// Logs `message` and why.
pub fn problem(level: Level, message: &str, reason: &impl ToString) {
    line(level, message, &serde_json::json!({ "reason": reason.to_string() }));
}

/// Returns an error with all its causes, since Lambda only shows the outermost.
pub fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
