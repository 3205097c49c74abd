//! Event source mappings from templates: made, changed in place, refused and deleted.

use std::time::Duration;

use aws_sdk_cloudformation::Client;
use serde_json::json;

use super::stage::Stage;
use crate::support::eventually;

const TEMPLATE: &str = "
Resources:
  FromStream:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      FunctionName: consumer
      EventSourceArn: arn:aws:kinesis:us-east-1:111122223333:stream/positions
      StartingPosition: TRIM_HORIZON
      ParallelizationFactor: '4'
      DestinationConfig: {OnFailure: {Destination: 'arn:aws:sqs:us-east-1:111122223333:lost'}}
      FilterCriteria: {Filters: [{Pattern: '{\"data\":{\"kind\":[\"car\"]}}'}]}
  FromQueue:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      FunctionName: consumer
      EventSourceArn: arn:aws:sqs:us-east-1:111122223333:jobs
      BatchSize: 100
      MaximumBatchingWindowInSeconds: 1
      ScalingConfig: {MaximumConcurrency: '2'}
";

/// Waits until a stack stands still and returns its status.
async fn settled(client: &Client, stack: &str) -> String {
    eventually("the stack settles", || async {
        let stacks = client.describe_stacks().stack_name(stack).send().await.ok()?;
        let status = stacks.stacks().first()?.stack_status()?.as_str().to_owned();
        (!status.ends_with("_IN_PROGRESS")).then_some(status)
    })
    .await
}

async fn reasons(client: &Client, stack: &str) -> Vec<String> {
    let events = client.describe_stack_events().stack_name(stack).send().await.unwrap();
    events.stack_events().iter().filter_map(|event| event.resource_status_reason.clone()).collect()
}

async fn staged() -> (Stage, Client, String) {
    let stage = Stage::set().await;
    stage.deploy("consumer", &[]).await;
    stage.group("consumer").await;
    stage.stream("positions").await;
    stage.queue("lost", json!({})).await;
    let (queue, _) = stage.queue("jobs", json!({})).await;
    let client = Client::new(&stage.engine.sdk().await);
    (stage, client, queue)
}

#[tokio::test]
async fn provisions_mappings_with_all_that_they_have() {
    let (stage, client, queue) = staged().await;
    client.create_stack().stack_name("feed").template_body(TEMPLATE).send().await.unwrap();
    assert_eq!(settled(&client, "feed").await, "CREATE_COMPLETE", "{:?}", reasons(&client, "feed").await);
    stage.put("positions", &[r#"{"kind":"bus"}"#, r#"{"kind":"car"}"#]).await;
    stage.messages_like("consumer", r#"record {"kind":"car"}"#, 1).await;
    stage.send(&queue, &["job"]).await;
    eventually("the job arrives", || async { (stage.on_queue(&queue).await == 1).then_some(()) }).await;
    stage.engine.advance(Duration::from_secs(2)).await;
    stage.messages_like("consumer", "record job", 1).await;

    // What a template does not say any more goes back to its default.
    let plain = TEMPLATE
        .lines()
        .filter(|line| !line.contains("Filter") && !line.contains("Parallel") && !line.contains("Scaling"));
    let windowed = plain
        .collect::<Vec<_>>()
        .join("\n")
        .replace("TRIM_HORIZON", "TRIM_HORIZON\n      TumblingWindowInSeconds: 60");
    client.update_stack().stack_name("feed").template_body(windowed).send().await.unwrap();
    assert_eq!(settled(&client, "feed").await, "UPDATE_COMPLETE", "{:?}", reasons(&client, "feed").await);
    let mappings = stage.lambda.list_event_source_mappings().send().await.unwrap();
    let mappings = mappings.event_source_mappings();
    let of_stream = mappings.iter().find(|one| one.starting_position.is_some()).unwrap();
    assert_eq!((of_stream.parallelization_factor, of_stream.tumbling_window_in_seconds), (Some(1), Some(60)));
    assert!(mappings.iter().all(|one| one.filter_criteria.is_none() && one.scaling_config.is_none()));

    client.delete_stack().stack_name("feed").send().await.unwrap();
    eventually("the mappings are gone", || async {
        let mappings = stage.lambda.list_event_source_mappings().send().await.unwrap();
        mappings.event_source_mappings().is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn refuses_a_template_whose_settings_do_not_fit_their_source() {
    let (_stage, client, _) = staged().await;
    for (old, new, expected) in [
        ("BatchSize: 100", "ParallelizationFactor: 2", "Unsupported ParallelizationFactor parameter"),
        (
            "BatchSize: 100",
            "StartingPosition: LATEST",
            "StartingPosition is not valid for SQS event sources.",
        ),
        ("ParallelizationFactor: '4'", "TumblingWindowInSeconds: '901'", "tumblingWindowInSeconds"),
    ] {
        let template = TEMPLATE.replace(old, new);
        let made = client.create_stack().stack_name("odd").template_body(template).send().await;
        let reasons = match made {
            Ok(_) => {
                assert_eq!(settled(&client, "odd").await, "ROLLBACK_COMPLETE");
                reasons(&client, "odd").await
            }
            Err(refusal) => vec![format!("{refusal:?}")],
        };
        let _ = client.delete_stack().stack_name("odd").send().await;
        let folded = expected.to_lowercase();
        assert!(
            reasons.iter().any(|reason| reason.to_lowercase().contains(&folded)),
            "{expected}: {reasons:?}"
        );
        eventually("the stack is gone", || async {
            client.describe_stacks().stack_name("odd").send().await.is_err().then_some(())
        })
        .await;
    }
}
