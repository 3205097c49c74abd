//! Schedules of EventBridge Scheduler: with a role of their own, once or again and again.

use std::time::Duration;

use serde_json::{Value, json};

use crate::raw;
use crate::support::{ACCOUNT, TestEngine};

async fn call(engine: &TestEngine, line: &str, input: Value) -> (u16, Value) {
    let (status, body) = raw::send(engine, "scheduler", line, &[], input.to_string().as_bytes()).await;
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

/// Makes a role that `service` may assume and that may send messages, and returns its ARN.
async fn role(engine: &TestEngine, name: &str, service: &str) -> String {
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]});
    let rights = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}]});
    let (trust, rights) = (trust.to_string(), rights.to_string());
    let made = [("RoleName", name), ("AssumeRolePolicyDocument", trust.as_str())];
    assert_eq!(raw::query(engine, "iam", "CreateRole", &made).await.0, 200);
    let put = [("RoleName", name), ("PolicyName", "p"), ("PolicyDocument", rights.as_str())];
    assert_eq!(raw::query(engine, "iam", "PutRolePolicy", &put).await.0, 200);
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

fn schedule(expression: &str, role: &str) -> Value {
    json!({
        "ScheduleExpression": expression,
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": raw::queue_arn("q"), "RoleArn": role, "Input": "at <aws.scheduler.scheduled-time>"},
    })
}

#[tokio::test]
async fn fires_once_with_its_role_and_is_deleted_after_that() {
    let engine = TestEngine::manual().await;
    let role = role(&engine, "runner", "scheduler.amazonaws.com").await;
    let queue = crate::sqs::queue(&engine.engine.url(), "q", json!({})).await;
    let mut once = schedule("at(2026-01-15T05:31:00)", &role);
    once["ScheduleExpressionTimezone"] = "America/New_York".into();
    once["ActionAfterCompletion"] = "DELETE".into();
    let (status, made) = call(&engine, "POST /schedules/once", once).await;
    assert_eq!(status, 200, "{made}");
    assert_eq!(made["ScheduleArn"], format!("arn:aws:scheduler:us-east-1:{ACCOUNT}:schedule/default/once"));
    let (_, shown) = call(&engine, "GET /schedules/once", json!({})).await;
    assert_eq!((&shown["State"], &shown["CreationDate"]), (&json!("ENABLED"), &json!(1_768_473_000.0)));
    engine.advance(Duration::from_secs(61)).await;
    assert_eq!(raw::bodies(&engine, &queue, 1).await, ["at 2026-01-15T10:31:00Z"]);
    let (status, refusal) = call(&engine, "GET /schedules/once", json!({})).await;
    assert_eq!((status, &refusal["message"]), (404, &json!("Schedule once does not exist.")));
}

#[tokio::test]
async fn fires_a_rate_at_once_and_then_each_period() {
    let engine = TestEngine::manual().await;
    let role = role(&engine, "runner", "scheduler.amazonaws.com").await;
    let queue = crate::sqs::queue(&engine.engine.url(), "q", json!({})).await;
    call(&engine, "POST /schedules/tick", schedule("rate(1 minute)", &role)).await;
    assert_eq!(raw::bodies(&engine, &queue, 1).await, ["at 2026-01-15T10:30:00Z"]);
    let (status, _) = call(&engine, "POST /schedules/tick", schedule("rate(1 minute)", &role)).await;
    assert_eq!(status, 409);
    let mut off = schedule("rate(1 minute)", &role);
    off["State"] = "DISABLED".into();
    assert_eq!(call(&engine, "PUT /schedules/tick", off).await.0, 200);
    engine.advance(Duration::from_secs(120)).await;
    let (_, listed) = call(&engine, "GET /schedules?NamePrefix=ti", json!({})).await;
    assert_eq!(listed["Schedules"][0]["State"], "DISABLED");
    assert_eq!(call(&engine, "DELETE /schedules/tick", json!({})).await.0, 200);
}

#[tokio::test]
async fn refuses_a_role_that_it_may_not_assume() {
    let engine = TestEngine::manual().await;
    let role = role(&engine, "other", "lambda.amazonaws.com").await;
    let (status, refusal) = call(&engine, "POST /schedules/s", schedule("rate(1 day)", &role)).await;
    let message = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.";
    assert_eq!((status, &refusal["message"]), (400, &json!(message)));
}
