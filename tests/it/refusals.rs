//! What goes wrong: said once, with the first cause, and cleaned up.

use crate::assert_screen;
use crate::environment::TestEnvironment;
use crate::journey::{PIPE, assert_nothing_is_left, story};

const STACK: &str = "stacks/pipe.yaml";

/// Returns a room whose project is its own: its templates and crates are not the repository's.
fn own_project(stack: &str) -> TestEnvironment {
    let room = TestEnvironment::new();
    room.write(STACK, stack);
    room
}

fn built_in(partial: &str) -> String {
    let path = crate::environment::repository().join(format!("templates/partials/{partial}.yaml.hbs"));
    std::fs::read_to_string(path).expect("the partial is there")
}

#[test]
fn rolls_back_when_another_service_is_trusted_with_the_delivery() {
    let room = own_project(PIPE);
    room.write(
        "templates/partials/delivery-role.yaml.hbs",
        &built_in("delivery-role")
            .replace("Service: firehose.amazonaws.com", "Service: lambda.amazonaws.com"),
    );
    let url = room.start_engine("1");
    assert_screen!(
        "delivery_trusts_another_service",
        story(&room.run(&["deploy", STACK, "--local", "--yes"]))
    );
    assert_nothing_is_left(&url);
}

#[test]
fn rolls_back_when_a_function_s_code_is_not_there() {
    let room = own_project("functions:\n  idle: { crate: idle }\n");
    room.write("Cargo.toml", "[package]\nname = \"idle\"\nedition = \"2024\"\n[workspace]\n");
    room.write("src/main.rs", "fn main() {}\n");
    room.write(
        "templates/partials/function.yaml.hbs",
        &built_in("function")
            .replace("S3Key: !Ref {{{id}}}CodeKey", "S3Key: !Sub missing/${ {{~{id}~}} CodeKey}"),
    );
    let url = room.start_engine("1");
    let mut command = room.command(&["deploy", STACK, "--local", "--yes"]);
    command.env("CARGO_TARGET_DIR", room.path("target"));
    assert_screen!("code_is_not_there", story(&room.finish(command)));
    assert_nothing_is_left(&url);
}

#[test]
fn puts_everything_back_when_an_update_fails() {
    let room = own_project(PIPE);
    room.start_engine("1");
    assert_eq!(room.run(&["deploy", STACK, "--local", "--yes"]).code, 0);
    // A stream can only be doubled at a time; the new prefix has to be taken back with it.
    room.write(STACK, &PIPE.replace("shards: 1", "shards: 9").replace("in/", "out/"));
    let failed = room.run(&["deploy", STACK, "--local", "--yes"]);
    assert_screen!("update_fails", story(&failed));
    assert_screen!("failed_events", room.run(&["events", STACK, "--local", "--failed"]));
    let status = room.run(&["status", STACK, "--local", "--format", "json"]).json();
    assert_eq!(status["status"], "UPDATE_ROLLBACK_COMPLETE");
    room.write(STACK, PIPE);
    let same = room.run(&["diff", STACK, "--local", "--exit-code"]);
    assert_eq!(same.code, 0, "{same}");
}

#[test]
fn asks_for_consent_and_names_the_flag() {
    let room = own_project(PIPE);
    let url = room.start_engine("1");
    assert_screen!("deploy_without_consent", story(&room.run(&["deploy", STACK, "--local"])));
    // Planning left no traces.
    assert_nothing_is_left(&url);
    assert_eq!(room.run(&["deploy", STACK, "--local", "--yes"]).code, 0);
    assert_screen!("destroy_without_consent", story(&room.run(&["destroy", STACK, "--local"])));
}

#[test]
fn refuses_to_destroy_what_is_protected() {
    let room = own_project(&format!("{PIPE}environments:\n  dev: {{ region: us-east-1, protect: true }}\n"));
    assert_screen!("protected", room.run(&["destroy", STACK, "--local", "--yes"]));
}

#[test]
fn refuses_another_account_than_the_pinned_one() {
    let room = own_project(&format!(
        "{PIPE}environments:\n  dev: {{ region: us-east-1, account: \"111122223333\" }}\n"
    ));
    let url = room.start_engine("1");
    let mut command = room.command(&["deploy", STACK, "--yes", "--endpoint-url", &url]);
    command.env("AWS_ACCESS_KEY_ID", "999999999999").env("AWS_SECRET_ACCESS_KEY", "secret");
    assert_screen!("another_account", room.finish(command));
    // The local engine is whatever account the environment is pinned to.
    assert_eq!(room.run(&["deploy", STACK, "--local", "--yes"]).code, 0);
}

#[test]
fn says_when_nothing_answers() {
    let room = own_project(PIPE);
    let mut command =
        room.command(&["diff", STACK, "--region", "us-east-1", "--endpoint-url", "http://127.0.0.1:9"]);
    command.env("AWS_ACCESS_KEY_ID", "000000000000").env("AWS_SECRET_ACCESS_KEY", "secret");
    command.env("AWS_MAX_ATTEMPTS", "1");
    assert_screen!("nothing_answers", room.finish(command));
}

#[test]
fn says_when_there_are_no_credentials() {
    let room = own_project(PIPE);
    let mut command = room.command(&["diff", STACK, "--region", "us-east-1"]);
    command.env("AWS_EC2_METADATA_DISABLED", "true").env("AWS_MAX_ATTEMPTS", "1");
    assert_screen!("no_credentials", room.finish(command));
}

#[test]
fn does_not_know_a_stack_that_is_not_deployed() {
    let room = own_project(PIPE);
    room.start_engine("1");
    for verb in ["status", "outputs", "events", "verify"] {
        let output = room.run(&[verb, STACK, "--local"]);
        assert_eq!(output.code, 2, "{output}");
        assert!(output.stderr.contains("the stack `pipe-dev` is not deployed"), "{output}");
    }
}
