//! Plans in files: made here, executed there, and only on the stack that they were made for.

use crate::assert_screen;
use crate::environment::TestEnvironment;
use crate::journey::{PIPE, assert_nothing_is_left, story};

const STACK: &str = "stacks/pipe.yaml";

fn planned(room: &TestEnvironment, file: &str) {
    let output = room.run(&["diff", STACK, "--local", "--out", file, "--quiet"]);
    assert_eq!(output.code, 0, "{output}");
}

#[test]
fn executes_what_was_planned_even_when_the_file_has_changed() {
    let room = TestEnvironment::new();
    room.write(STACK, PIPE);
    let url = room.start_engine("1");
    assert_screen!("diff_out", room.run(&["diff", STACK, "--local", "--out", "create.json"]));
    assert_screen!("deploy_plan", story(&room.run(&["deploy", "--plan", "create.json", "--local", "--yes"])));

    room.write(STACK, &PIPE.replace("in/", "out/"));
    planned(&room, "update.json");
    room.write(STACK, &PIPE.replace("in/", "elsewhere/"));
    let output = room.run(&["deploy", "--plan", "update.json", "--local", "--yes"]);
    assert_eq!(output.code, 0, "{output}");
    room.write(STACK, &PIPE.replace("in/", "out/"));
    assert_eq!(room.run(&["diff", STACK, "--local", "--exit-code"]).code, 0);

    let again = room.run(&["deploy", "--plan", "update.json", "--local", "--yes"]);
    assert!(again.code == 0 && again.stderr.contains("executed already"), "{again}");
    assert_eq!(room.run(&["destroy", STACK, "--local", "--yes", "--quiet"]).code, 0);
    assert_nothing_is_left(&url);
}

#[test]
fn refuses_a_plan_when_the_stack_has_moved() {
    let room = TestEnvironment::new();
    room.write(STACK, PIPE);
    room.start_engine("1");
    assert_eq!(room.run(&["deploy", STACK, "--local", "--yes", "--quiet"]).code, 0);
    room.write(STACK, &PIPE.replace("in/", "out/"));
    planned(&room, "plan.json");
    room.write(STACK, &PIPE.replace("in/", "elsewhere/"));
    assert_eq!(room.run(&["deploy", STACK, "--local", "--yes", "--quiet"]).code, 0);
    assert_screen!("plan_is_void", room.run(&["deploy", "--plan", "plan.json", "--local", "--yes"]));
}

#[test]
fn wants_consent_to_the_losses_of_a_plan_and_none_for_an_empty_one() {
    let room = TestEnvironment::new();
    room.write(STACK, PIPE);
    room.start_engine("1");
    assert_eq!(room.run(&["deploy", STACK, "--local", "--yes", "--quiet"]).code, 0);
    planned(&room, "nothing.json");
    let nothing = room.run(&["deploy", "--plan", "nothing.json", "--local"]);
    assert!(nothing.code == 0 && nothing.stderr.contains("Nothing to change"), "{nothing}");

    room.write(STACK, &PIPE.replace("shards: 1", "shards: 1, name: other"));
    planned(&room, "plan.json");
    let refused = room.run(&["deploy", "--plan", "plan.json", "--local", "--yes"]);
    assert!(refused.code == 2 && refused.stderr.contains("--delete-data"), "{refused}");
    let done = room.run(&["deploy", "--plan", "plan.json", "--local", "--yes", "--delete-data"]);
    assert_eq!(done.code, 0, "{done}");
}

#[test]
fn says_what_is_no_plan() {
    let room = TestEnvironment::new();
    room.write(STACK, PIPE).write("plan.json", "{\"version\": 1, \"stac\": \"pipe\"}");
    assert_screen!("no_plan", room.run(&["deploy", "--plan", "plan.json", "--local", "--yes"]));
    let both = room.run(&["deploy", STACK, "--plan", "plan.json", "--local"]);
    assert_eq!(both.code, 2, "{both}");
}
