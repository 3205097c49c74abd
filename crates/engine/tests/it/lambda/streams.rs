//! Functions that are fed from a Kinesis stream.

use std::time::Duration;

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{EventSourcePosition, InvocationType};

use super::stage::Stage;
use crate::support::{ACCOUNT, eventually};

#[tokio::test]
async fn feeds_a_function_from_a_stream() {
    let stage = Stage::set().await;
    stage.deploy("consumer", &[]).await;
    stage.group("consumer").await;
    let stream_arn = stage.stream("positions").await;
    stage.put("positions", &["one", "two"]).await;
    let mapping = stage.lambda.create_event_source_mapping().function_name("consumer");
    let mapping = mapping.event_source_arn(&stream_arn).starting_position(EventSourcePosition::TrimHorizon);
    let mapping = mapping.send().await.unwrap();
    assert_eq!(mapping.state.as_deref(), Some("Creating"));
    let uuid = mapping.uuid.unwrap();
    stage.messages_like("consumer", "record ", 2).await;
    stage.put("positions", &["three"]).await;
    let records = stage.messages_like("consumer", "record ", 3).await;
    assert_eq!(records, ["record one", "record two", "record three"]);

    let described = stage.lambda.get_event_source_mapping().uuid(&uuid).send().await.unwrap();
    assert_eq!((described.state.as_deref(), described.batch_size), (Some("Enabled"), Some(100)));

    // A pause loses nothing.
    let update = |enabled| stage.lambda.update_event_source_mapping().uuid(&uuid).enabled(enabled).send();
    update(false).await.unwrap();
    stage.put("positions", &["four"]).await;
    update(true).await.unwrap();
    let records = stage.messages_like("consumer", "record ", 4).await;
    assert_eq!(records.last().map(String::as_str), Some("record four"));
    assert_eq!(records.len(), 4);

    stage.lambda.delete_event_source_mapping().uuid(&uuid).send().await.unwrap();
    eventually("the mapping is gone", || async {
        stage.lambda.get_event_source_mapping().uuid(&uuid).send().await.err()
    })
    .await;
}

#[tokio::test]
async fn reads_from_now_on_with_latest_and_waits_for_its_window() {
    let stage = Stage::set().await;
    stage.deploy("consumer", &[]).await;
    stage.group("consumer").await;
    let stream_arn = stage.stream("positions").await;
    stage.put("positions", &["before"]).await;
    let mapping = stage.lambda.create_event_source_mapping().function_name("consumer");
    let mapping = mapping.event_source_arn(&stream_arn).starting_position(EventSourcePosition::Latest);
    mapping.maximum_batching_window_in_seconds(30).send().await.unwrap();
    stage.put("positions", &["one"]).await;
    stage.engine.advance(Duration::from_secs(20)).await;
    stage.put("positions", &["two"]).await;
    stage.engine.advance(Duration::from_secs(11)).await;
    let records = stage.messages_like("consumer", "record ", 2).await;
    assert_eq!(records, ["record one", "record two"]);
    assert_eq!(stage.messages_like("consumer", "batch of ", 1).await, ["batch of 2"]);
}

#[tokio::test]
async fn goes_on_from_the_record_that_a_function_reports() {
    let stage = Stage::set().await;
    stage.deploy("consumer", &[("POISON", "report")]).await;
    stage.group("consumer").await;
    let stream_arn = stage.stream("positions").await;
    stage.put("positions", &["one", "poison", "three"]).await;
    let mapping = stage.lambda.create_event_source_mapping().function_name("consumer");
    let mapping = mapping.event_source_arn(&stream_arn).starting_position(EventSourcePosition::TrimHorizon);
    let mapping = mapping.maximum_retry_attempts(1).bisect_batch_on_function_error(true);
    let types = aws_sdk_lambda::types::FunctionResponseType::ReportBatchItemFailures;
    mapping.function_response_types(types).send().await.unwrap();
    stage.messages_like("consumer", "batch of ", 1).await;
    stage.engine.advance(Duration::from_secs(20)).await;
    let batches = stage.messages_like("consumer", "batch of ", 2).await;
    assert_eq!(batches, ["batch of 3", "batch of 2"]);
    // The batch was given up after its one retry, and the shard goes on.
    stage.put("positions", &["four"]).await;
    let records = stage.messages_like("consumer", "record ", 2).await;
    assert_eq!(records, ["record one", "record four"]);
}

#[tokio::test]
async fn splits_a_batch_around_a_poisoned_record() {
    let stage = Stage::set().await;
    stage.deploy("consumer", &[]).await;
    stage.group("consumer").await;
    let stream_arn = stage.stream("positions").await;
    stage.put("positions", &["one", "two", "poison", "four"]).await;
    let mapping = stage.lambda.create_event_source_mapping().function_name("consumer");
    let mapping = mapping.event_source_arn(&stream_arn).starting_position(EventSourcePosition::TrimHorizon);
    mapping.maximum_retry_attempts(0).bisect_batch_on_function_error(true).send().await.unwrap();
    let records = stage.messages_like("consumer", "record four", 1).await;
    assert_eq!(records.len(), 1);
    let batches = stage.messages_like("consumer", "batch of ", 5).await;
    assert_eq!(batches, ["batch of 4", "batch of 2", "batch of 2", "batch of 1", "batch of 1"]);
}

#[tokio::test]
async fn refuses_a_mapping_whose_role_cannot_read_the_stream() {
    let stage = Stage::set().await;
    stage.deploy("consumer", &[]).await;
    let stream_arn = stage.stream("positions").await;
    let create = |arn: String| {
        let mapping = stage.lambda.create_event_source_mapping().function_name("consumer");
        mapping.event_source_arn(arn).starting_position(EventSourcePosition::TrimHorizon).send()
    };
    let missing = format!("arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/missing");
    let error = create(missing.clone()).await.unwrap_err().into_service_error();
    assert_eq!(error.meta().message(), Some(format!("Stream not found: {missing}").as_str()));

    stage.iam("DeleteRolePolicy", &[("RoleName", "runner"), ("PolicyName", "rights")]).await;
    let error = create(stream_arn.clone()).await.unwrap_err().into_service_error();
    let expected = format!(
        "Cannot access stream {stream_arn}. Please ensure the role can perform the GetRecords, \
         GetShardIterator, DescribeStream, ListShards, and ListStreams Actions on your stream in IAM."
    );
    assert_eq!(error.meta().message(), Some(expected.as_str()));
}

#[tokio::test]
async fn goes_on_where_it_was_when_the_engine_ended() {
    let stage = Stage::set().await;
    stage.deploy("consumer", &[]).await;
    stage.group("consumer").await;
    let stream_arn = stage.stream("positions").await;
    let mapping = stage.lambda.create_event_source_mapping().function_name("consumer");
    let mapping = mapping.event_source_arn(&stream_arn).starting_position(EventSourcePosition::Latest);
    mapping.send().await.unwrap();
    stage.put("positions", &["one"]).await;
    stage.messages_like("consumer", "record ", 1).await;
    eventually("the batch is noted", || async {
        let mappings = stage.lambda.list_event_source_mappings().send().await.unwrap();
        (mappings.event_source_mappings()[0].last_processing_result() == Some("OK")).then_some(())
    })
    .await;
    // An event that waits for its retry.
    let call = stage.lambda.invoke().function_name("consumer").invocation_type(InvocationType::Event);
    call.payload(Blob::new(r#"{"do":"fail"}"#)).send().await.unwrap();
    stage.messages_like("consumer", "START ", 2).await;

    let stage = stage.restart().await;
    stage.put("positions", &["two"]).await;
    // On a clock that stands still, the order between two log streams is open.
    let mut records = stage.messages_like("consumer", "record ", 2).await;
    records.sort();
    assert_eq!(records, ["record one", "record two"]);
    stage.engine.advance(Duration::from_secs(90)).await;
    stage.messages_like("consumer", "START ", 4).await;
}
