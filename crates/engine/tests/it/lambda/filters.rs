//! Filters of event source mappings: what a function gets, and what is passed over.

use aws_sdk_lambda::error::ProvideErrorMetadata;
use aws_sdk_lambda::types::{EventSourcePosition, Filter, FilterCriteria};

use super::stage::Stage;
use crate::support::eventually;

fn filters(patterns: &[&str]) -> FilterCriteria {
    let filter = |pattern: &&str| Filter::builder().pattern(*pattern).build();
    FilterCriteria::builder().set_filters(Some(patterns.iter().map(filter).collect())).build()
}

#[tokio::test]
async fn passes_on_only_the_records_that_match() {
    let stage = Stage::set().await;
    stage.deploy("consumer", &[]).await;
    stage.group("consumer").await;
    let stream_arn = stage.stream("positions").await;
    let car = r#"{"n":1,"kind":"car"}"#;
    stage.put("positions", &[car, r#"{"n":2,"kind":"bus"}"#, "text", r#"{"n":3,"kind":"car"}"#]).await;
    stage.put_under("positions", "vip", &["any"]).await;
    let mapping = stage.mapping(&stream_arn).starting_position(EventSourcePosition::TrimHorizon);
    let patterns = [r#"{"data":{"kind":["car"]}}"#, r#"{"partitionKey":["vip"]}"#];
    let mapping = mapping.filter_criteria(filters(&patterns)).send().await.unwrap();
    let criteria = mapping.filter_criteria.unwrap();
    assert_eq!(criteria.filters()[0].pattern(), Some(patterns[0]));
    let records = stage.messages_like("consumer", "record ", 3).await;
    assert_eq!(records, [&format!("record {car}"), r#"record {"n":3,"kind":"car"}"#, "record any"]);
    assert_eq!(stage.messages_like("consumer", "batch of ", 1).await, ["batch of 3"]);
}

#[tokio::test]
async fn does_not_come_back_to_what_a_filter_passed_over() {
    let stage = Stage::set().await;
    stage.deploy("consumer", &[]).await;
    stage.group("consumer").await;
    let stream_arn = stage.stream("positions").await;
    let mapping = stage.mapping(&stream_arn).starting_position(EventSourcePosition::TrimHorizon);
    let pattern = r#"{"data":{"kind":["car"]}}"#;
    let uuid = mapping.filter_criteria(filters(&[pattern])).send().await.unwrap().uuid.unwrap();
    stage.put("positions", &[r#"{"kind":"car"}"#]).await;
    stage.messages_like("consumer", "record ", 1).await;
    stage.put("positions", &[r#"{"kind":"bus"}"#]).await;
    // The record that comes after it shows that it was passed over.
    stage.put("positions", &[r#"{"kind":"car","n":2}"#]).await;
    stage.messages_like("consumer", "record ", 2).await;
    eventually("the batch is noted", || async {
        let mapping = stage.lambda.get_event_source_mapping().uuid(&uuid).send().await.unwrap();
        (mapping.last_processing_result() == Some("OK")).then_some(())
    })
    .await;
    let update = stage.lambda.update_event_source_mapping().uuid(&uuid);
    update.filter_criteria(FilterCriteria::builder().build()).send().await.unwrap();
    let stage = stage.restart().await;
    stage.put("positions", &["text"]).await;
    stage.messages_like("consumer", "record text", 1).await;
    let records = stage.messages_like("consumer", "record ", 3).await;
    assert!(!records.iter().any(|record| record.contains("bus")), "{records:?}");
}

#[tokio::test]
async fn refuses_a_pattern_that_is_none() {
    let stage = Stage::set().await;
    stage.deploy("consumer", &[]).await;
    let stream_arn = stage.stream("positions").await;
    for pattern in ["{", r#"{"data":"text"}"#, r#"{"data":["text"]}"#] {
        let mapping = stage.mapping(&stream_arn).starting_position(EventSourcePosition::Latest);
        let error = mapping.filter_criteria(filters(&[pattern])).send().await.unwrap_err();
        assert_eq!(error.code(), Some("InvalidParameterValueException"));
        assert_eq!(error.message(), Some("Invalid filter pattern definition."));
    }
}
