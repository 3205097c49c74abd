//! `logs`: what functions and deliveries wrote, put together and followed.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::environment::{TestEnvironment, interrupt};

const STACK: &str = "stacks/telemetric.yaml";

/// How long a line may take on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn follows_what_a_function_writes_of_the_records_that_it_gets() {
    let room = TestEnvironment::new();
    room.telemetric(|text| text);
    room.start_engine("60");
    let deployed = room.run_there(&["deploy", STACK, "--yes", "--quiet"]);
    assert_eq!(deployed.code, 0, "{deployed}");
    let nothing = room.run_there(&["logs", STACK, "--filter", "count"]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (0, ""), "{nothing}");
    assert!(nothing.stderr.contains("There are no lines since"), "{nothing}");

    let follow = ["logs", STACK, "--follow", "--filter", "\"count\"", "--format", "json"];
    let mut child =
        room.command_there(&follow).stdout(Stdio::piped()).spawn().expect("the program can be run");
    let (sender, lines) = std::sync::mpsc::channel();
    let stdout = child.stdout.take().expect("it is piped");
    let reader = std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    let generate = ["send", STACK, "--generate", "positions", "--rate", "20/s", "--for", "1s", "--quiet"];
    let sent = room.run_there(&generate);
    assert_eq!(sent.code, 0, "{sent}");
    let line = lines.recv_timeout(PATIENCE);
    interrupt(&child);
    let _ = child.wait();
    reader.join().expect("reading does not fail");
    let line: Value = serde_json::from_str(&line.expect("the function writes a line")).expect("it is JSON");
    assert_eq!(line["source"], "consume-positions");
    assert!(line["message"].as_str().is_some_and(|message| message.contains("latitude")), "{line}");

    let all = room.run_there(&["logs", STACK, "--format", "json"]);
    let lines: Vec<Value> =
        all.stdout.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    let times: Vec<&str> = lines.iter().filter_map(|line| line["time"].as_str()).collect();
    assert!(times.len() > 1 && times.is_sorted(), "{all}");
    let is_of = |line: &Value| line["source"] == "consume-positions";
    assert!(lines.iter().all(is_of), "{all}");
    let messages = lines.iter().filter_map(|line| line["message"].as_str());
    assert!(messages.into_iter().any(|message| message.starts_with("REPORT RequestId: ")), "{all}");
}

#[test]
fn colours_each_log_unless_it_is_told_not_to_and_suggests_the_name_that_was_meant() {
    let room = TestEnvironment::new();
    room.telemetric(|text| text);
    room.start_engine("60");
    let undeployed = room.run_there(&["logs", STACK]);
    assert_eq!(undeployed.code, 2, "{undeployed}");
    assert!(undeployed.stderr.contains("is not deployed"), "{undeployed}");

    assert_eq!(room.run_there(&["deploy", STACK, "--yes", "--quiet"]).code, 0);
    let missing = room.run_there(&["logs", STACK, "--function", "consume-position"]);
    assert_eq!(missing.code, 2, "{missing}");
    assert!(missing.stderr.contains("did you mean `consume-positions`?"), "{missing}");

    // The producer's invocation writes lines, whoever asks for it.
    let verified = room.run_there(&["verify", STACK, "--quiet"]);
    assert_eq!(verified.code, 0, "{verified}");
    let coloured = |variable: &str| {
        let mut command = room.command_there(&["logs", STACK, "--function", "produce-positions"]);
        room.finish({
            command.env("CLICOLOR_FORCE", "1").env(variable, "1");
            command
        })
    };
    let bright = coloured("COLORTERM");
    assert!(bright.stdout.contains("\u{1b}[36mproduce-positions"), "{bright}");
    let plain = coloured("NO_COLOR");
    assert!(
        plain.stdout.contains("Z produce-positions  REPORT") && !plain.stdout.contains('\u{1b}'),
        "{plain}"
    );
}
