//! The whole way on the local engine: from nothing, through real functions and real records, back to nothing.

use serde_json::{Value, json};

use crate::assert_screen;
use crate::environment::{Output, TestEnvironment};
pub use crate::leftovers::assert_nothing_is_left;

const STACK: &str = "stacks/telemetric.yaml";

#[test]
fn goes_from_nothing_through_records_in_s3_to_nothing() {
    let room = TestEnvironment::new();
    room.telemetric(|text| text);
    let url = room.start_engine("20");

    // Deploy, and see that it is there.
    let deployed = room.run_there(&["deploy", STACK, "--yes"]);
    assert_screen!("deploy", story(&deployed));
    assert_screen!("status", room.run_there(&["status", STACK]));
    assert_screen!("outputs", room.run_there(&["outputs", STACK]));
    let events = room.run_there(&["events", STACK, "--format", "json"]).json();
    let created = events
        .as_array()
        .expect("events are a list")
        .iter()
        .filter(|event| event["status"] == "CREATE_COMPLETE");
    assert_eq!(created.count(), 15, "14 resources and the stack");
    assert_screen!("no_failed_events", room.run_there(&["events", STACK, "--failed"]));

    // The producer's records come out of the consumer's log and out of S3.
    assert_screen!("verify", room.run_there(&["verify", STACK]));
    let verified = room.run_there(&["verify", STACK, "--format", "json"]);
    assert_eq!(verified.code, 0, "{verified}");
    let verdict = verified.json();
    assert_eq!(verdict["sent"][0]["rows"].as_array().map(Vec::len), Some(3));
    assert_eq!(verdict["sent"][1]["rows"].as_array().map(Vec::len), Some(60));
    let arrivals = verdict["arrivals"].as_array().expect("arrivals are a list");
    for (arrival, count) in arrivals.iter().zip([3, 3, 60, 60]) {
        assert_eq!((&arrival["arrived"], &arrival["missing"]), (&json!(count), &json!([])));
    }

    // Nothing to change, then one property, then one property deployed.
    assert_screen!("no_differences", room.run_there(&["diff", STACK, "--exit-code"]));
    assert_screen!("deploy_again", story(&room.run_there(&["deploy", STACK, "--yes"])));
    room.telemetric(|text| text.replace("shards: 1", "shards: 2"));
    assert_screen!("one_difference", room.run_there(&["diff", STACK, "--exit-code"]));
    let changes = room.run_there(&["diff", STACK, "--format", "json"]).json();
    assert_eq!(changes.as_array().map(Vec::len), Some(1));
    let change = &changes[0];
    assert_eq!((&change["before"], &change["after"]), (&json!({"ShardCount": 1}), &json!({"ShardCount": 2})));
    assert_eq!((&change["replacement"], &change["loses"]), (&json!(false), &Value::Null));
    assert_screen!("deploy_one_difference", story(&room.run_there(&["deploy", STACK, "--yes"])));

    // Its data is not deleted by the way.
    let refused = room.run_there(&["destroy", STACK, "--yes"]);
    assert_eq!(refused.code, 2, "{refused}");
    assert!(refused.stderr.contains("--delete-data"), "{refused}");
    assert_screen!("destroy_without_consent", refused);
    assert_screen!("destroy", story(&room.run_there(&["destroy", STACK, "--yes", "--delete-data"])));
    assert_screen!("destroy_again", room.run_there(&["destroy", STACK, "--yes"]));
    assert_nothing_is_left(&url);
}

#[test]
fn replaces_a_renamed_stream_and_says_what_is_lost() {
    let room = TestEnvironment::new();
    room.write(STACK, PIPE);
    room.start_engine("1");
    assert_eq!(room.run_there(&["deploy", STACK, "--yes"]).code, 0);

    // A name in AWS of its own: the same resource, made anew.
    room.write(STACK, &PIPE.replace("shards: 1", "shards: 1, name: other"));
    assert_screen!("diff_of_a_renamed_stream", room.run_there(&["diff", STACK, "--exit-code"]));
    let refused = room.run_there(&["deploy", STACK, "--yes"]);
    assert_eq!(refused.code, 2, "{refused}");
    assert!(
        refused.stderr.contains("Stream loses the records in it") && refused.stderr.contains("--delete-data")
    );

    // Another name in the stack file: to CloudFormation another resource, to the pipeline the same one.
    room.write(STACK, &PIPE.replace("Stream:", "Flow:").replace("from: Stream", "from: Flow"));
    let changes = room.run_there(&["diff", STACK, "--format", "json"]).json();
    let change =
        changes.as_array().and_then(|changes| changes.iter().find(|change| change["logical_id"] == "Flow"));
    let change = change.expect("the new stream is in the plan");
    assert_eq!((&change["action"], &change["renamed_from"]), (&json!("replace"), &json!("Stream")));
    assert_eq!(change["loses"], "the records in it");
    let output = room.run_there(&["deploy", STACK, "--yes", "--delete-data"]);
    assert_eq!(output.code, 0, "{output}");
}

#[test]
fn goes_on_where_a_killed_deployment_stopped() {
    let room = TestEnvironment::new();
    room.write(STACK, PIPE);
    let url = room.start_engine("1");
    let events = room.path("events.ndjson");
    for _ in 0..3 {
        let arguments = ["deploy", STACK, "--yes", "--events-file", "events.ndjson"];
        let mut command = room.command_there(&arguments);
        let mut child = command.stderr(std::process::Stdio::null()).spawn().expect("the program can be run");
        // Half-way: the stack is being made, and not done.
        for _ in 0..500 {
            if std::fs::read_to_string(&events).is_ok_and(|text| text.contains("CREATE_IN_PROGRESS")) {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        child.kill().expect("the child is ours");
        let _ = child.wait();
        let again = room.run_there(&["deploy", STACK, "--yes"]);
        assert_eq!(again.code, 0, "{again}");
        let resources = room.run_there(&["status", STACK, "--format", "json"]).json();
        assert_eq!(resources["resources"].as_array().map(Vec::len), Some(6));
        let destroyed = room.run_there(&["destroy", STACK, "--yes", "--delete-data"]);
        assert_eq!(destroyed.code, 0, "{destroyed}");
        let _ = std::fs::remove_file(&events);
    }
    assert_nothing_is_left(&url);
}

#[test]
fn rehearses_in_one_command() {
    let room = TestEnvironment::new();
    room.telemetric(|text| text);
    let mut command = room.command(&["rehearse", STACK, "--time-scale", "60", "--project"]);
    command.arg(crate::environment::repository());
    assert_screen!("rehearse", story(&room.finish(command)));
}

#[test]
fn sends_a_template_through_s3_that_is_too_large_for_a_request() {
    let room = TestEnvironment::new();
    let streams = (0..200).map(|number| format!("  Stream{number}: {{ shards: 1 }}\n"));
    room.write(STACK, &format!("streams:\n{}", streams.collect::<String>()));
    let url = room.start_engine("1");
    let template = room.run(&["render", STACK]).stdout;
    assert!(template.len() > 51_200, "{}", template.len());
    let deployed = room.run_there(&["deploy", STACK, "--yes", "--quiet"]);
    assert_eq!(deployed.code, 0, "{deployed}");
    let destroyed = room.run_there(&["destroy", STACK, "--yes", "--quiet"]);
    assert_eq!(destroyed.code, 0, "{destroyed}");
    assert_nothing_is_left(&url);
}

/// A stream that Firehose delivers, without functions.
pub const PIPE: &str = "\
streams:
  Stream: { shards: 1 }
deliveries:
  to-s3:
    from: Stream
    to: { bucket: rows, prefix: in/ }
    buffer: { size: 1MiB, interval: 60s }
";

/// Returns the screen without the events, whose order differs from run to run.
pub fn story(output: &Output) -> String {
    let is_event = |line: &&str| {
        line.len() > 9
            && line.is_char_boundary(8)
            && line[..8].bytes().filter(|&byte| byte == b':').count() == 2
    };
    let lines: Vec<&str> = output.stderr.lines().filter(|line| !is_event(line)).collect();
    format!("{}------- stderr -------\n{}\n[exit status: {}]", output.stdout, lines.join("\n"), output.code)
}
