//! How long an answer may take, and how long to wait before a call that failed is repeated.
//!
//! The SDK by itself waits for an answer for ever, so that a connection that is dead and was never closed would hold
//! the program up for good.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;

use crate::error::{Error, Result};

/// How long an answer may take before the call counts as failed; the AWS CLI waits as long.
const ANSWER: Duration = Duration::from_secs(60);

/// The same for S3, whose answer comes after an upload, and for Lambda, where it comes after a function has run.
const LONG_ANSWER: Duration = Duration::from_secs(15 * 60 + 60);

/// The first wait before a call is repeated that something on this machine refused for its rate. A second, as with AWS,
/// would spare nobody anything there.
const LOOPBACK_BACKOFF: Duration = Duration::from_millis(50);

/// How often a call of Firehose's control plane is made before its refusal counts. It answers five calls a second, so
/// that a handful of them one after the other is refused already; with the waits between, more than a second passes.
const FIREHOSE_ATTEMPTS: u32 = 6;

/// Names the variable that says how many seconds an answer may take.
const VARIABLE: &str = "HYDRANT_READ_TIMEOUT";

/// How long calls are waited for.
#[derive(Debug, Clone, PartialEq)]
pub struct Patience {
    /// What the user said in the environment.
    answer: Option<Duration>,
}

impl Patience {
    /// Reads what the environment says.
    pub fn of_environment() -> Result<Self> {
        let text = std::env::var(VARIABLE).ok();
        text.map_or(Ok(Self { answer: None }), |text| Self::parse(&text))
    }

    fn parse(text: &str) -> Result<Self> {
        let seconds = text.parse::<f64>().ok().filter(|seconds| *seconds > 0.0);
        let answer = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        answer.map(|answer| Self { answer: Some(answer) }).ok_or_else(|| {
            Error::usage(format!("`{VARIABLE}` is `{text}`")).hint("write a number of seconds, such as 60")
        })
    }

    /// Returns the configuration for services that answer soon.
    pub fn soon(&self, config: &SdkConfig) -> SdkConfig {
        let config = patient(config, self.answer.unwrap_or(ANSWER));
        let is_loopback = config.endpoint_url().is_some_and(is_loopback);
        let retries = config.retry_config().cloned().unwrap_or_else(RetryConfig::standard);
        match is_loopback {
            true => {
                config.into_builder().retry_config(retries.with_initial_backoff(LOOPBACK_BACKOFF)).build()
            }
            false => config,
        }
    }

    /// Returns the same for Firehose, which refuses what comes too fast sooner than others.
    pub fn rationed(&self, soon: &SdkConfig) -> SdkConfig {
        let retries = soon.retry_config().cloned().unwrap_or_else(RetryConfig::standard);
        soon.to_builder().retry_config(retries.with_max_attempts(FIREHOSE_ATTEMPTS)).build()
    }

    /// Returns the same for services whose answer waits for work or for an upload.
    pub fn late(&self, soon: &SdkConfig) -> SdkConfig {
        patient(soon, self.answer.unwrap_or(LONG_ANSWER))
    }
}

fn patient(config: &SdkConfig, answer: Duration) -> SdkConfig {
    let known = config.timeout_config().cloned().unwrap_or_else(|| TimeoutConfig::builder().build());
    config.to_builder().timeout_config(known.into_builder().read_timeout(answer).build()).build()
}

fn is_loopback(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = host.split('/').next().unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    matches!(name, "127.0.0.1" | "localhost" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_this_machine_by_its_names() {
        for url in ["http://127.0.0.1:4566", "http://localhost/", "http://[::1]:80/x", "localhost:1"] {
            assert!(is_loopback(url), "{url}");
        }
        for url in ["https://kinesis.us-east-1.amazonaws.com", "http://127.0.0.1.example.com:80"] {
            assert!(!is_loopback(url), "{url}");
        }
    }

    #[test]
    fn hurries_on_this_machine_only() {
        let config = |url: &str| SdkConfig::builder().endpoint_url(url).build();
        let patience = Patience { answer: None };
        let near = patience.soon(&config("http://127.0.0.1:4566"));
        let far = patience.soon(&config("https://example.com"));
        assert_eq!(near.retry_config().map(RetryConfig::initial_backoff), Some(LOOPBACK_BACKOFF));
        assert_eq!(far.retry_config(), None);
        let wait = |config: &SdkConfig| config.timeout_config().and_then(TimeoutConfig::read_timeout);
        assert_eq!((wait(&far), wait(&patience.late(&far))), (Some(ANSWER), Some(LONG_ANSWER)));
    }

    #[test]
    fn takes_a_number_of_seconds() {
        assert_eq!(Patience::parse("0.5").unwrap().answer, Some(Duration::from_millis(500)));
        for text in ["", "soon", "0", "-1", "1e300"] {
            assert!(Patience::parse(text).is_err(), "{text}");
        }
    }
}
