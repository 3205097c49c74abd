//! Several stacks at once: in order, in parallel, and what becomes of the rest when one fails.

use crate::assert_screen;
use crate::environment::{Output, TestEnvironment};
use crate::journey::{assert_nothing_is_left, story};

fn stream(depends_on: &str) -> String {
    format!("depends_on: [{depends_on}]\nstreams: {{ Flow: {{ shards: 1 }} }}\n")
}

/// Three stacks in a row and one beside them.
fn room() -> (TestEnvironment, String) {
    let room = TestEnvironment::new();
    for (name, depends_on) in [("first", ""), ("second", "first"), ("third", "second"), ("other", "")] {
        room.write(&format!("stacks/{name}.yaml"), &stream(depends_on).replace("Flow", name));
    }
    let url = room.start_engine("1");
    (room, url)
}

/// Sorts the lines of stacks that are told of at the same time.
fn in_any_order(story: &str) -> String {
    let mut lines: Vec<&str> = story.lines().collect();
    let is_told = |line: &&str| line.contains("Nothing to change: ");
    if let Some(first) = lines.iter().position(is_told) {
        let count = lines[first..].iter().take_while(|line| is_told(line)).count();
        lines[first..first + count].sort_unstable();
    }
    lines.join("\n")
}

/// Returns the lines in which a stack's operation begins or ends, without the time.
fn ends(output: &Output, status: &str) -> Vec<String> {
    let of_stack =
        |line: &&str| line.contains("AWS::CloudFormation::Stack") && line.contains(&format!(" {status} "));
    let name = |line: &str| line.split_whitespace().next().unwrap_or_default().to_owned();
    output.stderr.lines().filter(of_stack).map(name).collect()
}

#[test]
fn deploys_and_destroys_all_in_their_order() {
    let (room, url) = room();
    let deployed = room.run(&["deploy", "--all", "--local", "--yes"]);
    assert_eq!(deployed.code, 0, "{deployed}");
    assert_screen!("deploy_all", deployed.stdout);
    let made = ends(&deployed, "CREATE_COMPLETE");
    let place = |name: &str| made.iter().position(|made| made == name).expect("every stack is made");
    assert!(place("first-dev") < place("second-dev") && place("second-dev") < place("third-dev"), "{made:?}");
    let again = story(&room.run(&["deploy", "--all", "--local", "--yes"]));
    assert_screen!("deploy_all_again", in_any_order(&again));

    let refused = room.run(&["destroy", "--all", "--local"]);
    assert_screen!("destroy_all_without_consent", refused);
    let destroyed = room.run(&["destroy", "--all", "--local", "--yes", "--format", "json"]);
    assert_eq!(destroyed.code, 0, "{destroyed}");
    let landings = destroyed.json();
    assert!(
        landings.as_array().is_some_and(|all| all.iter().all(|one| one["outcome"] == "deleted")),
        "{landings}"
    );
    let gone = ends(&destroyed, "DELETE_COMPLETE");
    let place = |name: &str| gone.iter().position(|gone| gone == name).expect("every stack goes");
    assert!(place("third-dev") < place("second-dev") && place("second-dev") < place("first-dev"), "{gone:?}");
    assert_nothing_is_left(&url);
}

#[test]
fn does_not_begin_what_depends_on_a_failure_and_goes_on_with_the_rest() {
    let room = TestEnvironment::new();
    for (name, depends_on) in [("first", ""), ("second", "first"), ("other", "")] {
        room.write(&format!("stacks/{name}.yaml"), &stream(depends_on).replace("Flow", name));
    }
    room.write(
        "faults.yaml",
        "resources: [{ stack: first-dev, on: create, first: 1, message: No capacity. }]",
    );
    let started = room.run(&["local", "start", "--faults", "faults.yaml", "--format", "json"]);
    let failed = room.run(&["deploy", "--all", "--local", "--yes"]);
    assert_screen!(
        "one_of_many_fails",
        story(&failed).split_once("-------").map(|(answer, _)| answer.to_owned()).unwrap_or_default()
    );
    assert_eq!(failed.code, 4, "{failed}");
    assert!(failed.stderr.contains("2 of 3 stacks were not deployed"), "{failed}");
    let again = room.run(&["deploy", "--all", "--local", "--yes"]);
    assert_eq!(again.code, 0, "{again}");
    assert_eq!(room.run(&["destroy", "--all", "--local", "--yes", "--quiet"]).code, 0);
    assert_nothing_is_left(started.json()["url"].as_str().expect("a running engine has a URL"));
}

#[test]
fn chooses_stacks_by_pattern_and_refuses_circles() {
    let (room, _url) = room();
    let deployed = room.run(&["deploy", "f*", "other", "--local", "--yes", "--format", "json"]);
    let landings = deployed.json();
    let names: Vec<&str> =
        landings.as_array().into_iter().flatten().filter_map(|one| one["stack"].as_str()).collect();
    assert_eq!(names, ["first-dev", "other-dev"], "{deployed}");
    assert_screen!("no_stack_fits", room.run(&["deploy", "x*", "--local", "--yes"]));
    room.write("stacks/first.yaml", &stream("third").replace("Flow", "first"));
    assert_screen!("stacks_in_a_circle", room.run(&["deploy", "--all", "--local", "--yes"]));
    room.write("stacks/first.yaml", &stream("sekond").replace("Flow", "first"));
    assert_screen!("unknown_dependency", room.run(&["deploy", "--all", "--local", "--yes"]));
}

#[test]
fn shows_every_stack_in_every_environment() {
    let (room, _url) = room();
    room.write(
        "stacks/other.yaml",
        &format!(
            "{}environments: {{ dev: {{ region: us-east-1 }}, prod: {{ region: eu-west-1 }} }}\n",
            stream("")
        ),
    );
    assert_eq!(room.run(&["deploy", "first", "--local", "--yes", "--quiet"]).code, 0);
    assert_screen!("status_of_all", room.run(&["status", "--local"]));
    let rows = room.run(&["status", "--local", "--format", "json"]).json();
    assert_eq!(rows[0]["status"], "CREATE_COMPLETE", "{rows}");
    assert!(rows[0]["changed"].is_string() && rows[1]["changed"].is_null(), "{rows}");
}
