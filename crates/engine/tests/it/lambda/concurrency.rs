//! How many invocations run at a time, and what becomes of the others.

use std::time::Duration;

use aws_sdk_lambda::error::ProvideErrorMetadata;
use aws_sdk_lambda::operation::invoke::InvokeError;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{EventSourcePosition, InvocationType, ThrottleReason};
use hydrant_engine::{Clock, Config, Engine, Limits};
use serde_json::{Value, json};

use super::stage::Stage;
use crate::sqs::receive;
use crate::support::{START, TestEngine, eventually};

/// Sets a stage whose account has so many concurrent executions.
async fn limited(concurrent_executions: u32) -> Stage {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { concurrent_executions, ..Limits::default() };
    let config = Config { clock: Clock::manual(START), limits, ..Config::new(folder.path()) };
    let engine = Engine::start(config).await.unwrap();
    Stage::set_on(TestEngine { engine, folder }).await
}

impl Stage {
    async fn reserve(&self, name: &str, reserved: i32) {
        let reserve = self.lambda.put_function_concurrency().function_name(name);
        reserve.reserved_concurrent_executions(reserved).send().await.unwrap();
    }

    /// Invokes a function once, without the client's own retries.
    async fn refusal(&self, name: &str) -> Option<InvokeError> {
        let call = self.lambda.invoke().function_name(name).customize().config_override(
            aws_sdk_lambda::config::Builder::new()
                .retry_config(aws_sdk_lambda::config::retry::RetryConfig::disabled()),
        );
        call.send().await.err().map(aws_sdk_lambda::error::SdkError::into_service_error)
    }
}

fn reason(error: &InvokeError) -> Option<ThrottleReason> {
    match error {
        InvokeError::TooManyRequestsException(error) => error.reason.clone(),
        _ => None,
    }
}

#[tokio::test]
async fn refuses_more_invocations_than_are_reserved() {
    let stage = Stage::set().await;
    stage.deploy("f", &[]).await;
    stage.reserve("f", 0).await;
    let error = stage.refusal("f").await.unwrap();
    assert_eq!(reason(&error), Some(ThrottleReason::ReservedFunctionConcurrentInvocationLimitExceeded));
    assert_eq!(error.meta().message(), Some("Rate Exceeded."));
}

#[tokio::test]
async fn refuses_what_the_account_has_no_room_for() {
    let stage = limited(2).await;
    stage.deploy("slow", &[]).await;
    stage.deploy("other", &[]).await;
    let slow = || stage.invoke("slow", json!({"do": "sleep", "n": 2000}));
    let refused = eventually("the account is full", || async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        stage.refusal("other").await
    });
    let (_, _, error) = tokio::join!(slow(), slow(), refused);
    assert_eq!(reason(&error), Some(ThrottleReason::ConcurrentInvocationLimitExceeded));
    assert!(stage.refusal("other").await.is_none(), "there is room again");
}

#[tokio::test]
async fn keeps_a_part_of_the_account_for_functions_without_a_reservation() {
    let stage = limited(101).await;
    stage.deploy("f", &[]).await;
    stage.reserve("f", 1).await;
    let reserve = stage.lambda.put_function_concurrency().function_name("f");
    let error = reserve.reserved_concurrent_executions(2).send().await.unwrap_err();
    let expected = "Specified ReservedConcurrentExecutions for function decreases account's \
                    UnreservedConcurrentExecution below its minimum value of [100].";
    assert_eq!(error.message(), Some(expected));
}

#[tokio::test]
async fn tries_records_again_once_there_is_room() {
    let stage = Stage::set().await;
    stage.deploy("consumer", &[]).await;
    stage.group("consumer").await;
    stage.reserve("consumer", 0).await;
    let stream = stage.stream("positions").await;
    let (queue, queue_arn) = stage.queue("jobs", json!({})).await;
    let mapping = stage.mapping(&stream).starting_position(EventSourcePosition::TrimHorizon);
    // A throttle counts as no retry.
    let uuid = mapping.maximum_retry_attempts(0).send().await.unwrap().uuid.unwrap();
    stage.mapping(&queue_arn).send().await.unwrap();
    stage.put("positions", &["one"]).await;
    stage.send(&queue, &["job"]).await;
    eventually("the mapping is throttled", || async {
        let mapping = stage.lambda.get_event_source_mapping().uuid(&uuid).send().await.unwrap();
        (mapping.last_processing_result() == Some("PROBLEM: Rate Exceeded.")).then_some(())
    })
    .await;
    stage.lambda.delete_function_concurrency().function_name("consumer").send().await.unwrap();
    stage.engine.advance(Duration::from_secs(40)).await;
    stage.messages_like("consumer", "record one", 1).await;
    stage.messages_like("consumer", "record job", 1).await;
    stage.holds(&queue, 0).await;
}

#[tokio::test]
async fn tries_an_event_again_once_there_is_room() {
    let stage = Stage::set().await;
    stage.deploy("f", &[]).await;
    stage.group("f").await;
    stage.reserve("f", 1).await;
    let slow = stage.invoke("f", json!({"do": "sleep", "n": 1500}));
    let event = async {
        eventually("the function is busy", || async { stage.refusal("f").await }).await;
        let call = stage.lambda.invoke().function_name("f").invocation_type(InvocationType::Event);
        call.payload(Blob::new(r#"{"do":"log"}"#)).send().await.unwrap();
    };
    tokio::join!(slow, event);
    // It was refused, and waits on the engine's clock.
    stage.engine.advance(Duration::from_secs(5)).await;
    stage.messages_like("f", "first", 1).await;
}

#[tokio::test]
async fn gives_events_up_at_once_where_nothing_may_run() {
    let stage = Stage::set().await;
    stage.deploy("f", &[]).await;
    stage.reserve("f", 0).await;
    let (queue, arn) = stage.queue("lost", json!({})).await;
    let failure = aws_sdk_lambda::types::OnFailure::builder().destination(arn).build();
    let destinations = aws_sdk_lambda::types::DestinationConfig::builder().on_failure(failure).build();
    let config = stage.lambda.put_function_event_invoke_config().function_name("f");
    config.destination_config(destinations).send().await.unwrap();
    let call = stage.lambda.invoke().function_name("f").invocation_type(InvocationType::Event);
    call.payload(Blob::new("{}")).send().await.unwrap();
    stage.holds(&queue, 1).await;
    let letters = receive(&stage.engine.engine.url(), &queue).await;
    let record: Value = serde_json::from_str(letters[0]["Body"].as_str().unwrap()).unwrap();
    assert_eq!(record["requestContext"]["condition"], "ZeroReservedConcurrency");
}
