//! Rules of EventBridge: on a schedule, on events, and refused.

use std::time::Duration;

use serde_json::{Value, json};

use crate::raw;
use crate::support::TestEngine;

async fn call(engine: &TestEngine, operation: &str, input: Value) -> (u16, Value) {
    raw::json(engine, "events", &format!("AWSEvents.{operation}"), input).await
}

async fn done(engine: &TestEngine, operation: &str, input: Value) -> Value {
    let (status, body) = call(engine, operation, input).await;
    assert_eq!(status, 200, "{operation}: {body}");
    body
}

/// Makes a rule with a queue as its target, and returns the queue's URL.
async fn rule(engine: &TestEngine, rule: Value, target: Value) -> String {
    let arn = done(engine, "PutRule", rule.clone()).await["RuleArn"].clone();
    let queue = raw::queue_for(engine, "q", "events.amazonaws.com", arn.as_str().unwrap()).await;
    let mut target = target;
    target["Id"] = "q".into();
    target["Arn"] = raw::queue_arn("q").into();
    let put = done(engine, "PutTargets", json!({"Rule": rule["Name"], "Targets": [target]})).await;
    assert_eq!(put["FailedEntryCount"], 0);
    queue
}

#[tokio::test]
async fn fires_a_rate_each_period_until_it_is_disabled() {
    let engine = TestEngine::manual().await;
    let every = json!({"Name": "tick", "ScheduleExpression": "rate(1 minute)"});
    let queue = rule(&engine, every, json!({})).await;
    engine.advance(Duration::from_secs(59)).await;
    assert_eq!(crate::sqs::receive(&engine.engine.url(), &queue).await.len(), 0);
    engine.advance(Duration::from_secs(61)).await;
    let ticks = times(&raw::bodies(&engine, &queue, 2).await);
    assert_eq!(ticks, ["2026-01-15T10:31:00Z", "2026-01-15T10:32:00Z"]);
    // From here on only what comes anew is there.
    crate::sqs::done(&engine.engine.url(), "PurgeQueue", json!({"QueueUrl": queue})).await;
    done(&engine, "DisableRule", json!({"Name": "tick"})).await;
    engine.advance(Duration::from_secs(120)).await;
    let (status, refusal) = call(&engine, "DeleteRule", json!({"Name": "tick"})).await;
    assert_eq!((status, &refusal["message"]), (400, &json!("Rule can't be deleted since it has targets.")));
    // What ticks again when it is enabled would have ticked before, had it not been disabled.
    done(&engine, "EnableRule", json!({"Name": "tick"})).await;
    engine.advance(Duration::from_secs(61)).await;
    let times = times(&raw::bodies(&engine, &queue, 1).await);
    assert_eq!(times, ["2026-01-15T10:35:00Z"]);
}

/// Returns the times of scheduled events, in order.
fn times(bodies: &[String]) -> Vec<String> {
    let time = |body: &String| {
        let event: Value = serde_json::from_str(body).unwrap();
        assert_eq!(
            (&event["source"], &event["detail-type"]),
            (&json!("aws.events"), &json!("Scheduled Event"))
        );
        event["time"].as_str().unwrap().to_owned()
    };
    let mut times: Vec<String> = bodies.iter().map(time).collect();
    times.sort();
    times
}

#[tokio::test]
async fn sends_matching_events_to_a_target_as_it_asks_for_them() {
    let engine = TestEngine::manual().await;
    let pattern = json!({"source": ["app"], "detail": {"count": [{"numeric": [">", 1]}]}}).to_string();
    let queue =
        rule(&engine, json!({"Name": "big", "EventPattern": pattern}), json!({"InputPath": "$.detail"}))
            .await;
    let entry = |detail: &str| json!({"Source": "app", "DetailType": "Order", "Detail": detail});
    let entries = [entry(r#"{"count":1}"#), entry(r#"{"count":2}"#), entry("{"), json!({"Source": "app"})];
    let output = done(&engine, "PutEvents", json!({"Entries": entries})).await;
    assert_eq!(output["FailedEntryCount"], 2);
    assert_eq!(output["Entries"][2]["ErrorCode"], "MalformedDetail");
    assert_eq!(raw::bodies(&engine, &queue, 1).await, [r#"{"count":2}"#]);
}

#[tokio::test]
async fn refuses_what_it_does_not_have_by_name() {
    let engine = TestEngine::manual().await;
    let refused = async |operation: &str, input: Value| {
        let (status, body) = call(&engine, operation, input).await;
        format!("{status} {}", body["__type"].as_str().unwrap_or_default())
    };
    let put = |expression: &str| json!({"Name": "r", "ScheduleExpression": expression});
    assert_eq!(refused("PutRule", put("cron(0 0 * * * *)")).await, "400 ValidationException");
    assert_eq!(refused("PutRule", json!({"Name": "r"})).await, "400 ValidationException");
    let other = json!({"Name": "r", "EventBusName": "mine", "ScheduleExpression": "rate(1 day)"});
    assert_eq!(refused("PutRule", other).await, "501 NotImplemented");
    assert_eq!(refused("DescribeRule", json!({"Name": "r"})).await, "400 ResourceNotFoundException");
    assert_eq!(refused("CreateArchive", json!({})).await, "501 NotImplemented");
}
