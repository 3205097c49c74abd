//! The limit on calls of Firehose's control plane.

use aws_sdk_firehose::config::retry::RetryConfig;
use aws_sdk_firehose::config::{Builder, Region};
use hydrant_engine::Limits;

use super::*;

/// Returns a client that reports the first refusal.
async fn impatient(landing: &Landing) -> Builder {
    let config = sdk(&landing.engine.engine.url()).await;
    Builder::from(&config).retry_config(RetryConfig::disabled())
}

async fn describe(client: &Client) -> Result<(), (String, String)> {
    let described = client.describe_delivery_stream().delivery_stream_name("d").send().await;
    described.map(drop).map_err(code)
}

#[tokio::test]
async fn takes_five_calls_a_second_of_each_operation_in_each_region() {
    let landing = Landing::new().await;
    landing.create(destination().build().unwrap()).await;
    let client = Client::from_conf(impatient(&landing).await.build());
    for _ in 0..5 {
        describe(&client).await.unwrap();
    }
    let (code, message) = describe(&client).await.unwrap_err();
    assert_eq!(code, "ThrottlingException");
    assert!(message.starts_with("Please slow down. Max limit of 5 RPS has breached for"), "{message}");
    client.list_delivery_streams().send().await.unwrap();
    let elsewhere = impatient(&landing).await.region(Region::new("eu-west-1"));
    Client::from_conf(elsewhere.build()).list_delivery_streams().send().await.unwrap();
    for _ in 0..10 {
        landing.put("x").await;
    }
    landing.engine.engine.clock().advance(Duration::from_millis(200));
    describe(&client).await.unwrap();
    describe(&client).await.unwrap_err();
}

#[tokio::test]
async fn takes_any_number_of_calls_where_the_limit_is_switched_off() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits::default().without("firehose").unwrap();
    let config = Config { clock: Clock::manual(START), limits, ..Config::new(folder.path()) };
    let engine = Engine::start(config).await.unwrap();
    let landing = Landing::around(TestEngine { engine, folder }).await;
    let client = Client::from_conf(impatient(&landing).await.build());
    for _ in 0..12 {
        client.list_delivery_streams().send().await.unwrap();
    }
}
