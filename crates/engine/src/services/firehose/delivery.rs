//! The task of a delivery stream: reads, gathers, transforms, stores, and only then moves on for good.
//!
//! What it holds in memory is also in its source until the object with it is stored. A delivery that fails is
//! repeated until it succeeds or the stream is deleted; records that were put are given up after 24 hours, as AWS
//! does. (It gives up those of a source stream when that stream's retention ends.)
//!
//! A backup has a buffer of its own, which is emptied at the latest when the records in it are delivered, so that
//! one progress stands for both.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::buffer::{Hints, Incoming, Outgoing};
use super::destination::Settings;
use super::disturbance;
use super::error_log::{self, Failure};
use super::object::{Naming, compress};
use super::processing::LambdaProcessor;
use super::session;
use super::source::{Delivered, Item, Reader};
use super::stream::{DeliveryStream, Description};
use super::transform::{self, Verdict, failed_line};
use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::services::cloudwatch::Emitter;

const FIRST_RETRY: Duration = Duration::from_secs(1);
const LAST_RETRY: Duration = Duration::from_secs(60);

/// How long records are kept that were put and cannot be delivered.
const KEPT: Duration = Duration::from_secs(24 * 3600);

/// Runs a delivery stream until it is deleted.
pub async fn run(aws: Arc<Aws>, stream: Arc<DeliveryStream>) {
    let name = stream.description().name;
    let deleted = stream.deleted.clone();
    let work = async {
        match Delivery::open(aws, stream) {
            Ok(mut delivery) => delivery.work().await,
            Err(error) => tracing::error!(stream = name, %error, "a delivery stream could not be opened"),
        }
    };
    tokio::select! {
        () = deleted.cancelled() => {}
        () = work => {}
    }
}

struct Delivery {
    aws: Arc<Aws>,
    stream: Arc<DeliveryStream>,
    reader: Reader,
    /// Read, but in no buffer yet.
    queue: VecDeque<Item>,
    incoming: Incoming,
    outgoing: Outgoing,
    read_retry: Duration,
}

/// The bytes of an object, and when the oldest record in it arrived.
type Contents = (Vec<Bytes>, Timestamp);

/// Objects on their way, each until it is stored.
struct Parcel {
    data: Option<Contents>,
    errors: Option<Contents>,
    backup: Option<Contents>,
    /// How many records the data holds.
    records: usize,
}

impl Delivery {
    fn open(aws: Arc<Aws>, stream: Arc<DeliveryStream>) -> Result<Self, AwsError> {
        let reader = Reader::open(&stream.description(), &aws.services.firehose.checkpoints)?;
        Ok(Self {
            aws,
            stream,
            reader,
            queue: VecDeque::new(),
            incoming: Incoming::default(),
            outgoing: Outgoing::default(),
            read_retry: FIRST_RETRY,
        })
    }

    async fn work(&mut self) {
        loop {
            let updates = self.stream.updates();
            let description = self.stream.description();
            match description.destination.settings() {
                Ok(settings) => self.step(&description, &settings, updates).await,
                Err(error) => {
                    // Settings were checked before they were stored, so this is a defect of the engine.
                    tracing::error!(stream = description.name, %error, "a delivery stream has no valid settings");
                    let mut updates = updates;
                    let _ = updates.changed().await;
                }
            }
        }
    }

    /// Does the next thing that is due, or waits until something is.
    async fn step(
        &mut self,
        description: &Description,
        settings: &Settings,
        mut updates: tokio::sync::watch::Receiver<()>,
    ) {
        let now = self.aws.clock.now();
        let outgoing = Hints { bytes: settings.buffer_bytes, interval: settings.buffer_interval };
        if self.outgoing.is_full(outgoing, now) {
            return self.deliver().await;
        }
        let backup = settings
            .backup
            .as_deref()
            .map(|backup| Hints { bytes: backup.buffer_bytes, interval: backup.buffer_interval });
        if backup.is_some_and(|hints| self.outgoing.has_full_backup(hints, now)) {
            return self.deliver_backup().await;
        }
        let processor = settings.transform.as_ref();
        let incoming =
            processor.map(|lambda| Hints { bytes: lambda.buffer_bytes, interval: lambda.buffer_interval });
        match (processor, incoming) {
            (Some(processor), Some(hints)) if self.incoming.is_full(hints, now) => {
                return self.transform(description, settings, processor).await;
            }
            // The transformation was taken out of the configuration while records waited for it.
            (None, _) if !self.incoming.is_empty() => {
                let items = std::mem::take(&mut self.incoming).items;
                items.into_iter().rev().for_each(|item| self.queue.push_front(item));
            }
            _ => {}
        }
        if !self.queue.is_empty() {
            return self.gather(description, settings, now);
        }
        let changed = self.reader.changed(&self.aws, &self.stream);
        let wait = match self.reader.read(&self.aws, &self.stream) {
            Ok(items) if !items.is_empty() => {
                self.queue.extend(disturbance::apply(&self.aws, &description.name, items));
                self.read_retry = FIRST_RETRY;
                return;
            }
            Ok(_) => None,
            Err(error) => {
                tracing::warn!(stream = description.name, %error, "the source could not be read");
                let wait = self.read_retry;
                self.read_retry = (wait * 2).min(LAST_RETRY);
                Some(now + wait)
            }
        };
        let deadlines = [
            self.outgoing.deadline(outgoing),
            backup.and_then(|hints| self.outgoing.backup_deadline(hints)),
            incoming.and_then(|hints| self.incoming.deadline(hints)),
            wait,
        ];
        let deadline = deadlines.into_iter().flatten().min();
        let clock = &self.aws.clock;
        let due = async {
            match deadline {
                Some(deadline) => clock.sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = due => {}
            () = changed, if wait.is_none() => {}
            _ = updates.changed() => {}
        }
    }

    /// Moves what was read into a buffer, until that is as large as it may be.
    fn gather(&mut self, description: &Description, settings: &Settings, now: Timestamp) {
        let delimiter = settings.delimiter.as_deref().unwrap_or_default();
        let backup_bytes = settings.backup.as_ref().map_or(usize::MAX, |backup| backup.buffer_bytes);
        while let Some(item) = self.queue.pop_front() {
            // A record from a stream comes to Firehose when it is read, one that was put when it was put.
            let since = if description.source.is_some() { now } else { item.arrived_at };
            if settings.backup.is_some() && !item.is_mark {
                self.outgoing.push_backup(&item.data, item.arrived_at, since);
            }
            if let Some(processor) = &settings.transform {
                self.incoming.push(item, since);
                if self.incoming.has(processor.buffer_bytes) || self.outgoing.has(usize::MAX, backup_bytes) {
                    return;
                }
                continue;
            }
            if !item.is_mark {
                self.outgoing.push_data(&item.data, delimiter, item.arrived_at, since);
            }
            item.progress.into_iter().for_each(|progress| self.outgoing.delivered.add(progress));
            if self.outgoing.has(settings.buffer_bytes, backup_bytes) {
                return;
            }
        }
        let only_marks = self.incoming.items.iter().all(|item| item.is_mark);
        if only_marks {
            let marks = std::mem::take(&mut self.incoming).items;
            marks.into_iter().filter_map(|mark| mark.progress).for_each(|p| self.outgoing.delivered.add(p));
        }
        self.settle_empty();
    }

    /// Notes progress at once when there is nothing to store before.
    fn settle_empty(&mut self) {
        if self.outgoing.is_empty() && !self.outgoing.delivered.is_empty() {
            let delivered = std::mem::take(&mut self.outgoing.delivered);
            self.note(delivered);
        }
    }

    fn note(&mut self, delivered: Delivered) {
        let id = self.stream.description().id;
        if let Err(error) = self.reader.delivered(&self.aws, id, delivered) {
            // The records will be delivered once more, which a consumer must expect in any case.
            tracing::error!(%error, "the progress of a delivery could not be stored");
        }
    }

    async fn transform(
        &mut self,
        description: &Description,
        settings: &Settings,
        processor: &LambdaProcessor,
    ) {
        let items = std::mem::take(&mut self.incoming).items;
        let (marks, items): (Vec<Item>, Vec<Item>) = items.into_iter().partition(|item| item.is_mark);
        let outcome = transform::transform(&self.aws, description, processor, &items).await;
        if let Some(failure) = &outcome.failure {
            error_log::write(&self.aws, description, settings, failure);
        }
        let now = self.aws.clock.now();
        let delimiter = settings.delimiter.as_deref().unwrap_or_default();
        for (item, verdict) in items.iter().zip(&outcome.verdicts) {
            match verdict {
                Verdict::Ok(data) => self.outgoing.push_data(data, delimiter, item.arrived_at, now),
                Verdict::Dropped => {}
                Verdict::Failed { code, message } => {
                    let line = failed_line(item, &outcome, code, message, &processor.function_arn);
                    self.outgoing.push_error(&line, item.arrived_at, now);
                }
            }
        }
        let progress = items.into_iter().chain(marks).filter_map(|item| item.progress);
        progress.for_each(|progress| self.outgoing.delivered.add(progress));
        self.settle_empty();
    }

    /// Stores what is in the outgoing buffer, however often that takes.
    async fn deliver(&mut self) {
        let mut outgoing = std::mem::take(&mut self.outgoing);
        let records = outgoing.data.records;
        let parcel = Parcel {
            records,
            data: outgoing.data.take(),
            errors: outgoing.errors.take(),
            backup: outgoing.take_backup(),
        };
        self.see_through(parcel).await;
        self.note(outgoing.delivered);
    }

    /// Stores the backup alone, before the records in it are delivered.
    async fn deliver_backup(&mut self) {
        let backup = self.outgoing.take_backup();
        self.see_through(Parcel { records: 0, data: None, errors: None, backup }).await;
        if self.incoming.is_empty() {
            self.settle_empty();
        }
    }

    /// Stores objects, however often that takes, unless their records are too old.
    async fn see_through(&self, mut parcel: Parcel) {
        let mut retry = FIRST_RETRY;
        loop {
            let mut updates = self.stream.updates();
            let description = self.stream.description();
            let failure = match description.destination.settings() {
                Ok(settings) => match self.store(&description, &settings, &mut parcel).await {
                    Ok(()) => break,
                    Err(error) => {
                        let failure = Failure::of_delivery(&error);
                        error_log::write(&self.aws, &description, &settings, &failure);
                        error
                    }
                },
                Err(error) => error,
            };
            if description.source.is_none() && parcel.is_older_than(KEPT, self.aws.clock.now()) {
                tracing::error!(stream = description.name, error = %failure, "records were lost after 24 hours");
                break;
            }
            tracing::warn!(stream = description.name, error = %failure, "a delivery failed and will be repeated");
            tokio::select! {
                () = self.aws.clock.sleep(retry) => {}
                // Perhaps the new settings are those with which it works.
                _ = updates.changed() => {}
            }
            retry = (retry * 2).min(LAST_RETRY);
        }
    }

    async fn store(
        &self,
        description: &Description,
        settings: &Settings,
        parcel: &mut Parcel,
    ) -> Result<(), AwsError> {
        let naming = Naming {
            stream_name: &description.name,
            version: description.version,
            extension: &settings.extension,
        };
        let prefixes = &settings.prefixes;
        let caller = session::assume(&self.aws, description, &settings.role_arn)?;
        let s3 = &self.aws.services.s3;
        if let Some((data, oldest)) = parcel.data.clone() {
            let key = naming.data_key(prefixes, oldest);
            let (compression, named) = (settings.compression, key.clone());
            let body = tokio::task::spawn_blocking(move || compress(compression, &named, data));
            let body = body.await.map_err(AwsError::internal)??;
            let size = body.iter().map(Bytes::len).sum();
            let stored = s3.put_pieces(&self.aws, &caller, &settings.bucket, &key, body, None).await;
            let counts = stored.is_ok().then_some((parcel.records, size));
            let emitter =
                Emitter { account: &caller.account, region: &caller.region, name: &description.name };
            self.aws.services.cloudwatch.firehose_delivered(self.aws.clock.now(), emitter, counts, oldest);
            stored?;
            parcel.data = None;
        }
        if let Some((lines, oldest)) = parcel.errors.clone() {
            let key = naming.error_key(prefixes, oldest, "processing-failed");
            s3.put_pieces(&self.aws, &caller, &settings.bucket, &key, lines, None).await?;
            parcel.errors = None;
        }
        let Some(backup) = &settings.backup else { return Ok(()) };
        if let Some((data, oldest)) = parcel.backup.clone() {
            let naming = Naming { extension: &backup.extension, ..naming };
            let key = naming.data_key(&backup.prefixes, oldest);
            let (compression, named) = (backup.compression, key.clone());
            let body = tokio::task::spawn_blocking(move || compress(compression, &named, data));
            let body = body.await.map_err(AwsError::internal)??;
            let caller = session::assume(&self.aws, description, &backup.role_arn)?;
            s3.put_pieces(&self.aws, &caller, &backup.bucket, &key, body, None).await?;
            parcel.backup = None;
        }
        Ok(())
    }
}

impl Parcel {
    /// Says whether a record in it has waited longer than that.
    fn is_older_than(&self, age: Duration, now: Timestamp) -> bool {
        let parts = [&self.data, &self.errors, &self.backup];
        parts.into_iter().flatten().any(|(_, oldest)| now > *oldest + age)
    }
}
