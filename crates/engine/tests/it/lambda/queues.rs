//! Functions that are fed from an SQS queue.

use std::time::Duration;

use aws_sdk_lambda::error::ProvideErrorMetadata;
use aws_sdk_lambda::types::{Filter, FilterCriteria, FunctionResponseType, ScalingConfig};
use serde_json::json;

use super::stage::{RIGHTS, Stage};
use crate::sqs::receive;
use crate::support::ACCOUNT;

async fn staged(variables: &[(&str, &str)]) -> Stage {
    let stage = Stage::set().await;
    stage.deploy("consumer", variables).await;
    stage.group("consumer").await;
    stage
}

#[tokio::test]
async fn feeds_a_function_and_deletes_what_it_handled() {
    let stage = staged(&[]).await;
    let (queue, arn) = stage.queue("jobs", json!({})).await;
    stage.send(&queue, &["one", "two"]).await;
    let mapping = stage.mapping(&arn).send().await.unwrap();
    assert_eq!((mapping.batch_size, mapping.starting_position), (Some(10), None));
    stage.messages_like("consumer", "record ", 2).await;
    stage.holds(&queue, 0).await;
    stage.send(&queue, &["three"]).await;
    let records = stage.messages_like("consumer", "record ", 3).await;
    assert_eq!(records, ["record one", "record two", "record three"]);

    // After a restart it goes on by itself.
    let stage = stage.restart().await;
    let (queue, _) = stage.queue("jobs", json!({})).await;
    stage.send(&queue, &["four"]).await;
    stage.messages_like("consumer", "record four", 1).await;
    stage.holds(&queue, 0).await;
}

#[tokio::test]
async fn leaves_what_failed_to_the_redrive_policy_of_the_queue() {
    let stage = staged(&[]).await;
    let (dead, dead_arn) = stage.queue("dead", json!({})).await;
    let redrive = json!({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2}).to_string();
    let (queue, arn) =
        stage.queue("jobs", json!({"RedrivePolicy": redrive, "VisibilityTimeout": "10"})).await;
    stage.mapping(&arn).send().await.unwrap();
    stage.send(&queue, &["poison"]).await;
    stage.messages_like("consumer", "poisoned", 1).await;
    stage.engine.advance(Duration::from_secs(11)).await;
    stage.messages_like("consumer", "poisoned", 2).await;
    stage.engine.advance(Duration::from_secs(11)).await;
    stage.holds(&dead, 1).await;
    assert_eq!(stage.on_queue(&queue).await, 0);
    let letters = receive(&stage.engine.engine.url(), &dead).await;
    assert_eq!(letters[0]["Body"], "poison");
    assert_eq!(stage.messages_like("consumer", "poisoned", 2).await.len(), 2);
}

#[tokio::test]
async fn keeps_only_the_messages_that_a_function_reports() {
    let stage = staged(&[("POISON", "report")]).await;
    let (queue, arn) = stage.queue("jobs", json!({})).await;
    stage.send(&queue, &["one", "poison"]).await;
    let mapping = stage.mapping(&arn).batch_size(100).maximum_batching_window_in_seconds(5);
    let types = FunctionResponseType::ReportBatchItemFailures;
    mapping.function_response_types(types).send().await.unwrap();
    stage.engine.advance(Duration::from_secs(6)).await;
    stage.messages_like("consumer", "poisoned", 1).await;
    assert_eq!(stage.messages_like("consumer", "batch of ", 1).await, ["batch of 2"]);
    stage.holds(&queue, 1).await;
    stage.engine.advance(Duration::from_secs(40)).await;
    let batches = stage.messages_like("consumer", "batch of ", 2).await;
    assert_eq!(batches[1], "batch of 1");
}

#[tokio::test]
async fn deletes_the_messages_that_no_filter_lets_pass() {
    let stage = staged(&[]).await;
    let (queue, arn) = stage.queue("jobs", json!({})).await;
    stage.send(&queue, &[r#"{"kind":"bus"}"#, "text", r#"{"kind":"car"}"#]).await;
    let filter = Filter::builder().pattern(r#"{"body":{"kind":["car"]}}"#).build();
    let criteria = FilterCriteria::builder().filters(filter).build();
    stage.mapping(&arn).filter_criteria(criteria).send().await.unwrap();
    let records = stage.messages_like("consumer", "record ", 1).await;
    assert_eq!(records, [r#"record {"kind":"car"}"#]);
    stage.holds(&queue, 0).await;
    assert_eq!(stage.messages_like("consumer", "batch of ", 1).await, ["batch of 1"]);
}

#[tokio::test]
async fn works_on_no_more_batches_than_it_may() {
    let stage = staged(&[("SLOW", "100")]).await;
    let (queue, arn) = stage.queue("jobs", json!({})).await;
    stage.send(&queue, &["1", "2", "3", "4", "5", "6"]).await;
    let scaling = ScalingConfig::builder().maximum_concurrency(2).build();
    let mapping = stage.mapping(&arn).batch_size(1).scaling_config(scaling).send().await.unwrap();
    assert_eq!(mapping.scaling_config.unwrap().maximum_concurrency, Some(2));
    stage.holds(&queue, 0).await;
    let streams =
        stage.logs.describe_log_streams().log_group_name("/aws/lambda/consumer").send().await.unwrap();
    // A process writes a log stream of its own, and no more than two were ever needed.
    assert_eq!(streams.log_streams().len(), 2);
}

#[tokio::test]
async fn refuses_a_queue_that_a_function_cannot_work_with() {
    let stage = staged(&[]).await;
    let (queue, arn) = stage.queue("jobs", json!({"VisibilityTimeout": "2"})).await;
    let refusal =
        || async { stage.mapping(&arn).send().await.unwrap_err().message().unwrap_or_default().to_owned() };
    let expected = "Queue visibility timeout: 2 seconds is less than Function timeout: 3 seconds";
    assert_eq!(refusal().await, expected);

    for (missing, rest) in [
        ("ReceiveMessage", "sqs:Nothing"),
        ("DeleteMessage", "sqs:ReceiveMessage"),
        ("GetQueueAttributes", "sqs:*Message"),
    ] {
        let rights = RIGHTS.replace("sqs:*", rest);
        let rights = [("RoleName", "runner"), ("PolicyName", "rights"), ("PolicyDocument", rights.as_str())];
        stage.iam("PutRolePolicy", &rights).await;
        let expected =
            format!("The provided execution role does not have permissions to call {missing} on SQS");
        assert_eq!(refusal().await, expected);
    }
    drop(queue);
    let rights = [("RoleName", "runner"), ("PolicyName", "rights"), ("PolicyDocument", RIGHTS)];
    stage.iam("PutRolePolicy", &rights).await;
    let other = format!("arn:aws:sqs:us-east-1:{ACCOUNT}:other");
    let error = stage.mapping(&other).send().await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidParameterValueException"));
    assert!(error.message().unwrap_or_default().contains("AWS.SimpleQueueService.NonExistentQueue"));
}
