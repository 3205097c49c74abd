//! Looks at everything that a deployment needs and says of each thing whether it is there, and what to do if not.
//!
//! Nothing here changes anything, starts the local engine, or prints a secret.

mod account;
mod engine;
mod project;
mod quotas;
mod tools;

use serde::Serialize;

pub use account::{Where, account, endpoint, region};
pub use engine::engine;
pub use project::{Found, project};
pub use quotas::quotas;
pub use tools::tools;

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Ok,
    /// It may do, or will be missed later.
    Warn,
    /// It will not do.
    Fail,
    /// It could not be looked at.
    Skip,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    pub name: &'static str,
    pub state: State,
    pub says: String,
    /// What to do.
    pub help: Option<String>,
}

impl Check {
    pub fn ok(name: &'static str, says: impl Into<String>) -> Self {
        Self { name, state: State::Ok, says: says.into(), help: None }
    }

    fn warn(name: &'static str, says: impl Into<String>, help: impl Into<String>) -> Self {
        Self { name, state: State::Warn, says: says.into(), help: Some(help.into()) }
    }

    fn fail(name: &'static str, says: impl Into<String>, help: impl Into<String>) -> Self {
        Self { name, state: State::Fail, says: says.into(), help: Some(help.into()) }
    }

    fn skip(name: &'static str, says: impl Into<String>) -> Self {
        Self { name, state: State::Skip, says: says.into(), help: None }
    }
}
