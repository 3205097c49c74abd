//! The lines and error documents that AWS writes about an invocation.

use std::time::Duration;

use bytes::Bytes;
use serde_json::json;

use super::api::RESPONSE_LIMIT;
use crate::clock::Timestamp;

/// Why an invocation gave no answer of the function's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It took longer than it may.
    TimedOut { limit: Duration },
    /// Its process ended; the text is Go's for a process's end, which AWS shows.
    Exited { how: String },
    /// It held more memory than it may.
    OutOfMemory,
    /// Its process could not be started.
    InvalidEntrypoint { why: String },
    /// Its answer was too large.
    ResponseTooLarge,
}

impl Failure {
    /// Returns the word in the report's `Status`.
    pub fn status(&self) -> &'static str {
        match self {
            Self::TimedOut { .. } => "timeout",
            _ => "error",
        }
    }

    pub fn error_type(&self) -> &'static str {
        match self {
            Self::TimedOut { .. } => "Sandbox.Timedout",
            Self::Exited { .. } => "Runtime.ExitError",
            Self::OutOfMemory => "Runtime.OutOfMemory",
            Self::InvalidEntrypoint { .. } => "Runtime.InvalidEntrypoint",
            Self::ResponseTooLarge => "Function.ResponseSizeTooLarge",
        }
    }

    fn reason(&self) -> String {
        match self {
            Self::TimedOut { limit } => timed_out(*limit),
            Self::Exited { how } => format!("Runtime exited with error: {how}"),
            Self::OutOfMemory => "Runtime exited with error: signal: killed".to_owned(),
            Self::InvalidEntrypoint { why } => why.clone(),
            Self::ResponseTooLarge => {
                format!(
                    "Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes)."
                )
            }
        }
    }

    /// Returns the error document that the caller gets.
    pub fn payload(&self, now: Timestamp, request_id: &str) -> Bytes {
        let document = match self {
            Self::TimedOut { limit } => {
                json!({"errorMessage": format!("{} {request_id} {}", now.iso8601(), timed_out(*limit))})
            }
            Self::ResponseTooLarge => json!({"errorMessage": self.reason(), "errorType": self.error_type()}),
            _ => {
                let message = format!("RequestId: {request_id} Error: {}", self.reason());
                json!({"errorType": self.error_type(), "errorMessage": message})
            }
        };
        Bytes::from(document.to_string())
    }

    /// Returns the line that the platform writes into the function's log, if it writes one.
    pub fn line(&self, now: Timestamp, request_id: &str) -> Option<String> {
        match self {
            Self::TimedOut { limit } => {
                Some(format!("{} {request_id} {}\n", now.iso8601(), timed_out(*limit)))
            }
            Self::ResponseTooLarge => None,
            _ => Some(format!("RequestId: {request_id} Error: {}\n{}", self.reason(), self.error_type())),
        }
    }
}

fn timed_out(limit: Duration) -> String {
    format!("Task timed out after {:.2} seconds", limit.as_secs_f64())
}

/// What a `REPORT` line tells.
pub struct Report<'a> {
    pub request_id: &'a str,
    pub duration: Duration,
    /// How long the start took, when the invocation had to wait for one.
    pub init: Option<Duration>,
    pub memory_size: u32,
    /// Bytes.
    pub memory_used: u64,
    pub failure: Option<&'a Failure>,
}

impl Report<'_> {
    pub fn line(&self) -> String {
        // Custom runtimes pay for their start, so it is in the billed duration.
        let billed = self.duration + self.init.unwrap_or_default();
        let mut line = format!(
            "REPORT RequestId: {}\tDuration: {:.2} ms\tBilled Duration: {} ms\tMemory Size: {} MB\t\
             Max Memory Used: {} MB\t",
            self.request_id,
            milliseconds(self.duration),
            milliseconds(billed).ceil(),
            self.memory_size,
            self.memory_used.div_ceil(1 << 20),
        );
        if let Some(init) = self.init {
            line += &format!("Init Duration: {:.2} ms\t", milliseconds(init));
        }
        if let Some(failure) = self.failure {
            line += &format!("Status: {}", failure.status());
            if failure.status() == "error" {
                line += &format!("\tError Type: {}", failure.error_type());
            }
        }
        line
    }
}

/// Returns the line about a start that failed.
pub fn init_report(duration: Duration, status: &str, error_type: &str) -> String {
    let mut line =
        format!("INIT_REPORT Init Duration: {:.2} ms\tPhase: init\tStatus: {status}", milliseconds(duration));
    if status == "error" {
        line += &format!("\tError Type: {error_type}");
    }
    line
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_as_aws_does() {
        let report = Report {
            request_id: "id",
            duration: Duration::from_micros(1234),
            init: Some(Duration::from_millis(20)),
            memory_size: 128,
            memory_used: 15 << 20,
            failure: None,
        };
        let expected = "REPORT RequestId: id\tDuration: 1.23 ms\tBilled Duration: 22 ms\tMemory Size: 128 MB\t\
                        Max Memory Used: 15 MB\tInit Duration: 20.00 ms\t";
        assert_eq!(report.line(), expected);
    }

    #[test]
    fn words_failures_as_aws_does() {
        let failure = Failure::TimedOut { limit: Duration::from_secs(3) };
        let payload = failure.payload(Timestamp(1_768_473_000_000), "id");
        assert_eq!(
            payload,
            r#"{"errorMessage":"2026-01-15T10:30:00.000Z id Task timed out after 3.00 seconds"}"#
        );
        let failure = Failure::Exited { how: "exit status 1".into() };
        let expected = r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: id Error: Runtime exited with error: exit status 1"}"#;
        assert_eq!(failure.payload(Timestamp(0), "id"), expected);
    }
}
