//! An engine with a role for functions, and the steps that their tests take.

use std::io::{Cursor, Write};
use std::time::Duration;

use aws_sdk_kinesis::types::{PutRecordsRequestEntry, StreamStatus};
use aws_sdk_lambda::operation::create_event_source_mapping::builders::CreateEventSourceMappingFluentBuilder;
use aws_sdk_lambda::operation::invoke::InvokeOutput;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Environment, FunctionCode, LogType, Runtime};
use base64::Engine as _;
use hydrant_engine::{Config, Engine};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::sqs;
use crate::support::{ACCOUNT, TestEngine, eventually};

pub(crate) const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
    "Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
pub(crate) const RIGHTS: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*",
    "Action":["logs:*","kinesis:*","sqs:*","sns:*"]}]}"#;

/// Returns a deployment package with the example function `echo_function` as its `bootstrap`.
pub(crate) fn package() -> Blob {
    let folder = std::env::current_exe().expect("a test has a path");
    let folder =
        folder.parent().and_then(|deps| deps.parent()).expect("a test lies in target/<profile>/deps");
    let function = folder.join("examples").join("echo_function");
    let bootstrap = std::fs::read(&function).unwrap_or_else(|error| {
        panic!("{} is built by `cargo test` of the whole package: {error}", function.display())
    });
    zipped("bootstrap", 0o755, &bootstrap)
}

pub(crate) fn zipped(name: &str, mode: u32, contents: &[u8]) -> Blob {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    writer.start_file(name, options.unix_permissions(mode)).unwrap();
    writer.write_all(contents).unwrap();
    Blob::new(writer.finish().unwrap().into_inner())
}

/// An engine with a role that functions can run as.
pub(crate) struct Stage {
    pub(crate) engine: TestEngine,
    pub(crate) lambda: aws_sdk_lambda::Client,
    pub(crate) kinesis: aws_sdk_kinesis::Client,
    pub(crate) logs: aws_sdk_cloudwatchlogs::Client,
}

impl Stage {
    pub(crate) async fn on(engine: TestEngine) -> Self {
        let sdk = engine.sdk().await;
        Self {
            lambda: aws_sdk_lambda::Client::new(&sdk),
            kinesis: aws_sdk_kinesis::Client::new(&sdk),
            logs: aws_sdk_cloudwatchlogs::Client::new(&sdk),
            engine,
        }
    }

    /// Ends the engine and starts another one on its folder.
    pub(crate) async fn restart(self) -> Self {
        let TestEngine { engine, folder } = self.engine;
        let clock = engine.clock().clone();
        engine.stop().await;
        let config = Config { clock, ..Config::new(folder.path()) };
        let engine = Engine::start(config).await.expect("the engine starts again");
        Self::on(TestEngine { engine, folder }).await
    }

    pub(crate) async fn set() -> Self {
        Self::set_on(TestEngine::manual().await).await
    }

    /// Makes the role on an engine of its own kind.
    pub(crate) async fn set_on(engine: TestEngine) -> Self {
        let stage = Self::on(engine).await;
        stage.role("runner", TRUST).await;
        let rights = [("RoleName", "runner"), ("PolicyName", "rights"), ("PolicyDocument", RIGHTS)];
        stage.iam("PutRolePolicy", &rights).await;
        stage
    }

    pub(crate) async fn role(&self, name: &str, trust: &str) -> String {
        self.iam("CreateRole", &[("RoleName", name), ("AssumeRolePolicyDocument", trust)]).await;
        format!("arn:aws:iam::{ACCOUNT}:role/{name}")
    }

    /// Calls an operation of IAM, which must succeed.
    pub(crate) async fn iam(&self, operation: &str, parameters: &[(&str, &str)]) {
        let mut form = format!("Action={operation}&Version=2010-05-08");
        for (name, value) in parameters {
            form.push_str(&format!("&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
        }
        let url = self.engine.engine.url();
        let address = url.trim_start_matches("http://");
        let request = format!(
            "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nAuthorization: AWS4-HMAC-SHA256 \
             Credential={ACCOUNT}/20260115/us-east-1/iam/aws4_request, Signature=00\r\n\r\n{form}",
            form.len()
        );
        let mut connection = TcpStream::connect(address).await.unwrap();
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{operation}: {answer}");
    }

    pub(crate) fn runner(&self) -> String {
        format!("arn:aws:iam::{ACCOUNT}:role/runner")
    }

    /// Deploys the example function under `name`.
    pub(crate) async fn deploy(&self, name: &str, variables: &[(&str, &str)]) -> String {
        let environment = variables
            .iter()
            .fold(Environment::builder(), |environment, (name, value)| environment.variables(*name, *value));
        let function = self
            .lambda
            .create_function()
            .function_name(name)
            .role(self.runner())
            .runtime(Runtime::Providedal2023)
            .handler("bootstrap")
            .code(FunctionCode::builder().zip_file(package()).build())
            .environment(environment.build());
        function.send().await.unwrap().function_arn.unwrap()
    }

    pub(crate) async fn invoke(&self, name: &str, event: Value) -> InvokeOutput {
        let call = self.lambda.invoke().function_name(name).log_type(LogType::Tail);
        call.payload(Blob::new(event.to_string())).send().await.unwrap()
    }

    pub(crate) async fn answer(&self, name: &str, event: Value) -> Value {
        let output = self.invoke(name, event).await;
        assert_eq!(output.function_error, None, "{}", text(&output));
        serde_json::from_str(&text(&output)).unwrap()
    }

    pub(crate) async fn group(&self, name: &str) {
        self.logs.create_log_group().log_group_name(format!("/aws/lambda/{name}")).send().await.unwrap();
    }

    /// Returns the messages in a function's log group, stream after stream.
    pub(crate) async fn messages(&self, name: &str) -> Vec<String> {
        let group = format!("/aws/lambda/{name}");
        let streams = self.logs.describe_log_streams().log_group_name(&group).send().await.unwrap();
        let mut messages = Vec::new();
        for stream in streams.log_streams() {
            let name = stream.log_stream_name().unwrap_or_default();
            let events = self.logs.get_log_events().log_group_name(&group).log_stream_name(name);
            let events = events.start_from_head(true).send().await.unwrap();
            messages.extend(events.events().iter().filter_map(|event| event.message.clone()));
        }
        messages
    }

    /// Returns the messages that begin with `prefix`, once there are `count`.
    pub(crate) async fn messages_like(&self, name: &str, prefix: &str, count: usize) -> Vec<String> {
        eventually(&format!("{count} messages like `{prefix}`"), || async {
            let mut messages = self.messages(name).await;
            messages.retain(|message| message.starts_with(prefix));
            (messages.len() >= count)
                .then(|| messages.iter().map(|line| line.trim_end().to_owned()).collect())
        })
        .await
    }

    pub(crate) async fn stream(&self, name: &str) -> String {
        self.kinesis.create_stream().stream_name(name).shard_count(1).send().await.unwrap();
        // A new stream takes a moment of the engine's time.
        self.engine.advance(Duration::from_secs(5)).await;
        let summary = self.kinesis.describe_stream_summary().stream_name(name).send().await.unwrap();
        let summary = summary.stream_description_summary.unwrap();
        assert_eq!(summary.stream_status, StreamStatus::Active);
        summary.stream_arn
    }

    pub(crate) async fn put(&self, stream: &str, data: &[&str]) {
        self.put_under(stream, "key", data).await;
    }

    pub(crate) async fn put_under(&self, stream: &str, key: &str, data: &[&str]) {
        let entry = |data: &&str| {
            let entry = PutRecordsRequestEntry::builder().partition_key(key);
            entry.data(aws_sdk_kinesis::primitives::Blob::new(*data)).build().unwrap()
        };
        let records = data.iter().map(entry).collect();
        self.kinesis.put_records().stream_name(stream).set_records(Some(records)).send().await.unwrap();
    }

    /// Makes a queue and returns its URL and its ARN.
    pub(crate) async fn queue(&self, name: &str, attributes: Value) -> (String, String) {
        let url = sqs::queue(&self.engine.engine.url(), name, attributes).await;
        (url, format!("arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"))
    }

    pub(crate) async fn send(&self, queue: &str, bodies: &[&str]) {
        for body in bodies {
            let input = json!({"QueueUrl": queue, "MessageBody": body});
            sqs::done(&self.engine.engine.url(), "SendMessage", input).await;
        }
    }

    /// Returns how many messages are on a queue, visible or not.
    pub(crate) async fn on_queue(&self, queue: &str) -> u64 {
        let names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
        let input = json!({"QueueUrl": queue, "AttributeNames": names});
        let answer = sqs::done(&self.engine.engine.url(), "GetQueueAttributes", input).await;
        let number = |name| answer["Attributes"][name].as_str().unwrap().parse::<u64>().unwrap();
        names.into_iter().map(number).sum()
    }

    /// Waits until a queue holds so many messages.
    pub(crate) async fn holds(&self, queue: &str, count: u64) {
        eventually(&format!("{count} messages on the queue"), || async {
            (self.on_queue(queue).await == count).then_some(())
        })
        .await;
    }

    /// Begins a mapping of the function `consumer`.
    pub(crate) fn mapping(&self, source_arn: &str) -> CreateEventSourceMappingFluentBuilder {
        self.lambda.create_event_source_mapping().function_name("consumer").event_source_arn(source_arn)
    }
}

pub(crate) fn text(output: &InvokeOutput) -> String {
    let payload = output.payload.clone().map(Blob::into_inner).unwrap_or_default();
    String::from_utf8(payload).unwrap()
}

pub(crate) fn log(output: &InvokeOutput) -> String {
    let log = output.log_result.as_deref().unwrap_or_default();
    String::from_utf8(base64::engine::general_purpose::STANDARD.decode(log).unwrap()).unwrap()
}
