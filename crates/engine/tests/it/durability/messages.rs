//! `kill -9` while messages, notifications, events, invocations and schedules are on their way: each that was
//! acknowledged arrives.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_config::SdkConfig;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::{EngineProcess, load};
use crate::lambda::package;
use crate::sqs;
use crate::support::ACCOUNT;

const ROUNDS: u32 = 12;

const JSON: &str = "Content-Type: application/json";

/// A queue for each way on which something can go, and what goes there.
const BASE: &str = "
Resources:
  Sent: {Type: AWS::SQS::Queue, Properties: {QueueName: sent, VisibilityTimeout: 43200}}
  Published: {Type: AWS::SQS::Queue, Properties: {QueueName: published, VisibilityTimeout: 43200}}
  Matched: {Type: AWS::SQS::Queue, Properties: {QueueName: matched, VisibilityTimeout: 43200}}
  Invoked: {Type: AWS::SQS::Queue, Properties: {QueueName: invoked, VisibilityTimeout: 43200}}
  Scheduled: {Type: AWS::SQS::Queue, Properties: {QueueName: scheduled, VisibilityTimeout: 43200}}
  MaySend:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Published, !Ref Matched]
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: {Service: [sns.amazonaws.com, events.amazonaws.com]}
            Action: sqs:SendMessage
            Resource: '*'
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: topic}}
  Subscription:
    Type: AWS::SNS::Subscription
    DependsOn: MaySend
    Properties: {TopicArn: !Ref Topic, Protocol: sqs, Endpoint: !GetAtt Published.Arn, RawMessageDelivery: true}
  Rule:
    Type: AWS::Events::Rule
    DependsOn: MaySend
    Properties:
      EventPattern: {source: [app]}
      Targets: [{Id: q, Arn: !GetAtt Matched.Arn, InputPath: $.detail.id}]
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: worker
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: {Service: [lambda.amazonaws.com, scheduler.amazonaws.com]}
            Action: sts:AssumeRole
      Policies:
        - PolicyName: send
          PolicyDocument:
            Version: '2012-10-17'
            Statement: [{Effect: Allow, Action: sqs:SendMessage, Resource: '*'}]
  Function:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: echo
      Runtime: provided.al2023
      Handler: bootstrap
      Role: !GetAtt Role.Arn
      Code: {S3Bucket: packages, S3Key: code.zip}
  Destination:
    Type: AWS::Lambda::EventInvokeConfig
    Properties:
      FunctionName: !Ref Function
      Qualifier: $LATEST
      DestinationConfig: {OnSuccess: {Destination: !GetAtt Invoked.Arn}}
";

/// Calls a service; nothing when its engine has died.
async fn ask(url: &str, service: &str, line: &str, header: &str, body: &str) -> Option<Value> {
    let address = url.trim_start_matches("http://");
    let request = format!(
        "{line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n{header}\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260115/us-east-1/{service}/aws4_request, \
         Signature=00\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.ok()?;
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    let answer = String::from_utf8(answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    // An answer that was cut off is none.
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
    if length.parse() != Ok(body.len()) {
        return None;
    }
    assert!(head.starts_with("HTTP/1.1 2"), "{service}: {answer}");
    Some(serde_json::from_str(body).unwrap_or_default())
}

/// A way on which something goes; its name is that of the queue at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Sent,
    Published,
    Matched,
    Invoked,
    Scheduled,
}

impl Way {
    const ALL: [Self; 5] = [Self::Sent, Self::Published, Self::Matched, Self::Invoked, Self::Scheduled];

    fn queue(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Published => "published",
            Self::Matched => "matched",
            Self::Invoked => "invoked",
            Self::Scheduled => "scheduled",
        }
    }

    /// Sends `id` on its way; `moment` is one that is near.
    async fn go(self, url: &str, id: &str, moment: &str) -> Option<()> {
        let text = json!(id).to_string();
        match self {
            Self::Sent => {
                let input = json!({"QueueUrl": format!("{url}/{ACCOUNT}/sent"), "MessageBody": text});
                ask(url, "sqs", "POST /", "X-Amz-Target: AmazonSQS.SendMessage", &input.to_string()).await
            }
            Self::Published => {
                let form = format!(
                    "Action=Publish&Version=2010-03-31&TopicArn=arn:aws:sns:us-east-1:{ACCOUNT}:topic&Message=%22{id}%22"
                );
                ask(url, "sns", "POST /", "Content-Type: application/x-www-form-urlencoded", &form).await
            }
            Self::Matched => {
                let detail = json!({"id": id}).to_string();
                let entry = json!({"Source": "app", "DetailType": "t", "Detail": detail});
                let input = json!({"Entries": [entry]});
                let header = "X-Amz-Target: AWSEvents.PutEvents";
                let output = ask(url, "events", "POST /", header, &input.to_string()).await?;
                assert_eq!(output["FailedEntryCount"], 0);
                Some(output)
            }
            Self::Invoked => {
                let line = "POST /2015-03-31/functions/echo/invocations";
                ask(url, "lambda", line, "X-Amz-Invocation-Type: Event", &text).await
            }
            Self::Scheduled => {
                let input = json!({
                    "ScheduleExpression": format!("at({moment})"),
                    "FlexibleTimeWindow": {"Mode": "OFF"},
                    "Target": {
                        "Arn": crate::raw::queue_arn("scheduled"),
                        "RoleArn": format!("arn:aws:iam::{ACCOUNT}:role/worker"),
                        "Input": text,
                    },
                });
                ask(url, "scheduler", &format!("POST /schedules/{id}"), JSON, &input.to_string()).await
            }
        }
        .map(drop)
    }
}

/// Returns a moment of the engine's time that is near.
async fn near(url: &str, round: u32) -> Option<String> {
    let input = json!({
        "ScheduleExpression": "rate(1 day)", "State": "DISABLED", "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {
            "Arn": crate::raw::queue_arn("scheduled"),
            "RoleArn": format!("arn:aws:iam::{ACCOUNT}:role/worker"),
        },
    });
    let name = format!("clock-{round}");
    ask(url, "scheduler", &format!("POST /schedules/{name}"), JSON, &input.to_string()).await?;
    let shown = ask(url, "scheduler", &format!("GET /schedules/{name}"), JSON, "").await?;
    let now = jiff::Timestamp::from_second(shown["CreationDate"].as_f64()? as i64).ok()?;
    let then = now + jiff::SignedDuration::from_secs(4);
    Some(then.strftime("%Y-%m-%dT%H:%M:%S").to_string())
}

/// Lays the function's code where the template finds it, and makes everything.
async fn prepare(config: &SdkConfig) {
    let s3 = aws_sdk_s3::config::Builder::from(config).force_path_style(true).build();
    let s3 = aws_sdk_s3::Client::from_conf(s3);
    s3.create_bucket().bucket("packages").send().await.unwrap();
    let code = package().into_inner().into();
    s3.put_object().bucket("packages").key("code.zip").body(code).send().await.unwrap();
    load::prepare(config, BASE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn delivers_every_message_that_was_acknowledged_before_it_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let engine = EngineProcess::spawn(folder.path());
    prepare(&engine.clients().await).await;
    engine.kill().await;

    let mut acknowledged: BTreeMap<Way, BTreeSet<String>> = BTreeMap::new();
    for round in 0..ROUNDS {
        let engine = EngineProcess::spawn(folder.path());
        let url = engine.clients().await.endpoint_url().unwrap().to_owned();
        let moment = near(&url, round).await.unwrap();
        let mut ways = JoinSet::new();
        for way in Way::ALL {
            let (url, moment) = (url.clone(), moment.clone());
            ways.spawn(async move {
                let mut gone = BTreeSet::new();
                // Functions are slower than what is only written down.
                for call in 0..if way == Way::Invoked { 4 } else { 40 } {
                    let id = format!("r{round}-{call}");
                    if way.go(&url, &id, &moment).await.is_none() {
                        break;
                    }
                    gone.insert(id);
                }
                (way, gone)
            });
        }
        // Of different lengths, so that each way is cut off at each of its steps.
        tokio::time::sleep(Duration::from_millis(20 + u64::from(round) * 29 % 70)).await;
        engine.kill().await;
        while let Some(ended) = ways.join_next().await {
            let (way, gone) = ended.unwrap();
            acknowledged.entry(way).or_default().extend(gone);
        }
    }

    let engine = EngineProcess::spawn(folder.path());
    let url = engine.clients().await.endpoint_url().unwrap().to_owned();
    for (way, ids) in acknowledged {
        assert!(!ids.is_empty(), "nothing was acknowledged: {way:?}");
        arrive(&url, way, ids).await;
    }
}

/// Waits until each of `missing` has come to the end of its way.
async fn arrive(url: &str, way: Way, mut missing: BTreeSet<String>) {
    let queue = format!("{url}/{ACCOUNT}/{}", way.queue());
    for _ in 0..400 {
        for message in sqs::receive(url, &queue).await {
            let body: Value = serde_json::from_str(message["Body"].as_str().unwrap()).unwrap();
            // What Lambda sends to a destination holds the event that the function was given.
            let id = if way == Way::Invoked { &body["requestPayload"] } else { &body };
            missing.remove(id.as_str().unwrap());
        }
        if missing.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{way:?}: these were acknowledged and did not arrive: {missing:?}");
}
