//! What the rules for requests have struck, for tests that wait for it or count it.

use std::sync::PoisonError;

use super::Faults;

/// How many strikes are remembered; the rest of a long run is nobody's business.
const REMEMBERED: usize = 10_000;

/// A request that a rule has struck.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Strike {
    /// The name that the request was signed with.
    pub service: String,
    /// As rules match it.
    pub operation: String,
}

impl Strike {
    pub(super) fn new(service: &str, operation: &str) -> Self {
        Self { service: service.to_owned(), operation: operation.to_owned() }
    }
}

impl Faults {
    /// Remembers a strike, at the moment from which the client waits or knows.
    pub(super) fn note(&self, strike: Strike) {
        let mut struck = self.struck.lock().unwrap_or_else(PoisonError::into_inner);
        if struck.len() < REMEMBERED {
            struck.push(strike);
        }
    }

    /// Returns the requests that were struck, oldest first.
    pub(crate) fn struck(&self) -> Vec<Strike> {
        self.struck.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
