//! The program's one error: what went wrong, why, what to do, and the exit code that says so to a script.

use std::error::Error as StdError;
use std::fmt;

use crate::diagnostic::Diagnostic;

/// What kind of failure ended a command; each has an exit code of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something failed that no other kind names.
    General,
    /// The command line, a stack file or the project is wrong.
    Usage,
    /// There are differences or findings, and the command was asked to tell.
    Findings,
    /// The stack operation failed and was rolled back.
    RolledBack,
    /// The stack is stuck until it is recovered.
    NeedsRecovery,
    /// There are no usable credentials, or they belong to another account.
    Credentials,
    /// Records did not arrive where they should.
    Unverified,
    /// It took too long.
    TimedOut,
    /// Ctrl-C.
    Interrupted,
    /// SIGTERM.
    Terminated,
}

impl Kind {
    /// Returns whether somebody asked the program to end.
    pub fn is_interruption(self) -> bool {
        matches!(self, Self::Interrupted | Self::Terminated)
    }

    /// Returns the process's exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::General => 1,
            Self::Usage => 2,
            Self::Findings => 3,
            Self::RolledBack => 4,
            Self::NeedsRecovery => 5,
            Self::Credentials => 6,
            Self::Unverified => 7,
            Self::TimedOut => 8,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }
}

/// What may be over by itself when the same is asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passing {
    /// The server asks for fewer requests.
    Throttled,
    /// The server failed, or could not be reached.
    Broken,
}

/// A failure, with its cause, its places and its advice.
#[derive(Debug)]
pub struct Error {
    pub kind: Kind,
    /// A lower-case fragment without a full stop; empty when the diagnostics say it all.
    pub message: String,
    pub hints: Vec<String>,
    pub diagnostics: Vec<Diagnostic>,
    /// Whether it may be over by itself.
    pub passing: Option<Passing>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The result of everything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Returns a failure of the given kind.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hints: Vec::new(),
            diagnostics: Vec::new(),
            passing: None,
            source: None,
        }
    }

    /// Returns a failure that no other kind names.
    pub fn general(message: impl Into<String>) -> Self {
        Self::new(Kind::General, message)
    }

    /// Returns the failure to do something, said as a verb and its object: `read the log`.
    pub fn failed_to(what: impl fmt::Display) -> Self {
        Self::general(format!("failed to {what}"))
    }

    /// Returns the failure to do something because of a mistake of the user's.
    pub fn misused(what: impl fmt::Display) -> Self {
        Self::usage(format!("failed to {what}"))
    }

    /// Returns a mistake of the user's.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// Returns the mistakes in a stack file.
    pub fn stack_file(diagnostics: Vec<Diagnostic>) -> Self {
        Self::usage("").at(diagnostics)
    }

    /// Returns the same failure with the places that it is about.
    #[must_use]
    pub fn at(mut self, diagnostics: Vec<Diagnostic>) -> Self {
        self.diagnostics = diagnostics;
        self
    }

    /// Returns the same failure as one of another kind.
    #[must_use]
    pub fn kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// Returns the same failure with its cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Returns the same failure with one more piece of advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Returns what caused the failure, outermost first.
    pub fn causes(&self) -> Vec<String> {
        let mut causes: Vec<String> = Vec::new();
        let mut source = self.source.as_deref().map(|source| source as &(dyn StdError + 'static));
        while let Some(error) = source {
            let text = error.to_string();
            // SDK errors repeat their cause's text in their own; one of them is enough.
            if !text.is_empty() && causes.last().is_none_or(|last| !last.contains(&text)) {
                causes.push(text);
            }
            source = error.source();
        }
        causes
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
