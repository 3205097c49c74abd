//! One call that puts records into a stream or delivery stream, and what became of each.

use std::time::Duration;

use aws_sdk_firehose::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_kinesis::config::retry::RetryConfig;
use aws_sdk_kinesis::config::timeout::TimeoutConfig;
use aws_sdk_kinesis::types::PutRecordsRequestEntry;

use super::entry::Entry;
use super::shards::Shards;
use crate::aws::{Clients, code, failure};
use crate::error::{Error, Kind, Result};

/// How long a call may take before it counts as unanswered.
const CALL_LIMIT: Duration = Duration::from_secs(30);

/// Codes that mean: later.
const LATER: [&str; 9] = [
    "ProvisionedThroughputExceededException",
    "LimitExceededException",
    "ThrottlingException",
    "KMSThrottlingException",
    "RequestLimitExceeded",
    "ServiceUnavailableException",
    "ServiceUnavailable",
    "SlowDown",
    "TooManyRequestsException",
];

/// Where records go.
#[derive(Debug, Clone)]
pub enum Destination {
    Stream { client: aws_sdk_kinesis::Client, name: String },
    Delivery { client: aws_sdk_firehose::Client, name: String },
}

/// What became of a call.
#[derive(Debug)]
pub enum Outcome {
    /// It was answered, record by record.
    Answered(Vec<Reply>),
    /// All of it can be tried again.
    Later { why: String, is_throttled: bool },
    /// It will never be accepted.
    Refused(Error),
}

/// What became of a record.
#[derive(Debug)]
pub enum Reply {
    /// It is stored, in this shard.
    Taken(Option<String>),
    Failed {
        why: String,
        is_throttled: bool,
    },
}

impl Destination {
    /// Returns a stream; this program decides by itself what is tried again, record by record.
    pub fn stream(clients: &Clients, name: &str) -> Self {
        let config = clients.kinesis.config().to_builder();
        let config = config.retry_config(RetryConfig::disabled()).timeout_config(limits());
        Self::Stream { client: aws_sdk_kinesis::Client::from_conf(config.build()), name: name.to_owned() }
    }

    /// Returns a delivery stream.
    pub fn delivery(clients: &Clients, name: &str) -> Self {
        let config = clients.firehose.config().to_builder();
        let config = config.retry_config(RetryConfig::disabled()).timeout_config(limits());
        Self::Delivery { client: aws_sdk_firehose::Client::from_conf(config.build()), name: name.to_owned() }
    }

    /// Returns how many bytes one call may carry. Both services document more, and older endpoints take less.
    pub fn call_bytes(&self) -> usize {
        match self {
            Self::Stream { .. } => 5 << 20,
            Self::Delivery { .. } => 7 << 19,
        }
    }

    /// Returns the shards among which records are divided; a delivery stream counts as one.
    pub async fn shards(&self, clients: &Clients) -> Result<Shards> {
        match self {
            Self::Stream { name, .. } => Shards::list(clients, name).await,
            Self::Delivery { .. } => Ok(Shards::single()),
        }
    }

    /// Puts records.
    pub async fn put(&self, entries: &[Entry]) -> Outcome {
        match self {
            Self::Stream { client, name } => put_into_stream(client, name, entries).await,
            Self::Delivery { client, name } => put_into_delivery(client, name, entries).await,
        }
    }
}

fn limits() -> TimeoutConfig {
    TimeoutConfig::builder().operation_timeout(CALL_LIMIT).connect_timeout(Duration::from_secs(5)).build()
}

async fn put_into_stream(client: &aws_sdk_kinesis::Client, name: &str, entries: &[Entry]) -> Outcome {
    let mut records = Vec::with_capacity(entries.len());
    for entry in entries {
        let record = PutRecordsRequestEntry::builder()
            .data(aws_sdk_kinesis::primitives::Blob::new(entry.data.clone()))
            .partition_key(&entry.key);
        match record.build() {
            Ok(record) => records.push(record),
            Err(error) => return Outcome::Refused(Error::failed_to("write a request").because(error)),
        }
    }
    match client.put_records().stream_name(name).set_records(Some(records)).send().await {
        Ok(output) => Outcome::Answered(
            output
                .records
                .into_iter()
                .map(|record| match record.error_code {
                    None => Reply::Taken(record.shard_id),
                    Some(code) => failed(code, record.error_message),
                })
                .collect(),
        ),
        Err(error) => unanswered(format!("put records into the stream `{name}`"), error),
    }
}

async fn put_into_delivery(client: &aws_sdk_firehose::Client, name: &str, entries: &[Entry]) -> Outcome {
    let mut records = Vec::with_capacity(entries.len());
    for entry in entries {
        let data = aws_sdk_firehose::primitives::Blob::new(entry.data.clone());
        match aws_sdk_firehose::types::Record::builder().data(data).build() {
            Ok(record) => records.push(record),
            Err(error) => return Outcome::Refused(Error::failed_to("write a request").because(error)),
        }
    }
    match client.put_record_batch().delivery_stream_name(name).set_records(Some(records)).send().await {
        Ok(output) => Outcome::Answered(
            output
                .request_responses
                .into_iter()
                .map(|record| match record.error_code {
                    None => Reply::Taken(None),
                    Some(code) => failed(code, record.error_message),
                })
                .collect(),
        ),
        Err(error) => unanswered(format!("put records into the delivery stream `{name}`"), error),
    }
}

fn failed(code: String, message: Option<String>) -> Reply {
    let is_throttled = LATER.contains(&code.as_str());
    Reply::Failed { why: format!("{} ({code})", message.unwrap_or_default()), is_throttled }
}

/// Says whether a call that failed as a whole can be tried again.
fn unanswered<E>(what: String, error: SdkError<E, aws_sdk_firehose::config::http::HttpResponse>) -> Outcome
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let is_throttled = code(&error).is_some_and(|code| LATER.contains(&code));
    let is_broken = error.raw_response().is_some_and(|response| response.status().is_server_error());
    // A connection that breaks has many names; only what this program did wrong is not one of them.
    let is_cut = match &error {
        SdkError::TimeoutError(_) | SdkError::ResponseError(_) => true,
        SdkError::DispatchFailure(failure) => !failure.is_user(),
        _ => false,
    };
    let failure = failure(what, error);
    match (is_throttled || is_broken || is_cut) && failure.kind != Kind::Credentials {
        false => Outcome::Refused(failure),
        true => {
            let why = failure.causes().last().cloned().unwrap_or(failure.message);
            Outcome::Later { why, is_throttled }
        }
    }
}
