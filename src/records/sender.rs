//! Sends what a feed gives: in batches, several at a time, no faster than the shards take it, each record until it is
//! stored or given up.

use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand::rngs::StdRng;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::backlog::Backlog;
use super::columns::BadRow;
use super::destination::{Destination, Outcome, Reply};
use super::entry::Entry;
use super::failed::FailedRows;
use super::feed::Fed;
use super::gather::{BILLED_STEP, Gatherer};
use super::input::InputError;
use super::pacing::{Pace, jitter};
use super::settled::Settled;
use super::shards::Shards;
use super::tally::Tally;
use crate::error::{Error, Kind, Result};

/// Most records of one call.
const CALL_RECORDS: usize = 500;

/// How long a batch waits to be full.
const LINGER: Duration = Duration::from_millis(100);

/// What may wait before the input has to: records, and bytes.
const WAITING: (usize, usize) = (5000, 16 << 20);

/// How a run sends.
pub struct Plan {
    pub destination: Destination,
    pub shards: Shards,
    pub pace: Pace,
    pub gatherer: Gatherer,
    /// Calls at a time.
    pub in_flight: usize,
    /// How long a record is tried.
    pub give_up_after: Duration,
    /// Whether rows that are left when the run ends early stay for the next run instead of going to the file.
    pub is_resumable: bool,
}

/// Why a run ended before its input did.
#[derive(Debug)]
pub enum Stop {
    /// A row is not a record.
    BadRow { line: u64, why: BadRow },
    /// The input cannot be read.
    Input(InputError),
    /// The service will not have it.
    Refused(Error),
    /// Ctrl-C or SIGTERM.
    Asked(Kind),
}

/// A run.
pub struct Sender {
    plan: Plan,
    backlog: Backlog,
    batch: Vec<Entry>,
    batch_bytes: usize,
    batch_since: Option<Duration>,
    /// When the first row came that is gathered and in no record yet.
    gathered_since: Option<Duration>,
    calls: JoinSet<(Vec<Entry>, Outcome)>,
    is_moved: bool,
    random: StdRng,
    started: Instant,
    pub tally: Tally,
    pub settled: Settled,
    pub failed_rows: FailedRows,
    /// Bad rows that were passed over, in the order of the input, and not yet told.
    pub passed_over: Vec<(u64, BadRow)>,
    pub stop: Option<Stop>,
    /// Why records had to be tried again or were given up, most recently.
    pub trouble: Option<String>,
    skip_bad: bool,
}

/// What a run was woken by.
enum Event {
    Chunk(Option<Vec<Fed>>),
    Called(Vec<Entry>, Outcome),
    Lost,
    Time,
    Asked(Kind),
}

impl Sender {
    pub fn new(plan: Plan, settled: Settled, failed_rows: FailedRows, skip_bad: bool) -> Self {
        let backlog = Backlog::new(plan.shards.clone(), &plan.pace);
        Self {
            plan,
            backlog,
            batch: Vec::new(),
            batch_bytes: 0,
            batch_since: None,
            gathered_since: None,
            calls: JoinSet::new(),
            is_moved: false,
            random: StdRng::from_os_rng(),
            started: Instant::now(),
            tally: Tally::default(),
            settled,
            failed_rows,
            passed_over: Vec::new(),
            stop: None,
            trouble: None,
            skip_bad,
        }
    }

    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    pub fn destination(&self) -> &Destination {
        &self.plan.destination
    }

    /// Returns whether the stream's shards are not those that were expected.
    pub fn is_moved(&self) -> bool {
        self.is_moved
    }

    /// Goes on with other shards.
    pub fn reshard(&mut self, shards: Shards) {
        self.is_moved = false;
        self.backlog.reshard(shards, &self.plan.pace);
    }

    /// Does the next thing; `false` when there is nothing left to do.
    pub async fn step(
        &mut self,
        chunks: &mut Option<mpsc::Receiver<Vec<Fed>>>,
        asked: impl Future<Output = Kind>,
    ) -> Result<bool> {
        let now = self.elapsed();
        if self.stop.as_ref().is_some_and(Stop::is_at_once) {
            *chunks = None;
        } else {
            self.backlog.wake(now);
            if self.gathered_since.is_some_and(|since| now >= since + LINGER) {
                self.flush();
            }
            self.fill(now, chunks.is_none());
        }
        if chunks.is_none() && self.calls.is_empty() && self.is_at_rest() {
            return Ok(false);
        }
        let (count, bytes) = self.backlog.held();
        let has_room = count < WAITING.0 && bytes < WAITING.1;
        let wait = self.wait(now);
        let event = tokio::select! {
            biased;
            kind = asked => Event::Asked(kind),
            Some(done) = self.calls.join_next() => match done {
                Ok((entries, outcome)) => Event::Called(entries, outcome),
                Err(_) => Event::Lost,
            },
            chunk = next(chunks.as_mut()), if has_room && chunks.is_some() => Event::Chunk(chunk),
            () = tokio::time::sleep(wait) => Event::Time,
        };
        match event {
            Event::Asked(_) if matches!(self.stop, Some(Stop::Asked(_))) => {
                // Asked twice: what is under way is left to its fate.
                self.calls = JoinSet::new();
                return Ok(false);
            }
            Event::Asked(kind) => self.stop = Some(Stop::Asked(kind)),
            Event::Called(entries, outcome) => self.settle(entries, outcome)?,
            Event::Lost => return Err(Error::failed_to("send: a call ended without an outcome")),
            Event::Chunk(Some(chunk)) => chunk.into_iter().for_each(|fed| self.take_in(fed)),
            Event::Chunk(None) => {
                *chunks = None;
                self.flush();
            }
            Event::Time => {}
        }
        Ok(true)
    }

    /// Ends the run: what was read and not sent goes to the file, unless another run goes on with it.
    pub fn finish(&mut self) -> Result<()> {
        self.flush();
        let mut left = self.backlog.drain();
        left.append(&mut self.batch);
        for entry in left {
            self.tally.unsent += entry.row_count();
            if !self.plan.is_resumable {
                self.write_failed(&entry)?;
            }
        }
        Ok(())
    }

    fn is_at_rest(&self) -> bool {
        let is_stopped = self.stop.as_ref().is_some_and(Stop::is_at_once);
        is_stopped || (self.backlog.held().0 == 0 && self.batch.is_empty())
    }

    fn take_in(&mut self, fed: Fed) {
        match fed {
            Fed::Row(entry) => {
                self.tally.billed.0 += billed(entry.data.len());
                let shard = self.backlog.shards().of_hash(entry.hash);
                if let Some(full) = self.plan.gatherer.add(entry, shard) {
                    self.backlog.push(full);
                }
                if !matches!(self.plan.gatherer, Gatherer::Plain) {
                    self.gathered_since.get_or_insert(self.started.elapsed());
                }
            }
            Fed::Bad { number, line, why } => {
                self.tally.bad += 1;
                if self.skip_bad {
                    self.settled.add(number);
                    self.passed_over.push((line, why));
                } else {
                    self.stop.get_or_insert(Stop::BadRow { line, why });
                }
            }
            Fed::Broken(error) => {
                self.stop.get_or_insert(Stop::Input(error));
            }
        }
    }

    /// Takes over what is gathered so far, full or not.
    fn flush(&mut self) {
        self.gathered_since = None;
        for entry in self.plan.gatherer.flush() {
            self.backlog.push(entry);
        }
    }

    /// Takes records into batches as shards have room, and calls with each batch that is full or has waited enough.
    fn fill(&mut self, now: Duration, is_over: bool) {
        let most = self.plan.destination.call_bytes();
        while self.calls.len() < self.plan.in_flight {
            while self.batch.len() < CALL_RECORDS {
                // A record that is larger than all that a call may carry was refused when it was read.
                let Some(entry) = self.backlog.take(now, most - self.batch_bytes) else { break };
                self.batch_bytes += entry.size();
                self.batch.push(entry);
                self.batch_since.get_or_insert(now);
            }
            let (count, bytes) = self.backlog.held();
            let is_full =
                self.batch.len() == CALL_RECORDS || (count > 0 && most - self.batch_bytes < bytes / count);
            let is_due = self.batch_since.is_some_and(|since| now >= since + LINGER);
            if self.batch.is_empty() || !(is_full || is_due || (is_over && count == 0)) {
                return;
            }
            self.call(now);
        }
    }

    fn call(&mut self, now: Duration) {
        let mut entries = std::mem::take(&mut self.batch);
        (self.batch_bytes, self.batch_since) = (0, None);
        for entry in &mut entries {
            entry.attempts += 1;
            entry.first_tried.get_or_insert(now);
            self.tally.retried += u64::from(entry.attempts > 1);
        }
        let destination = self.plan.destination.clone();
        self.calls.spawn(async move {
            let outcome = destination.put(&entries).await;
            (entries, outcome)
        });
    }

    fn settle(&mut self, entries: Vec<Entry>, outcome: Outcome) -> Result<()> {
        match outcome {
            Outcome::Answered(replies) => {
                let mut replies = replies.into_iter();
                for entry in entries {
                    match replies.next() {
                        Some(Reply::Taken(shard)) => self.taken(&entry, shard.as_deref()),
                        Some(Reply::Failed { why, is_throttled }) => {
                            self.trouble = Some(why);
                            self.again(entry, is_throttled)?;
                        }
                        None => {
                            self.tally.uncertain += entry.row_count();
                            self.again(entry, false)?;
                        }
                    }
                }
            }
            Outcome::Later { why, is_throttled } => {
                self.trouble = Some(why);
                for entry in entries {
                    if !is_throttled {
                        self.tally.uncertain += entry.row_count();
                    }
                    self.again(entry, is_throttled)?;
                }
            }
            Outcome::Refused(error) => {
                self.stop.get_or_insert(Stop::Refused(error));
                entries.into_iter().for_each(|entry| self.backlog.push(entry));
            }
        }
        Ok(())
    }

    fn taken(&mut self, entry: &Entry, shard: Option<&str>) {
        self.tally.sent += entry.row_count();
        self.tally.records += 1;
        self.tally.bytes += entry.data.len() as u64;
        self.tally.billed.1 += billed(entry.data.len());
        entry.row_numbers().for_each(|row| self.settled.add(row));
        if let Some(shard) = shard {
            let expected = self.backlog.shards().of_hash(entry.hash);
            self.is_moved |= !self.backlog.shards().is(expected, shard);
        }
    }

    /// Tries a record again after a while, or gives it up.
    fn again(&mut self, entry: Entry, is_throttled: bool) -> Result<()> {
        let now = self.elapsed();
        if is_throttled {
            self.backlog.refused(&entry);
        }
        let tried = now.saturating_sub(entry.first_tried.unwrap_or(now));
        if tried < self.plan.give_up_after {
            let due = now + jitter(entry.attempts, &mut self.random);
            self.backlog.push_later(entry, due);
            return Ok(());
        }
        self.tally.failed += entry.row_count();
        entry.row_numbers().for_each(|row| self.settled.add(row));
        self.write_failed(&entry)
    }

    fn write_failed(&mut self, entry: &Entry) -> Result<()> {
        self.failed_rows
            .write(entry.as_rows())
            .map_err(|error| Error::failed_to("write the rows that could not be sent").because(error))
    }

    /// Returns how long nothing has to be done unless something happens.
    fn wait(&self, now: Duration) -> Duration {
        const IDLE: Duration = Duration::from_millis(500);
        // With every call under way, what waits can only wait.
        let may_call = self.calls.len() < self.plan.in_flight;
        let batch = self.batch_since.map(|since| (since + LINGER).saturating_sub(now));
        let waiting = batch.into_iter().chain(self.backlog.wait(now)).filter(|_| may_call);
        let gathered = self.gathered_since.map(|since| (since + LINGER).saturating_sub(now));
        // Finer steps than this would only keep the processor busy.
        waiting.chain(gathered).min().unwrap_or(IDLE).clamp(Duration::from_millis(5), IDLE)
    }
}

impl Stop {
    /// Returns whether nothing more is to be sent; otherwise, what was read before is.
    fn is_at_once(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Asked(_))
    }
}

/// Returns what Firehose bills for a record.
fn billed(bytes: usize) -> u64 {
    (bytes.div_ceil(BILLED_STEP) * BILLED_STEP) as u64
}

async fn next(chunks: Option<&mut mpsc::Receiver<Vec<Fed>>>) -> Option<Vec<Fed>> {
    match chunks {
        Some(chunks) => chunks.recv().await,
        None => std::future::pending().await,
    }
}
