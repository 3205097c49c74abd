//! Says, after a failure that may pass, which command goes on with the work.
//!
//! Verbs that change something can be repeated: each looks at what is there before it does anything. So the command is
//! the one that the user typed, as long as the failure did not name a better one.

use std::ffi::OsString;

use crate::cli::Command;
use crate::context::quoted;
use crate::error::{Error, Kind};

/// Returns the failure of a command with the command that goes on, when it may succeed then.
pub fn resumable(error: Error, command: &Command) -> Error {
    let changes =
        matches!(command, Command::Deploy(_) | Command::Destroy(_) | Command::Purge(_) | Command::Recover(_));
    let may_pass = error.passing.is_some()
        || error.kind == Kind::TimedOut
        // Credentials that somebody refused can be renewed; those of another account are another matter.
        || error.kind == Kind::Credentials && !error.causes().is_empty()
        // What goes on without a deployment is said where it is left.
        || error.kind.is_interruption() && matches!(command, Command::Destroy(_) | Command::Purge(_));
    let names_a_command = error.hints.iter().any(|hint| hint.contains("`hydrant "));
    match changes && may_pass && !names_a_command {
        true => error.hint(format!("go on where it stopped with `{}`", typed(std::env::args_os().skip(1)))),
        false => error,
    }
}

/// Returns the command as a shell takes it.
fn typed(arguments: impl Iterator<Item = OsString>) -> String {
    let words = arguments.map(|argument| quoted(&argument.to_string_lossy()));
    std::iter::once("hydrant".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_what_was_typed() {
        let words = ["destroy", "my stack", "--yes", "--retain", "A"].map(OsString::from);
        assert_eq!(typed(words.into_iter()), "hydrant destroy 'my stack' --yes --retain A");
    }
}
