//! What a person sees while an operation runs and after it, and how it goes on after credentials have expired.

use serde_json::json;

use crate::assert_screen;
use crate::environment::TestEnvironment;
use crate::journey::{assert_nothing_is_left, story};

const STACK: &str = "stacks/pair.yaml";
const PAIR: &str = "streams:\n  First: { shards: 1 }\n  Second: { shards: 1 }\n";

fn room(faults: &str) -> (TestEnvironment, String) {
    let room = TestEnvironment::new();
    room.write(STACK, PAIR);
    let url = start(&room, faults);
    (room, url)
}

/// Starts the room's engine with these faults, on the data that is there.
fn start(room: &TestEnvironment, faults: &str) -> String {
    if room.path("local/engine.json").exists() {
        assert_eq!(room.run(&["local", "stop", "--quiet"]).code, 0);
    }
    room.write("faults.yaml", faults);
    let started = room.run(&["local", "start", "--faults", "faults.yaml", "--format", "json"]);
    started.json()["url"].as_str().expect("a running engine has a URL").to_owned()
}

#[test]
fn follows_the_running_operation_after_credentials_have_expired() {
    let (room, url) = room(
        "requests: [{ service: cloudformation, operation: DescribeStackEvents, every: 3, \
         fault: { error: { status: 403, code: ExpiredToken, message: The security token has expired. } } }]\n\
         resources: [{ logical_id: Second, on: create, slow: { from: 2s } }]",
    );
    let expired = room.run(&["deploy", STACK, "--local", "--yes"]);
    assert_screen!("credentials_expire", story(&expired));
    assert_eq!(expired.code, 6, "{expired}");
    // The operation goes on by itself, and the command that was named follows it.
    start(&room, "resources: [{ logical_id: Second, on: create, slow: { from: 1s } }]");
    room.write(STACK, &PAIR.replace("Second: { shards: 1 }", "Second: { shards: 2 }"));
    let resumed = room.run(&["deploy", "pair", "--local", "--yes"]);
    assert_screen!("resumed_after_credentials", story(&resumed));
    assert_eq!(room.run(&["destroy", STACK, "--local", "--yes", "--quiet"]).code, 0);
    assert_nothing_is_left(&url);
}

#[test]
fn waits_as_long_as_the_server_throttles_or_fails_in_between() {
    let (room, url) = room(
        "requests:\n  \
         - { service: cloudformation, operation: DescribeStackEvents, rate: 0.7, fault: throttle }\n  \
         - { service: cloudformation, operation: DescribeStackEvents, rate: 0.2, fault: drop }\n",
    );
    let mut command = room.command(&["deploy", STACK, "--local", "--yes"]);
    command.env("AWS_MAX_ATTEMPTS", "2");
    let deployed = room.finish(command);
    // The one look before the operation begins may fail; a look at the operation may not.
    let is_before = deployed.code == 1 && !deployed.stderr.contains("CREATE_IN_PROGRESS");
    assert!(deployed.code == 0 || is_before, "{deployed}");
    start(&room, "");
    assert_eq!(room.run(&["deploy", STACK, "--local", "--yes", "--quiet"]).code, 0);
    assert_eq!(room.run(&["destroy", STACK, "--local", "--yes", "--quiet"]).code, 0);
    assert_nothing_is_left(&url);
}

#[test]
fn remembers_how_long_it_took_and_draws_it() {
    let (room, _url) = room("resources: [{ logical_id: Second, on: create, slow: { from: 1s } }]");
    assert_eq!(room.run(&["deploy", STACK, "--local", "--yes", "--quiet"]).code, 0);
    let durations = std::fs::read_to_string(room.path("local/durations.json")).expect("it was remembered");
    let durations: serde_json::Value = serde_json::from_str(&durations).expect("it is JSON");
    let second = &durations["places"]["local us-east-1"]["create pair-dev/Second"]["milliseconds"][0];
    assert!(second.as_u64().is_some_and(|took| took >= 900), "{durations}");

    let drawn = room.run(&["events", STACK, "--local", "--gantt"]);
    assert!(drawn.stdout.starts_with("create of pair-dev took "), "{drawn}");
    let critical = drawn.stdout.lines().find(|line| line.starts_with("* Second  "));
    assert!(critical.is_some_and(|line| line.contains("██")), "{drawn}");
    let data = room.run(&["events", STACK, "--local", "--gantt", "--format", "json"]).json();
    assert_eq!((&data["action"], &data["status"]), (&json!("create"), &json!("CREATE_COMPLETE")));
    assert_eq!(data["critical_path"], json!(["Second"]));
    assert_eq!(data["resources"].as_array().map(Vec::len), Some(2));
    // The events themselves are a list, as before.
    let events = room.run(&["events", STACK, "--local", "--format", "json"]).json();
    assert!(events.as_array().is_some_and(|events| events.len() >= 6), "{events}");
}

#[test]
fn writes_outputs_for_shells() {
    let (room, _url) = room("");
    assert_eq!(room.run(&["deploy", STACK, "--local", "--yes", "--quiet"]).code, 0);
    let outputs = |format: &str| room.run(&["outputs", STACK, "--local", "--format", format]).stdout;
    assert_eq!(outputs("env"), "export FirstName='First'\nexport SecondName='Second'\n");
    assert_eq!(outputs("dotenv"), "FirstName=\"First\"\nSecondName=\"Second\"\n");
    assert_eq!(room.run(&["outputs", STACK, "--local", "--format", "json"]).json()["FirstName"], "First");
}

#[test]
fn deploys_express_and_directly() {
    let (room, url) = room("");
    let express = room.run(&["deploy", STACK, "--local", "--yes", "--mode", "express"]);
    assert_screen!("deploy_express", story(&express));
    let refused = room.run(&["deploy", STACK, "--local", "--yes", "--mode", "direct"]);
    assert_eq!(refused.code, 2, "{refused}");
    assert!(refused.stderr.contains("--delete-data"), "{refused}");
    let direct = ["deploy", STACK, "--local", "--yes", "--mode", "direct", "--delete-data"];
    assert_screen!("deploy_direct_again", story(&room.run(&direct)));
    room.write(STACK, &PAIR.replace("Second: { shards: 1 }", "Second: { shards: 2 }"));
    assert_screen!("deploy_direct", story(&room.run(&direct)));
    assert_eq!(room.run(&["diff", STACK, "--local", "--exit-code"]).code, 0);
    assert_eq!(room.run(&["destroy", STACK, "--local", "--yes", "--quiet"]).code, 0);
    // From nothing, too.
    assert_eq!(room.run(&direct).code, 0);
    assert_eq!(room.run(&["destroy", STACK, "--local", "--yes", "--quiet"]).code, 0);
    assert_nothing_is_left(&url);

    room.write(STACK, &format!("{PAIR}environments:\n  dev: {{ region: us-east-1, protect: true }}\n"));
    assert_screen!("deploy_direct_protected", room.run(&direct));
}

#[test]
fn says_who_needs_which_right_and_where_a_failure_comes_from() {
    let (room, url) = room(
        "resources: [{ logical_id: Second, on: create, first: 1, code: AccessDeniedException, status: 400, \
         message: \"User: arn:aws:sts::000000000000:assumed-role/deployer/ci is not authorized to perform: \
         kinesis:CreateStream on resource: arn:aws:kinesis:us-east-1:000000000000:stream/Second because no \
         identity-based policy allows the kinesis:CreateStream action\" }]",
    );
    assert_screen!("right_is_missing", story(&room.run(&["deploy", STACK, "--local", "--yes"])));
    assert_nothing_is_left(&url);
}
