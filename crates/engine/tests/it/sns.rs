//! SNS over the Query protocol: topics, and messages on their way to queues and HTTP endpoints.

use std::time::Duration;

use aws_sdk_cloudformation::types::StackStatus;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::cloudformation::support::Cloud;
use crate::sqs;
use crate::support::{ACCOUNT, TestEngine, eventually};

async fn request(address: &str, head: &str, body: &str) -> (u16, String) {
    let request = format!(
        "{head}\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

async fn call(engine: &TestEngine, operation: &str, parameters: &[(&str, &str)]) -> (u16, String) {
    let mut form = format!("Action={operation}&Version=2010-03-31");
    for (name, value) in parameters {
        form.push_str(&format!("&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
    }
    let head = format!(
        "POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nAuthorization: AWS4-HMAC-SHA256 \
         Credential={ACCOUNT}/20260115/us-east-1/sns/aws4_request, SignedHeaders=host, Signature=00"
    );
    request(engine.engine.url().trim_start_matches("http://"), &head, &form).await
}

/// Calls an operation that must succeed.
async fn done(engine: &TestEngine, operation: &str, parameters: &[(&str, &str)]) -> String {
    let (status, body) = call(engine, operation, parameters).await;
    assert_eq!(status, 200, "{operation}: {body}");
    body
}

async fn refused(engine: &TestEngine, operation: &str, parameters: &[(&str, &str)]) -> String {
    let (status, body) = call(engine, operation, parameters).await;
    format!("{status} {}: {}", text(&body, "Code"), text(&body, "Message"))
}

fn text<'a>(body: &'a str, element: &str) -> &'a str {
    let (_, rest) = body.split_once(&format!("<{element}>")).unwrap_or_default();
    rest.split_once('<').map_or("", |(text, _)| text)
}

/// Waits for the messages of a queue.
async fn arrived(engine: &TestEngine, queue: &str, count: usize) -> Vec<Value> {
    let url = engine.engine.url();
    let mut all = Vec::new();
    for _ in 0..1000 {
        all.extend(sqs::receive(&url, queue).await);
        if all.len() >= count {
            return all;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} of {count} messages arrived", all.len());
}

async fn allow(engine: &TestEngine, queue: &str, topic: &str) {
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage",
        "Principal": {"Service": "sns.amazonaws.com"}, "Resource": "*",
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}}}]});
    let input = json!({"QueueUrl": queue, "Attributes": {"Policy": policy.to_string()}});
    sqs::done(&engine.engine.url(), "SetQueueAttributes", input).await;
}

fn queue_arn(name: &str) -> String {
    format!("arn:aws:sqs:us-east-1:{ACCOUNT}:{name}")
}

#[tokio::test]
async fn delivers_to_a_queue_whose_policy_lets_the_topic_send() {
    let engine = TestEngine::manual().await;
    let url = engine.engine.url();
    let topic = done(&engine, "CreateTopic", &[("Name", "alerts")]).await;
    let topic = text(&topic, "TopicArn");
    assert_eq!(topic, format!("arn:aws:sns:us-east-1:{ACCOUNT}:alerts"));
    let queue = sqs::queue(&url, "open", json!({})).await;
    let shut = sqs::queue(&url, "shut", json!({})).await;
    allow(&engine, &queue, topic).await;
    for name in ["open", "shut"] {
        let arn = queue_arn(name);
        done(&engine, "Subscribe", &[("TopicArn", topic), ("Protocol", "sqs"), ("Endpoint", &arn)]).await;
    }
    let published =
        done(&engine, "Publish", &[("TopicArn", topic), ("Subject", "Late"), ("Message", "<late>")]).await;
    let messages = arrived(&engine, &queue, 1).await;
    let body: Value = serde_json::from_str(messages[0]["Body"].as_str().unwrap()).unwrap();
    assert_eq!(body["Type"], "Notification");
    assert_eq!(body["Message"], "<late>");
    assert_eq!(body["Subject"], "Late");
    assert_eq!(body["MessageId"], text(&published, "MessageId"));
    assert_eq!(body["Timestamp"], "2026-01-15T10:30:00.000Z");
    assert_eq!(sqs::receive(&url, &shut).await, Vec::<Value>::new());
}

#[tokio::test]
async fn filters_by_attributes_and_delivers_raw() {
    let engine = TestEngine::manual().await;
    let url = engine.engine.url();
    let topic = done(&engine, "CreateTopic", &[("Name", "orders")]).await;
    let topic = text(&topic, "TopicArn");
    let queue = sqs::queue(&url, "large", json!({})).await;
    allow(&engine, &queue, topic).await;
    let arn = queue_arn("large");
    let subscribe = [
        ("TopicArn", topic),
        ("Protocol", "sqs"),
        ("Endpoint", &arn),
        ("Attributes.entry.1.key", "RawMessageDelivery"),
        ("Attributes.entry.1.value", "true"),
        ("Attributes.entry.2.key", "FilterPolicy"),
        ("Attributes.entry.2.value", r#"{"price": [{"numeric": [">=", 100]}]}"#),
    ];
    let subscribed = done(&engine, "Subscribe", &subscribe).await;
    let subscription = text(&subscribed, "SubscriptionArn");
    let attributes = done(&engine, "GetSubscriptionAttributes", &[("SubscriptionArn", subscription)]).await;
    assert!(
        attributes.contains("<entry><key>RawMessageDelivery</key><value>true</value></entry>"),
        "{attributes}"
    );
    for price in ["99", "100"] {
        let publish = [
            ("TopicArn", topic),
            ("Message", price),
            ("MessageAttributes.entry.1.Name", "price"),
            ("MessageAttributes.entry.1.Value.DataType", "Number"),
            ("MessageAttributes.entry.1.Value.StringValue", price),
        ];
        done(&engine, "Publish", &publish).await;
    }
    let messages = arrived(&engine, &queue, 1).await;
    assert_eq!(messages[0]["Body"], "100");
    assert_eq!(messages[0]["MessageAttributes"]["price"]["StringValue"], "100");
    done(&engine, "Unsubscribe", &[("SubscriptionArn", subscription)]).await;
    let listed = done(&engine, "ListSubscriptionsByTopic", &[("TopicArn", topic)]).await;
    assert!(!listed.contains("<member>"), "{listed}");
}

/// Takes one request, answers it with a status, and returns its head and body.
async fn take(listener: &TcpListener, status: u16) -> (String, String) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut chunk).await.unwrap();
        bytes.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.unwrap().parse().unwrap() {
            let answer =
                format!("HTTP/1.1 {status} Answer\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
            return (head.to_owned(), body.to_owned());
        }
    }
}

#[tokio::test]
async fn asks_an_http_endpoint_and_tries_again_when_it_fails() {
    let engine = TestEngine::manual().await;
    let topic = done(&engine, "CreateTopic", &[("Name", "alerts")]).await;
    let topic = text(&topic, "TopicArn");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/hook", listener.local_addr().unwrap());
    let subscribe = [("TopicArn", topic), ("Protocol", "http"), ("Endpoint", endpoint.as_str())];
    let (subscribed, (head, body)) =
        tokio::join!(done(&engine, "Subscribe", &subscribe), take(&listener, 200));
    assert_eq!(text(&subscribed, "SubscriptionArn"), "pending confirmation");
    assert!(head.contains("x-amz-sns-message-type: SubscriptionConfirmation"), "{head}");
    // What comes before the confirmation is not delivered.
    done(&engine, "Publish", &[("TopicArn", topic), ("Message", "early")]).await;
    let asked: Value = serde_json::from_str(&body).unwrap();
    let visit = asked["SubscribeURL"].as_str().unwrap().trim_start_matches("http://").to_owned();
    let (address, path) = visit.split_once('/').unwrap();
    let (status, confirmed) = request(address, &format!("GET /{path} HTTP/1.1"), "").await;
    assert_eq!(status, 200, "{confirmed}");
    assert!(text(&confirmed, "SubscriptionArn").starts_with(topic));

    let publish = [("TopicArn", topic), ("Message", "late")];
    let (_, (_, first)) = tokio::join!(done(&engine, "Publish", &publish), take(&listener, 500));
    let advancing = eventually("the engine tries again", || async {
        engine.advance(Duration::from_secs(1)).await;
        let take = tokio::time::timeout(Duration::from_millis(20), take(&listener, 200));
        take.await.ok()
    });
    let (_, second) = advancing.await;
    let message = |body: &str| serde_json::from_str::<Value>(body).unwrap()["Message"].clone();
    assert_eq!((message(&first), message(&second)), (json!("late"), json!("late")));
}

#[tokio::test]
async fn refuses_in_aws_words() {
    let engine = TestEngine::manual().await;
    let arn = format!("arn:aws:sns:us-east-1:{ACCOUNT}:gone");
    let publish = [("TopicArn", arn.as_str()), ("Message", "a")];
    assert_eq!(refused(&engine, "Publish", &publish).await, "404 NotFound: Topic does not exist");
    assert_eq!(
        refused(&engine, "CreateTopic", &[("Name", "a b")]).await,
        "400 InvalidParameter: Invalid parameter: Topic Name"
    );
    let topic = done(&engine, "CreateTopic", &[("Name", "t")]).await;
    let topic = text(&topic, "TopicArn");
    assert_eq!(
        refused(&engine, "Publish", &[("TopicArn", topic), ("Message", &"a".repeat(262_145))]).await,
        "400 InvalidParameter: Invalid parameter: Message too long"
    );
    let elsewhere = [("TopicArn", topic), ("Protocol", "http"), ("Endpoint", "http://example.com/")];
    assert!(refused(&engine, "Subscribe", &elsewhere).await.starts_with("501 NotImplemented"));
    let email = [("TopicArn", topic), ("Protocol", "email"), ("Endpoint", "me@example.com")];
    assert_eq!(text(&done(&engine, "Subscribe", &email).await, "SubscriptionArn"), "pending confirmation");
    let listed = done(&engine, "ListSubscriptions", &[]).await;
    assert_eq!(text(&listed, "SubscriptionArn"), "PendingConfirmation");
}

const STACK: &str = "
Resources:
  Dead:
    Type: AWS::SQS::Queue
    Properties: {MessageRetentionPeriod: 1209600}
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: jobs
      VisibilityTimeout: 60
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}
  Alerts:
    Type: AWS::SNS::Topic
    Properties: {DisplayName: Alerts}
  MaySend:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Jobs]
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
          - {Effect: Allow, Principal: {Service: sns.amazonaws.com}, Action: sqs:SendMessage, Resource: !GetAtt Jobs.Arn,
             Condition: {ArnEquals: {aws:SourceArn: !Ref Alerts}}}
  MayPublish:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!Ref Alerts]
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
          - {Effect: Allow, Principal: {Service: s3.amazonaws.com}, Action: sns:Publish, Resource: !Ref Alerts}
  Wiring:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref Alerts, Protocol: sqs, Endpoint: !GetAtt Jobs.Arn, RawMessageDelivery: true}
Outputs:
  Topic: {Value: !Ref Alerts}
  Queue: {Value: !Ref Jobs}
";

#[tokio::test]
async fn stands_as_a_stack_and_goes_without_a_trace() {
    let cloud = Cloud::new().await;
    let stack = cloud.create("alerts", STACK).await;
    let events = cloud.events("alerts").await;
    assert_eq!(stack.stack_status(), Some(&StackStatus::CreateComplete), "{events:#?}");
    let output = |key: &str| {
        let output = stack.outputs().iter().find(|output| output.output_key() == Some(key));
        output.and_then(|output| output.output_value()).unwrap().to_owned()
    };
    let (topic, queue) = (output("Topic"), output("Queue"));
    done(&cloud.engine, "Publish", &[("TopicArn", &topic), ("Message", "first")]).await;
    assert_eq!(arrived(&cloud.engine, &queue, 1).await[0]["Body"], "first");

    let changed = STACK
        .replace("VisibilityTimeout: 60", "VisibilityTimeout: 90")
        .replace(", RawMessageDelivery: true", "");
    let updated = cloud.update("alerts", &changed).await;
    assert_eq!(updated.stack_status(), Some(&StackStatus::UpdateComplete));
    let url = cloud.engine.engine.url();
    let input = json!({"QueueUrl": queue, "AttributeNames": ["VisibilityTimeout"]});
    let attributes = sqs::done(&url, "GetQueueAttributes", input).await;
    assert_eq!(attributes["Attributes"]["VisibilityTimeout"], "90");

    let renamed = changed.replace("QueueName: jobs", "QueueName: other");
    assert_eq!(cloud.update("alerts", &renamed).await.stack_status(), Some(&StackStatus::UpdateComplete));
    let deleted = cloud.delete("alerts").await;
    assert_eq!(deleted.stack_status(), Some(&StackStatus::DeleteComplete));
    assert_eq!(sqs::done(&url, "ListQueues", json!({})).await["QueueUrls"], json!([]));
    assert!(!done(&cloud.engine, "ListTopics", &[]).await.contains("<member>"));
    assert!(!done(&cloud.engine, "ListSubscriptions", &[]).await.contains("<member>"));
}
