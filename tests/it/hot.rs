//! `deploy --hot`: what direct calls change, what they refuse, and how a full deployment settles it.

use serde_json::json;

use crate::assert_screen;
use crate::greeter::{Greeter, greeting, seconds};
use crate::journey::story;

const HOT: [&str; 4] = ["deploy", "greet", "--hot", "--yes"];

/// What the tests change hot: of the function everything that can be, of the delivery its buffer.
fn changed(text: String) -> String {
    text.replace("10s", "20s").replace("hello", "welcome").replace("60s", "90s")
}

fn marks(greeter: &Greeter) -> serde_json::Value {
    greeter.run(&["status", "greet", "--format", "json"]).json()["changed_hot"].clone()
}

fn events(greeter: &Greeter) -> usize {
    let events = greeter.run(&["events", "greet", "--format", "json"]).json();
    events.as_array().map_or(0, Vec::len)
}

#[test]
fn changes_functions_and_deliveries_without_cloudformation_and_marks_them() {
    let (greeter, url) = Greeter::deployed();
    let before = events(&greeter);
    assert_screen!("nothing_hot", greeter.run(&HOT));
    assert_eq!(greeting(&url), "\"hello from version 1\"");

    greeter.version("2");
    greeter.stack(changed);
    let asked = greeter.run(&HOT[..3]);
    assert!(asked.code == 2 && asked.stderr.contains("--yes"), "{asked}");
    assert_screen!("hot", greeter.run(&HOT));
    assert_eq!(greeting(&url), "\"welcome from version 2\"");
    assert_eq!(seconds(&url), (20, 90));
    assert_eq!(events(&greeter), before, "CloudFormation knows nothing of it");

    // Everybody is told.
    assert_screen!("hot_again", greeter.run(&HOT));
    assert_screen!("status_of_hot", greeter.run(&["status", "greet"]));
    assert_screen!("status_of_all_hot", greeter.run(&["status"]));
    let expected = json!([
        {"logical_id": "Greeter", "what": "code environment timeout"},
        {"logical_id": "NamesToS3", "what": "buffer"},
    ]);
    assert_eq!(marks(&greeter), expected);
    let diff = greeter.run(&["diff", "greet", "--exit-code"]);
    assert!(diff.code == 3 && diff.stderr.contains("2 resources were changed hot: Greeter (code"), "{diff}");

    // A full deployment makes it CloudFormation's.
    assert_screen!("deploy_after_hot", story(&greeter.run(&["deploy", "greet", "--yes"])));
    assert_eq!(marks(&greeter), json!([]));
    assert_eq!(greeting(&url), "\"welcome from version 2\"");
    assert_eq!(greeter.run(&["diff", "greet", "--exit-code"]).code, 0);
}

#[test]
fn takes_back_what_the_stack_file_no_longer_says_although_cloudformation_sees_no_change() {
    let (greeter, url) = Greeter::deployed();
    greeter.version("2");
    greeter.stack(changed);
    assert_eq!(greeter.run(&HOT).code, 0);
    assert_eq!(greeting(&url), "\"welcome from version 2\"");

    // By a full deployment, which asks before it does so.
    greeter.version("1");
    greeter.stack(|text| text);
    assert_eq!(greeter.run(&["diff", "greet", "--exit-code"]).code, 3);
    let asked = greeter.run(&["deploy", "greet"]);
    assert!(asked.code == 2 && asked.stderr.contains("changed hot"), "{asked}");
    assert_screen!("deploy_takes_hot_back", story(&greeter.run(&["deploy", "greet", "--yes"])));
    assert_eq!((greeting(&url).as_str(), seconds(&url)), ("\"hello from version 1\"", (10, 60)));
    assert_eq!(marks(&greeter), json!([]));

    // By another hot one, which takes the marks off by itself.
    greeter.stack(changed);
    assert_eq!(greeter.run(&HOT).code, 0);
    greeter.stack(|text| text);
    let back = greeter.run(&HOT);
    assert!(back.code == 0 && !back.stderr.contains("Marked until"), "{back}");
    assert_eq!((seconds(&url), marks(&greeter)), ((10, 60), json!([])));
    assert_eq!(greeter.run(&["diff", "greet", "--exit-code"]).code, 0);
}

#[test]
fn changes_nothing_when_something_needs_a_full_deployment() {
    let greeter = Greeter::new();
    let url = greeter.room.start_engine("1");
    assert_screen!("hot_without_a_stack", greeter.run(&HOT));
    greeter.deploy();
    greeter.stack(|text| changed(text).replace("shards: 1", "shards: 2") + "topics: { told: {} }\n");
    assert_screen!("hot_refused", greeter.run(&HOT));
    assert_eq!(seconds(&url), (10, 60));
    // What only CloudFormation can work out is not made up.
    greeter.stack(|text| text.replace("crate: greeter", "crate: greeter\n    writes: [Names]"));
    let refused = greeter.run(&HOT);
    assert!(refused.code == 2 && refused.stderr.contains("GreeterRole ("), "{refused}");
}

#[test]
fn is_refused_in_production_and_where_the_environment_is_protected() {
    let greeter = Greeter::new();
    assert_screen!("hot_in_prod", greeter.run(&["deploy", "greet", "--hot", "--yes", "--env", "prod"]));
    let safe = greeter.run(&["deploy", "greet", "--hot", "--yes", "--env", "safe"]);
    assert!(safe.code == 2 && safe.stderr.contains("is protected"), "{safe}");
    let both = greeter.run(&["deploy", "--all", "--hot"]);
    assert_eq!(both.code, 2, "{both}");
}

#[test]
fn converges_when_it_failed_half_way() {
    let greeter = Greeter::new();
    // As often as the SDK tries.
    greeter.room.write(
        "faults.yaml",
        "requests:\n  - { service: lambda, operation: UpdateFunctionConfiguration, first: 3, fault: { error: { status: 500 } } }\n",
    );
    let started = greeter.room.run(&["local", "start", "--faults", "faults.yaml", "--format", "json"]);
    let url = started.json()["url"].as_str().expect("a running engine has a URL").to_owned();
    greeter.deploy();
    greeter.version("2");
    greeter.stack(changed);
    let failed = greeter.run(&HOT);
    assert!(failed.code == 1 && failed.stderr.contains("run the same command again"), "{failed}");
    assert_eq!(greeting(&url), "\"hello from version 2\"", "the code was changed before");
    assert_eq!(marks(&greeter).as_array().map(Vec::len), Some(2), "and nothing without a mark");
    let again = greeter.run(&HOT);
    assert_eq!(again.code, 0, "{again}");
    assert_eq!((greeting(&url).as_str(), seconds(&url)), ("\"welcome from version 2\"", (20, 90)));
}
