//! Asynchronous invocations: how often an event is tried, and what its configuration changes.

use std::time::Duration;

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;

use super::stage::Stage;

#[tokio::test]
async fn tries_an_event_three_times() {
    let stage = Stage::set().await;
    stage.deploy("f", &[]).await;
    stage.group("f").await;
    let call = stage.lambda.invoke().function_name("f").invocation_type(InvocationType::Event);
    let output = call.payload(Blob::new(r#"{"do":"fail"}"#)).send().await.unwrap();
    assert_eq!(output.status_code, 202);
    let first = stage.messages_like("f", "START ", 1).await;
    stage.engine.advance(Duration::from_secs(90)).await;
    stage.messages_like("f", "START ", 2).await;
    stage.engine.advance(Duration::from_secs(150)).await;
    let all = stage.messages_like("f", "START ", 3).await;
    assert!(all.iter().all(|line| *line == first[0]), "every attempt has the id of the event: {all:?}");
    stage.engine.advance(Duration::from_secs(600)).await;
    assert_eq!(stage.messages_like("f", "START ", 3).await.len(), 3);
}
