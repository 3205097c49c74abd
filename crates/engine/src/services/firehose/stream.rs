//! A delivery stream: what is remembered of it, and how others learn that something changed.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError, RwLock};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::backlog::Backlog;
use super::destination::Configuration;
use crate::clock::Timestamp;
use crate::store::StoreError;

/// The id of the only destination that a delivery stream has.
pub const DESTINATION_ID: &str = "destinationId-000000000001";

/// What is remembered of a delivery stream.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Description {
    /// Never used twice, so that the backlog of a deleted stream is not that of its successor.
    pub id: u64,
    pub name: String,
    pub account: String,
    pub region: String,
    /// The Kinesis stream that it reads; `None` for one that takes records by itself.
    pub source: Option<Source>,
    pub throughput_hint: Option<i64>,
    /// Grows with each update of the destination.
    pub version: u64,
    pub created_at: Timestamp,
    pub updated_at: Option<Timestamp>,
    pub destination: Configuration,
    pub is_extended: bool,
    pub tags: BTreeMap<String, String>,
    pub encryption: Option<Encryption>,
}

/// A Kinesis stream as source, and the role that reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    #[serde(rename = "KinesisStreamARN")]
    pub stream_arn: String,
    #[serde(rename = "RoleARN")]
    pub role_arn: String,
}

/// Server-side encryption as it was asked for; records are not encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Encryption {
    #[serde(rename = "KeyARN", skip_serializing_if = "Option::is_none")]
    pub key_arn: Option<String>,
    pub key_type: Option<String>,
}

impl Description {
    pub fn arn(&self) -> String {
        arn(&self.account, &self.region, &self.name)
    }

    /// Returns the key under which the delivery stream is stored.
    pub fn key(&self) -> String {
        format!("{}/{}/{}", self.account, self.region, self.name)
    }

    pub fn kind(&self) -> &'static str {
        if self.source.is_some() { "KinesisStreamAsSource" } else { "DirectPut" }
    }

    /// Returns the description as AWS shows it.
    pub fn describe(&self) -> Value {
        let mut destination = json!({
            "DestinationId": DESTINATION_ID,
            "S3DestinationDescription": self.destination.describe(false),
        });
        if self.is_extended {
            destination["ExtendedS3DestinationDescription"] = self.destination.describe(true);
        }
        let mut answer = json!({
            "DeliveryStreamName": self.name,
            "DeliveryStreamARN": self.arn(),
            "DeliveryStreamStatus": "ACTIVE",
            "DeliveryStreamEncryptionConfiguration": self.describe_encryption(),
            "DeliveryStreamType": self.kind(),
            "VersionId": self.version.to_string(),
            "CreateTimestamp": self.created_at.seconds(),
            "Destinations": [destination],
            "HasMoreDestinations": false,
        });
        if let Some(updated_at) = self.updated_at {
            answer["LastUpdateTimestamp"] = json!(updated_at.seconds());
        }
        if let Some(source) = &self.source {
            let mut source = json!(source);
            source["DeliveryStartTimestamp"] = json!(self.created_at.seconds());
            answer["Source"] = json!({"KinesisStreamSourceDescription": source});
        } else if let Some(hint) = self.throughput_hint {
            answer["Source"] = json!({"DirectPutSourceDescription": {"ThroughputHintInMBs": hint}});
        }
        answer
    }

    fn describe_encryption(&self) -> Value {
        let Some(encryption) = &self.encryption else { return json!({"Status": "DISABLED"}) };
        let mut answer = json!(encryption);
        answer["Status"] = json!("ENABLED");
        answer
    }
}

/// Returns the ARN of a delivery stream.
pub fn arn(account: &str, region: &str, name: &str) -> String {
    format!("arn:aws:firehose:{region}:{account}:deliverystream/{name}")
}

/// A delivery stream in a running engine.
#[derive(Debug)]
pub struct DeliveryStream {
    description: RwLock<Description>,
    next_entry: Mutex<u64>,
    records: watch::Sender<()>,
    updates: watch::Sender<()>,
    pub deleted: CancellationToken,
}

impl DeliveryStream {
    pub fn open(description: Description, backlog: &Backlog) -> Result<Self, StoreError> {
        Ok(Self {
            next_entry: Mutex::new(backlog.next_entry(description.id)?),
            description: RwLock::new(description),
            records: watch::Sender::new(()),
            updates: watch::Sender::new(()),
            deleted: CancellationToken::new(),
        })
    }

    pub fn description(&self) -> Description {
        self.description.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes the description: `change` decides, `remember` stores what it decided, and only then it holds.
    pub fn update<T, E: From<StoreError>>(
        &self,
        change: impl FnOnce(&mut Description) -> Result<T, E>,
        remember: impl FnOnce(&Description) -> Result<(), StoreError>,
    ) -> Result<T, E> {
        let mut current = self.description.write().unwrap_or_else(PoisonError::into_inner);
        let mut next = current.clone();
        let outcome = change(&mut next)?;
        remember(&next)?;
        *current = next;
        drop(current);
        self.updates.send_replace(());
        Ok(outcome)
    }

    /// Adds records to the backlog; they are stored when this returns.
    pub fn put<'a>(
        &self,
        backlog: &Backlog,
        now: Timestamp,
        records: impl Iterator<Item = &'a [u8]> + Clone,
    ) -> Result<(), StoreError> {
        let id = self.description.read().unwrap_or_else(PoisonError::into_inner).id;
        // Held while writing, so that entries become visible in the order of their numbers.
        let mut next_entry = self.next_entry.lock().unwrap_or_else(PoisonError::into_inner);
        backlog.add(id, *next_entry, now, records)?;
        *next_entry += 1;
        drop(next_entry);
        self.records.send_replace(());
        Ok(())
    }

    /// Returns a receiver that sees every later put.
    pub fn records(&self) -> watch::Receiver<()> {
        self.records.subscribe()
    }

    /// Returns a receiver that sees every later update.
    pub fn updates(&self) -> watch::Receiver<()> {
        self.updates.subscribe()
    }
}
