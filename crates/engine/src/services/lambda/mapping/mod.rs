//! Event source mappings: what connects a Kinesis stream to a function.
//!
//! `operations` keeps them, `supervisor` has one `poller` per shard for each that is enabled, and `event`
//! writes what the function gets.

mod checked;
mod event;
mod operations;
mod poller;
mod retry;
mod supervisor;

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::name::FunctionKey;
use crate::clock::Timestamp;
use crate::identity::Caller;
use crate::services::kinesis::Position;
use crate::store::{Store, Table};

pub use checked::MappingSettings;

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
    pub stream_arn: String,
    pub enabled: bool,
    pub deleting: bool,
    pub starting_position: StartingPosition,
    pub batch_size: u32,
    /// Seconds for which a batch may be gathered.
    pub batching_window: u32,
    /// -1 for no limit.
    pub maximum_retry_attempts: i64,
    /// Seconds; -1 for no limit.
    pub maximum_record_age: i64,
    pub bisect: bool,
    pub reports_item_failures: bool,
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

/// How far a shard was read for a mapping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Checkpoint {
    At(Position),
    /// The shard is closed and every record was handled.
    Finished,
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

    /// Returns the mapping as AWS's API describes it.
    pub fn configuration(&self, state: &str) -> Value {
        let position = match self.starting_position {
            StartingPosition::TrimHorizon => "TRIM_HORIZON",
            StartingPosition::Latest => "LATEST",
            StartingPosition::AtTimestamp(_) => "AT_TIMESTAMP",
        };
        let response_types: &[&str] =
            if self.reports_item_failures { &["ReportBatchItemFailures"] } else { &[] };
        let mut configuration = json!({
            "UUID": self.uuid,
            "StartingPosition": position,
            "BatchSize": self.batch_size,
            "MaximumBatchingWindowInSeconds": self.batching_window,
            "ParallelizationFactor": 1,
            "EventSourceArn": self.stream_arn,
            "FunctionArn": self.function.arn(),
            "LastModified": self.last_modified.seconds(),
            "LastProcessingResult": self.last_processing_result,
            "State": state,
            "StateTransitionReason": "User action",
            "DestinationConfig": {"OnFailure": {}},
            "MaximumRecordAgeInSeconds": self.maximum_record_age,
            "BisectBatchOnFunctionError": self.bisect,
            "MaximumRetryAttempts": self.maximum_retry_attempts,
            "TumblingWindowInSeconds": 0,
            "FunctionResponseTypes": response_types,
            "EventSourceMappingArn": self.arn(),
        });
        if let StartingPosition::AtTimestamp(timestamp) = self.starting_position {
            configuration["StartingPositionTimestamp"] = json!(timestamp.seconds());
        }
        configuration
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
            stream_arn: name("arn:aws:kinesis:us-east-1:111122223333:stream/s"),
            enabled: true,
            deleting: false,
            starting_position: StartingPosition::TrimHorizon,
            batch_size: 100,
            batching_window: 0,
            maximum_retry_attempts: -1,
            maximum_record_age: -1,
            bisect: false,
            reports_item_failures: true,
            last_modified: Timestamp(0),
            last_processing_result: String::new(),
            tags: BTreeMap::new(),
        }
    }
}
