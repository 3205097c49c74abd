//! `doctor`: what is there, what is not, and what to do.

use serde_json::Value;

use crate::assert_screen;
use crate::environment::{Output, TestEnvironment};
use crate::journey::PIPE;

const STACK: &str = "stacks/pipe.yaml";

/// Returns what was found of one thing.
fn check<'a>(checkup: &'a Value, name: &str) -> &'a Value {
    let checks = checkup["checks"].as_array().expect("there are checks");
    checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no {name} in {checkup}"))
}

/// Leaves out what differs from machine to machine.
fn screen(output: &Output) -> String {
    let lines: Vec<&str> = output.stdout.lines().filter(|line| !line.contains("  cargo ")).collect();
    format!("{}\n{}[exit status: {}]", lines.join("\n"), output.stderr, output.code)
}

#[test]
fn says_that_there_are_no_credentials_and_ends_with_6() {
    let room = TestEnvironment::new();
    room.write(STACK, PIPE);
    let mut command = room.command(&["doctor", "--region", "eu-west-1"]);
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    let output = room.finish(command);
    assert_eq!(output.code, 6, "{output}");
    assert_screen!("no_credentials", screen(&output));
}

#[test]
fn says_whose_credentials_they_are_and_prints_no_secret() {
    let room = TestEnvironment::new();
    let url = room.start_engine("60");
    let ask = |stack: &str| {
        room.write(STACK, stack);
        let mut command = room.command(&["doctor", "--endpoint-url", &url, "--format", "json"]);
        command.env("AWS_ACCESS_KEY_ID", "444455556666").env("AWS_SECRET_ACCESS_KEY", "jefe-jefe-jefe");
        command.env("AWS_REGION", "us-east-2");
        room.finish(command)
    };
    let output = ask(PIPE);
    assert_eq!(output.code, 0, "{output}");
    assert!(!output.to_string().contains("jefe"), "{output}");
    let checkup = output.json();
    assert_eq!(check(&checkup, "region")["says"], "us-east-2, by AWS_REGION");
    assert_eq!(check(&checkup, "credentials")["says"], "from environment variables");
    assert_eq!(check(&checkup, "account")["state"], "ok");
    assert_eq!(check(&checkup, "shards")["state"], "ok");
    let engine = check(&checkup, "local engine")["says"].as_str().expect("it says something");
    assert!(engine.contains(&url) && engine.contains("60 times"), "{engine}");

    let output = ask(&format!("{PIPE}environments:\n  dev: {{ account: \"111122223333\" }}\n"));
    assert_eq!(output.code, 6, "{output}");
    let account = check(&output.json(), "account").clone();
    let says = account["says"].as_str().unwrap_or_default();
    assert!(says.ends_with("the environment dev of pipe is pinned to 111122223333"), "{output}");
}

#[test]
fn takes_credentials_from_a_process_and_says_how_to_sign_on_otherwise() {
    let room = TestEnvironment::new();
    room.write(STACK, PIPE);
    let url = room.start_engine("1");
    let key = "{\"Version\":1,\"AccessKeyId\":\"444455556666\",\"SecretAccessKey\":\"jefe\"}";
    room.write("credentials.json", key);
    let process = room.path("credentials.json");
    let config = format!(
        "[profile process]\nregion = us-east-1\ncredential_process = cat {}\n\
         [profile sso]\nregion = us-east-1\nsso_session = s\nsso_account_id = 444455556666\nsso_role_name = r\n\
         [sso-session s]\nsso_region = us-east-1\nsso_start_url = https://example.awsapps.com/start\n",
        process.display()
    );
    room.write("home/.aws/config", &config);
    let profile = |name: &str| room.command(&["doctor", "--endpoint-url", &url, "--profile", name]);
    let output = room.finish(profile("process"));
    assert_eq!(output.code, 0, "{output}");
    assert!(output.stdout.contains("a credential process") && !output.stdout.contains("jefe"), "{output}");
    let output = room.finish(profile("sso"));
    assert_eq!(output.code, 6, "{output}");
    assert!(output.stdout.contains("aws sso login"), "{output}");
    let mut command = room.command(&["status", STACK, "--endpoint-url", &url, "--profile", "sso"]);
    command.env("AWS_MAX_ATTEMPTS", "1");
    let output = room.finish(command);
    assert_eq!(output.code, 6, "{output}");
    assert!(output.stderr.contains("signs on by SSO"), "{output}");
}

#[test]
fn finds_what_is_wrong_with_a_stack_file() {
    let room = TestEnvironment::new();
    room.write(STACK, PIPE).write("stacks/bad.yaml", "streams:\n  S: { shard: 1 }\n");
    let output = room.run(&["doctor", "--local"]);
    assert_eq!(output.code, 1, "{output}");
    assert_screen!("bad_stack_file", screen(&output));
    // It only looked: nothing was started.
    assert_eq!(room.run(&["local", "status", "--format", "json"]).json()["running"], false);
}
