//! Which of AWS's throttles are switched off, as the command line and the engine's note say it.

use hydrant_engine::Limits;
use serde::{Deserialize, Serialize};

/// The services whose throttles are switched off, each once and in order; none by default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NoLimits(Vec<String>);

/// Reads services, separated by commas, or `all`.
pub fn no_limits(text: &str) -> Result<NoLimits, String> {
    if text == "all" {
        return Ok(NoLimits(Limits::SERVICES.map(str::to_owned).to_vec()));
    }
    let mut services: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
    if let Some(unknown) = services.iter().find(|name| Limits::default().without(name).is_none()) {
        let known = Limits::SERVICES.join(", ");
        return Err(format!("`{unknown}` has no limits to switch off; {known} have"));
    }
    services.sort();
    services.dedup();
    Ok(NoLimits(services))
}

impl NoLimits {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the limits that are left; names of a newer engine's note that this one does not know change nothing.
    pub fn limits(&self) -> Limits {
        self.0.iter().fold(Limits::default(), |limits, name| limits.without(name).unwrap_or(limits))
    }

    /// Returns the flag with which another process gets the same limits.
    pub fn flag(&self) -> Option<String> {
        (!self.is_empty()).then(|| format!("--no-limits={}", self.0.join(",")))
    }

    /// Says in words which limits hold, to end a sentence with.
    pub fn phrase(&self) -> String {
        if self.is_empty() {
            return "with the limits of AWS".to_owned();
        }
        format!("without the limits of {}", self.0.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_names_or_all_and_hands_them_on() {
        let some = no_limits("lambda,kinesis,lambda").unwrap();
        assert_eq!(some.flag().as_deref(), Some("--no-limits=kinesis,lambda"));
        assert_eq!(some.phrase(), "without the limits of kinesis, lambda");
        assert!(some.limits().firehose && !some.limits().kinesis && !some.limits().lambda);
        let all = no_limits("all").unwrap();
        assert_eq!(all.flag().as_deref(), Some("--no-limits=firehose,kinesis,lambda"));
        assert_eq!(NoLimits::default().limits(), Limits::default());
        assert_eq!(NoLimits::default().flag(), None);
    }

    #[test]
    fn names_the_services_that_have_limits_when_it_does_not_know_one() {
        let message = no_limits("kinesis,s3").unwrap_err();
        assert_eq!(message, "`s3` has no limits to switch off; firehose, kinesis, lambda have");
    }
}
