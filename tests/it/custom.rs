//! Creates that fail: at a custom resource, whose function says why in its log, and beside a bucket that would stay.

use crate::assert_screen;
use crate::environment::{TestEnvironment, repository};
use crate::journey::{PIPE, assert_nothing_is_left, story};

const STACK: &str = "stacks/check.yaml";

/// Appended to what the template has for a function.
const CHECK: &str = "
  {{{id}}}Check:
    Type: Custom::Check
    Properties:
      ServiceToken: !GetAtt {{{id}}}.Arn
      Table: orders
";

fn file(name: &str) -> String {
    std::fs::read_to_string(repository().join(name)).expect("the file is there")
}

/// Starts the room's engine with these faults and returns its URL.
fn start(room: &TestEnvironment, faults: &str) -> String {
    room.write("faults.yaml", faults);
    let started = room.run(&["local", "start", "--faults", "faults.yaml", "--format", "json"]);
    started.json()["url"].as_str().expect("a running engine has a URL").to_owned()
}

#[test]
fn shows_the_last_that_the_function_of_a_custom_resource_wrote() {
    let room = TestEnvironment::new();
    for name in ["Cargo.toml", "src/main.rs"] {
        room.write(name, &file(&format!("tests/fixtures/checker/{name}")));
    }
    room.write(STACK, "functions:\n  checker: { crate: checker }\n");
    let partial = "templates/partials/function.yaml.hbs";
    room.write(partial, &format!("{}{CHECK}", file(partial)));
    // On AWS, too, a rollback takes longer than a look at the log.
    let url = start(&room, "resources: [{ logical_id: CheckerCheck, on: delete, slow: { from: 2s } }]");
    let mut command = room.command(&["deploy", STACK, "--local", "--yes"]);
    command.env("CARGO_TARGET_DIR", room.path("target"));
    let failed = room.finish(command);
    assert_screen!("function_says_why", story(&failed));
    assert_nothing_is_left(&url);
}

#[test]
fn leaves_no_bucket_behind_that_was_to_be_kept_once_it_is_used() {
    let room = TestEnvironment::new();
    room.write(STACK, PIPE);
    let partial = "templates/partials/bucket.yaml.hbs";
    room.write(partial, &file(partial).replace("DeletionPolicy: Delete", "DeletionPolicy: Retain"));
    // What fails needs the bucket, which is there by then.
    let url = start(
        &room,
        "resources: [{ logical_id: ToS3, on: create, code: LimitExceededException, status: 400, \
         message: You have reached the limit. }]",
    );
    let failed = room.run(&["deploy", STACK, "--local", "--yes"]);
    assert_screen!("kept_bucket", story(&failed));
    assert_nothing_is_left(&url);
}
