//! CloudWatch Logs: groups, streams and their events.
//!
//! Groups and streams are entries of tables; events stand in a keyspace of their own in the order of their
//! timestamps. Retention follows the engine's clock. Metric filters, subscriptions and Insights are not here.

mod events;
mod filter;
mod groups;
mod operations;
mod reading;
mod resource;
mod streams;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use http::{Request, Response};
use hyper::body::Incoming;
use serde::{Deserialize, Serialize};

use self::events::Events;
use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::resource::ResourceType;
use crate::services::Service;
use crate::store::{Store, StoreError, Table};
use crate::wire::{self, Body};

/// How often, in the engine's time, events past their retention are removed.
const PURGE_INTERVAL: Duration = Duration::from_secs(3600);

/// The service's handle.
pub struct Logs {
    groups: Table<Group>,
    streams: Table<Stream>,
    events: Events,
    /// Held while groups, streams or their events change.
    changing: Mutex<()>,
}

/// A log group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Group {
    pub name: String,
    pub created: Timestamp,
    pub retention_days: Option<u32>,
    pub class: String,
    /// Remembered, and not used: events are not encrypted on this machine.
    pub kms_key: Option<String>,
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// A log stream.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stream {
    pub name: String,
    pub created: Timestamp,
    /// Tells the events of this stream from those of every other, also of one with the same name before it.
    pub number: u64,
    /// Sequence of the next event.
    pub next: u64,
    pub first_event: Option<Timestamp>,
    pub last_event: Option<Timestamp>,
    pub last_ingestion: Option<Timestamp>,
}

impl Group {
    /// Returns the moment before which events have passed their retention.
    pub fn horizon(&self, now: Timestamp) -> Timestamp {
        let days = self.retention_days.map_or(i64::MAX / 2, i64::from);
        Timestamp(now.0.saturating_sub(days.saturating_mul(86_400_000)).max(0))
    }
}

impl Logs {
    pub(crate) fn open(store: &Store) -> Result<Self, StoreError> {
        Ok(Self {
            groups: store.table("logs-group"),
            streams: store.table("logs-stream"),
            events: Events::open(store)?,
            changing: Mutex::new(()),
        })
    }

    /// Makes a log group unless it exists; needs `logs:CreateLogGroup`.
    pub fn ensure_group(&self, aws: &Aws, caller: &Caller, group: &str) -> Result<(), AwsError> {
        let new = groups::NewGroup { log_group_name: group.to_owned(), ..groups::NewGroup::default() };
        match self.create_group(aws, caller, new) {
            Err(refusal) if refusal.code == "ResourceAlreadyExistsException" => Ok(()),
            other => other,
        }
    }

    /// Makes a log stream in a group unless it exists; needs `logs:CreateLogStream`.
    pub fn ensure_stream(
        &self,
        aws: &Aws,
        caller: &Caller,
        group: &str,
        stream: &str,
    ) -> Result<(), AwsError> {
        match self.create_stream(aws, caller, group, stream) {
            Err(refusal) if refusal.code == "ResourceAlreadyExistsException" => Ok(()),
            other => other,
        }
    }

    /// Appends events to a log stream; needs `logs:PutLogEvents`.
    pub fn put(
        &self,
        aws: &Aws,
        caller: &Caller,
        group: &str,
        stream: &str,
        events: &[(Timestamp, String)],
    ) -> Result<(), AwsError> {
        authorize(aws, caller, "logs:PutLogEvents", group, stream)?;
        let mut events = events.to_vec();
        // A caller within the engine may have gathered its lines from several threads.
        events.sort_by_key(|(timestamp, _)| *timestamp);
        self.append(caller, group, stream, &events, aws.clock.now())
    }

    /// Returns whether a log group exists; needs `logs:DescribeLogGroups`.
    pub fn exists(&self, aws: &Aws, caller: &Caller, group: &str) -> Result<bool, AwsError> {
        authorize(aws, caller, "logs:DescribeLogGroups", "", "")?;
        Ok(self.groups.get(&group_key(caller, group))?.is_some())
    }

    fn group(&self, caller: &Caller, name: &str) -> Result<Group, AwsError> {
        self.groups.get(&group_key(caller, name))?.ok_or_else(|| {
            AwsError::new("ResourceNotFoundException", "The specified log group does not exist.")
        })
    }

    fn stream(&self, caller: &Caller, group: &str, name: &str) -> Result<Stream, AwsError> {
        self.streams.get(&stream_key(caller, group, name))?.ok_or_else(|| {
            AwsError::new("ResourceNotFoundException", "The specified log stream does not exist.")
        })
    }

    /// Removes events that have passed the retention of their group.
    fn purge(&self, now: Timestamp) -> Result<(), StoreError> {
        for (key, group) in self.groups.scan("")? {
            if group.retention_days.is_none() {
                continue;
            }
            for (_, stream) in self.streams.scan(&format!("{key}:"))? {
                let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
                self.events.remove_before(stream.number, group.horizon(now))?;
            }
        }
        Ok(())
    }
}

/// Returns the key of a group; names have no colon.
fn group_key(caller: &Caller, group: &str) -> String {
    format!("{}{group}", caller.scope())
}

fn stream_key(caller: &Caller, group: &str, stream: &str) -> String {
    format!("{}{group}:{stream}", caller.scope())
}

/// Refuses an action unless policies allow it. CloudWatch Logs names a stream even where there is none.
fn authorize(aws: &Aws, caller: &Caller, action: &str, group: &str, stream: &str) -> Result<(), AwsError> {
    let resource = caller.arn("logs", format_args!("log-group:{group}:log-stream:{stream}"));
    aws.services.iam.authorize(caller, action, &resource, None, &[])
}

#[async_trait]
impl Service for Logs {
    fn signing_name(&self) -> &'static str {
        "logs"
    }

    fn operations(&self) -> &'static [&'static str] {
        operations::OPERATIONS
    }

    async fn handle(&self, aws: &Arc<Aws>, caller: &Caller, request: Request<Incoming>) -> Response<Body> {
        wire::json::serve(request, async |call| operations::answer(self, aws, caller, &call)).await
    }

    fn resource_types(&self) -> Vec<Box<dyn ResourceType>> {
        resource::types()
    }

    fn start(&self, aws: &Arc<Aws>) {
        let engine = Arc::clone(aws);
        aws.spawn(async move {
            loop {
                engine.clock.sleep(PURGE_INTERVAL).await;
                if let Err(error) = engine.services.logs.purge(engine.clock.now()) {
                    tracing::error!(%error, "expired log events could not be removed");
                }
            }
        });
    }
}
