//! Settings of event source mappings that do not go together, and what becomes of batches that are given up.

use std::time::Duration;

use aws_sdk_lambda::error::ProvideErrorMetadata;
use aws_sdk_lambda::types::{DestinationConfig, EventSourcePosition, OnFailure, ScalingConfig};
use serde_json::{Value, json};

use super::stage::Stage;
use crate::sqs::receive;
use crate::support::ACCOUNT;

#[tokio::test]
async fn keeps_the_settings_of_streams_and_queues_apart() {
    let stage = Stage::set().await;
    stage.deploy("consumer", &[]).await;
    let stream = stage.stream("positions").await;
    let (_, queue) = stage.queue("jobs", json!({})).await;
    let scaling = ScalingConfig::builder().maximum_concurrency(2).build();
    let from_start = || stage.mapping(&stream).starting_position(EventSourcePosition::TrimHorizon);
    let strange = |name: &str| format!("Unsupported '{name}' parameter for given event source mapping type.");
    for (mapping, expected) in [
        (
            stage.mapping(&queue).starting_position(EventSourcePosition::Latest),
            "StartingPosition is not valid for SQS event sources.".to_owned(),
        ),
        (
            stage.mapping(&queue).batch_size(11),
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
                .to_owned(),
        ),
        (stage.mapping(&queue).parallelization_factor(2), strange("parallelizationFactor")),
        (stage.mapping(&queue).bisect_batch_on_function_error(true), strange("bisectBatchOnFunctionError")),
        (stage.mapping(&queue).maximum_retry_attempts(1), strange("maximumRetryAttempts")),
        (stage.mapping(&queue).tumbling_window_in_seconds(1), strange("tumblingWindowInSeconds")),
        (from_start().scaling_config(scaling), strange("scalingConfig")),
        (
            from_start().parallelization_factor(2).tumbling_window_in_seconds(1),
            "ParallelizationFactor must be 1 when TumblingWindowInSeconds is set.".to_owned(),
        ),
    ] {
        let error = mapping.send().await.unwrap_err();
        assert_eq!(error.code(), Some("InvalidParameterValueException"));
        assert_eq!(error.message(), Some(expected.as_str()));
    }
    let error = stage.mapping(&stream).send().await.unwrap_err();
    assert!(error.message().unwrap_or_default().contains("'startingPosition'"), "{error:?}");

    // A rule holds for what an update makes of a mapping, too.
    let uuid = stage.mapping(&queue).send().await.unwrap().uuid.unwrap();
    let update = stage.lambda.update_event_source_mapping().uuid(&uuid).batch_size(20);
    assert_eq!(update.send().await.unwrap_err().code(), Some("InvalidParameterValueException"));
    let update = stage.lambda.update_event_source_mapping().uuid(&uuid).batch_size(20);
    update.maximum_batching_window_in_seconds(1).send().await.unwrap();
    let again = stage.mapping(&queue).send().await.unwrap_err();
    assert_eq!(again.code(), Some("ResourceConflictException"));
}

fn on_failure(arn: &str) -> DestinationConfig {
    DestinationConfig::builder().on_failure(OnFailure::builder().destination(arn).build()).build()
}

#[tokio::test]
async fn tells_a_destination_which_records_were_given_up() {
    let stage = Stage::set().await;
    stage.deploy("consumer", &[]).await;
    stage.group("consumer").await;
    let stream = stage.stream("positions").await;
    let (queue, queue_arn) = stage.queue("lost", json!({})).await;
    let mapping = stage.mapping(&stream).starting_position(EventSourcePosition::TrimHorizon);
    let mapping = mapping.maximum_retry_attempts(1).destination_config(on_failure(&queue_arn));
    let described = mapping.send().await.unwrap().destination_config.unwrap().on_failure.unwrap();
    assert_eq!(described.destination(), Some(queue_arn.as_str()));
    stage.put("positions", &["one", "poison"]).await;
    stage.messages_like("consumer", "poisoned", 1).await;
    stage.engine.advance(Duration::from_secs(2)).await;
    stage.holds(&queue, 1).await;
    let letters = receive(&stage.engine.engine.url(), &queue).await;
    let record: Value = serde_json::from_str(letters[0]["Body"].as_str().unwrap()).unwrap();
    let context = &record["requestContext"];
    assert_eq!(
        (&context["condition"], &context["approximateInvokeCount"]),
        (&json!("RetryAttemptsExhausted"), &json!(2))
    );
    assert_eq!(record["responseContext"]["functionError"], "Unhandled");
    let batch = &record["KinesisBatchInfo"];
    assert_eq!((&batch["batchSize"], &batch["streamArn"]), (&json!(2), &json!(stream)));
    assert_eq!(batch["shardId"], "shardId-000000000000");
}

#[tokio::test]
async fn refuses_destinations_that_take_no_batches() {
    let stage = Stage::set().await;
    stage.deploy("consumer", &[]).await;
    let stream = stage.stream("positions").await;
    for arn in [format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:consumer"), "arn:aws:other:::x".into()] {
        let mapping = stage.mapping(&stream).starting_position(EventSourcePosition::Latest);
        let error = mapping.destination_config(on_failure(&arn)).send().await.unwrap_err();
        assert_eq!(error.message(), Some(format!("The provided destination {arn} is invalid.").as_str()));
    }
}
