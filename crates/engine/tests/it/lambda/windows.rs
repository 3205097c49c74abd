//! Tumbling windows: state that goes from one invocation to the next, and the invocation at the end.

use std::time::Duration;

use aws_sdk_lambda::types::EventSourcePosition;

use super::stage::Stage;
use crate::support::eventually;

/// Deploys the function `consumer` on a new stream in windows of a minute. Tests begin 5 seconds into one.
async fn staged(variables: &[(&str, &str)]) -> Stage {
    let stage = Stage::set().await;
    stage.deploy("consumer", variables).await;
    stage.group("consumer").await;
    let stream_arn = stage.stream("positions").await;
    let mapping = stage.mapping(&stream_arn).starting_position(EventSourcePosition::TrimHorizon);
    let mapping = mapping.tumbling_window_in_seconds(60).send().await.unwrap();
    assert_eq!(mapping.tumbling_window_in_seconds, Some(60));
    stage
}

#[tokio::test]
async fn counts_the_records_of_each_window() {
    let stage = staged(&[]).await;
    stage.put("positions", &["one", "two"]).await;
    stage.messages_like("consumer", "record ", 2).await;
    stage.engine.advance(Duration::from_secs(30)).await;
    stage.put("positions", &["three"]).await;
    stage.messages_like("consumer", "record ", 3).await;
    stage.engine.advance(Duration::from_secs(30)).await;
    let ends = stage.messages_like("consumer", "window ", 1).await;
    assert_eq!(ends, ["window 2026-01-15T10:30:00Z ended with 3"]);

    // A minute without records is no window; then there is another.
    stage.engine.advance(Duration::from_secs(90)).await;
    stage.put("positions", &["four"]).await;
    stage.messages_like("consumer", "record four", 1).await;
    stage.engine.advance(Duration::from_secs(60)).await;
    let ends = stage.messages_like("consumer", "window ", 2).await;
    assert_eq!(ends[1], "window 2026-01-15T10:32:00Z ended with 1");
}

#[tokio::test]
async fn keeps_the_state_when_the_engine_ends() {
    let stage = staged(&[]).await;
    stage.put("positions", &["one", "two"]).await;
    eventually("the batch is noted", || async {
        let mappings = stage.lambda.list_event_source_mappings().send().await.unwrap();
        (mappings.event_source_mappings()[0].last_processing_result() == Some("OK")).then_some(())
    })
    .await;
    let stage = stage.restart().await;
    stage.put("positions", &["three"]).await;
    stage.messages_like("consumer", "record three", 1).await;
    stage.engine.advance(Duration::from_secs(60)).await;
    let ends = stage.messages_like("consumer", "window ", 1).await;
    assert_eq!(ends, ["window 2026-01-15T10:30:00Z ended with 3"]);
}

#[tokio::test]
async fn ends_a_window_early_when_its_state_is_too_large() {
    let stage = staged(&[]).await;
    stage.put("positions", &["one", "grow"]).await;
    let ends = stage.messages_like("consumer", "window ", 1).await;
    assert_eq!(ends, ["window 2026-01-15T10:30:00Z ended early with 2"]);
    stage.put("positions", &["three"]).await;
    stage.messages_like("consumer", "record three", 1).await;
    stage.engine.advance(Duration::from_secs(60)).await;
    let ends = stage.messages_like("consumer", "window ", 2).await;
    assert_eq!(ends[1], "window 2026-01-15T10:30:00Z ended with 1");
}

#[tokio::test]
async fn takes_an_answer_without_a_state_for_a_failure() {
    let stage = Stage::set().await;
    stage.deploy("consumer", &[("STATE", "none")]).await;
    stage.group("consumer").await;
    let stream_arn = stage.stream("positions").await;
    let mapping = stage.mapping(&stream_arn).starting_position(EventSourcePosition::TrimHorizon);
    mapping.tumbling_window_in_seconds(60).maximum_retry_attempts(1).send().await.unwrap();
    stage.put("positions", &["one"]).await;
    stage.messages_like("consumer", "record one", 1).await;
    stage.engine.advance(Duration::from_secs(3)).await;
    stage.messages_like("consumer", "record one", 2).await;
}
