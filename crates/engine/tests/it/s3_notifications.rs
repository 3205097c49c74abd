//! Notifications of S3: whom a bucket tells, of what, and whom it may not tell.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    Event, FilterRule, FilterRuleName, NotificationConfiguration, NotificationConfigurationFilter,
    QueueConfiguration, S3KeyFilter,
};
use serde_json::Value;

use crate::raw;
use crate::support::{TestEngine, eventually};

async fn bucket(engine: &TestEngine) -> Client {
    let config = aws_sdk_s3::config::Builder::from(&engine.sdk().await).force_path_style(true).build();
    let s3 = Client::from_conf(config);
    s3.create_bucket().bucket("data").send().await.unwrap();
    s3
}

fn configuration(queue: &str) -> NotificationConfiguration {
    let prefix = FilterRule::builder().name(FilterRuleName::Prefix).value("in/").build();
    let filter = NotificationConfigurationFilter::builder()
        .key(S3KeyFilter::builder().filter_rules(prefix).build())
        .build();
    let queue = QueueConfiguration::builder()
        .id("all")
        .queue_arn(raw::queue_arn(queue))
        .events(Event::S3ObjectCreated)
        .events(Event::S3ObjectRemovedDelete)
        .filter(filter)
        .build()
        .unwrap();
    NotificationConfiguration::builder().queue_configurations(queue).build()
}

#[tokio::test]
async fn tells_a_queue_what_happens_to_the_keys_that_it_asks_about() {
    let engine = TestEngine::manual().await;
    let s3 = bucket(&engine).await;
    let queue = raw::queue_for(&engine, "q", "s3.amazonaws.com", "arn:aws:s3:::data").await;
    let put = s3.put_bucket_notification_configuration().bucket("data");
    put.notification_configuration(configuration("q")).send().await.unwrap();
    let test: Value = serde_json::from_str(&raw::bodies(&engine, &queue, 1).await[0]).unwrap();
    assert_eq!((test["Event"].as_str(), test["Bucket"].as_str()), (Some("s3:TestEvent"), Some("data")));

    for key in ["in/a b=1.txt", "out/a"] {
        let body = ByteStream::from_static(b"hello");
        s3.put_object().bucket("data").key(key).body(body).send().await.unwrap();
    }
    s3.delete_object().bucket("data").key("in/a b=1.txt").send().await.unwrap();
    let mut events: Vec<Value> = raw::bodies(&engine, &queue, 2)
        .await
        .iter()
        .map(|body| serde_json::from_str::<Value>(body).unwrap()["Records"][0].clone())
        .collect();
    events.sort_by_key(|event| event["s3"]["object"]["sequencer"].as_str().unwrap().to_owned());
    let names: Vec<_> = events.iter().map(|event| event["eventName"].as_str().unwrap()).collect();
    assert_eq!(names, ["ObjectCreated:Put", "ObjectRemoved:Delete"]);
    let object = &events[0]["s3"]["object"];
    assert_eq!(object["key"], "in/a+b%3D1.txt");
    assert_eq!((&object["size"], &object["eTag"]), (&5.into(), &"5d41402abc4b2a76b9719d911017c592".into()));
    assert_eq!(events[0]["eventTime"], "2026-01-15T10:30:00.000Z");

    let shown = s3.get_bucket_notification_configuration().bucket("data").send().await.unwrap();
    assert_eq!(shown.queue_configurations()[0].queue_arn(), raw::queue_arn("q"));
}

#[tokio::test]
async fn refuses_a_queue_that_lets_nobody_in() {
    let engine = TestEngine::manual().await;
    let s3 = bucket(&engine).await;
    raw::queue_for(&engine, "q", "s3.amazonaws.com", "arn:aws:s3:::other").await;
    for queue in ["q", "gone"] {
        let put = s3.put_bucket_notification_configuration().bucket("data");
        let refusal = put.notification_configuration(configuration(queue)).send().await.unwrap_err();
        let service = refusal.into_service_error();
        assert_eq!(service.code(), Some("InvalidArgument"));
        let message = "Unable to validate the following destination configurations";
        assert_eq!(service.message(), Some(message));
    }
    let shown = s3.get_bucket_notification_configuration().bucket("data").send().await.unwrap();
    assert!(shown.queue_configurations().is_empty());
}

#[tokio::test]
async fn tells_the_event_bus_when_it_is_asked_to() {
    let engine = TestEngine::manual().await;
    let s3 = bucket(&engine).await;
    let queue = raw::queue_for(&engine, "q", "events.amazonaws.com", "*").await;
    let rule = serde_json::json!({"Name": "r", "EventPattern": r#"{"source":["aws.s3"]}"#});
    raw::json(&engine, "events", "AWSEvents.PutRule", rule).await;
    let targets = serde_json::json!({"Rule": "r", "Targets": [{"Id": "q", "Arn": raw::queue_arn("q")}]});
    raw::json(&engine, "events", "AWSEvents.PutTargets", targets).await;
    let bus = aws_sdk_s3::types::EventBridgeConfiguration::builder().build();
    let configuration = NotificationConfiguration::builder().event_bridge_configuration(bus).build();
    let put = s3.put_bucket_notification_configuration().bucket("data");
    put.notification_configuration(configuration).send().await.unwrap();
    s3.put_object().bucket("data").key("a b").send().await.unwrap();
    let body = eventually("the event arrives", async || raw::bodies(&engine, &queue, 1).await.pop()).await;
    let event: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(event["detail-type"], "Object Created");
    assert_eq!(event["detail"]["object"]["key"], "a b");
}
