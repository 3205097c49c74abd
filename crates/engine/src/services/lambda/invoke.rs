//! Invoke: a function's answer at once, an event for later, or only the question whether it may be invoked.

use std::sync::Arc;

use base64::Engine;
use bytes::Bytes;
use serde_json::json;
use tokio::sync::oneshot;

use super::Lambda;
use super::concurrency::least_unreserved;
use super::execution::{Outcome, Room};
use super::function::Function;
use super::name::FunctionKey;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::cloudwatch::{Invoked, reported_duration};
use crate::wire::request_id;
use crate::wire::rest_json::{Call, Reply};

/// Largest event of a synchronous invocation.
pub const EVENT_LIMIT: usize = 6_291_456;
/// Largest event of an asynchronous invocation.
pub const ASYNC_EVENT_LIMIT: usize = 1 << 20;

/// What a synchronous invocation gave.
#[derive(Debug, Clone)]
pub struct Invocation {
    pub payload: Bytes,
    /// `Unhandled` or `Handled` when the function failed, was killed at its timeout, or exited.
    pub function_error: Option<String>,
    /// The last 4 KiB of the function's log of this invocation.
    pub log_tail: String,
}

impl Lambda {
    /// Invokes a function, by name or ARN, and waits for its answer; needs `lambda:InvokeFunction`.
    pub async fn invoke(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        function: &str,
        payload: Bytes,
    ) -> Result<Invocation, AwsError> {
        self.invoke_from(aws, caller, function, payload, &[]).await
    }

    /// Invokes a function like [`Lambda::invoke`]; `context` says for what, as in `aws:SourceArn`.
    pub async fn invoke_from(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        function: &str,
        payload: Bytes,
        context: &[(&str, &str)],
    ) -> Result<Invocation, AwsError> {
        let key = FunctionKey::read(caller, function)?;
        self.authorized_for(aws, caller, "lambda:InvokeFunction", &key, context)?;
        check_event(&payload, EVENT_LIMIT)?;
        let outcome = self.run(aws, &key, request_id(), payload).await?;
        Ok(Invocation {
            payload: outcome.payload,
            function_error: outcome.function_error.map(str::to_owned),
            log_tail: outcome.log_tail,
        })
    }

    /// Answers the Invoke operation.
    pub(super) async fn answer_invoke(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        key: &FunctionKey,
        call: Call,
    ) -> Result<Reply, AwsError> {
        let function = self.authorized(aws, caller, "lambda:InvokeFunction", key)?;
        let id = request_id();
        let reply = match call.header("x-amz-invocation-type").unwrap_or("RequestResponse") {
            "RequestResponse" => {
                let wants_log = call.header("x-amz-log-type") == Some("Tail");
                check_event(&call.body, EVENT_LIMIT)?;
                match self.run(aws, key, id.clone(), call.body).await {
                    Err(error) if error.code == "TooManyRequestsException" => throttled(&function, &error),
                    outcome => answered(outcome?, wants_log),
                }
            }
            "Event" => {
                check_event(&call.body, ASYNC_EVENT_LIMIT)?;
                self.enqueue(aws, key, id.clone(), &call.body)?;
                Reply::empty(202)
            }
            "DryRun" => Reply::empty(204),
            other => {
                let rule = "Member must satisfy enum value set: [Event, RequestResponse, DryRun]";
                return Err(super::settings::constraint(other, "invocationType", rule));
            }
        };
        Ok(reply.header("x-amzn-requestid", &id))
    }

    /// Runs one event to its end, even when whoever asked for it goes away meanwhile.
    pub(super) async fn run(
        &self,
        aws: &Arc<Aws>,
        key: &FunctionKey,
        request_id: String,
        payload: Bytes,
    ) -> Result<Outcome, AwsError> {
        let (answer, outcome) = oneshot::channel();
        let (task, key) = (Arc::clone(aws), key.clone());
        aws.spawn(async move {
            let lambda = &task.services.lambda;
            let payload = if payload.is_empty() { Bytes::from_static(b"{}") } else { payload };
            let outcome = match lambda.routed(&key) {
                // An alias may move meanwhile; the event goes to the version that it stood for.
                Ok(Function { key, invoked_as, .. }) => {
                    let load = || Ok(Function { invoked_as: invoked_as.clone(), ..lambda.function(&key)? });
                    let room = Room {
                        least_unreserved: least_unreserved(&task),
                        unreserved: &|| lambda.unreserved_concurrency(&task, &key),
                    };
                    let outcome = lambda.pools.invoke(&task, &key, load, room, &request_id, payload).await;
                    count(&task, &key, &outcome, lambda.pools.under_way(&key));
                    outcome
                }
                Err(error) => Err(error),
            };
            // Whoever asked may be gone.
            let _ = answer.send(outcome);
        });
        let stopping = |_| AwsError::new("ServiceException", "the engine is stopping").status(500);
        outcome.await.map_err(stopping)?
    }
}

/// Tells CloudWatch what became of an invocation.
fn count(aws: &Aws, key: &FunctionKey, outcome: &Result<Outcome, AwsError>, under_way: u32) {
    let invoked = match outcome {
        Ok(outcome) if outcome.function_error.is_none() => Invoked::Succeeded,
        Ok(_) => Invoked::Failed,
        Err(refusal) if refusal.code == "TooManyRequestsException" => Invoked::Throttled,
        // What could not begin is no invocation.
        Err(_) => return,
    };
    let duration = outcome.as_ref().ok().and_then(|outcome| reported_duration(&outcome.log_tail));
    // The one that has just ended was under way too.
    let concurrent = if invoked == Invoked::Throttled { under_way } else { under_way + 1 };
    aws.services.cloudwatch.lambda_invoked(aws.clock.now(), key.emitter(), invoked, duration, concurrent);
}

/// Answers an invocation for which there was no room, with the reason beside the error.
fn throttled(function: &Function, error: &AwsError) -> Reply {
    let reason = match function.reserved_concurrency {
        Some(_) => "ReservedFunctionConcurrentInvocationLimitExceeded",
        None => "ConcurrentInvocationLimitExceeded",
    };
    let body = json!({"Reason": reason, "Type": "User", "message": error.message});
    Reply::raw(error.status, body.to_string()).header("x-amzn-errortype", &error.code)
}

fn answered(outcome: Outcome, wants_log: bool) -> Reply {
    let mut reply = Reply::raw(200, outcome.payload).header("x-amz-executed-version", &outcome.version);
    if let Some(error) = outcome.function_error {
        reply = reply.header("x-amz-function-error", error);
    }
    if wants_log {
        let log = base64::engine::general_purpose::STANDARD.encode(&outcome.log_tail);
        reply = reply.header("x-amz-log-result", &log);
    }
    reply
}

/// Refuses an event that is too large or is not JSON.
pub fn check_event(event: &[u8], limit: usize) -> Result<(), AwsError> {
    if event.len() > limit {
        let message = format!("Request must be smaller than {limit} bytes for the InvokeFunction operation");
        return Err(AwsError::new("RequestTooLargeException", message).status(413));
    }
    if event.is_empty() {
        return Ok(());
    }
    match serde_json::from_slice::<serde::de::IgnoredAny>(event) {
        Ok(_) => Ok(()),
        Err(error) => {
            let message =
                format!("Could not parse request body into json: Could not parse payload into json: {error}");
            Err(AwsError::new("InvalidRequestContentException", message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_only_json_of_the_right_size() {
        assert!(check_event(b"", 10).is_ok());
        assert!(check_event(b"\"text\"", 10).is_ok());
        assert_eq!(check_event(b"text", 10).unwrap_err().code, "InvalidRequestContentException");
        assert_eq!(check_event(b"{} {}", 10).unwrap_err().code, "InvalidRequestContentException");
        assert_eq!(check_event(b"\"longer text\"", 10).unwrap_err().status, 413);
    }
}
