//! Takes messages from a queue in batches, invokes the function with each, and deletes what it handled.
//!
//! A message that was not handled is left to the queue: it shows again after the visibility timeout, and the queue's
//! redrive policy says when that has been often enough.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::event::failed_ids;
use super::filter::Filters;
use super::queue_event::{event, fitting, record};
use super::{Mapping, retry};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::services::lambda::execution::Outcome;
use crate::services::sqs::Received;
use crate::wire::request_id;

/// Batches of one mapping at a time where it does not say how many, as AWS scales up to at most.
const MOST_BATCHES: usize = 1250;
/// Time for which a receive waits for messages.
const LONG_POLL: Duration = Duration::from_secs(20);
/// Messages that AWS takes at once.
const AT_ONCE: usize = 10;

/// A message, and how the function sees it.
struct Message {
    received: Received,
    record: Value,
}

/// Works for a mapping of a queue.
struct Worker {
    aws: Arc<Aws>,
    mapping: Arc<Mapping>,
    filters: Filters,
    /// How often in a row the function could not be invoked.
    refusals: AtomicU32,
    stop: CancellationToken,
}

/// Works for a mapping of a queue until it is told to stop; batches that are under way are seen through.
pub async fn attend(aws: &Arc<Aws>, mapping: Arc<Mapping>, stop: &CancellationToken) {
    let most = mapping.maximum_concurrency.map_or(MOST_BATCHES, |most| most as usize);
    let worker = Arc::new(Worker {
        aws: Arc::clone(aws),
        filters: Filters::of(&mapping),
        mapping,
        refusals: AtomicU32::new(0),
        stop: stop.clone(),
    });
    let turns = Arc::new(Semaphore::new(most));
    let mut batches = JoinSet::new();
    while !stop.is_cancelled() {
        // Nothing is received before there is room for it, since the queue counts every receive.
        let turn = tokio::select! {
            Ok(turn) = Arc::clone(&turns).acquire_owned() => turn,
            () = stop.cancelled() => break,
        };
        worker.back_off().await;
        let messages = worker.gather().await;
        while batches.try_join_next().is_some() {}
        if !messages.is_empty() {
            batches.spawn(Arc::clone(&worker).handle(messages, turn));
        }
    }
    while batches.join_next().await.is_some() {}
}

impl Worker {
    /// Waits while the function cannot be invoked.
    async fn back_off(&self) {
        let refusals = self.refusals.load(Ordering::Acquire);
        if refusals > 0 {
            self.pause(retry::wait(refusals)).await;
        }
    }

    async fn pause(&self, duration: Duration) {
        tokio::select! {
            () = self.aws.clock.sleep(duration) => {}
            () = self.stop.cancelled() => {}
        }
    }

    /// Receives messages until the batch is full or its window closes; none when the mapping changes meanwhile.
    async fn gather(&self) -> Vec<Message> {
        let most = self.mapping.batch_size as usize;
        let window = Duration::from_secs(u64::from(self.mapping.batching_window));
        let mut messages: Vec<Message> = Vec::new();
        let mut closes = None;
        let mut failures = 0;
        while messages.len() < most {
            let now = self.aws.clock.now();
            let wait = match closes {
                Some(closes) if now >= closes => break,
                Some(closes) => closes.since(now),
                None => LONG_POLL,
            };
            let received = tokio::select! {
                received = self.receive((most - messages.len()).min(AT_ONCE), wait) => received,
                // What was received already is handled before the mapping changes.
                () = self.stop.cancelled() => break,
            };
            match received {
                Ok(received) => {
                    failures = 0;
                    messages.extend(self.choose(received));
                }
                Err(error) => {
                    failures += 1;
                    tracing::warn!(%error, queue = self.mapping.source_arn, "a queue could not be read");
                    self.result(&format!("PROBLEM: {}", error.message));
                    self.pause(retry::wait(failures)).await;
                }
            }
            if !messages.is_empty() {
                closes.get_or_insert(self.aws.clock.now() + window);
            }
        }
        messages
    }

    async fn receive(&self, most: usize, wait: Duration) -> Result<Vec<Received>, AwsError> {
        let session = self.aws.services.lambda.reader(&self.aws, &self.mapping.function)?;
        let sqs = &self.aws.services.sqs;
        sqs.receive(&self.aws, &session, &self.mapping.source_arn, most, wait).await
    }

    /// Returns the messages that pass the filters; the others are deleted, as on AWS.
    fn choose(&self, received: Vec<Received>) -> Vec<Message> {
        let mut chosen = Vec::new();
        for received in received {
            let record = record(&received, &self.mapping);
            if self.filters.take_message(&record) {
                chosen.push(Message { received, record });
            } else {
                self.delete(&received);
            }
        }
        chosen
    }

    /// Invokes the function with messages, in as many events as they need.
    async fn handle(self: Arc<Self>, messages: Vec<Message>, _turn: OwnedSemaphorePermit) {
        let mut rest = messages;
        while !rest.is_empty() {
            let sizes = rest.iter().map(|message| message.record.to_string().len());
            let after = rest.split_off(fitting(sizes));
            match self.invoke(&rest).await {
                Ok(outcome) => {
                    self.refusals.store(0, Ordering::Release);
                    self.conclude(&rest, &outcome);
                }
                Err(error) => {
                    self.refusals.fetch_add(1, Ordering::AcqRel);
                    self.result(&format!("PROBLEM: {}", error.message));
                }
            }
            rest = after;
        }
    }

    async fn invoke(&self, messages: &[Message]) -> Result<Outcome, AwsError> {
        let lambda = &self.aws.services.lambda;
        let key = &self.mapping.function;
        let records: Vec<&Value> = messages.iter().map(|message| &message.record).collect();
        let event = event(&self.aws.faults().ordered(&key.name, &records));
        if self.aws.faults().repeats_batch(&key.name) {
            lambda.run(&self.aws, key, request_id(), event.clone()).await?;
        }
        lambda.run(&self.aws, key, request_id(), event).await
    }

    /// Deletes the messages that the function handled.
    fn conclude(&self, messages: &[Message], outcome: &Outcome) {
        let is_done = outcome.function_error.is_none();
        self.result(if is_done { "OK" } else { "PROBLEM: Function call failed" });
        let known: HashSet<&str> =
            messages.iter().map(|message| message.received.message_id.as_str()).collect();
        let failed = match outcome.function_error {
            Some(_) => None,
            None if self.mapping.reports_item_failures => failed_ids(&outcome.payload),
            None => Some(Vec::new()),
        };
        // An id that is not of the batch fails all of it.
        let failed = failed.filter(|failed| failed.iter().all(|id| known.contains(id.as_str())));
        let Some(failed) = failed else { return };
        for message in messages.iter().filter(|message| !failed.contains(&message.received.message_id)) {
            self.delete(&message.received);
        }
    }

    fn delete(&self, message: &Received) {
        let Mapping { function, source_arn, .. } = &*self.mapping;
        let reader = self.aws.services.lambda.reader(&self.aws, function);
        let deleted = reader.and_then(|session| {
            self.aws.services.sqs.delete_message(&self.aws, &session, source_arn, &message.receipt_handle)
        });
        if let Err(error) = deleted {
            tracing::warn!(%error, queue = source_arn, "a message that was handled could not be deleted");
        }
    }

    fn result(&self, result: &str) {
        self.aws.services.lambda.note_result(&self.mapping, result);
    }
}
