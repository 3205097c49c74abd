//! `purge`: every delivery stream goes that should, whatever goes wrong on the way, and no other.

mod scripted;

use std::path::Path;

use aws_sdk_firehose::types::{
    DeliveryStreamDescription, DeliveryStreamType, ExtendedS3DestinationConfiguration,
};
use hydrant_engine::{Clock, Config, Engine, FaultPlan};
use serde_json::{Value, json};

use crate::assert_screen;
use crate::environment::{Output, TestEnvironment};
use scripted::{Script, Scripted};

const STACK: &str = "stacks/pipe.yaml";

const PIPE: &str = "\
deliveries:
  gps:
    to: { bucket: rows, prefix: gps/, error_prefix: failed/ }
    buffer: { size: 1MiB, interval: 1s }
";

/// A room whose engine has a delivery stream that a stack owns and `count` that nobody does.
fn room(scale: &str, count: usize) -> (TestEnvironment, String) {
    let room = TestEnvironment::new();
    room.write(STACK, PIPE);
    let url = room.start_engine(scale);
    let output = room.run_there(&["deploy", STACK, "--yes", "--quiet"]);
    assert_eq!(output.code, 0, "{output}");
    make(&url, count);
    (room, url)
}

async fn firehose(url: &str) -> aws_sdk_firehose::Client {
    let credentials = aws_sdk_s3::config::Credentials::new("000000000000", "secret", None, None, "tests");
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .region("us-east-1")
        .credentials_provider(credentials)
        .endpoint_url(url)
        .retry_config(aws_config::retry::RetryConfig::standard().with_max_attempts(20));
    aws_sdk_firehose::Client::new(&config.load().await)
}

/// Makes delivery streams `own-00`, `own-01`, …, with the role and the bucket of the stack's.
#[tokio::main(flavor = "current_thread")]
async fn make(url: &str, count: usize) {
    let firehose = firehose(url).await;
    let names = firehose.list_delivery_streams().send().await.expect("they can be listed");
    let name = names.delivery_stream_names().first().expect("the stack has one");
    let owned = firehose.describe_delivery_stream().delivery_stream_name(name).send().await;
    let owned = owned.expect("it can be described").delivery_stream_description;
    let destinations = owned.as_ref().map(DeliveryStreamDescription::destinations).unwrap_or_default();
    let target = destinations[0].extended_s3_destination_description().expect("it delivers to S3");
    for number in 0..count {
        let to = ExtendedS3DestinationConfiguration::builder()
            .role_arn(target.role_arn())
            .bucket_arn(target.bucket_arn());
        firehose
            .create_delivery_stream()
            .delivery_stream_name(format!("own-{number:02}"))
            .delivery_stream_type(DeliveryStreamType::DirectPut)
            .extended_s3_destination_configuration(to.build().expect("it is complete"))
            .send()
            .await
            .expect("a delivery stream can be made");
    }
}

/// Returns the output without what differs from run to run: seconds, and the order of lines that come side by side.
fn calm(mut output: Output) -> Output {
    let mut lines: Vec<&str> = output.stderr.lines().collect();
    lines.sort_by_key(|line| (!line.starts_with("deleting") && !line.contains("stays:"), *line));
    output.stderr = lines.iter().map(|line| format!("{line}\n")).collect();
    let words: Vec<&str> = output.stdout.split(' ').collect();
    let is_seconds = |at: usize| words[at].parse::<f64>().is_ok() && words.get(at + 1) == Some(&"s:");
    let words: Vec<&str> =
        (0..words.len()).map(|at| if is_seconds(at) { "[SECONDS]" } else { words[at] }).collect();
    output.stdout = words.join(" ");
    output
}

fn outcomes(report: &Value) -> Vec<(String, String)> {
    let streams = report["streams"].as_array().expect("the report lists delivery streams");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    streams.iter().map(|entry| (text(&entry["name"]), text(&entry["outcome"]))).collect()
}

#[test]
fn shows_then_deletes_what_no_stack_owns_and_then_the_rest() {
    let (room, _) = room("20", 3);
    assert_screen!("dry_run", room.run(&["purge", "--local"]));
    let chosen =
        room.run(&["purge", "--local", "--match", "own-*", "--except", "*1", "--format", "json"]).json();
    assert_eq!((&chosen["version"], &chosen["dry_run"]), (&json!(1), &json!(true)));
    assert_eq!((&chosen["not_chosen"], &chosen["remaining"]), (&json!(2), &json!(4)));
    let would = |name: &str| (name.to_owned(), "would-delete".to_owned());
    assert_eq!(outcomes(&chosen), [would("own-00"), would("own-02")]);
    assert_eq!(chosen["streams"][0]["status"], "ACTIVE");

    assert_screen!("purge", calm(room.run(&["purge", "--local", "--yes"])));
    assert_screen!("only_owned_ones_are_left", calm(room.run(&["purge", "--local", "--yes"])));
    assert_screen!("none_is_chosen", room.run(&["purge", "--local", "--match", "own-*"]));
    assert_screen!("owned_ones_too", calm(room.run(&["purge", "--local", "--yes", "--include-owned"])));
    assert_screen!("nothing_to_do", room.run(&["purge", "--local", "--yes"]));
}

#[test]
fn stays_under_the_throttle_and_writes_what_happens() {
    let (room, _) = room("20", 40);
    let output =
        room.run(&["-v", "purge", "--local", "--yes", "--format", "json", "--events-file", "events"]);
    assert_eq!(output.code, 0, "{output}");
    let report = output.json();
    let deleted = outcomes(&report).iter().filter(|(_, outcome)| outcome == "deleted").count();
    assert_eq!((deleted, &report["remaining"]), (40, &json!(1)));
    assert!(!output.stderr.contains(" again"), "a call was refused: {output}");
    let events = std::fs::read_to_string(room.path("events")).expect("it is written");
    let deleting = |line: &&str| line.contains(r#""what":"deleting""#);
    assert_eq!(events.lines().filter(deleting).count(), 40);
}

/// Runs `purge` against an engine with a copy of the state in `data` that fails as `faults` say; returns what is left.
#[tokio::main]
async fn purge_with_faults(room: &TestEnvironment, data: &Path, faults: &str) -> (Output, Vec<String>) {
    let copy = tempfile::tempdir().expect("a temporary folder can be made");
    copy_folder(data, copy.path());
    let faults = FaultPlan::parse(faults).unwrap_or_else(|error| panic!("{faults}: {error:?}"));
    let config = Config { clock: Clock::scaled(1.0), faults, ..Config::new(copy.path()) };
    let engine = Engine::start(config).await.expect("the engine starts");
    let mut command =
        room.command(&["-v", "purge", "--endpoint-url", &engine.url(), "--region", "us-east-1"]);
    command.args(["--yes", "--timeout", "60s"]);
    command.env("AWS_ACCESS_KEY_ID", "000000000000").env("AWS_SECRET_ACCESS_KEY", "secret");
    let output = tokio::task::block_in_place(|| room.finish(command));
    let left = firehose(&engine.url()).await.list_delivery_streams().send().await;
    let left = left.expect("they can be listed").delivery_stream_names;
    engine.stop().await;
    (output, left)
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("the folder is ours");
    for entry in std::fs::read_dir(from).expect("the folder is there").flatten() {
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy_folder(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).expect("a file can be copied")),
        }
    }
}

/// Returns the folder of a stopped engine with two delivery streams and one that a stack owns.
fn stopped() -> TestEnvironment {
    let (room, _) = room("20", 2);
    assert_eq!(room.run(&["local", "stop", "--quiet"]).code, 0);
    let _ = std::fs::remove_file(room.path("local/engine.json"));
    room
}

/// The calls of a purge of two delivery streams beside an owned one: two lists, three looks of two calls, two deletions.
const CALLS: usize = 10;

#[test]
fn finishes_whichever_call_fails_and_however() {
    let room = stopped();
    for fault in ["throttle", "drop", "lose-answer", "{ error: {} }", "{ error: { status: 503 } }"] {
        for position in 1..=CALLS {
            let faults = format!(
                "requests: [{{ service: firehose, every: {position}, first: {position}, fault: {fault} }}]"
            );
            let (output, left) = purge_with_faults(&room, &room.path("local"), &faults);
            assert_eq!(output.code, 0, "{fault} at {position}: {output}");
            assert_eq!(left.len(), 1, "{fault} at {position}: {left:?} {output}");
            assert!(output.stderr.contains(" again"), "{fault} at {position} did not strike: {output}");
            assert!(output.stdout.contains("Deleted 2 of 3"), "{fault} at {position}: {output}");
        }
    }
}

#[test]
fn says_what_is_left_when_it_may_not_delete_and_when_nothing_works() {
    let room = stopped();
    let denied = "requests: [{ service: firehose, operation: Delete*, fault: \
                  { error: { status: 400, code: AccessDeniedException, message: No. } } }]";
    let (output, left) = purge_with_faults(&room, &room.path("local"), denied);
    assert_eq!((output.code, left.len()), (1, 3), "{output}");
    assert!(
        output.stdout.contains("own-00  left   failed to delete the delivery stream `own-00`: No."),
        "{output}"
    );
    assert!(output.stdout.contains("2 left that should go"), "{output}");

    let expired = "requests: [{ service: firehose, operation: Describe*, fault: \
                   { error: { status: 400, code: ExpiredTokenException, message: Expired. } } }]";
    let (output, left) = purge_with_faults(&room, &room.path("local"), expired);
    assert_eq!((output.code, left.len()), (6, 3), "{output}");
    assert!(output.stderr.contains("go on where it stopped with `hydrant -v purge "), "{output}");
}

/// Runs `purge` on a scripted Firehose.
fn purge(server: &Scripted, arguments: &[&str]) -> Output {
    let room = TestEnvironment::new();
    let mut command = room.command(&["purge", "--endpoint-url", &server.url, "--region", "eu-west-1"]);
    command.args(arguments);
    command.env("AWS_ACCESS_KEY_ID", "key").env("AWS_SECRET_ACCESS_KEY", "secret");
    room.finish(command)
}

#[test]
fn waits_for_states_that_do_not_allow_it_and_forces_what_failed() {
    let script = Script::default;
    let server = Scripted::start(&[
        ("a-made", Script { before: vec!["CREATING", "CREATING", "ACTIVE"], ..script() }),
        ("b-failed", Script { before: vec!["CREATING_FAILED"], after: vec!["DELETING", "GONE"], ..script() }),
        ("c-in-use", Script { deletions: vec!["ResourceInUseException", ""], ..script() }),
        ("d-grant", Script { before: vec!["DELETING_FAILED"], ..script() }),
        (
            "e-gone",
            Script {
                before: vec!["ACTIVE", "GONE"],
                deletions: vec!["ResourceNotFoundException"],
                ..script()
            },
        ),
    ]);
    let output = purge(&server, &["--yes", "--format", "json"]);
    assert_eq!(output.code, 0, "{output}");
    let calls = server.calls();
    let count = |call: &str| calls.iter().filter(|&one| one == call).count();
    assert_eq!(count("DeleteDeliveryStream a-made"), 1, "{calls:?}");
    assert!(count("DescribeDeliveryStream a-made") >= 3, "{calls:?}");
    assert_eq!(count("DeleteDeliveryStream c-in-use"), 2, "{calls:?}");
    assert_eq!(
        (count("DeleteDeliveryStream d-grant"), count("DeleteDeliveryStream! d-grant")),
        (0, 1),
        "{calls:?}"
    );
    assert!(output.stderr.contains("d-grant could not be deleted (the grant stays); deleting it by force"));
    assert!(output.stderr.contains("a-made is CREATING; waiting"), "{output}");
    let ends: Vec<String> = outcomes(&output.json()).into_iter().map(|(_, outcome)| outcome).collect();
    assert_eq!(ends, ["deleted", "deleted", "deleted", "deleted", "gone"]);
}

#[test]
fn gives_up_on_what_force_does_not_delete_and_on_what_takes_too_long() {
    let failing =
        Script { before: vec!["DELETING_FAILED"], after: vec!["DELETING_FAILED"], ..Script::default() };
    let output = purge(&Scripted::start(&[("grant", failing)]), &["--yes"]);
    assert_eq!(output.code, 1, "{output}");
    assert!(
        output.stdout.contains("grant  left   deleting it failed, by force too: the grant stays"),
        "{output}"
    );

    let slow = Script { after: vec!["DELETING"], ..Script::default() };
    let output = purge(&Scripted::start(&[("slow", slow)]), &["--yes", "--timeout", "1s"]);
    assert_eq!(output.code, 8, "{output}");
    assert!(output.stdout.contains("slow  left   it was still being deleted"), "{output}");
}

#[test]
fn refuses_protected_environments_and_says_where_it_would_go() {
    let room = TestEnvironment::new();
    let environments = "environments:\n  dev: { region: us-east-1, account: \"000000000000\" }\n  \
                        prod: { region: eu-west-1, account: \"000000000000\", protect: true }\n";
    room.write(STACK, &format!("{PIPE}{environments}"));
    assert_screen!("protected", room.run(&["purge", "--env", "prod", "--local", "--yes"]));
    assert_screen!("unknown_environment", room.run(&["purge", "--env", "test", "--local"]));

    // By another way to the same place.
    let server = Scripted::start(&[("a", Script::default())]);
    let mut command =
        room.command(&["purge", "--endpoint-url", &server.url, "--region", "eu-west-1", "--yes"]);
    command.env("AWS_ACCESS_KEY_ID", "key").env("AWS_SECRET_ACCESS_KEY", "secret");
    room.write(STACK, &format!("{PIPE}{}", environments.replace("000000000000", "111122223333")));
    let output = room.finish(command);
    assert_eq!(output.code, 2, "{output}");
    assert!(output.stderr.contains("is where the protected environment `prod`"), "{output}");
    assert!(server.calls().is_empty(), "nothing was asked of Firehose");
}
