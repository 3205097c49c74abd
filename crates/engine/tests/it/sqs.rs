//! SQS over AWS JSON: queues and their messages, as a client that compares digests meets them.

use std::time::Duration;

use hydrant_engine::{Config, Engine};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{ACCOUNT, TestEngine, eventually};

/// Calls an operation and returns the status, the head and the body.
async fn call(url: &str, operation: &str, input: Value) -> (u16, String, Value) {
    let address = url.trim_start_matches("http://");
    let body = input.to_string();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: application/x-amz-json-1.0\r\nX-Amz-Target: AmazonSQS.{operation}\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260115/us-east-1/sqs/aws4_request, \
         SignedHeaders=host, Signature=00\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_lowercase(), serde_json::from_str(body).unwrap_or(Value::Null))
}

/// Calls an operation that must succeed.
pub async fn done(url: &str, operation: &str, input: Value) -> Value {
    let (status, _, body) = call(url, operation, input).await;
    assert_eq!(status, 200, "{operation}: {body}");
    body
}

/// Makes a queue and returns its URL.
pub async fn queue(url: &str, name: &str, attributes: Value) -> String {
    let made = done(url, "CreateQueue", json!({"QueueName": name, "Attributes": attributes})).await;
    made["QueueUrl"].as_str().unwrap().to_owned()
}

/// Receives what a queue has to offer now.
pub async fn receive(url: &str, queue: &str) -> Vec<Value> {
    let input = json!({"QueueUrl": queue, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"],
        "AttributeNames": ["All"]});
    done(url, "ReceiveMessage", input).await["Messages"].as_array().cloned().unwrap_or_default()
}

async fn refused(url: &str, operation: &str, input: Value) -> (String, String) {
    let (status, head, body) = call(url, operation, input).await;
    assert_ne!(status, 200, "{operation}: {body}");
    let query = head.lines().find_map(|line| line.strip_prefix("x-amzn-query-error: ")).unwrap_or_default();
    (body["__type"].as_str().unwrap_or_default().to_owned(), query.to_owned())
}

#[tokio::test]
async fn hands_a_message_out_until_it_is_deleted() {
    let engine = TestEngine::manual().await;
    let url = engine.engine.url();
    let queue = queue(&url, "jobs", json!({"VisibilityTimeout": "10"})).await;
    assert_eq!(queue, format!("{url}/{ACCOUNT}/jobs"));
    let attributes = json!({"timestamp": {"DataType": "Number", "StringValue": "1493147359900"}});
    let input = json!({"QueueUrl": queue, "MessageBody": "hello", "MessageAttributes": attributes});
    let sent = done(&url, "SendMessage", input).await;
    assert_eq!(sent["MD5OfMessageBody"], "5d41402abc4b2a76b9719d911017c592");
    assert_eq!(sent["MD5OfMessageAttributes"], "235c5c510d26fb653d073faed50ae77c");

    let first = receive(&url, &queue).await;
    assert_eq!(first[0]["Body"], "hello");
    assert_eq!(first[0]["MessageId"], sent["MessageId"]);
    assert_eq!(first[0]["MessageAttributes"], attributes);
    assert_eq!(first[0]["Attributes"]["SentTimestamp"], "1768473000000");
    assert_eq!(receive(&url, &queue).await, Vec::<Value>::new());

    engine.advance(Duration::from_secs(10)).await;
    let second = receive(&url, &queue).await;
    assert_eq!(second[0]["Attributes"]["ApproximateReceiveCount"], "2");
    let delete = |handle: &Value| json!({"QueueUrl": queue, "ReceiptHandle": handle});
    // The handle of the first receive no longer deletes.
    done(&url, "DeleteMessage", delete(&first[0]["ReceiptHandle"])).await;
    engine.advance(Duration::from_secs(10)).await;
    let third = receive(&url, &queue).await;
    done(&url, "DeleteMessage", delete(&third[0]["ReceiptHandle"])).await;
    engine.advance(Duration::from_secs(10)).await;
    assert_eq!(receive(&url, &queue).await, Vec::<Value>::new());
}

#[tokio::test]
async fn waits_for_a_message_and_answers_at_once_when_it_comes() {
    let engine = TestEngine::manual().await;
    let url = engine.engine.url();
    let queue = queue(&url, "jobs", json!({})).await;
    let waiting = tokio::spawn({
        let (url, queue) = (url.clone(), queue.clone());
        async move { done(&url, "ReceiveMessage", json!({"QueueUrl": queue, "WaitTimeSeconds": 20})).await }
    });
    done(&url, "SendMessage", json!({"QueueUrl": queue, "MessageBody": "a", "DelaySeconds": 5})).await;
    engine.advance(Duration::from_secs(4)).await;
    assert!(!waiting.is_finished());
    engine.advance(Duration::from_secs(1)).await;
    assert_eq!(waiting.await.unwrap()["Messages"][0]["Body"], "a");
}

#[tokio::test]
async fn moves_a_message_that_is_received_too_often() {
    let engine = TestEngine::manual().await;
    let url = engine.engine.url();
    let dead = queue(&url, "dead", json!({})).await;
    let policy =
        json!({"deadLetterTargetArn": format!("arn:aws:sqs:us-east-1:{ACCOUNT}:dead"), "maxReceiveCount": 2});
    let jobs =
        queue(&url, "jobs", json!({"RedrivePolicy": policy.to_string(), "VisibilityTimeout": "1"})).await;
    done(&url, "SendMessage", json!({"QueueUrl": jobs, "MessageBody": "poison"})).await;
    for _ in 0..2 {
        assert_eq!(receive(&url, &jobs).await.len(), 1);
        engine.advance(Duration::from_secs(1)).await;
    }
    assert_eq!(receive(&url, &jobs).await.len(), 0);
    let buried = receive(&url, &dead).await;
    assert_eq!(buried[0]["Body"], "poison");
    let source = &buried[0]["Attributes"]["DeadLetterQueueSourceArn"];
    assert_eq!(*source, format!("arn:aws:sqs:us-east-1:{ACCOUNT}:jobs"));
    let missing =
        json!({"deadLetterTargetArn": format!("arn:aws:sqs:us-east-1:{ACCOUNT}:no"), "maxReceiveCount": 2});
    let input = json!({"QueueUrl": jobs, "Attributes": {"RedrivePolicy": missing.to_string()}});
    assert_eq!(refused(&url, "SetQueueAttributes", input).await.0, "InvalidParameterValue");
}

#[tokio::test]
async fn keeps_queues_and_messages_when_the_engine_starts_again() {
    let engine = TestEngine::manual().await;
    let url = engine.engine.url();
    let queue = queue(&url, "jobs", json!({"MessageRetentionPeriod": "60"})).await;
    for body in ["a", "b"] {
        done(&url, "SendMessage", json!({"QueueUrl": queue, "MessageBody": body})).await;
    }
    let input = json!({"QueueUrl": queue, "MaxNumberOfMessages": 1});
    assert_eq!(done(&url, "ReceiveMessage", input).await["Messages"][0]["Body"], "a");
    let TestEngine { engine, folder } = engine;
    let clock = engine.clock().clone();
    engine.stop().await;
    let engine = Engine::start(Config { clock, ..Config::new(folder.path()) }).await.unwrap();
    let url = engine.url();
    let messages = receive(&url, &queue).await;
    assert_eq!(messages.iter().map(|one| &one["Body"]).collect::<Vec<_>>(), ["b"]);
    engine.clock().advance(Duration::from_secs(60));
    eventually("old messages go", || async {
        let input = json!({"QueueUrl": queue, "AttributeNames": ["All"]});
        let attributes = done(&url, "GetQueueAttributes", input).await;
        let attributes = &attributes["Attributes"];
        let counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
        counts.iter().all(|name| attributes[*name] == "0").then_some(())
    })
    .await;
}

#[tokio::test]
async fn answers_batches_entry_by_entry() {
    let engine = TestEngine::manual().await;
    let url = engine.engine.url();
    let queue = queue(&url, "jobs", json!({"MaximumMessageSize": "1024"})).await;
    let entries = json!([{"Id": "a", "MessageBody": "a"}, {"Id": "b", "MessageBody": "b".repeat(1025)}]);
    let sent = done(&url, "SendMessageBatch", json!({"QueueUrl": queue, "Entries": entries})).await;
    assert_eq!(sent["Successful"][0]["Id"], "a");
    assert_eq!(sent["Failed"][0]["Id"], "b");
    assert_eq!(sent["Failed"][0]["SenderFault"], true);
    let messages = receive(&url, &queue).await;
    let handle = &messages[0]["ReceiptHandle"];
    let entries = json!([{"Id": "a", "ReceiptHandle": handle, "VisibilityTimeout": 0}]);
    let changed =
        done(&url, "ChangeMessageVisibilityBatch", json!({"QueueUrl": queue, "Entries": entries})).await;
    assert_eq!(changed["Successful"][0]["Id"], "a");
    let again = receive(&url, &queue).await;
    let entries =
        json!([{"Id": "a", "ReceiptHandle": again[0]["ReceiptHandle"]}, {"Id": "b", "ReceiptHandle": "x"}]);
    let deleted = done(&url, "DeleteMessageBatch", json!({"QueueUrl": queue, "Entries": entries})).await;
    assert_eq!(deleted["Successful"][0]["Id"], "a");
    assert_eq!(deleted["Failed"][0]["Code"], "ReceiptHandleIsInvalid");
}

#[tokio::test]
async fn refuses_with_the_codes_that_clients_expect() {
    let engine = TestEngine::manual().await;
    let url = engine.engine.url();
    let queue = queue(&url, "jobs", json!({"DelaySeconds": "0"})).await;
    let gone = json!({"QueueUrl": format!("{url}/{ACCOUNT}/gone"), "MessageBody": "a"});
    let expected = ("QueueDoesNotExist", "aws.simplequeueservice.nonexistentqueue;sender");
    let (code, query) = refused(&url, "SendMessage", gone).await;
    assert_eq!((code.as_str(), query.as_str()), expected);
    let other = json!({"QueueName": "jobs", "Attributes": {"DelaySeconds": "5"}});
    assert_eq!(refused(&url, "CreateQueue", other).await.0, "QueueNameExists");
    done(&url, "CreateQueue", json!({"QueueName": "jobs", "Attributes": {"DelaySeconds": "0"}})).await;
    for (operation, input, code) in [
        ("CreateQueue", json!({"QueueName": "a b"}), "InvalidParameterValue"),
        ("CreateQueue", json!({"QueueName": "a.fifo"}), "NotImplemented"),
        ("SendMessage", json!({"QueueUrl": queue}), "MissingParameter"),
        ("ReceiveMessage", json!({"QueueUrl": queue, "MaxNumberOfMessages": 11}), "InvalidParameterValue"),
        (
            "GetQueueAttributes",
            json!({"QueueUrl": queue, "AttributeNames": ["Colour"]}),
            "InvalidAttributeName",
        ),
        ("StartMessageMoveTask", json!({}), "NotImplemented"),
    ] {
        assert_eq!(refused(&url, operation, input).await.0, code, "{operation}");
    }
    done(&url, "PurgeQueue", json!({"QueueUrl": queue})).await;
    assert_eq!(refused(&url, "PurgeQueue", json!({"QueueUrl": queue})).await.0, "PurgeQueueInProgress");
    engine.advance(Duration::from_secs(60)).await;
    done(&url, "PurgeQueue", json!({"QueueUrl": queue})).await;
}
