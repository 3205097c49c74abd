//! Reads the objects of a notification, merges what they say into the maxima, and publishes what is due.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use fleet_maxima::{Alert, Claimant, Found, Settled, Store, StoreError, Written, shard_of};
use futures::future::try_join_all;
use futures::stream::{self, StreamExt};
use lambda_events::{ObjectCreated, S3Event};
use rand::Rng;
use serde::Serialize;

use crate::alert::{Publisher, Speeding};
use crate::findings::Findings;
use crate::hour;
use crate::lines::Lines;
use crate::objects::Objects;
use crate::row::Row;
use crate::settings::Settings;

/// How often a shard is read again because others wrote it in between.
const ATTEMPTS: u32 = 50;

/// How many messages are on their way to the topic at a time.
const PUBLISHING: usize = 8;

/// Compressed bytes that are read in one go: so few that what they grow to, up to a thousandfold, stays small.
const PIECE: usize = 4096;

/// What an invocation did.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Objects whose rows were read.
    pub objects: u64,
    /// Error objects and others that hold no rows, left alone.
    pub skipped_objects: u64,
    /// Objects that were gone when they were to be read.
    pub gone_objects: u64,
    /// Objects whose compression is broken; what could be read of them counts.
    pub broken_objects: u64,
    pub rows: u64,
    pub broken_rows: u64,
    /// Rows among them with which `hydrant verify` proves that rows arrive, and which raise no maximum.
    pub proof_rows: u64,
    /// Messages published, those of a proof included.
    pub alerts: u64,
}

/// An invocation that has to be repeated.
#[derive(Debug)]
pub enum RecordError {
    Open { bucket: String, key: String, source: Box<dyn Error + Send + Sync> },
    Store(StoreError),
    Contended(u8),
    Publish { failed: usize, source: Box<dyn Error + Send + Sync> },
}

impl fmt::Display for RecordError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { bucket, key, .. } => write!(formatter, "failed to read `{key}` of `{bucket}`"),
            Self::Store(_) => write!(formatter, "failed to keep the maxima"),
            Self::Contended(number) => {
                write!(
                    formatter,
                    "failed to write shard {number}: others wrote it {ATTEMPTS} times in between"
                )
            }
            Self::Publish { failed, .. } => write!(formatter, "failed to publish {failed} alerts"),
        }
    }
}

impl Error for RecordError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Open { source, .. } | Self::Publish { source, .. } => Some(&**source),
            Self::Store(source) => Some(source),
            Self::Contended(_) => None,
        }
    }
}

impl From<StoreError> for RecordError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The function, with what it reads, keeps and publishes.
#[derive(Debug)]
pub struct Recorder<O, S, P> {
    pub objects: O,
    pub store: S,
    pub publisher: P,
    pub settings: Settings,
}

impl<O: Objects, S: Store, P: Publisher> Recorder<O, S, P> {
    /// Takes in the objects that `event` tells of.
    pub async fn record(&self, event: &S3Event, claimant: &Claimant) -> Result<Summary, RecordError> {
        let mut summary = Summary { skipped_objects: event.ignored as u64, ..Summary::default() };
        let mut findings = Findings::default();
        for object in &event.created {
            if self.settings.concerns(&object.bucket, &object.key) {
                self.read(object, &mut findings, &mut summary, claimant).await?;
            } else {
                summary.skipped_objects += 1;
            }
        }
        self.merge(&mut findings, &mut summary, claimant).await?;
        Ok(summary)
    }

    async fn read(
        &self,
        object: &ObjectCreated,
        findings: &mut Findings,
        summary: &mut Summary,
        claimant: &Claimant,
    ) -> Result<(), RecordError> {
        let ObjectCreated { bucket, key, time, .. } = object;
        let failed = |source| RecordError::Open { bucket: bucket.clone(), key: key.clone(), source };
        let Some(mut body) = self.objects.open(object).await.map_err(failed)? else {
            summary.gone_objects += 1;
            return Ok(());
        };
        summary.objects += 1;
        let written = hour::of_object(key, time, claimant.now.div_euclid(3_600_000));
        let limit = self.settings.alerts.as_ref().map(|(_, limit)| *limit);
        // Lines are noted in this cell, because what is noted is also needed between the pieces.
        let noted = RefCell::new((std::mem::take(findings), std::mem::take(summary)));
        let mut lines = Lines::new(|line: Option<&[u8]>| {
            let (findings, summary) = &mut *noted.borrow_mut();
            let Some(row) = line.and_then(Row::parse) else {
                summary.broken_rows += 1;
                return;
            };
            summary.rows += 1;
            summary.proof_rows += u64::from(row.is_proof());
            findings.note(&row, written, limit);
        });
        let mut whole = true;
        while let Some(bytes) = body.next().await {
            for piece in bytes.map_err(|error| failed(error.into()))?.chunks(PIECE) {
                whole &= lines.write(piece).is_ok();
                if noted.borrow().0.are_many() {
                    let (mut many, mut so_far) = noted.take();
                    self.merge(&mut many, &mut so_far, claimant).await?;
                    noted.replace((many, so_far));
                }
            }
        }
        whole &= lines.finish().is_ok();
        (*findings, *summary) = noted.into_inner();
        summary.broken_objects += u64::from(!whole);
        Ok(())
    }

    /// Merges findings into the shards, and publishes what became due, and each row of a proof.
    async fn merge(
        &self,
        findings: &mut Findings,
        summary: &mut Summary,
        claimant: &Claimant,
    ) -> Result<(), RecordError> {
        let (shards, proofs) = (findings.take(), findings.take_proofs());
        let merges = shards.iter().map(|(number, found)| self.merge_shard(*number, found, claimant));
        let due: Vec<Alert> = try_join_all(merges).await?.into_iter().flatten().collect();
        let Some((_, limit)) = self.settings.alerts else { return Ok(()) };
        let (settled, problem) = self.publish(&due, limit).await;
        // Nothing is claimed for these: if the invocation is repeated, so are they.
        let (proved, unproved) = self.publish(&proofs, limit).await;
        let published = settled.iter().chain(&proved).filter(|settled| settled.published).count();
        summary.alerts += published as u64;
        let mut by_shard: BTreeMap<u8, Vec<Settled>> = BTreeMap::new();
        for settled in settled {
            by_shard.entry(shard_of(&settled.vin)).or_default().push(settled);
        }
        let settles = by_shard.iter().map(|(number, settled)| {
            self.change(*number, claimant, |shard| shard.settle(settled, &claimant.invocation))
        });
        try_join_all(settles).await?;
        match problem.or(unproved) {
            Some(source) => {
                Err(RecordError::Publish { failed: due.len() + proofs.len() - published, source })
            }
            None => Ok(()),
        }
    }

    async fn merge_shard(
        &self,
        number: u8,
        found: &BTreeMap<String, Found>,
        claimant: &Claimant,
    ) -> Result<Vec<Alert>, RecordError> {
        self.change(number, claimant, |shard| shard.take_in(found, claimant)).await
    }

    /// Changes a shard under its condition, and returns the alerts that this invocation holds in it.
    async fn change(
        &self,
        number: u8,
        claimant: &Claimant,
        mut change: impl FnMut(&mut fleet_maxima::Shard) -> bool,
    ) -> Result<Vec<Alert>, RecordError> {
        for attempt in 0..ATTEMPTS {
            let mut loaded = self.store.load(number).await?;
            if !change(&mut loaded.shard) || self.store.save(number, &loaded).await? == Written::Done {
                return Ok(loaded.shard.due(&claimant.invocation));
            }
            tokio::time::sleep(backoff(attempt)).await;
        }
        Err(RecordError::Contended(number))
    }

    /// Publishes alerts, several at a time; says what became of each, and the first reason why one failed.
    async fn publish(
        &self,
        due: &[Alert],
        limit: f64,
    ) -> (Vec<Settled>, Option<Box<dyn Error + Send + Sync>>) {
        let sent = stream::iter(due).map(|alert| async move {
            let outcome = self.publisher.publish(&Speeding::new(alert, limit)).await;
            let settled = Settled { vin: alert.vin.clone(), hour: alert.hour, published: outcome.is_ok() };
            (settled, outcome.err())
        });
        let outcomes: Vec<_> = sent.buffer_unordered(PUBLISHING).collect().await;
        let (settled, problems): (Vec<_>, Vec<_>) = outcomes.into_iter().unzip();
        (settled, problems.into_iter().flatten().next())
    }
}

/// Returns a random pause of up to 10 ms, doubled with every attempt, and never more than a second.
fn backoff(attempt: u32) -> Duration {
    let most = 10 * 2_u64.pow(attempt.min(7));
    Duration::from_millis(rand::rng().random_range(0..=most.min(1_000)))
}

#[cfg(test)]
mod tests;
