//! Shards whose batches are worked on in parallel, each partition key in its order.

use std::time::Duration;

use aws_sdk_lambda::types::EventSourcePosition;

use super::stage::Stage;
use crate::support::eventually;

/// Partition keys that two lanes share out: the first goes to one, the second to the other.
const KEYS: [&str; 2] = ["a", "e"];

/// Deploys the function `consumer` on a new stream whose batches have one record.
async fn staged(factor: i32) -> Stage {
    let stage = Stage::set().await;
    stage.deploy("consumer", &[]).await;
    stage.group("consumer").await;
    let stream_arn = stage.stream("positions").await;
    let mapping = stage.mapping(&stream_arn).starting_position(EventSourcePosition::TrimHorizon);
    mapping.batch_size(1).parallelization_factor(factor).send().await.unwrap();
    stage
}

#[tokio::test]
async fn goes_on_with_other_keys_while_one_is_stuck() {
    let stage = staged(2).await;
    stage.put_under("positions", KEYS[0], &["one", "poison", "never"]).await;
    stage.put_under("positions", KEYS[1], &["two", "three", "four"]).await;
    let records = stage.messages_like("consumer", "record ", 4).await;
    let of_other: Vec<_> = records.iter().filter(|record| *record != "record one").collect();
    assert_eq!(of_other, ["record two", "record three", "record four"]);
    stage.engine.advance(Duration::from_secs(5)).await;
    assert_eq!(stage.messages_like("consumer", "record ", 4).await.len(), 4, "a key keeps its order");
}

#[tokio::test]
async fn stops_a_whole_shard_without_lanes() {
    let stage = staged(1).await;
    stage.put_under("positions", KEYS[0], &["one", "poison"]).await;
    stage.put_under("positions", KEYS[1], &["two"]).await;
    stage.messages_like("consumer", "poisoned", 1).await;
    stage.engine.advance(Duration::from_secs(5)).await;
    stage.messages_like("consumer", "poisoned", 2).await;
    assert_eq!(stage.messages_like("consumer", "record ", 1).await, ["record one"]);
}

#[tokio::test]
async fn keeps_the_place_of_every_lane_and_joins_them_when_the_factor_changes() {
    let stage = staged(2).await;
    stage.put_under("positions", KEYS[0], &["one"]).await;
    stage.put_under("positions", KEYS[1], &["two"]).await;
    stage.messages_like("consumer", "record ", 2).await;
    let mapping = || async {
        let mappings = stage.lambda.list_event_source_mappings().send().await.unwrap();
        mappings.event_source_mappings()[0].clone()
    };
    let noted = || async { (mapping().await.last_processing_result() == Some("OK")).then_some(()) };
    eventually("the batches are noted", noted).await;
    assert_eq!(mapping().await.parallelization_factor, Some(2));
    let uuid = mapping().await.uuid.unwrap();

    let stage = stage.restart().await;
    stage.put_under("positions", KEYS[0], &["three"]).await;
    stage.messages_like("consumer", "record three", 1).await;

    let update = stage.lambda.update_event_source_mapping().uuid(&uuid).parallelization_factor(3);
    update.send().await.unwrap();
    stage.put_under("positions", KEYS[0], &["four"]).await;
    stage.put_under("positions", KEYS[1], &["five"]).await;
    stage.messages_like("consumer", "record four", 1).await;
    stage.messages_like("consumer", "record five", 1).await;
    // Nothing is lost; what a lane that was ahead had handled may come again.
    for record in ["record one", "record two", "record three"] {
        stage.messages_like("consumer", record, 1).await;
    }
}
