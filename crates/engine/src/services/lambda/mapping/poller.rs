//! Reads one shard for a mapping, batch after batch, and invokes the function with each.
//!
//! How far it came is noted only once a batch was handled or given up, so a record may come twice after
//! the engine was killed, and never not at all.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::event::{self, EventWriter, Verdict};
use super::retry::{self, Batch};
use super::{Checkpoint, Mapping};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::kinesis::{Position, Record};
use crate::wire::request_id;

/// Reads one shard for one mapping.
pub struct Poller {
    pub aws: Arc<Aws>,
    pub mapping: Arc<Mapping>,
    pub shard_id: String,
    /// Where the next read begins.
    pub position: Position,
    /// Cancelled when the mapping changes; an invocation that is under way is waited for.
    pub stop: CancellationToken,
}

/// The poller was told to stop.
struct Stopped;

/// What gathering gave.
enum Gathered {
    Records(Vec<Record>),
    /// The shard is closed and was read to its end.
    End,
}

impl Poller {
    /// Works until the shard ends or the mapping changes.
    pub async fn run(mut self) {
        loop {
            match self.gather().await {
                Ok(Gathered::Records(records)) => {
                    if let Err(Stopped) = self.handle(records).await {
                        return;
                    }
                }
                Ok(Gathered::End) => return self.note(&Checkpoint::Finished),
                Err(Stopped) => return,
            }
        }
    }

    /// Collects records until the batch is full, its window closes, or the shard ends.
    async fn gather(&mut self) -> Result<Gathered, Stopped> {
        let most = self.mapping.batch_size as usize;
        let window = Duration::from_secs(u64::from(self.mapping.batching_window));
        let mut records: Vec<Record> = Vec::new();
        let mut closes = None;
        let mut from = self.position.clone();
        let mut failures = 0;
        loop {
            if self.stop.is_cancelled() {
                return Err(Stopped);
            }
            // Asked for before the read, so that a write in between is not missed.
            let changed = self.aws.services.kinesis.changed(&self.mapping.stream_arn);
            let batch = match self.read(&from, most - records.len()) {
                Ok(batch) => batch,
                Err(error) => {
                    failures += 1;
                    self.result(&format!("PROBLEM: {}", error.message));
                    self.pause(retry::wait(failures)).await?;
                    continue;
                }
            };
            failures = 0;
            let found = batch.records.len();
            records.extend(batch.records);
            let ended = batch.next.is_none();
            if let Some(next) = batch.next {
                from = next;
            }
            if records.is_empty() {
                if ended {
                    return Ok(Gathered::End);
                }
                self.position = from.clone();
                tokio::select! {
                    () = changed => {}
                    () = self.stop.cancelled() => return Err(Stopped),
                }
                continue;
            }
            let now = self.aws.clock.now();
            let closes = *closes.get_or_insert(now + window);
            if records.len() >= most || ended || now >= closes || self.is_large(&records) {
                return Ok(Gathered::Records(records));
            }
            if found == 0 {
                tokio::select! {
                    () = changed => {}
                    () = self.aws.clock.sleep_until(closes) => {}
                    () = self.stop.cancelled() => return Err(Stopped),
                }
            }
        }
    }

    fn is_large(&self, records: &[Record]) -> bool {
        let bytes: usize = records.iter().map(|record| record.data.len()).sum();
        bytes >= 4 << 20
    }

    fn read(&self, from: &Position, limit: usize) -> Result<crate::services::kinesis::Batch, AwsError> {
        let session = self.session()?;
        let kinesis = &self.aws.services.kinesis;
        kinesis.read(&self.aws, &session, &self.mapping.stream_arn, &self.shard_id, from, limit)
    }

    /// Returns the session of the function's role, as which streams are read.
    fn session(&self) -> Result<Caller, AwsError> {
        self.aws.services.lambda.reader(&self.aws, &self.mapping.function)
    }

    /// Sees records through to their end, in as many events as they need.
    async fn handle(&mut self, records: Vec<Record>) -> Result<(), Stopped> {
        let mut rest = records;
        while !rest.is_empty() {
            let fitting = match self.aws.services.lambda.function(&self.mapping.function) {
                Ok(function) => self.writer(&function.role).fitting(&rest),
                Err(_) => rest.len(),
            };
            let after = rest.split_off(fitting);
            let batch = Batch::new(&self.mapping, rest);
            self.see_through(batch).await?;
            rest = after;
        }
        Ok(())
    }

    async fn see_through(&mut self, mut batch: Batch) -> Result<(), Stopped> {
        let mut refusals = 0;
        loop {
            if let Some(last) = batch.drop_old(self.aws.clock.now()) {
                self.advance(last);
            }
            if batch.records().is_empty() {
                return Ok(());
            }
            if self.stop.is_cancelled() {
                return Err(Stopped);
            }
            let verdict = match self.invoke(batch.records()).await {
                Ok(verdict) => verdict,
                Err(error) => {
                    // A function that cannot be invoked says nothing about the records.
                    refusals += 1;
                    self.result(&format!("PROBLEM: {}", error.message));
                    self.pause(retry::wait(refusals)).await?;
                    self.forget_expired(&mut batch);
                    continue;
                }
            };
            let is_done = verdict == Verdict::Done;
            let step = batch.conclude(verdict);
            if let Some(last) = step.handled {
                self.advance(last);
            }
            self.result(if is_done { "OK" } else { "PROBLEM: Function call failed" });
            if let Some(wait) = step.wait {
                self.pause(wait).await?;
                self.forget_expired(&mut batch);
            }
        }
    }

    /// Drops records that the stream's retention has passed over meanwhile.
    fn forget_expired(&mut self, batch: &mut Batch) {
        let Some(first) = batch.records().first() else { return };
        let at = Position::AtSequenceNumber(first.sequence_number.clone());
        let oldest = self.read(&at, 1).ok().and_then(|read| read.records.into_iter().next());
        if let Some(last) = oldest.and_then(|oldest| batch.drop_before(&oldest.sequence_number)) {
            self.advance(last);
        }
    }

    async fn invoke(&self, records: &[Record]) -> Result<Verdict, AwsError> {
        let lambda = &self.aws.services.lambda;
        let key = &self.mapping.function;
        if let Some(last) = records.last() {
            let now = self.aws.clock.now();
            let age = now.since(last.arrived_at);
            self.aws.services.cloudwatch.lambda_iterator_age(now, key.emitter(), age);
        }
        let ordered = self.aws.faults.ordered(&key.name, records);
        let event = self.writer(&lambda.function(key)?.role).write(&ordered);
        if self.aws.faults.repeats_batch(&key.name) {
            lambda.run(&self.aws, key, request_id(), event.clone()).await?;
        }
        let outcome = lambda.run(&self.aws, key, request_id(), event).await?;
        Ok(match outcome.function_error {
            Some(_) => Verdict::Failed,
            None if self.mapping.reports_item_failures => event::verdict(&outcome.payload, records),
            None => Verdict::Done,
        })
    }

    fn writer<'a>(&'a self, role: &'a str) -> EventWriter<'a> {
        EventWriter { mapping: &self.mapping, role, shard_id: &self.shard_id }
    }

    /// Waits on the engine's clock.
    async fn pause(&self, duration: Duration) -> Result<(), Stopped> {
        tokio::select! {
            () = self.aws.clock.sleep(duration) => Ok(()),
            () = self.stop.cancelled() => Err(Stopped),
        }
    }

    /// Notes that everything up to a record is handled.
    fn advance(&mut self, last: String) {
        self.position = Position::AfterSequenceNumber(last);
        self.note(&Checkpoint::At(self.position.clone()));
    }

    fn note(&self, checkpoint: &Checkpoint) {
        let noted = self.aws.services.lambda.put_checkpoint(&self.mapping.uuid, &self.shard_id, checkpoint);
        if let Err(error) = noted {
            tracing::error!(%error, "how far a shard was read could not be noted");
        }
    }

    fn result(&self, result: &str) {
        self.aws.services.lambda.note_result(&self.mapping, result);
    }
}
