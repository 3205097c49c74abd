//! Reads one lane of a shard for a mapping and gathers its records into batches, which `work` sees through.
//!
//! How far it came is noted only once a batch was handled or given up, so a record may come twice after
//! the engine was killed, and never not at all.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::checkpoint::Checkpoint;
use super::filter::Filters;
use super::lane::Lane;
use super::retry;
use super::tumbling::{Occasion, OpenWindow};
use super::{Mapping, retry::last};
use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::kinesis::{Batch, Position, Record};

/// Bytes of data from which on a batch is not gathered further: as base64 they nearly fill an event.
const LARGE: usize = 4 << 20;

/// Reads one lane of a shard for one mapping.
pub struct Poller {
    pub aws: Arc<Aws>,
    pub mapping: Arc<Mapping>,
    pub filters: Arc<Filters>,
    pub shard_id: String,
    pub lane: Lane,
    /// Where the next read begins.
    pub position: Position,
    /// The tumbling window that is open at the position.
    pub window: Option<OpenWindow>,
    /// A filter has dropped something since the position was noted.
    pub has_dropped: bool,
    /// Cancelled when the mapping changes; an invocation that is under way is waited for.
    pub stop: CancellationToken,
}

/// The poller was told to stop.
pub struct Stopped;

/// What gathering gave.
enum Gathered {
    Records(Vec<Record>),
    /// No record of the open window is to come.
    WindowEnd,
    /// The shard is closed and was read to its end.
    End,
}

impl Poller {
    /// Works until the shard ends, which is noted, or the mapping changes.
    pub async fn run(mut self) -> Result<(), Stopped> {
        loop {
            match self.gather().await? {
                Gathered::Records(records) => self.handle(records).await?,
                Gathered::WindowEnd => self.close_window(Occasion::End).await?,
                Gathered::End => {
                    if self.window.is_some() {
                        self.close_window(Occasion::End).await?;
                    }
                    self.note(&Checkpoint::Finished);
                    return Ok(());
                }
            }
        }
    }

    /// Collects records until the batch is full, its window closes, or the shard ends.
    async fn gather(&mut self) -> Result<Gathered, Stopped> {
        let most = self.mapping.batch_size as usize;
        let batching_window = Duration::from_secs(u64::from(self.mapping.batching_window));
        let mut records: Vec<Record> = Vec::new();
        let mut closes = None;
        let mut failures = 0;
        loop {
            if self.stop.is_cancelled() {
                return Err(Stopped);
            }
            // Asked for before the read, so that a write in between is not missed and no window ends before it.
            let changed = self.aws.services.kinesis.changed(&self.mapping.source_arn);
            let now = self.aws.clock.now();
            let batch = match self.read(&self.position, most - records.len()) {
                Ok(batch) => batch,
                Err(error) => {
                    failures += 1;
                    self.result(&format!("PROBLEM: {}", error.message));
                    self.pause(retry::wait(failures)).await?;
                    continue;
                }
            };
            failures = 0;
            let (is_empty, is_last) = (batch.records.is_empty(), batch.next.is_none());
            let is_beyond = self.sift(batch, &mut records);
            let window_ends = is_beyond || self.window.as_ref().is_some_and(|window| now >= window.end);
            let mut wakes = self.window.as_ref().map(|window| window.end);
            if records.is_empty() {
                match (window_ends, is_last) {
                    (true, _) => return Ok(Gathered::WindowEnd),
                    (false, true) => return Ok(Gathered::End),
                    (false, false) => self.note_dropped(),
                }
            } else {
                let closes = *closes.get_or_insert(now + batching_window);
                let is_full = records.len() >= most || is_large(&records);
                if is_full || is_last || window_ends || now >= closes {
                    return Ok(Gathered::Records(records));
                }
                wakes = Some(wakes.map_or(closes, |wakes| wakes.min(closes)));
            }
            if is_empty {
                tokio::select! {
                    () = changed => {}
                    () = self.sleep_until(wakes) => {}
                    () = self.stop.cancelled() => return Err(Stopped),
                }
            }
        }
    }

    /// Adds to `records` those that the function is to get, and goes on behind what was looked at. Returns whether
    /// there is a record beyond the open window, which is left for later.
    fn sift(&mut self, batch: Batch, records: &mut Vec<Record>) -> bool {
        let mut looked_at = None;
        for record in batch.records {
            if self.window.as_ref().is_some_and(|window| record.arrived_at >= window.end) {
                if let Some(last) = looked_at {
                    self.position = Position::AfterSequenceNumber(last);
                }
                return true;
            }
            looked_at = Some(record.sequence_number.clone());
            if !self.lane.takes(&record) {
                continue;
            }
            if !self.filters.take_record(&record) {
                self.has_dropped = true;
                continue;
            }
            let seconds = self.mapping.tumbling_window;
            if seconds > 0 && self.window.is_none() {
                self.window = Some(OpenWindow::around(record.arrived_at, seconds));
            }
            records.push(record);
        }
        let end = || looked_at.map(Position::AfterSequenceNumber);
        if let Some(position) = batch.next.or_else(end) {
            self.position = position;
        }
        false
    }

    pub fn read(&self, from: &Position, limit: usize) -> Result<Batch, AwsError> {
        let session = self.session()?;
        let kinesis = &self.aws.services.kinesis;
        kinesis.read(&self.aws, &session, &self.mapping.source_arn, &self.shard_id, from, limit)
    }

    /// Returns the session of the function's role, as which streams are read.
    fn session(&self) -> Result<Caller, AwsError> {
        self.aws.services.lambda.reader(&self.aws, &self.mapping.function)
    }

    /// Waits on the engine's clock.
    pub async fn pause(&self, duration: Duration) -> Result<(), Stopped> {
        tokio::select! {
            () = self.aws.clock.sleep(duration) => Ok(()),
            () = self.stop.cancelled() => Err(Stopped),
        }
    }

    async fn sleep_until(&self, moment: Option<Timestamp>) {
        match moment {
            Some(moment) => self.aws.clock.sleep_until(moment).await,
            None => std::future::pending().await,
        }
    }

    /// Notes that everything up to `position` is handled.
    pub fn note_handled(&self, position: Position) {
        self.note(&match &self.window {
            Some(window) => Checkpoint::InWindow(position, window.clone()),
            None => Checkpoint::At(position),
        });
    }

    /// Notes that what was read since the last batch needs no handling, so that a changed filter does not bring it
    /// back.
    pub fn note_dropped(&mut self) {
        if std::mem::take(&mut self.has_dropped) {
            self.note_handled(self.position.clone());
        }
    }

    fn note(&self, checkpoint: &Checkpoint) {
        let lambda = &self.aws.services.lambda;
        let noted = lambda.put_checkpoint(&self.mapping.uuid, &self.shard_id, Some(self.lane), checkpoint);
        if let Err(error) = noted {
            tracing::error!(%error, "how far a shard was read could not be noted");
        }
    }

    pub fn result(&self, result: &str) {
        self.aws.services.lambda.note_result(&self.mapping, result);
    }

    /// Notes that everything up to the last of some records is handled.
    pub fn note_last(&self, records: &[Record]) {
        if let Some(last) = last(records) {
            self.note_handled(Position::AfterSequenceNumber(last));
        }
    }
}

fn is_large(records: &[Record]) -> bool {
    records.iter().map(|record| record.data.len()).sum::<usize>() >= LARGE
}
