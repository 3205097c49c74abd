//! A delivery stream as the subscriber of a topic, in a stack.

use aws_sdk_cloudformation::types::Capability;
use serde_json::{Value, json};

use super::*;

const TEMPLATE: &str = r#"
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: outcomes}}
  Archive:
    Type: AWS::KinesisFirehose::DeliveryStream
    Properties:
      DeliveryStreamName: d
      ExtendedS3DestinationConfiguration:
        BucketARN: arn:aws:s3:::landing
        RoleARN: arn:aws:iam::111122223333:role/delivery
        BufferingHints: {SizeInMBs: 1, IntervalInSeconds: 60}
  Writer:
    Type: AWS::IAM::Role
    Properties:
      RoleName: writer
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Action: sts:AssumeRole, Principal: {Service: sns.amazonaws.com}}]
      Policies:
        - PolicyName: put
          PolicyDocument:
            Statement: [{Effect: Allow, Action: firehose:PutRecord, Resource: !GetAtt Archive.Arn}]
  Subscription:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Topic
      Protocol: firehose
      Endpoint: !GetAtt Archive.Arn
      SubscriptionRoleArn: !GetAtt Writer.Arn
      RawMessageDelivery: RAW
"#;

impl Landing {
    async fn deploy(&self, raw: bool) {
        let config = sdk(&self.engine.engine.url()).await;
        let cloudformation = aws_sdk_cloudformation::Client::new(&config);
        let template = TEMPLATE.replace("RAW", if raw { "true" } else { "false" });
        let request = cloudformation.create_stack().stack_name("s").template_body(template);
        request.capabilities(Capability::CapabilityNamedIam).send().await.unwrap();
        eventually("the stack is there", || async {
            self.engine.engine.clock().advance(Duration::from_millis(200));
            let stacks = cloudformation.describe_stacks().stack_name("s").send().await.unwrap();
            let status = stacks.stacks()[0].stack_status().unwrap().as_str().to_owned();
            assert!(!status.contains("ROLLBACK"), "{status}");
            (status == "CREATE_COMPLETE").then_some(())
        })
        .await;
    }

    async fn publish(&self, message: &str) {
        let topic = format!("arn:aws:sns:us-east-1:{ACCOUNT}:outcomes");
        self.query("sns", "Publish", &[("TopicArn", &topic), ("Message", message)]).await;
    }
}

#[tokio::test]
async fn archives_what_a_topic_says_line_by_line() {
    let landing = Landing::new().await;
    landing.deploy(false).await;
    landing.publish("one").await;
    landing.publish("two").await;
    let (_, bytes) = eventually("the messages are delivered", || async {
        landing.engine.engine.clock().advance(Duration::from_secs(60));
        let objects = landing.objects().await;
        let lines: Vec<u8> = objects.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
        (lines.iter().filter(|byte| **byte == b'\n').count() == 2).then_some(((), lines))
    })
    .await;
    let text = String::from_utf8(bytes).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut messages: Vec<&str> = lines.iter().filter_map(|line| line["Message"].as_str()).collect();
    messages.sort_unstable();
    assert_eq!(messages, ["one", "two"]);
    assert_eq!(lines[0]["Type"], json!("Notification"));
    assert_eq!(lines[0].get("Signature"), None);
}

#[tokio::test]
async fn delivers_a_message_alone_when_it_is_wanted_raw() {
    let landing = Landing::new().await;
    landing.deploy(true).await;
    landing.publish("alone").await;
    let objects = eventually("the message is delivered", || async {
        landing.engine.engine.clock().advance(Duration::from_secs(60));
        Some(landing.objects().await).filter(|objects| !objects.is_empty())
    })
    .await;
    assert_eq!(objects[0].1, b"alone");
}
