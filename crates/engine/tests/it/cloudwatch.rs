//! CloudWatch: metrics over three protocols, those that services emit, and alarms that go off.

use std::time::Duration;

use serde_json::{Value, json};

use crate::raw;
use crate::support::{ACCOUNT, TestEngine};

async fn call(engine: &TestEngine, operation: &str, input: Value) -> Value {
    let target = format!("GraniteServiceVersion20100801.{operation}");
    let (status, body) = raw::json(engine, "monitoring", &target, input).await;
    assert_eq!(status, 200, "{operation}: {body}");
    body
}

fn statistics(namespace: &str, metric: &str, dimensions: Value) -> Value {
    json!({
        "Namespace": namespace, "MetricName": metric, "Dimensions": dimensions, "Period": 60,
        "StartTime": 1_768_472_400, "EndTime": 1_768_473_600, "Statistics": ["Sum", "Maximum"],
    })
}

#[tokio::test]
async fn sums_up_what_is_put_over_any_protocol() {
    let engine = TestEngine::manual().await;
    let form = [
        ("Namespace", "App"),
        ("MetricData.member.1.MetricName", "Orders"),
        ("MetricData.member.1.Value", "2.5"),
        ("MetricData.member.1.Dimensions.member.1.Name", "Shop"),
        ("MetricData.member.1.Dimensions.member.1.Value", "7"),
    ];
    let (status, body) = raw::query(&engine, "monitoring", "PutMetricData", &form).await;
    assert_eq!(status, 200, "{body}");
    // {"Namespace": "App", "MetricData": [{"MetricName": "Orders", "Value": 4, "Dimensions": [{…}]}]}
    let mut cbor = vec![0xa2];
    let text = |cbor: &mut Vec<u8>, text: &str| {
        cbor.push(0x60 | u8::try_from(text.len()).unwrap());
        cbor.extend(text.as_bytes());
    };
    text(&mut cbor, "Namespace");
    text(&mut cbor, "App");
    text(&mut cbor, "MetricData");
    cbor.extend([0x81, 0xa3]);
    text(&mut cbor, "MetricName");
    text(&mut cbor, "Orders");
    text(&mut cbor, "Value");
    cbor.push(4);
    text(&mut cbor, "Dimensions");
    cbor.extend([0x81, 0xa2]);
    for word in ["Name", "Shop", "Value", "7"] {
        text(&mut cbor, word);
    }
    let headers = [("smithy-protocol", "rpc-v2-cbor"), ("Content-Type", "application/cbor")];
    let line = "POST /service/GraniteServiceVersion20100801/operation/PutMetricData";
    let (status, body) = raw::send(&engine, "monitoring", line, &headers, &cbor).await;
    assert_eq!((status, body), (200, vec![0xa0]));

    let shop = json!([{"Name": "Shop", "Value": "7"}]);
    let found = call(&engine, "GetMetricStatistics", statistics("App", "Orders", shop.clone())).await;
    assert_eq!(found["Datapoints"].as_array().map(Vec::len), Some(1));
    let point = &found["Datapoints"][0];
    assert_eq!((&point["Sum"], &point["Maximum"]), (&json!(6.5), &json!(4.0)));
    assert_eq!(point["Timestamp"], 1_768_473_000.0);
    let listed = call(&engine, "ListMetrics", json!({"Namespace": "App"})).await;
    assert_eq!(listed["Metrics"], json!([{"Namespace": "App", "MetricName": "Orders", "Dimensions": shop}]));
}

#[tokio::test]
async fn counts_what_kinesis_takes() {
    let engine = TestEngine::manual().await;
    let kinesis = aws_sdk_kinesis::Client::new(&engine.sdk().await);
    kinesis.create_stream().stream_name("s").shard_count(1).send().await.unwrap();
    for _ in 0..3 {
        let data = aws_sdk_kinesis::primitives::Blob::new(*b"hello");
        kinesis.put_record().stream_name("s").partition_key("k").data(data).send().await.unwrap();
    }
    let stream = json!([{"Name": "StreamName", "Value": "s"}]);
    let found =
        call(&engine, "GetMetricStatistics", statistics("AWS/Kinesis", "IncomingRecords", stream)).await;
    assert_eq!(found["Datapoints"][0]["Sum"], 3.0);
}

#[tokio::test]
async fn tells_a_topic_when_an_alarm_goes_off() {
    let engine = TestEngine::manual().await;
    let (_, made) = raw::query(&engine, "sns", "CreateTopic", &[("Name", "t")]).await;
    let topic = format!("arn:aws:sns:us-east-1:{ACCOUNT}:t");
    assert!(made.contains(&topic), "{made}");
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sns:Publish",
        "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Resource": topic}]});
    let attribute =
        [("TopicArn", topic.as_str()), ("AttributeName", "Policy"), ("AttributeValue", &policy.to_string())];
    assert_eq!(raw::query(&engine, "sns", "SetTopicAttributes", &attribute).await.0, 200);
    let queue = raw::queue_for(&engine, "q", "sns.amazonaws.com", &topic).await;
    let subscription =
        [("TopicArn", topic.as_str()), ("Protocol", "sqs"), ("Endpoint", &raw::queue_arn("q"))];
    assert_eq!(raw::query(&engine, "sns", "Subscribe", &subscription).await.0, 200);
    let alarm = json!({
        "AlarmName": "failures", "Namespace": "App", "MetricName": "Errors", "Statistic": "Sum", "Period": 60,
        "EvaluationPeriods": 1, "Threshold": 1.0, "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching", "AlarmActions": [topic],
    });
    call(&engine, "PutMetricAlarm", alarm).await;
    let datum = json!({"Namespace": "App", "MetricData": [{"MetricName": "Errors", "Value": 5}]});
    call(&engine, "PutMetricData", datum).await;
    engine.advance(Duration::from_secs(62)).await;
    let message: Value = serde_json::from_str(&raw::bodies(&engine, &queue, 1).await[0]).unwrap();
    assert_eq!(message["Subject"], "ALARM: \"failures\" in US East (N. Virginia)");
    let told: Value = serde_json::from_str(message["Message"].as_str().unwrap()).unwrap();
    assert_eq!(told["NewStateValue"], "ALARM");
    let reason = "Threshold Crossed: 1 out of the last 1 datapoint [5.0 (15/01/26 10:30:00)] was greater than or equal \
                  to the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition).";
    assert_eq!(told["NewStateReason"], reason);
}
