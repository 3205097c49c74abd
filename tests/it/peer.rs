//! The journey again, on a server that others wrote: nothing in the client may lean on the local engine.
//!
//! ministack is far more permissive than AWS, so what must be refused is tested on the local engine only.

mod ministack;
pub mod python;

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::environment::{TestEnvironment, repository, s3, sdk};
use ministack::Ministack;

const STACK: &str = "stacks/telemetric.yaml";

#[test]
fn goes_from_nothing_to_nothing_on_another_server() {
    let Some(server) = Ministack::start() else { return };
    let room = TestEnvironment::at(&server.url());
    room.telemetric(|text| text);

    // To look at what would be made makes nothing.
    let planned = room.run_there(&["diff", STACK, "--exit-code"]);
    assert_eq!(planned.code, 3, "{planned}");
    assert!(planned.stdout.contains("14 to add, 0 to change, 0 to replace, 0 to remove"), "{planned}");
    assert_nothing_is_left(&server.url());

    let deployed = room.run_there(&["deploy", STACK, "--yes", "--format", "json"]);
    assert_eq!(deployed.code, 0, "{deployed}");
    let outputs = deployed.json();
    assert_eq!(outputs["TelemetricStreamName"], "TelemetricStream");
    let again = room.run_there(&["deploy", STACK, "--yes"]);
    assert_eq!(again.code, 0, "{again}");
    assert!(again.stderr.contains("Nothing to change"), "{again}");
    let same = room.run_there(&["diff", STACK, "--exit-code"]);
    assert_eq!(same.code, 0, "{same}");

    // A change in place reaches only the resource itself, a replacement all that refers to it.
    room.telemetric(|text| text.replace("shards: 1", "shards: 2"));
    assert_eq!(room.run_there(&["diff", STACK, "--exit-code"]).code, 3);
    let changes = room.run_there(&["diff", STACK, "--format", "json"]).json();
    assert_eq!(changes.as_array().map(Vec::len), Some(1), "{changes:#}");
    assert_eq!(changes[0]["logical_id"], "TelemetricStream");
    assert_eq!(
        (&changes[0]["before"], &changes[0]["after"]),
        (&json!({"ShardCount": 1}), &json!({"ShardCount": 2}))
    );
    assert_eq!((&changes[0]["replacement"], &changes[0]["loses"]), (&json!(false), &Value::Null));
    assert_renaming_replaces(&room);

    // Objects are lost only with consent.
    put_object(&server.url(), outputs["TelemetricDataBucketName"].as_str().expect("the bucket is an output"));
    let refused = room.run_there(&["destroy", STACK, "--yes"]);
    assert_eq!(refused.code, 2, "{refused}");
    assert!(refused.stderr.contains("1 object") && refused.stderr.contains("--delete-data"), "{refused}");
    let destroyed = room.run_there(&["destroy", STACK, "--yes", "--delete-data", "--no-drain"]);
    assert_eq!(destroyed.code, 0, "{destroyed}");
    assert_nothing_is_left(&server.url());
}

#[test]
fn renders_what_cfn_lint_finds_nothing_in() {
    let Some(cfn_lint) = python::program("cfn-lint", "1.58.0") else { return };
    let room = TestEnvironment::new();
    for stack in std::fs::read_dir(repository().join("stacks")).expect("there are stacks").flatten() {
        let path = stack.path().display().to_string();
        let rendered = room.run_there(&["render", &path]);
        assert_eq!(rendered.code, 0, "{rendered}");
        room.write("template.yaml", &rendered.stdout);
        let mut command = Command::new(&cfn_lint);
        let output = command.args(["--include-checks", "I", "--"]).arg(room.path("template.yaml")).output();
        let output = output.expect("cfn-lint can be run");
        assert!(output.status.success(), "{path}: {}", String::from_utf8_lossy(&output.stdout));
    }
}

/// Looks at, refuses and carries out the renaming of the deployed stream.
fn assert_renaming_replaces(room: &TestEnvironment) {
    room.telemetric(|text| text.replace("shards: 1", "shards: 1\n    name: Positions"));
    let changes = room.run_there(&["diff", STACK, "--format", "json"]).json();
    let change = |id: &str| {
        let mut changes = changes.as_array().into_iter().flatten();
        changes.find(|change| change["logical_id"] == id).unwrap_or_else(|| panic!("no {id} in {changes:?}"))
    };
    let stream = change("TelemetricStream");
    assert_eq!((&stream["action"], &stream["replacement"]), (&json!("replace"), &json!(true)));
    assert_eq!(
        (&stream["before"]["Name"], &stream["after"]["Name"]),
        (&json!("TelemetricStream"), &json!("Positions"))
    );
    assert_eq!(stream["loses"], "the records in it");
    assert_eq!(change("TelemetricToS3")["loses"], "the records in its buffer (up to 1 MiB or 60 s of them)");
    assert_eq!(change("ConsumePositionsFromTelemetricStream")["action"], "replace");
    assert_eq!(change("ProducePositions")["action"], "modify");

    let refused = room.run_there(&["deploy", STACK, "--yes"]);
    assert_eq!(refused.code, 2, "{refused}");
    assert!(refused.stderr.contains("TelemetricStream loses the records in it"), "{refused}");
    let deployed = room.run_there(&["deploy", STACK, "--yes", "--delete-data"]);
    assert_eq!(deployed.code, 0, "{deployed}");
    assert_eq!(
        room.run_there(&["outputs", STACK, "--format", "json"]).json()["TelemetricStreamName"],
        "Positions"
    );
    assert_eq!(room.run_there(&["diff", STACK, "--exit-code"]).code, 0);
}

#[test]
fn goes_on_on_another_server_where_a_killed_deployment_stopped() {
    let Some(server) = Ministack::start() else { return };
    let room = TestEnvironment::at(&server.url());
    room.telemetric(|text| text);
    // Once with a plan and nothing made yet, once while the stack is being made.
    for moment in ["14 to add", "CREATE_IN_PROGRESS"] {
        kill_at(moment, room.command_there(&["deploy", STACK, "--yes"]));
        let again = room.run_there(&["deploy", STACK, "--yes"]);
        assert_eq!(again.code, 0, "{again}");
        assert_is_there_once(&server.url());
        let destroyed = room.run_there(&["destroy", STACK, "--yes", "--delete-data", "--no-drain"]);
        assert_eq!(destroyed.code, 0, "{destroyed}");
        assert_nothing_is_left(&server.url());
    }
}

/// Runs a command and kills it as soon as `text` is on its screen.
fn kill_at(text: &str, mut command: Command) {
    use std::io::BufRead;

    let mut child =
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program can be run");
    let screen = std::io::BufReader::new(child.stderr.take().expect("stderr is a pipe"));
    let is_seen = screen.lines().map_while(Result::ok).any(|line| line.contains(text));
    child.kill().expect("the child is ours");
    let _ = child.wait();
    assert!(is_seen, "`{text}` was never on the screen");
}

#[test]
fn clears_away_a_create_that_failed_on_another_server() {
    let Some(server) = Ministack::start() else { return };
    let room = TestEnvironment::at(&server.url());
    room.telemetric(|text| text);
    let bucket = "telemetric-data-000000000000-us-east-1-an";
    create_bucket(&server.url(), bucket);
    let failed = room.run_there(&["deploy", STACK, "--yes"]);
    assert_eq!(failed.code, 4, "{failed}");
    assert!(failed.stderr.contains("TelemetricDataBucket (AWS::S3::Bucket) failed:"), "{failed}");
    delete_bucket(&server.url(), bucket);
    assert_nothing_is_left(&server.url());
}

#[tokio::main(flavor = "current_thread")]
async fn put_object(url: &str, bucket: &str) {
    let body = aws_sdk_s3::primitives::ByteStream::from_static(b"a record");
    s3(url)
        .await
        .put_object()
        .bucket(bucket)
        .key("gps/one")
        .body(body)
        .send()
        .await
        .expect("an object can be put");
}

#[tokio::main(flavor = "current_thread")]
async fn create_bucket(url: &str, bucket: &str) {
    s3(url).await.create_bucket().bucket(bucket).send().await.expect("a bucket can be made");
}

#[tokio::main(flavor = "current_thread")]
async fn delete_bucket(url: &str, bucket: &str) {
    s3(url).await.delete_bucket().bucket(bucket).send().await.expect("the bucket is there and empty");
}

/// Asks every service, with the SDK's own clients, whether it has each of the stack's resources once.
#[tokio::main(flavor = "current_thread")]
async fn assert_is_there_once(url: &str) {
    let config = sdk(url).await;
    let cloudformation = aws_sdk_cloudformation::Client::new(&config);
    let stacks = cloudformation.describe_stacks().send().await.expect("stacks can be listed");
    let stacks: Vec<_> =
        stacks.stacks().iter().map(|stack| (stack.stack_name(), stack.stack_status())).collect();
    let complete = aws_sdk_cloudformation::types::StackStatus::CreateComplete;
    assert_eq!(stacks, [(Some("telemetric-dev"), Some(&complete))]);
    let resources = cloudformation.list_stack_resources().stack_name("telemetric-dev").send().await;
    let resources = resources.expect("the stack's resources can be listed");
    assert_eq!(resources.stack_resource_summaries().len(), 14);
    let streams = aws_sdk_kinesis::Client::new(&config).list_streams().send().await;
    assert_eq!(streams.expect("streams can be listed").stream_names(), ["TelemetricStream"]);
    let lambda = aws_sdk_lambda::Client::new(&config);
    let functions = lambda.list_functions().send().await.expect("functions can be listed");
    assert_eq!(functions.functions().len(), 2);
    let mappings = lambda.list_event_source_mappings().send().await.expect("mappings can be listed");
    assert_eq!(mappings.event_source_mappings().len(), 1);
    let buckets = s3(url).await.list_buckets().send().await.expect("buckets can be listed");
    assert_eq!(buckets.buckets().len(), 2, "the data's and the code's");
    let groups = aws_sdk_cloudwatchlogs::Client::new(&config).describe_log_groups().send().await;
    assert_eq!(groups.expect("log groups can be listed").log_groups().len(), 3);
}

/// Asks every service, with the SDK's own clients, whether it still has something.
#[tokio::main(flavor = "current_thread")]
async fn assert_nothing_is_left(url: &str) {
    let config = sdk(url).await;
    let stacks = aws_sdk_cloudformation::Client::new(&config)
        .describe_stacks()
        .send()
        .await
        .expect("stacks can be listed");
    assert_eq!(stacks.stacks(), []);
    let buckets =
        aws_sdk_s3::Client::new(&config).list_buckets().send().await.expect("buckets can be listed");
    assert_eq!(buckets.buckets(), []);
    let streams =
        aws_sdk_kinesis::Client::new(&config).list_streams().send().await.expect("streams can be listed");
    assert_eq!(streams.stream_names(), [""; 0]);
    let functions =
        aws_sdk_lambda::Client::new(&config).list_functions().send().await.expect("functions can be listed");
    assert_eq!(functions.functions(), []);
    let deliveries = aws_sdk_firehose::Client::new(&config).list_delivery_streams().send().await;
    assert_eq!(deliveries.expect("delivery streams can be listed").delivery_stream_names(), [""; 0]);
    let topics = aws_sdk_sns::Client::new(&config).list_topics().send().await;
    assert_eq!(topics.expect("topics can be listed").topics(), []);
    let queues = aws_sdk_sqs::Client::new(&config).list_queues().send().await;
    assert_eq!(queues.expect("queues can be listed").queue_urls(), [""; 0]);
    let groups = aws_sdk_cloudwatchlogs::Client::new(&config).describe_log_groups().send().await;
    assert_eq!(groups.expect("log groups can be listed").log_groups(), []);
}
