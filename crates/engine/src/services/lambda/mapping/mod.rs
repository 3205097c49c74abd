//! Event source mappings: what connects a Kinesis stream or an SQS queue to a function.
//!
//! `checked` and `rules` say what may be set, `operations` keeps mappings, and `supervisor` has one `poller` for each
//! `lane` of a shard, or one for a queue, at work for each that is enabled. `filter` chooses the records, `event`
//! writes what the function gets, `retry` what becomes of a batch, and `checkpoint` how far it came.

mod access;
mod checked;
mod checkpoint;
mod event;
mod filter;
mod lane;
mod operations;
mod poller;
mod queue;
mod queue_event;
mod retry;
mod rules;
mod source;
mod supervisor;
mod tumbling;
mod work;

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::name::FunctionKey;
use crate::clock::Timestamp;
use crate::identity::Caller;
use crate::store::{Store, Table};

use checkpoint::Checkpoint;

pub use checked::MappingSettings;
pub use source::Source;

/// The mappings of an engine and the tasks that work for them.
pub struct Mappings {
    table: Table<Mapping>,
    checkpoints: Table<Checkpoint>,
    running: Mutex<HashMap<String, supervisor::Running>>,
    changes: Mutex<()>,
}

/// An event source mapping.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Mapping {
    pub uuid: String,
    pub function: FunctionKey,
    #[serde(alias = "stream_arn")]
    pub source_arn: String,
    pub enabled: bool,
    pub deleting: bool,
    /// Streams have one.
    pub starting_position: Option<StartingPosition>,
    pub batch_size: u32,
    /// Seconds for which a batch may be gathered.
    pub batching_window: u32,
    /// -1 for no limit.
    pub maximum_retry_attempts: i64,
    /// Seconds; -1 for no limit.
    pub maximum_record_age: i64,
    pub bisect: bool,
    pub reports_item_failures: bool,
    /// Batches of a shard that are worked on at a time.
    #[serde(default = "one")]
    pub parallelization_factor: u32,
    /// Seconds of a window by which records are aggregated; 0 for none.
    #[serde(default)]
    pub tumbling_window: u32,
    /// Patterns, as texts.
    #[serde(default)]
    pub filters: Vec<String>,
    /// ARN of what takes the records of batches that were given up.
    #[serde(default)]
    pub on_failure: Option<String>,
    /// Batches of a queue that are worked on at a time, where that is limited.
    #[serde(default)]
    pub maximum_concurrency: Option<u32>,
    pub last_modified: Timestamp,
    pub last_processing_result: String,
    pub tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StartingPosition {
    TrimHorizon,
    Latest,
    AtTimestamp(Timestamp),
}

/// The factor of mappings that do not name one.
fn one() -> u32 {
    1
}

impl Mappings {
    pub fn open(store: &Store) -> Self {
        Self {
            table: store.table("lambda-mappings"),
            checkpoints: store.table("lambda-checkpoints"),
            running: Mutex::default(),
            changes: Mutex::default(),
        }
    }
}

impl Mapping {
    /// Returns the key under which the table keeps it.
    fn path(&self) -> String {
        format!("{}/{}/{}", self.function.account, self.function.region, self.uuid)
    }

    pub fn arn(&self) -> String {
        let FunctionKey { region, account, .. } = &self.function;
        format!("arn:aws:lambda:{region}:{account}:event-source-mapping:{}", self.uuid)
    }

    /// Returns whoever acts for the account in the mapping's region.
    fn owner(&self) -> Caller {
        Caller::administrator(&self.function.account, &self.function.region)
    }

    pub fn state(&self) -> &'static str {
        match (self.deleting, self.enabled) {
            (true, _) => "Deleting",
            (false, true) => "Enabled",
            (false, false) => "Disabled",
        }
    }

    /// Returns what kind of event source it reads.
    pub fn source(&self) -> Source {
        // Only ARNs of these two kinds are stored.
        Source::of(Some(&self.source_arn)).unwrap_or(Source::Stream)
    }

    /// Returns the mapping as AWS's API describes it.
    pub fn configuration(&self, state: &str) -> Value {
        let response_types: &[&str] =
            if self.reports_item_failures { &["ReportBatchItemFailures"] } else { &[] };
        let mut configuration = json!({
            "UUID": self.uuid,
            "BatchSize": self.batch_size,
            "MaximumBatchingWindowInSeconds": self.batching_window,
            "EventSourceArn": self.source_arn,
            "FunctionArn": self.function.arn(),
            "LastModified": self.last_modified.seconds(),
            "State": state,
            "FunctionResponseTypes": response_types,
            "EventSourceMappingArn": self.arn(),
        });
        let of_source = match self.source() {
            Source::Stream => self.of_stream(),
            Source::Queue => json!({"StateTransitionReason": "USER_INITIATED"}),
        };
        if let (Value::Object(configuration), Value::Object(of_source)) = (&mut configuration, of_source) {
            configuration.extend(of_source);
        }
        if !self.filters.is_empty() {
            let filters: Vec<Value> =
                self.filters.iter().map(|pattern| json!({"Pattern": pattern})).collect();
            configuration["FilterCriteria"] = json!({"Filters": filters});
        }
        if let Some(most) = self.maximum_concurrency {
            configuration["ScalingConfig"] = json!({"MaximumConcurrency": most});
        }
        configuration
    }

    /// Returns what AWS's API says of a mapping of a stream besides.
    fn of_stream(&self) -> Value {
        let position = match self.starting_position {
            Some(StartingPosition::Latest) => "LATEST",
            Some(StartingPosition::AtTimestamp(_)) => "AT_TIMESTAMP",
            Some(StartingPosition::TrimHorizon) | None => "TRIM_HORIZON",
        };
        let on_failure = match &self.on_failure {
            Some(arn) => json!({"Destination": arn}),
            None => json!({}),
        };
        let mut description = json!({
            "StartingPosition": position,
            "ParallelizationFactor": self.parallelization_factor,
            "LastProcessingResult": self.last_processing_result,
            "StateTransitionReason": "User action",
            "DestinationConfig": {"OnFailure": on_failure},
            "MaximumRecordAgeInSeconds": self.maximum_record_age,
            "BisectBatchOnFunctionError": self.bisect,
            "MaximumRetryAttempts": self.maximum_retry_attempts,
            "TumblingWindowInSeconds": self.tumbling_window,
        });
        if let Some(StartingPosition::AtTimestamp(timestamp)) = self.starting_position {
            description["StartingPositionTimestamp"] = json!(timestamp.seconds());
        }
        description
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a mapping with AWS's defaults.
    pub fn mapping() -> Mapping {
        let name = |text: &str| text.to_owned();
        Mapping {
            uuid: name("id"),
            function: FunctionKey {
                account: name("111122223333"),
                region: name("us-east-1"),
                name: name("f"),
                qualifier: None,
            },
            source_arn: name("arn:aws:kinesis:us-east-1:111122223333:stream/s"),
            enabled: true,
            deleting: false,
            starting_position: Some(StartingPosition::TrimHorizon),
            batch_size: 100,
            batching_window: 0,
            maximum_retry_attempts: -1,
            maximum_record_age: -1,
            bisect: false,
            reports_item_failures: true,
            parallelization_factor: 1,
            tumbling_window: 0,
            filters: Vec::new(),
            on_failure: None,
            maximum_concurrency: None,
            last_modified: Timestamp(0),
            last_processing_result: String::new(),
            tags: BTreeMap::new(),
        }
    }
}
