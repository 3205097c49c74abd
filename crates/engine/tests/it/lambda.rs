//! Functions as their callers meet them: deployed, invoked, limited, fed from a stream, and gone again.

use std::io::{Cursor, Write};
use std::time::Duration;

use aws_sdk_kinesis::types::{PutRecordsRequestEntry, StreamStatus};
use aws_sdk_lambda::operation::invoke::InvokeOutput;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{
    Environment, EventSourcePosition, FunctionCode, InvocationType, LogType, Runtime, State,
};
use base64::Engine as _;
use hydrant_engine::{Config, Engine};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::support::{ACCOUNT, TestEngine, eventually};

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
    "Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
const RIGHTS: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*",
    "Action":["logs:*","kinesis:*"]}]}"#;

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
    kinesis: aws_sdk_kinesis::Client,
    logs: aws_sdk_cloudwatchlogs::Client,
}

impl Stage {
    async fn on(engine: TestEngine) -> Self {
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
        let stage = Self::on(TestEngine::manual().await).await;
        stage.role("runner", TRUST).await;
        let rights = [("RoleName", "runner"), ("PolicyName", "rights"), ("PolicyDocument", RIGHTS)];
        stage.iam("PutRolePolicy", &rights).await;
        stage
    }

    async fn role(&self, name: &str, trust: &str) -> String {
        self.iam("CreateRole", &[("RoleName", name), ("AssumeRolePolicyDocument", trust)]).await;
        format!("arn:aws:iam::{ACCOUNT}:role/{name}")
    }

    /// Calls an operation of IAM, which must succeed.
    async fn iam(&self, operation: &str, parameters: &[(&str, &str)]) {
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

    async fn group(&self, name: &str) {
        self.logs.create_log_group().log_group_name(format!("/aws/lambda/{name}")).send().await.unwrap();
    }

    /// Returns the messages in a function's log group, stream after stream.
    async fn messages(&self, name: &str) -> Vec<String> {
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
    async fn messages_like(&self, name: &str, prefix: &str, count: usize) -> Vec<String> {
        eventually(&format!("{count} messages like `{prefix}`"), || async {
            let mut messages = self.messages(name).await;
            messages.retain(|message| message.starts_with(prefix));
            (messages.len() >= count)
                .then(|| messages.iter().map(|line| line.trim_end().to_owned()).collect())
        })
        .await
    }

    async fn stream(&self, name: &str) -> String {
        self.kinesis.create_stream().stream_name(name).shard_count(1).send().await.unwrap();
        // A new stream takes a moment of the engine's time.
        self.engine.advance(Duration::from_secs(5)).await;
        let summary = self.kinesis.describe_stream_summary().stream_name(name).send().await.unwrap();
        let summary = summary.stream_description_summary.unwrap();
        assert_eq!(summary.stream_status, StreamStatus::Active);
        summary.stream_arn
    }

    async fn put(&self, stream: &str, data: &[&str]) {
        let entry = |data: &&str| {
            let entry = PutRecordsRequestEntry::builder().partition_key("key");
            entry.data(aws_sdk_kinesis::primitives::Blob::new(*data)).build().unwrap()
        };
        let records = data.iter().map(entry).collect();
        self.kinesis.put_records().stream_name(stream).set_records(Some(records)).send().await.unwrap();
    }
}

fn text(output: &InvokeOutput) -> String {
    let payload = output.payload.clone().map(Blob::into_inner).unwrap_or_default();
    String::from_utf8(payload).unwrap()
}

fn log(output: &InvokeOutput) -> String {
    let log = output.log_result.as_deref().unwrap_or_default();
    String::from_utf8(base64::engine::general_purpose::STANDARD.decode(log).unwrap()).unwrap()
}

#[tokio::test]
async fn runs_a_function_in_the_environment_that_aws_gives() {
    let stage = Stage::set().await;
    let arn = stage.deploy("echo", &[("GREETING", "hello")]).await;
    assert_eq!(arn, format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:echo"));

    assert_eq!(stage.answer("echo", json!({"a": [1, "ü"]})).await, json!({"a": [1, "ü"]}));
    let answer = stage.answer(&arn, json!({"do": "environment"})).await;
    let variables = answer["variables"].as_object().unwrap();
    for (name, value) in [
        ("GREETING", "hello"),
        ("AWS_LAMBDA_FUNCTION_NAME", "echo"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/echo"),
        ("AWS_REGION", "us-east-1"),
        ("_HANDLER", "bootstrap"),
        ("AWS_ENDPOINT_URL", &stage.engine.engine.url()),
        ("LAMBDA_TASK_ROOT", answer["folder"].as_str().unwrap()),
    ] {
        assert_eq!(variables[name], value, "{name}");
    }
    assert!(!variables.contains_key("CARGO_MANIFEST_DIR"), "nothing of the host's environment gets in");
    assert_eq!(answer["headers"]["lambda-runtime-invoked-function-arn"], arn.as_str());
}

#[tokio::test]
async fn uses_a_process_again_until_the_function_changes() {
    let stage = Stage::set().await;
    stage.deploy("warm", &[]).await;
    let first = stage.answer("warm", json!({"do": "count"})).await;
    let second = stage.answer("warm", json!({"do": "count"})).await;
    assert_eq!((&first["count"], &second["count"]), (&json!(1), &json!(2)));
    assert_eq!(first["pid"], second["pid"]);

    stage.lambda.update_function_configuration().function_name("warm").timeout(9).send().await.unwrap();
    let third = stage.answer("warm", json!({"do": "count"})).await;
    assert_eq!(third["count"], 1);

    // Two at once need two processes.
    let slow = stage.invoke("warm", json!({"do": "sleep", "n": 300}));
    let (slow, fast) = tokio::join!(slow, stage.answer("warm", json!({"do": "echo"})));
    assert_eq!((text(&slow), fast), ("\"awake\"".to_owned(), json!({"do": "echo"})));
}

#[tokio::test]
async fn writes_the_log_as_aws_does() {
    let stage = Stage::set().await;
    stage.deploy("logger", &[]).await;
    stage.group("logger").await;
    let output = stage.invoke("logger", json!({"do": "log"})).await;
    let lines: Vec<String> =
        stage.messages("logger").await.iter().map(|line| line.trim_end().to_owned()).collect();
    assert!(lines[0].starts_with("INIT_START Runtime Version: provided:al2023"), "{lines:?}");
    assert!(
        lines[1].starts_with("START RequestId: ") && lines[1].ends_with(" Version: $LATEST"),
        "{lines:?}"
    );
    assert_eq!(lines[2..5], ["first", "second", "third"]);
    assert!(lines[5].starts_with("END RequestId: "), "{lines:?}");
    let report = &lines[6];
    for part in ["REPORT RequestId: ", "\tBilled Duration: ", "\tMemory Size: 128 MB\t", "\tInit Duration: "]
    {
        assert!(report.contains(part), "{report}");
    }
    assert_eq!(lines.len(), 7);
    assert!(log(&output).starts_with("START RequestId: ") && log(&output).contains("first\nsecond\n"));

    let streams =
        stage.logs.describe_log_streams().log_group_name("/aws/lambda/logger").send().await.unwrap();
    let name = streams.log_streams()[0].log_stream_name().unwrap();
    assert!(name.starts_with("2026/01/15/[$LATEST]") && name.len() == 20 + 32, "{name}");
}

#[tokio::test]
async fn makes_its_log_group_where_the_role_may() {
    let stage = Stage::set().await;
    stage.deploy("quiet", &[]).await;
    stage.answer("quiet", json!({"do": "echo"})).await;
    assert!(stage.messages("quiet").await.iter().any(|line| line.starts_with("REPORT ")));

    let rights = RIGHTS.replace("logs:*", "logs:PutLogEvents");
    let rights = [("RoleName", "runner"), ("PolicyName", "rights"), ("PolicyDocument", rights.as_str())];
    stage.iam("PutRolePolicy", &rights).await;
    stage.deploy("mute", &[]).await;
    stage.answer("mute", json!({"do": "echo"})).await;
    let groups = stage.logs.describe_log_groups().send().await.unwrap();
    let names: Vec<_> = groups.log_groups().iter().filter_map(|group| group.log_group_name()).collect();
    assert_eq!(names, ["/aws/lambda/quiet"]);
}

#[tokio::test]
async fn reports_what_a_function_does_wrong() {
    let stage = Stage::set().await;
    stage.deploy("wrong", &[]).await;
    stage.lambda.update_function_configuration().function_name("wrong").timeout(1).send().await.unwrap();

    let failed = stage.invoke("wrong", json!({"do": "fail"})).await;
    assert_eq!(failed.function_error.as_deref(), Some("Unhandled"));
    assert_eq!(text(&failed), r#"{"errorType":"Test.Failed","errorMessage":"as you wish"}"#);

    let exited = stage.invoke("wrong", json!({"do": "exit", "n": 7})).await;
    assert!(text(&exited).starts_with(r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: "#));
    assert!(
        text(&exited).ends_with(r#" Error: Runtime exited with error: exit status 7"}"#),
        "{}",
        text(&exited)
    );
    assert!(log(&exited).contains("\tStatus: error\tError Type: Runtime.ExitError"), "{}", log(&exited));

    let aborted = stage.invoke("wrong", json!({"do": "abort"})).await;
    assert!(text(&aborted).contains("signal: aborted"), "{}", text(&aborted));

    let slow = stage.invoke("wrong", json!({"do": "sleep", "n": 60_000})).await;
    assert_eq!(slow.function_error.as_deref(), Some("Unhandled"));
    assert!(text(&slow).ends_with(r#" Task timed out after 1.00 seconds"}"#), "{}", text(&slow));
    assert!(log(&slow).contains("Task timed out after 1.00 seconds"), "{}", log(&slow));

    let large = stage.invoke("wrong", json!({"do": "large", "n": 6_291_557})).await;
    assert!(text(&large).contains("Function.ResponseSizeTooLarge"), "{}", text(&large));
    assert_eq!(stage.answer("wrong", json!({"do": "echo"})).await, json!({"do": "echo"}));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn stops_a_function_that_takes_too_much_memory() {
    let stage = Stage::set().await;
    stage.deploy("greedy", &[]).await;
    stage.lambda.update_function_configuration().function_name("greedy").timeout(30).send().await.unwrap();
    let output = stage.invoke("greedy", json!({"do": "allocate", "n": 200})).await;
    assert!(text(&output).contains("Runtime.OutOfMemory"), "{}", text(&output));
    assert!(text(&output).contains("Runtime exited with error: signal: killed"), "{}", text(&output));
}

#[tokio::test]
async fn reports_a_function_that_does_not_start() {
    let stage = Stage::set().await;
    stage.deploy("broken", &[("INIT", "fail")]).await;
    let output = stage.invoke("broken", json!({})).await;
    assert_eq!(text(&output), r#"{"errorType":"Test.NotReady","errorMessage":"not today"}"#);

    stage.deploy("leaving", &[("INIT", "exit")]).await;
    let output = stage.invoke("leaving", json!({})).await;
    assert!(text(&output).contains("Runtime exited with error: exit status 3"), "{}", text(&output));

    for (contents, name, mode, message) in [
        ("x", "other", 0o755, "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"),
        ("x", "bootstrap", 0o644, "fork/exec /var/task/bootstrap: permission denied"),
        ("no program", "bootstrap", 0o755, "fork/exec /var/task/bootstrap: exec format error"),
    ] {
        let code = stage.lambda.update_function_code().function_name("broken");
        code.zip_file(zipped(name, mode, contents.as_bytes())).send().await.unwrap();
        let output = stage.invoke("broken", json!({})).await;
        assert!(text(&output).contains(r#""errorType":"Runtime.InvalidEntrypoint""#), "{}", text(&output));
        assert!(text(&output).contains(message), "{}", text(&output));
    }
}

#[tokio::test]
async fn refuses_a_role_that_lambda_may_not_assume() {
    let stage = Stage::set().await;
    let other = stage.role("other", &TRUST.replace("lambda.", "firehose.")).await;
    for role in [other, format!("arn:aws:iam::{ACCOUNT}:role/missing")] {
        let function = stage.lambda.create_function().function_name("f").role(role);
        let function = function.runtime(Runtime::Providedal2023).handler("bootstrap");
        let code = FunctionCode::builder().zip_file(package()).build();
        let error = function.code(code).send().await.unwrap_err().into_service_error();
        assert!(error.is_invalid_parameter_value_exception(), "{error:?}");
        let message = error.meta().message().unwrap_or_default();
        assert_eq!(message, "The role defined for the function cannot be assumed by Lambda.");
    }
}

#[tokio::test]
async fn refuses_code_that_is_not_there() {
    let stage = Stage::set().await;
    let sdk = stage.engine.sdk().await;
    let s3 =
        aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(&sdk).force_path_style(true).build());
    s3.create_bucket().bucket("packages").send().await.unwrap();
    let create = || {
        let function = stage.lambda.create_function().function_name("from-s3").role(stage.runner());
        let code = FunctionCode::builder().s3_bucket("packages").s3_key("function.zip").build();
        function.runtime(Runtime::Providedal2023).handler("bootstrap").code(code).send()
    };
    let error = create().await.unwrap_err().into_service_error();
    let expected = "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified \
                    key does not exist.";
    assert_eq!(error.meta().message(), Some(expected));

    let body = package().into_inner();
    s3.put_object().bucket("packages").key("function.zip").body(body.into()).send().await.unwrap();
    create().await.unwrap();
    assert_eq!(stage.answer("from-s3", json!(1)).await, json!(1));
}

#[tokio::test]
async fn describes_lists_and_forgets_functions() {
    let stage = Stage::set().await;
    for name in ["a", "b", "c"] {
        stage.deploy(name, &[]).await;
    }
    let duplicate = stage.lambda.create_function().function_name("a").role(stage.runner());
    let duplicate = duplicate.runtime(Runtime::Providedal2023).handler("bootstrap");
    let code = FunctionCode::builder().zip_file(package()).build();
    let error = duplicate.code(code).send().await.unwrap_err().into_service_error();
    assert!(error.is_resource_conflict_exception(), "{error:?}");

    let function = stage.lambda.get_function().function_name("a").send().await.unwrap();
    assert_eq!(function.configuration.unwrap().state, Some(State::Active));
    let first = stage.lambda.list_functions().max_items(2).send().await.unwrap();
    assert_eq!(first.functions().len(), 2);
    let second = stage.lambda.list_functions().marker(first.next_marker.unwrap()).send().await.unwrap();
    assert_eq!(second.functions()[0].function_name(), Some("c"));
    assert_eq!(second.next_marker, None);

    stage.lambda.delete_function().function_name("a").send().await.unwrap();
    let error = stage.lambda.get_function().function_name("a").send().await.unwrap_err().into_service_error();
    assert!(error.is_resource_not_found_exception());
    assert_eq!(
        error.meta().message(),
        Some(format!("Function not found: arn:aws:lambda:us-east-1:{ACCOUNT}:function:a").as_str())
    );
    assert!(!stage.engine.folder.path().join(format!("lambda/{ACCOUNT}/us-east-1/a")).exists());
}

#[tokio::test]
async fn keeps_permissions_as_a_policy() {
    let stage = Stage::set().await;
    stage.deploy("f", &[]).await;
    let add = || {
        let permission = stage.lambda.add_permission().function_name("f").statement_id("s3");
        let permission = permission.action("lambda:InvokeFunction").principal("s3.amazonaws.com");
        permission.source_account(ACCOUNT).send()
    };
    add().await.unwrap();
    assert!(add().await.unwrap_err().into_service_error().is_resource_conflict_exception());
    let policy = stage.lambda.get_policy().function_name("f").send().await.unwrap().policy.unwrap();
    let policy: Value = serde_json::from_str(&policy).unwrap();
    assert_eq!(policy["Statement"][0]["Condition"]["StringEquals"]["AWS:SourceAccount"], ACCOUNT);
    stage.lambda.remove_permission().function_name("f").statement_id("s3").send().await.unwrap();
    let gone = stage.lambda.get_policy().function_name("f").send().await.unwrap_err();
    assert!(gone.into_service_error().is_resource_not_found_exception());
}

#[tokio::test]
async fn refuses_more_invocations_than_are_reserved() {
    let stage = Stage::set().await;
    stage.deploy("f", &[]).await;
    let reserve = stage.lambda.put_function_concurrency().function_name("f");
    reserve.reserved_concurrent_executions(0).send().await.unwrap();
    let call = stage.lambda.invoke().function_name("f").customize().config_override(
        aws_sdk_lambda::config::Builder::new()
            .retry_config(aws_sdk_lambda::config::retry::RetryConfig::disabled()),
    );
    let error = call.send().await.unwrap_err().into_service_error();
    assert!(error.is_too_many_requests_exception(), "{error:?}");
}

#[tokio::test]
async fn tries_an_event_three_times() {
    let stage = Stage::set().await;
    stage.deploy("f", &[]).await;
    stage.group("f").await;
    let call = stage.lambda.invoke().function_name("f").invocation_type(InvocationType::Event);
    let output = call.payload(Blob::new(r#"{"do":"fail"}"#)).send().await.unwrap();
    assert_eq!(output.status_code, 202);
    let first = stage.messages_like("f", "START ", 1).await;
    stage.engine.advance(Duration::from_secs(90)).await;
    stage.messages_like("f", "START ", 2).await;
    stage.engine.advance(Duration::from_secs(150)).await;
    let all = stage.messages_like("f", "START ", 3).await;
    assert!(all.iter().all(|line| *line == first[0]), "every attempt has the id of the event: {all:?}");
    stage.engine.advance(Duration::from_secs(600)).await;
    assert_eq!(stage.messages_like("f", "START ", 3).await.len(), 3);
}

#[tokio::test]
async fn feeds_a_function_from_a_stream() {
    let stage = Stage::set().await;
    stage.deploy("consumer", &[]).await;
    stage.group("consumer").await;
    let stream_arn = stage.stream("positions").await;
    stage.put("positions", &["one", "two"]).await;
    let mapping = stage.lambda.create_event_source_mapping().function_name("consumer");
    let mapping = mapping.event_source_arn(&stream_arn).starting_position(EventSourcePosition::TrimHorizon);
    let mapping = mapping.send().await.unwrap();
    assert_eq!(mapping.state.as_deref(), Some("Creating"));
    let uuid = mapping.uuid.unwrap();
    stage.messages_like("consumer", "record ", 2).await;
    stage.put("positions", &["three"]).await;
    let records = stage.messages_like("consumer", "record ", 3).await;
    assert_eq!(records, ["record one", "record two", "record three"]);

    let described = stage.lambda.get_event_source_mapping().uuid(&uuid).send().await.unwrap();
    assert_eq!((described.state.as_deref(), described.batch_size), (Some("Enabled"), Some(100)));

    // A pause loses nothing.
    let update = |enabled| stage.lambda.update_event_source_mapping().uuid(&uuid).enabled(enabled).send();
    update(false).await.unwrap();
    stage.put("positions", &["four"]).await;
    update(true).await.unwrap();
    let records = stage.messages_like("consumer", "record ", 4).await;
    assert_eq!(records.last().map(String::as_str), Some("record four"));
    assert_eq!(records.len(), 4);

    stage.lambda.delete_event_source_mapping().uuid(&uuid).send().await.unwrap();
    eventually("the mapping is gone", || async {
        stage.lambda.get_event_source_mapping().uuid(&uuid).send().await.err()
    })
    .await;
}

#[tokio::test]
async fn reads_from_now_on_with_latest_and_waits_for_its_window() {
    let stage = Stage::set().await;
    stage.deploy("consumer", &[]).await;
    stage.group("consumer").await;
    let stream_arn = stage.stream("positions").await;
    stage.put("positions", &["before"]).await;
    let mapping = stage.lambda.create_event_source_mapping().function_name("consumer");
    let mapping = mapping.event_source_arn(&stream_arn).starting_position(EventSourcePosition::Latest);
    mapping.maximum_batching_window_in_seconds(30).send().await.unwrap();
    stage.put("positions", &["one"]).await;
    stage.engine.advance(Duration::from_secs(20)).await;
    stage.put("positions", &["two"]).await;
    stage.engine.advance(Duration::from_secs(11)).await;
    let records = stage.messages_like("consumer", "record ", 2).await;
    assert_eq!(records, ["record one", "record two"]);
    assert_eq!(stage.messages_like("consumer", "batch of ", 1).await, ["batch of 2"]);
}

#[tokio::test]
async fn goes_on_from_the_record_that_a_function_reports() {
    let stage = Stage::set().await;
    stage.deploy("consumer", &[("POISON", "report")]).await;
    stage.group("consumer").await;
    let stream_arn = stage.stream("positions").await;
    stage.put("positions", &["one", "poison", "three"]).await;
    let mapping = stage.lambda.create_event_source_mapping().function_name("consumer");
    let mapping = mapping.event_source_arn(&stream_arn).starting_position(EventSourcePosition::TrimHorizon);
    let mapping = mapping.maximum_retry_attempts(1).bisect_batch_on_function_error(true);
    let types = aws_sdk_lambda::types::FunctionResponseType::ReportBatchItemFailures;
    mapping.function_response_types(types).send().await.unwrap();
    stage.messages_like("consumer", "batch of ", 1).await;
    stage.engine.advance(Duration::from_secs(20)).await;
    let batches = stage.messages_like("consumer", "batch of ", 2).await;
    assert_eq!(batches, ["batch of 3", "batch of 2"]);
    // The batch was given up after its one retry, and the shard goes on.
    stage.put("positions", &["four"]).await;
    let records = stage.messages_like("consumer", "record ", 2).await;
    assert_eq!(records, ["record one", "record four"]);
}

#[tokio::test]
async fn splits_a_batch_around_a_poisoned_record() {
    let stage = Stage::set().await;
    stage.deploy("consumer", &[]).await;
    stage.group("consumer").await;
    let stream_arn = stage.stream("positions").await;
    stage.put("positions", &["one", "two", "poison", "four"]).await;
    let mapping = stage.lambda.create_event_source_mapping().function_name("consumer");
    let mapping = mapping.event_source_arn(&stream_arn).starting_position(EventSourcePosition::TrimHorizon);
    mapping.maximum_retry_attempts(0).bisect_batch_on_function_error(true).send().await.unwrap();
    let records = stage.messages_like("consumer", "record four", 1).await;
    assert_eq!(records.len(), 1);
    let batches = stage.messages_like("consumer", "batch of ", 5).await;
    assert_eq!(batches, ["batch of 4", "batch of 2", "batch of 2", "batch of 1", "batch of 1"]);
}

#[tokio::test]
async fn refuses_a_mapping_whose_role_cannot_read_the_stream() {
    let stage = Stage::set().await;
    stage.deploy("consumer", &[]).await;
    let stream_arn = stage.stream("positions").await;
    let create = |arn: String| {
        let mapping = stage.lambda.create_event_source_mapping().function_name("consumer");
        mapping.event_source_arn(arn).starting_position(EventSourcePosition::TrimHorizon).send()
    };
    let missing = format!("arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/missing");
    let error = create(missing.clone()).await.unwrap_err().into_service_error();
    assert_eq!(error.meta().message(), Some(format!("Stream not found: {missing}").as_str()));

    stage.iam("DeleteRolePolicy", &[("RoleName", "runner"), ("PolicyName", "rights")]).await;
    let error = create(stream_arn.clone()).await.unwrap_err().into_service_error();
    let expected = format!(
        "Cannot access stream {stream_arn}. Please ensure the role can perform the GetRecords, \
         GetShardIterator, DescribeStream, ListShards, and ListStreams Actions on your stream in IAM."
    );
    assert_eq!(error.meta().message(), Some(expected.as_str()));
}

#[tokio::test]
async fn goes_on_where_it_was_when_the_engine_ended() {
    let stage = Stage::set().await;
    stage.deploy("consumer", &[]).await;
    stage.group("consumer").await;
    let stream_arn = stage.stream("positions").await;
    let mapping = stage.lambda.create_event_source_mapping().function_name("consumer");
    let mapping = mapping.event_source_arn(&stream_arn).starting_position(EventSourcePosition::Latest);
    mapping.send().await.unwrap();
    stage.put("positions", &["one"]).await;
    stage.messages_like("consumer", "record ", 1).await;
    eventually("the batch is noted", || async {
        let mappings = stage.lambda.list_event_source_mappings().send().await.unwrap();
        (mappings.event_source_mappings()[0].last_processing_result() == Some("OK")).then_some(())
    })
    .await;
    // An event that waits for its retry.
    let call = stage.lambda.invoke().function_name("consumer").invocation_type(InvocationType::Event);
    call.payload(Blob::new(r#"{"do":"fail"}"#)).send().await.unwrap();
    stage.messages_like("consumer", "START ", 2).await;

    let stage = stage.restart().await;
    stage.put("positions", &["two"]).await;
    // On a clock that stands still, the order between two log streams is open.
    let mut records = stage.messages_like("consumer", "record ", 2).await;
    records.sort();
    assert_eq!(records, ["record one", "record two"]);
    stage.engine.advance(Duration::from_secs(90)).await;
    stage.messages_like("consumer", "START ", 4).await;
}

/// Where the test below tells the engine in its own process what to do.
const KILLED_ENGINE: &str = "HYDRANT_TEST_KILLED_ENGINE";

#[tokio::test]
#[ignore = "runs in a process of its own, which another test kills"]
async fn waits_to_be_killed() {
    let Some(file) = std::env::var_os(KILLED_ENGINE) else { return };
    let stage = Stage::set().await;
    stage.deploy("f", &[]).await;
    let answer = stage.answer("f", json!({"do": "count"})).await;
    std::fs::write(&file, answer["pid"].to_string()).unwrap();
    std::future::pending::<()>().await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn leaves_no_process_behind_when_it_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let mut engine = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "lambda::waits_to_be_killed", "--ignored"])
        .env(KILLED_ENGINE, &file)
        // Its folder stays behind when it is killed.
        .env("TMPDIR", folder.path())
        .stdout(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let function = eventually("the function runs", || async {
        let pid = std::fs::read_to_string(&file).ok().filter(|pid| !pid.is_empty())?;
        Some(std::path::PathBuf::from(format!("/proc/{pid}")))
    })
    .await;
    assert!(function.exists());
    engine.kill().await.unwrap();
    eventually("the function's process is gone", || async { (!function.exists()).then_some(()) }).await;
}
