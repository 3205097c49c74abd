//! Stacks that got stuck, made so by faults of the engine, and how they take deployments again.

use std::process::Child;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::assert_screen;
use crate::environment::{TestEnvironment, interrupt, s3, sdk};
use crate::journey::{PIPE, assert_nothing_is_left, story};

const STACK: &str = "stacks/pipe.yaml";

/// The delivery cannot be updated, and the stream that was updated before it cannot be put back at first.
const STUCK: &str = "\
resources:
  - { type: AWS::KinesisFirehose::DeliveryStream, on: update, first: 1, message: No capacity for the delivery. }
  - { type: AWS::Kinesis::Stream, on: update, every: 2, message: No capacity for the stream. }
";

impl TestEnvironment {
    /// Stops the room's engine and starts it on the same data with these faults.
    fn restart_engine(&self, faults: &str) -> String {
        if self.path("local/engine.json").exists() {
            assert_eq!(self.run(&["local", "stop", "--quiet"]).code, 0);
        }
        self.write("faults.yaml", faults);
        let started = self.run(&["local", "start", "--faults", "faults.yaml", "--format", "json"]);
        started.json()["url"].as_str().expect("a running engine has a URL").to_owned()
    }
}

/// Returns a room with a stack whose update failed, and whose rollback failed too.
fn stuck() -> TestEnvironment {
    let room = TestEnvironment::new();
    room.write(STACK, PIPE);
    room.restart_engine(STUCK);
    assert_eq!(room.run(&["deploy", STACK, "--local", "--yes", "--quiet"]).code, 0);
    room.write(STACK, &PIPE.replace("shards: 1", "shards: 2").replace("in/", "out/"));
    let failed = room.run(&["deploy", STACK, "--local", "--yes"]);
    assert_eq!(failed.code, 5, "{failed}");
    assert!(failed.stderr.contains("hydrant recover pipe --local"), "{failed}");
    room
}

fn status(room: &TestEnvironment) -> String {
    let status = room.run(&["status", STACK, "--local", "--format", "json"]).json();
    status["status"].as_str().expect("a stack has a status").to_owned()
}

#[test]
fn goes_on_with_a_rollback_that_got_stuck() {
    let room = stuck();
    assert_screen!("recover_without_consent", room.run(&["recover", STACK, "--local"]));
    assert_screen!("recover", story(&room.run(&["recover", STACK, "--local", "--yes"])));
    assert_eq!(status(&room), "UPDATE_ROLLBACK_COMPLETE");
    let again = room.run(&["recover", STACK, "--local", "--format", "json"]).json();
    assert_eq!((&again["from"], &again["to"]), (&json!(status(&room)), &json!(status(&room))));
    room.write(STACK, PIPE);
    let same = room.run(&["diff", STACK, "--local", "--exit-code"]);
    assert_eq!(same.code, 0, "{same}");
}

#[test]
fn leaves_aside_what_cannot_be_rolled_back() {
    let room = stuck();
    room.restart_engine(
        "resources: [{ type: AWS::Kinesis::Stream, on: update, message: Still no capacity. }]",
    );
    assert_screen!("recover_fails", story(&room.run(&["recover", STACK, "--local", "--yes"])));
    let refused = room.run(&["recover", STACK, "--local", "--yes", "--retain", "Stream"]);
    assert_eq!(refused.code, 2, "{refused}");
    assert_screen!(
        "recover_skips",
        story(&room.run(&["recover", STACK, "--local", "--yes", "--skip", "Stream"]))
    );
    assert_eq!(status(&room), "UPDATE_ROLLBACK_COMPLETE");
}

#[test]
fn follows_a_failed_deletion_through() {
    let room = TestEnvironment::new();
    room.write(STACK, PIPE);
    room.restart_engine("resources: [{ type: AWS::Kinesis::Stream, on: delete, message: It is in use. }]");
    assert_eq!(room.run(&["deploy", STACK, "--local", "--yes", "--quiet"]).code, 0);
    assert_screen!("destroy_fails", story(&room.run(&["destroy", STACK, "--local", "--yes"])));
    assert_eq!(status(&room), "DELETE_FAILED");
    assert_screen!(
        "recover_retains",
        story(&room.run(&["recover", STACK, "--local", "--yes", "--retain", "Stream"]))
    );
    assert_eq!(room.run(&["status", STACK, "--local"]).code, 2);
}

#[test]
fn deletes_the_shell_that_a_change_set_left() {
    let room = TestEnvironment::new();
    room.write(STACK, PIPE);
    let url = room.start_engine("1");
    leave_a_change_set(&url);
    assert_eq!(status(&room), "REVIEW_IN_PROGRESS");
    assert_screen!("recover_shell", story(&room.run(&["recover", STACK, "--local", "--yes"])));
    assert_nothing_is_left(&url);
}

#[tokio::main(flavor = "current_thread")]
async fn leave_a_change_set(url: &str) {
    let cloudformation = aws_sdk_cloudformation::Client::new(&sdk(url).await);
    let request = cloudformation
        .create_change_set()
        .stack_name("pipe-dev")
        .change_set_name("left")
        .change_set_type(aws_sdk_cloudformation::types::ChangeSetType::Create)
        .template_body("Resources: {Topic: {Type: AWS::SNS::Topic}}");
    request.send().await.expect("a change set can be made");
}

fn pair(shards: u32) -> String {
    format!("streams:\n  First: {{ shards: {shards} }}\n  Second: {{ shards: {shards} }}\n")
}

/// Starts the deployment of a change and waits until it is under way.
fn deploying(room: &TestEnvironment) -> Child {
    let events = room.path("events.ndjson");
    let mut command = room.command(&["deploy", STACK, "--local", "--yes", "--events-file", "events.ndjson"]);
    let child = command.stderr(std::process::Stdio::piped()).spawn().expect("the program can be run");
    let start = Instant::now();
    while !std::fs::read_to_string(&events).is_ok_and(|text| text.contains("Second")) {
        assert!(start.elapsed() < Duration::from_secs(60), "the deployment does not begin");
        std::thread::sleep(Duration::from_millis(2));
    }
    child
}

#[test]
fn takes_an_update_back_at_the_first_ctrl_c() {
    let room = TestEnvironment::new();
    room.write(STACK, &pair(1));
    room.restart_engine("resources: [{ on: update, logical_id: Second, slow: { from: 3s } }]");
    assert_eq!(room.run(&["deploy", STACK, "--local", "--yes", "--quiet"]).code, 0);
    room.write(STACK, &pair(2));
    let child = deploying(&room);
    interrupt(&child);
    let output = child.wait_with_output().expect("the child is ours");
    let story = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{story}");
    assert!(story.contains("the update was taken back and pipe-dev is as it was"), "{story}");
    assert_eq!(status(&room), "UPDATE_ROLLBACK_COMPLETE");
    room.write(STACK, &pair(1));
    assert_eq!(room.run(&["diff", STACK, "--local", "--exit-code"]).code, 0);
}

#[test]
fn leaves_a_create_to_cloudformation_and_names_the_command_that_resumes() {
    let room = TestEnvironment::new();
    room.write(STACK, &pair(1));
    let url = room.restart_engine("resources: [{ on: create, logical_id: Second, slow: { from: 2s } }]");
    let child = deploying(&room);
    interrupt(&child);
    let output = child.wait_with_output().expect("the child is ours");
    let story = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{story}");
    assert!(story.contains("follow it to its end with `hydrant deploy pipe --local`"), "{story}");
    let resumed = room.run(&["deploy", "pipe", "--local", "--yes"]);
    assert_eq!(resumed.code, 0, "{resumed}");
    assert_eq!(room.run(&["destroy", STACK, "--local", "--yes", "--quiet"]).code, 0);
    assert_nothing_is_left(&url);
}

#[test]
fn keeps_what_is_to_stay_with_its_data() {
    let room = TestEnvironment::new();
    room.write(STACK, PIPE);
    let url = room.start_engine("1");
    assert_eq!(room.run(&["deploy", STACK, "--local", "--yes", "--quiet"]).code, 0);
    let unknown = room.run(&["destroy", STACK, "--local", "--yes", "--retain", "RowBucket"]);
    assert_eq!(unknown.code, 2, "{unknown}");
    put_object(&url);
    let full = room.run(&["destroy", STACK, "--local", "--yes"]);
    assert_eq!(full.code, 2, "{full}");
    assert_screen!(
        "destroy_retains",
        story(&room.run(&["destroy", STACK, "--local", "--yes", "--retain", "RowsBucket"]))
    );
    assert_eq!(objects(&url), 1);
}

const BUCKET: &str = "rows-000000000000-us-east-1-an";

#[tokio::main(flavor = "current_thread")]
async fn put_object(url: &str) {
    let body = aws_sdk_s3::primitives::ByteStream::from_static(b"row");
    let request = s3(url).await.put_object().bucket(BUCKET).key("in/row").body(body);
    request.send().await.expect("the bucket is there");
}

#[tokio::main(flavor = "current_thread")]
async fn objects(url: &str) -> usize {
    let listed = s3(url).await.list_objects_v2().bucket(BUCKET).send().await;
    listed.expect("the bucket is still there").contents().len()
}
