//! The resource types on a whole engine, with a role, a package and a stream that CloudFormation makes too.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::aws::Aws;
use crate::clock::{Clock, Timestamp};
use crate::config::Config;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::resource::{Resource, ResourceRequest, ResourceType};
use crate::services::lambda::name::FunctionKey;

const ROLE: &str = "arn:aws:iam::111122223333:role/runner";

struct Stack {
    aws: Arc<Aws>,
    caller: Caller,
    _folder: tempfile::TempDir,
}

impl Stack {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { clock: Clock::manual(Timestamp(0)), ..Config::new(folder.path()) };
        let aws = Aws::open(&config).unwrap();
        let caller = Caller::administrator("111122223333", "us-east-1");
        let stack = Self { aws, caller, _folder: folder };
        let statement = |action: &str, rest: Value| {
            let mut statement = json!({"Effect": "Allow", "Action": action});
            statement.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
            json!({"Version": "2012-10-17", "Statement": [statement]})
        };
        let trust = statement("sts:AssumeRole", json!({"Principal": {"Service": "lambda.amazonaws.com"}}));
        let rights = statement("kinesis:*", json!({"Resource": "*"}));
        let policies = json!([{"PolicyName": "rights", "PolicyDocument": rights}]);
        let role = json!({"RoleName": "runner", "AssumeRolePolicyDocument": trust, "Policies": policies});
        stack.create("AWS::IAM::Role", role).await.unwrap();
        stack.create("AWS::S3::Bucket", json!({"BucketName": "packages"})).await.unwrap();
        for (key, contents) in [("one.zip", "1"), ("two.zip", "2")] {
            let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
            writer.start_file("bootstrap", SimpleFileOptions::default()).unwrap();
            writer.write_all(contents.as_bytes()).unwrap();
            let body = Bytes::from(writer.finish().unwrap().into_inner());
            let (aws, s3) = (&stack.aws, &stack.aws.services.s3);
            s3.put_object(aws, &stack.caller, "packages", key, body, None).await.unwrap();
        }
        stack
    }

    fn resource_type(&self, name: &str) -> Box<dyn ResourceType> {
        let services = self.aws.services.all();
        let types = services.iter().flat_map(|service| service.resource_types());
        types.into_iter().find(|resource| resource.type_name() == name).unwrap()
    }

    fn request<'a>(
        &'a self,
        properties: &'a Value,
        tags: &'a BTreeMap<String, String>,
    ) -> ResourceRequest<'a> {
        ResourceRequest {
            caller: &self.caller,
            stack_name: "stack",
            stack_id: "stack-id",
            logical_id: "Logical",
            properties,
            tags,
            suffix: "ABC",
        }
    }

    async fn create(&self, name: &str, properties: Value) -> Result<Resource, AwsError> {
        let tags = tags();
        self.resource_type(name).create(&self.aws, &self.request(&properties, &tags)).await
    }

    async fn update(&self, name: &str, id: &str, properties: Value) -> Resource {
        let tags = tags();
        let request = self.request(&properties, &tags);
        self.resource_type(name).update(&self.aws, &request, id, &Value::Null).await.unwrap()
    }

    async fn delete(&self, name: &str, id: &str, properties: Value) {
        let tags = tags();
        let request = self.request(&properties, &tags);
        // What is gone already is a success too.
        for _ in 0..2 {
            self.resource_type(name).delete(&self.aws, &request, id).await.unwrap();
        }
    }
}

fn tags() -> BTreeMap<String, String> {
    let tags = [("stack-id", "stack-id"), ("logical-id", "Logical")];
    tags.map(|(key, value)| (format!("aws:cloudformation:{key}"), value.to_owned())).into()
}

fn function(key: &str, more: Value) -> Value {
    let mut properties = json!({
        "Runtime": "provided.al2023", "Handler": "bootstrap", "Role": ROLE,
        "Code": {"S3Bucket": "packages", "S3Key": key},
    });
    properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    properties
}

#[tokio::test]
async fn provisions_a_function() {
    let stack = Stack::new().await;
    let name = "AWS::Lambda::Function";
    let more = json!({"Timeout": "30", "Tags": [{"Key": "team", "Value": "x"}], "MemorySize": 256});
    let made = stack.create(name, function("one.zip", more.clone())).await.unwrap();
    assert_eq!(made.physical_id, "stack-Logical-ABC");
    assert_eq!(made.attributes["Arn"], "arn:aws:lambda:us-east-1:111122223333:function:stack-Logical-ABC");
    // An interrupted create that is repeated finds what it made.
    assert_eq!(stack.create(name, function("one.zip", more)).await.unwrap(), made);

    let path = "111122223333/us-east-1/stack-Logical-ABC";
    let lambda = &stack.aws.services.lambda;
    let before = lambda.functions.get(path).unwrap().unwrap();
    assert_eq!((before.timeout, before.memory_size), (30, 256));
    assert_eq!(before.tags["team"], "x");
    let environment = json!({"Environment": {"Variables": {"RATE": 5}}});
    stack.update(name, &made.physical_id, function("two.zip", environment)).await;
    let after = lambda.functions.get(path).unwrap().unwrap();
    assert_ne!(after.code, before.code);
    assert_eq!((after.timeout, after.memory_size, after.environment["RATE"].as_str()), (3, 128, "5"));

    stack.delete(name, &made.physical_id, json!({})).await;
    assert!(lambda.functions.get(path).unwrap().is_none());
}

#[tokio::test]
async fn refuses_a_function_of_somebody_else_and_what_it_does_not_have() {
    let stack = Stack::new().await;
    let name = "AWS::Lambda::Function";
    let named = function("one.zip", json!({"FunctionName": "f"}));
    stack.create(name, named.clone()).await.unwrap();
    let lambda = &stack.aws.services.lambda;
    let key = FunctionKey::read(&stack.caller, "f").unwrap();
    lambda
        .change(&key, |function| {
            function.tags.clear();
            Ok(())
        })
        .unwrap();
    assert_eq!(stack.create(name, named).await.unwrap_err().message, "f already exists");
    let mounted = json!({"FileSystemConfigs": [{"Arn": "arn"}]});
    let mounted = stack.create(name, function("one.zip", mounted)).await.unwrap_err();
    assert!(mounted.message.contains("`FileSystemConfigs`"), "{mounted}");
    let missing = stack.create(name, function("three.zip", json!({}))).await.unwrap_err();
    assert!(missing.message.contains("S3 Error Code: NoSuchKey"), "{missing}");
}

#[tokio::test]
async fn provisions_a_permission_and_a_mapping() {
    let stack = Stack::new().await;
    stack.create("AWS::Lambda::Function", function("one.zip", json!({"FunctionName": "f"}))).await.unwrap();
    let properties = json!({
        "FunctionName": "f", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com",
    });
    let name = "AWS::Lambda::Permission";
    let made = stack.create(name, properties.clone()).await.unwrap();
    assert_eq!(stack.create(name, properties.clone()).await.unwrap(), made);
    let key = FunctionKey::read(&stack.caller, "f").unwrap();
    assert_eq!(stack.aws.services.lambda.function(&key).unwrap().permissions.len(), 1);
    stack.delete(name, &made.physical_id, properties).await;
    assert!(stack.aws.services.lambda.function(&key).unwrap().permissions.is_empty());

    let clock = stack.aws.clock.clone();
    let ticking = tokio::spawn(async move {
        loop {
            clock.advance(std::time::Duration::from_secs(1));
            tokio::task::yield_now().await;
        }
    });
    let stream = stack.create("AWS::Kinesis::Stream", json!({"Name": "s", "ShardCount": 1})).await.unwrap();
    ticking.abort();
    let name = "AWS::Lambda::EventSourceMapping";
    let properties = json!({
        "FunctionName": "f", "EventSourceArn": stream.attributes["Arn"],
        "StartingPosition": "LATEST", "BatchSize": "10", "Enabled": false,
    });
    let made = stack.create(name, properties.clone()).await.unwrap();
    assert_eq!(stack.create(name, properties.clone()).await.unwrap(), made);
    let lambda = &stack.aws.services.lambda;
    let mapping = lambda.mapping(&stack.caller, &made.physical_id).unwrap();
    assert_eq!((mapping.batch_size, mapping.enabled), (10, false));
    let mut changed = properties.clone();
    changed["BatchSize"] = json!(20);
    stack.update(name, &made.physical_id, changed).await;
    assert_eq!(lambda.mapping(&stack.caller, &made.physical_id).unwrap().batch_size, 20);
    stack.delete(name, &made.physical_id, properties).await;
    assert!(lambda.mapping(&stack.caller, &made.physical_id).is_err());
}
