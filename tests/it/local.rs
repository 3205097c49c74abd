//! The local engine as a process: started, asked, stopped, forgotten.

use crate::assert_screen;
use crate::environment::TestEnvironment;

#[test]
fn starts_answers_and_stops() {
    let room = TestEnvironment::new();
    assert_screen!("status_when_not_running", room.run(&["local", "status"]));
    let url = room.start_engine("2");
    let status = room.run(&["local", "status", "--format", "json"]).json();
    assert_eq!(status["running"], true);
    assert_eq!(status["url"], url);
    assert_eq!(status["time_scale"], 2.0);
    assert_screen!("status_when_running", room.run(&["local", "status"]));
    assert_screen!("stop", room.run(&["local", "stop"]));
    assert_screen!("stop_again", room.run(&["local", "stop"]));
    assert_eq!(room.run(&["local", "status", "--format", "json"]).json()["running"], false);
}

#[test]
fn does_not_start_twice_on_one_folder() {
    let room = TestEnvironment::new();
    let url = room.start_engine("1");
    let again = room.run(&["local", "start", "--format", "json"]);
    assert_eq!(again.json()["url"], url, "{again}");
    assert_screen!("run_twice", room.run(&["local", "run"]));
}

#[test]
fn wants_consent_to_forget() {
    let room = TestEnvironment::new();
    room.start_engine("1");
    assert_screen!("reset_without_consent", room.run(&["local", "reset"]));
    assert_screen!("reset", room.run(&["local", "reset", "--yes"]));
    assert!(!room.path("local").exists());
}

#[test]
fn lets_things_fail_as_a_file_says() {
    let room = TestEnvironment::new();
    room.write("faults.yaml", "requests:\n  - { service: kinesiss, fault: drop }\n");
    let refused = room.run(&["local", "start", "--faults", "faults.yaml"]);
    assert_eq!(refused.code, 2, "{refused}");
    assert!(refused.stderr.contains("faults.yaml:2:16"), "{refused}");
    assert!(refused.stderr.contains("did you mean `kinesis`?"), "{refused}");

    room.write("faults.yaml", "requests: [{ service: kinesis, fault: drop }]\n");
    let started = room.run(&["local", "start", "--faults", "faults.yaml", "--format", "json"]);
    assert!(started.json()["faults"].as_str().is_some_and(|file| file.ends_with("faults.yaml")), "{started}");
    let without = room.run(&["local", "start"]);
    assert!(without.code == 2 && without.stderr.contains("with the faults of"), "{without}");
    assert_eq!(room.run(&["local", "stop"]).code, 0);
}

#[test]
fn switches_off_limits_by_name() {
    let room = TestEnvironment::new();
    let refused = room.run(&["local", "start", "--no-limits", "kinesis,s3"]);
    assert!(refused.code == 2 && refused.stderr.contains("`s3` has no limits to switch off"), "{refused}");

    let started = room.run(&["local", "start", "--no-limits", "kinesis,firehose", "--format", "json"]);
    assert_eq!(started.json()["no_limits"], serde_json::json!(["firehose", "kinesis"]), "{started}");
    let status = room.run(&["local", "status"]);
    assert!(status.stdout.contains("without the limits of firehose, kinesis"), "{status}");
    let others = room.run(&["local", "start", "--no-limits"]);
    assert!(others.code == 2 && others.stderr.contains("without the limits of firehose"), "{others}");
    assert_eq!(room.run(&["local", "stop"]).code, 0);
}
