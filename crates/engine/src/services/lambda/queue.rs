//! Asynchronous invocations: events that were accepted, until a function took them or failed three times.
//!
//! Destinations and dead-letter queues are refused by name elsewhere, so an event that failed for good is
//! only noted in the engine's log.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::Lambda;
use super::name::FunctionKey;
use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::error::AwsError;

/// Time until the first and the second retry.
const RETRIES: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];
/// Time for which an event waits for a function that cannot be invoked.
const LONGEST_AGE: Duration = Duration::from_secs(6 * 60 * 60);
/// Time between two attempts to invoke a function that cannot be invoked; AWS's doubles up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// An accepted event.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Event {
    key: FunctionKey,
    request_id: String,
    /// JSON text.
    payload: String,
    /// How often the function failed.
    failures: usize,
    /// How often the function could not be invoked.
    refusals: u32,
    received: Timestamp,
    due: Timestamp,
}

impl Lambda {
    /// Accepts an event; it is durable when this returns.
    pub(super) fn enqueue(
        &self,
        aws: &Arc<Aws>,
        key: &FunctionKey,
        request_id: String,
        payload: &[u8],
    ) -> Result<(), AwsError> {
        let now = aws.clock.now();
        let payload = String::from_utf8(payload.to_vec()).map_err(AwsError::internal)?;
        let event = Event {
            key: key.clone(),
            request_id,
            payload,
            failures: 0,
            refusals: 0,
            received: now,
            due: now,
        };
        self.events.put(&event.id(), &event)?;
        attend(aws, event);
        Ok(())
    }

    /// Takes up the events that were accepted before the engine last ended.
    pub(super) fn resume_events(&self, aws: &Arc<Aws>) -> Result<(), AwsError> {
        for (_, event) in self.events.scan("")? {
            attend(aws, event);
        }
        Ok(())
    }

    /// Runs an event once; returns it with its next time when it must be tried again.
    async fn attempt(&self, aws: &Arc<Aws>, mut event: Event) -> Option<Event> {
        let payload = Bytes::from(event.payload.clone());
        let outcome = self.run(aws, &event.key, event.request_id.clone(), payload).await;
        let now = aws.clock.now();
        let pause = match outcome {
            Ok(outcome) if outcome.function_error.is_none() => return None,
            Ok(_) => {
                event.failures += 1;
                RETRIES.get(event.failures - 1).copied()
            }
            // The function is gone, and its events with it.
            Err(error) if error.code == "ResourceNotFoundException" => None,
            Err(_) => {
                event.refusals += 1;
                let pause = Duration::from_secs(1 << event.refusals.min(10)).min(LONGEST_PAUSE);
                (now.since(event.received) < LONGEST_AGE).then_some(pause)
            }
        };
        match pause {
            Some(pause) => Some(Event { due: now + pause, ..event }),
            None => {
                tracing::warn!(function = event.key.name, id = event.request_id, "an event failed for good");
                None
            }
        }
    }
}

impl Event {
    fn id(&self) -> String {
        format!("{}/{}", self.key.path(), self.request_id)
    }
}

/// Sees an event through to its end.
fn attend(aws: &Arc<Aws>, mut event: Event) {
    let task = Arc::clone(aws);
    aws.spawn(async move {
        let lambda = &task.services.lambda;
        let id = event.id();
        loop {
            task.clock.sleep_until(event.due).await;
            let next = lambda.attempt(&task, event).await;
            let noted = match &next {
                Some(event) => lambda.events.put(&id, event),
                None => lambda.events.remove(&id),
            };
            if let Err(error) = noted {
                tracing::error!(%error, "an asynchronous invocation could not be noted");
            }
            let Some(again) = next else { return };
            event = again;
        }
    });
}
