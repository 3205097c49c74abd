//! Asynchronous invocations: events that were accepted, until a function took them or failed three times.
//!
//! How often and how long an event is tried, and where a record of its end goes, says the
//! EventInvokeConfig of the function, version or alias that was invoked. Dead-letter queues are refused by name elsewhere.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Lambda;
use super::execution::Outcome;
use super::invoke_config::{InvokeConfig, qualified_arn};
use super::name::FunctionKey;
use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::error::AwsError;

/// Time until the first and the second retry.
const RETRIES: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];
/// Time for which an event waits for a function that cannot be invoked.
const LONGEST_AGE: Duration = Duration::from_secs(6 * 60 * 60);
/// Retries of a function that fails.
const MOST_RETRIES: u32 = 2;
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
        let config = self.invoke_config(&event.key).unwrap_or_default();
        let longest_age = config.as_ref().map_or(LONGEST_AGE, InvokeConfig::age);
        let most_retries = config.as_ref().map_or(MOST_RETRIES, InvokeConfig::retries);
        let is_old = |now: Timestamp| now.since(event.received) >= longest_age;
        if event.failures > 0 && is_old(aws.clock.now()) {
            self.conclude(aws, &event, config.as_ref(), "EventAgeExceeded", None).await;
            return None;
        }
        let payload = Bytes::from(event.payload.clone());
        let outcome = self.run(aws, &event.key, event.request_id.clone(), payload).await;
        let now = aws.clock.now();
        match outcome {
            Ok(outcome) if outcome.function_error.is_none() => {
                self.conclude(aws, &event, config.as_ref(), "Success", Some(&outcome)).await;
                None
            }
            Ok(outcome) => {
                event.failures += 1;
                let retries = usize::try_from(most_retries).unwrap_or(usize::MAX);
                let pause = RETRIES.get(event.failures - 1).filter(|_| event.failures <= retries);
                if let Some(pause) = pause {
                    return Some(Event { due: now + *pause, ..event });
                }
                self.conclude(aws, &event, config.as_ref(), "RetriesExhausted", Some(&outcome)).await;
                None
            }
            // The function is gone, and its events with it.
            Err(error) if error.code == "ResourceNotFoundException" => None,
            // Where nothing may run, nothing is waited for. The condition's name is not confirmed on AWS.
            Err(_) if self.is_switched_off(&event.key) => {
                self.conclude(aws, &event, config.as_ref(), "ZeroReservedConcurrency", None).await;
                None
            }
            Err(_) if is_old(now) => {
                self.conclude(aws, &event, config.as_ref(), "EventAgeExceeded", None).await;
                None
            }
            Err(_) => {
                event.refusals += 1;
                let pause = Duration::from_secs(1 << event.refusals.min(10)).min(LONGEST_PAUSE);
                Some(Event { due: now + pause, ..event })
            }
        }
    }

    fn is_switched_off(&self, key: &FunctionKey) -> bool {
        self.function(key).is_ok_and(|function| function.reserved_concurrency == Some(0))
    }

    /// Sends the record of an event's end to the destination that wants it.
    async fn conclude(
        &self,
        aws: &Arc<Aws>,
        event: &Event,
        config: Option<&InvokeConfig>,
        condition: &str,
        outcome: Option<&Outcome>,
    ) {
        let succeeded = condition == "Success";
        if !succeeded {
            tracing::warn!(
                function = event.key.name,
                id = event.request_id,
                condition,
                "an event failed for good"
            );
        }
        let destination = config
            .and_then(|config| if succeeded { &config.on_success } else { &config.on_failure }.as_ref());
        let Some(arn) = destination else { return };
        let record = event.record(condition, outcome, aws.clock.now());
        self.send_record(aws, &event.key, arn, &record).await;
    }
}

impl Event {
    fn id(&self) -> String {
        format!("{}/{}", self.key.path(), self.request_id)
    }

    /// Returns the record of the event's end,
    /// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>.
    fn record(&self, condition: &str, outcome: Option<&Outcome>, now: Timestamp) -> Value {
        let attempts = self.failures + usize::from(condition == "Success");
        let mut record = json!({
            "version": "1.0",
            "timestamp": now.iso8601(),
            "requestContext": {
                "requestId": self.request_id,
                "functionArn": qualified_arn(&self.key),
                "condition": condition,
                "approximateInvokeCount": attempts,
            },
            "requestPayload": serde_json::from_str::<Value>(&self.payload).unwrap_or_default(),
        });
        if let Some(outcome) = outcome {
            record["responseContext"] = json!({"statusCode": 200, "executedVersion": outcome.version});
            if let Some(error) = outcome.function_error {
                record["responseContext"]["functionError"] = json!(error);
            }
            record["responsePayload"] = serde_json::from_slice(&outcome.payload).unwrap_or_default();
        }
        record
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
