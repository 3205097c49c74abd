//! CloudWatch Logs, as the SDK meets it.

use std::time::Duration;

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::error::ProvideErrorMetadata;
use aws_sdk_cloudwatchlogs::types::{InputLogEvent, OrderBy};

use crate::support::{START, TestEngine};

const GROUP: &str = "/aws/lambda/consume";

/// Returns a client for an engine with one group and the given streams.
async fn with_streams(streams: &[&str]) -> (TestEngine, Client) {
    let engine = TestEngine::manual().await;
    let client = Client::new(&engine.sdk().await);
    client.create_log_group().log_group_name(GROUP).tags("team", "gps").send().await.unwrap();
    for stream in streams {
        let request = client.create_log_stream().log_group_name(GROUP).log_stream_name(*stream);
        request.send().await.unwrap();
    }
    (engine, client)
}

/// Puts messages into a stream, each a second after the other.
async fn put(client: &Client, stream: &str, messages: &[&str]) {
    let mut request = client.put_log_events().log_group_name(GROUP).log_stream_name(stream);
    for (second, message) in (0..).zip(messages) {
        let event = InputLogEvent::builder().timestamp(START.0 + second * 1000).message(*message);
        request = request.log_events(event.build().unwrap());
    }
    request.send().await.unwrap();
}

#[tokio::test]
async fn refuses_what_is_there_already_or_not_at_all() {
    let (_engine, client) = with_streams(&["s"]).await;
    let again = client.create_log_group().log_group_name(GROUP).send().await.unwrap_err();
    assert_eq!(again.code(), Some("ResourceAlreadyExistsException"));
    assert_eq!(again.message(), Some("The specified log group already exists"));
    let event = InputLogEvent::builder().timestamp(START.0).message("x").build().unwrap();
    let request = client.put_log_events().log_group_name(GROUP).log_stream_name("t").log_events(event);
    let refusal = request.send().await.unwrap_err();
    assert_eq!(refusal.message(), Some("The specified log stream does not exist."));
    let invalid = client.put_retention_policy().log_group_name(GROUP).retention_in_days(2).send().await;
    assert_eq!(invalid.unwrap_err().code(), Some("InvalidParameterException"));
    let unsupported = client.describe_metric_filters().send().await.unwrap_err();
    assert!(unsupported.message().unwrap().contains("DescribeMetricFilters"));
}

#[tokio::test]
async fn describes_groups_and_streams() {
    let (_engine, client) = with_streams(&["b", "a"]).await;
    client.put_retention_policy().log_group_name(GROUP).retention_in_days(14).send().await.unwrap();
    put(&client, "b", &["one", "two"]).await;
    let groups = client.describe_log_groups().log_group_name_prefix("/aws/").send().await.unwrap();
    let group = &groups.log_groups()[0];
    assert_eq!(group.retention_in_days(), Some(14));
    let arn = group.log_group_arn().unwrap();
    assert_eq!(group.arn(), Some(format!("{arn}:*").as_str()));
    let tags = client.list_tags_for_resource().resource_arn(arn).send().await.unwrap();
    assert_eq!(tags.tags().unwrap()["team"], "gps");

    let streams = client.describe_log_streams().log_group_name(GROUP);
    let streams = streams.order_by(OrderBy::LastEventTime).descending(true).limit(1).send().await.unwrap();
    let stream = &streams.log_streams()[0];
    assert_eq!(stream.log_stream_name(), Some("b"));
    assert_eq!(stream.last_event_timestamp(), Some(START.0 + 1000));
    let next = client.describe_log_streams().log_group_name(GROUP).order_by(OrderBy::LastEventTime);
    let next = next.descending(true).set_next_token(streams.next_token).send().await.unwrap();
    assert_eq!(next.log_streams()[0].log_stream_name(), Some("a"));
}

#[tokio::test]
async fn walks_a_stream_until_the_token_stays_the_same() {
    let (_engine, client) = with_streams(&["s"]).await;
    put(&client, "s", &["1", "2", "3"]).await;
    let read = || client.get_log_events().log_group_name(GROUP).log_stream_name("s").limit(2);
    let messages = |events: &aws_sdk_cloudwatchlogs::operation::get_log_events::GetLogEventsOutput| {
        events.events().iter().map(|event| event.message().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let head = read().start_from_head(true).send().await.unwrap();
    assert_eq!(messages(&head), ["1", "2"]);
    let rest = read().set_next_token(head.next_forward_token.clone()).send().await.unwrap();
    assert_eq!(messages(&rest), ["3"]);
    let end = read().set_next_token(rest.next_forward_token.clone()).send().await.unwrap();
    assert_eq!((messages(&end).len(), &end.next_forward_token), (0, &rest.next_forward_token));
    put(&client, "s", &["4"]).await;
    let tail = read().send().await.unwrap();
    assert_eq!(messages(&tail), ["2", "3"]);
    let before = read().set_next_token(tail.next_backward_token).send().await.unwrap();
    assert_eq!(messages(&before), ["1", "4"]);
    let start = read().set_next_token(before.next_backward_token.clone()).send().await.unwrap();
    assert_eq!((messages(&start).len(), &start.next_backward_token), (0, &before.next_backward_token));
}

#[tokio::test]
async fn searches_the_streams_of_a_group_side_by_side() {
    let (_engine, client) = with_streams(&["2026/a", "2026/b", "old"]).await;
    put(&client, "2026/a", &["ERROR a0", "a1", "ERROR a2"]).await;
    put(&client, "2026/b", &["b0", "ERROR b1"]).await;
    put(&client, "old", &["ERROR old"]).await;
    let search = || {
        let request = client.filter_log_events().log_group_name(GROUP).log_stream_name_prefix("2026/");
        request.filter_pattern("ERROR")
    };
    let mut found = Vec::new();
    let mut pages = search().limit(1).into_paginator().send();
    while let Some(page) = pages.next().await {
        found.extend(page.unwrap().events.unwrap().into_iter().map(|event| event.message.unwrap()));
    }
    assert_eq!(found, ["ERROR a0", "ERROR b1", "ERROR a2"]);
    let until = search().start_time(START.0 + 1000).end_time(START.0 + 1000).send().await.unwrap();
    assert_eq!(until.events().len(), 1);
    let json = client.filter_log_events().log_group_name(GROUP).filter_pattern("{ $.a = 1 }").send().await;
    assert_eq!(json.unwrap_err().code(), Some("NotImplemented"));
}

#[tokio::test]
async fn forgets_events_past_their_retention() {
    let (engine, client) = with_streams(&["s"]).await;
    client.put_retention_policy().log_group_name(GROUP).retention_in_days(1).send().await.unwrap();
    put(&client, "s", &["short"]).await;
    let count = || async {
        let events = client.get_log_events().log_group_name(GROUP).log_stream_name("s").send().await.unwrap();
        events.events().len()
    };
    assert_eq!(count().await, 1);
    engine.engine.clock().advance(Duration::from_secs(86_401));
    assert_eq!(count().await, 0);
}

#[tokio::test]
async fn deletes_a_group_with_everything_in_it() {
    let (_engine, client) = with_streams(&["s"]).await;
    put(&client, "s", &["gone"]).await;
    client.delete_log_group().log_group_name(GROUP).send().await.unwrap();
    assert!(client.describe_log_groups().send().await.unwrap().log_groups().is_empty());
    client.create_log_group().log_group_name(GROUP).send().await.unwrap();
    client.create_log_stream().log_group_name(GROUP).log_stream_name("s").send().await.unwrap();
    let events = client.get_log_events().log_group_name(GROUP).log_stream_name("s").send().await.unwrap();
    assert!(events.events().is_empty());
}
