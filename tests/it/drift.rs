//! Drift: seen in every part of a pipeline, CloudFormation's and what it does not look at, and taken back.

use aws_sdk_cloudformation::types::StackResource;
use serde_json::{Value, json};

use crate::assert_screen;
use crate::environment::{TestEnvironment, s3, sdk};
use crate::journey::{PIPE, story};

const STACK: &str = "stacks/pipe.yaml";

fn deployed() -> (TestEnvironment, String) {
    let room = TestEnvironment::new();
    room.write(STACK, PIPE);
    let url = room.start_engine("1");
    let output = room.run(&["deploy", STACK, "--local", "--yes", "--quiet"]);
    assert_eq!(output.code, 0, "{output}");
    (room, url)
}

/// Returns the physical id of the only stack's first resource of a type.
async fn physical_id(url: &str, resource_type: &str) -> String {
    let cloudformation = aws_sdk_cloudformation::Client::new(&sdk(url).await);
    let stacks = cloudformation.describe_stacks().send().await.expect("stacks can be read");
    let stack = stacks.stacks()[0].stack_id().expect("a stack has an id");
    let resources = cloudformation.describe_stack_resources().stack_name(stack).send().await;
    let resources = resources.expect("resources can be read").stack_resources.unwrap_or_default();
    let is_meant = |resource: &&StackResource| resource.resource_type() == Some(resource_type);
    let found = resources.iter().find(is_meant).and_then(|resource| resource.physical_resource_id());
    found.unwrap_or_else(|| panic!("no {resource_type}")).to_owned()
}

/// Changes the stream, the delivery stream and the log of its errors.
#[tokio::main(flavor = "current_thread")]
async fn meddle(url: &str) {
    let config = sdk(url).await;
    let stream = physical_id(url, "AWS::Kinesis::Stream").await;
    let kinesis = aws_sdk_kinesis::Client::new(&config);
    let longer = kinesis.increase_stream_retention_period().stream_name(stream).retention_period_hours(72);
    longer.send().await.expect("the retention can be changed");
    let logs = aws_sdk_cloudwatchlogs::Client::new(&config);
    let group = physical_id(url, "AWS::Logs::LogGroup").await;
    let gone = logs.delete_log_stream().log_group_name(group).log_stream_name("DestinationDelivery");
    gone.send().await.expect("the log stream can be deleted");
    buffer_for(url, 300).await;
}

/// Has the delivery stream buffer longer, and write under another prefix.
async fn buffer_for(url: &str, seconds: i32) {
    let firehose = aws_sdk_firehose::Client::new(&sdk(url).await);
    let name = physical_id(url, "AWS::KinesisFirehose::DeliveryStream").await;
    let described = firehose.describe_delivery_stream().delivery_stream_name(&name).send().await;
    let stream = described.expect("it can be read").delivery_stream_description.expect("it is there");
    let hints =
        aws_sdk_firehose::types::BufferingHints::builder().size_in_mbs(1).interval_in_seconds(seconds);
    let update = aws_sdk_firehose::types::ExtendedS3DestinationUpdate::builder();
    let update = update.buffering_hints(hints.build()).prefix("elsewhere/").build();
    let request = firehose.update_destination().delivery_stream_name(&name);
    let request = request.current_delivery_stream_version_id(stream.version_id());
    let request = request.destination_id(stream.destinations()[0].destination_id());
    request.extended_s3_destination_update(update).send().await.expect("it can be changed");
}

#[test]
fn shows_what_was_changed_behind_the_back_and_takes_it_back() {
    let (room, url) = deployed();
    assert_screen!("no_drift", room.run(&["drift", STACK, "--local", "--exit-code"]));
    meddle(&url);
    assert_screen!("drift", room.run(&["drift", STACK, "--local", "--exit-code"]));
    let drift = room.run(&["drift", STACK, "--local", "--format", "json"]).json();
    let of = |logical_id: &str| {
        let resources = drift[0]["resources"].as_array().expect("resources are a list");
        resources.iter().find(|one| one["logical_id"] == logical_id).expect("it has drifted").clone()
    };
    let stream = of("Stream");
    assert_eq!((&stream["status"], &stream["found_by"]), (&json!("modified"), &json!("cloudformation")));
    let expected = json!([{"path": "RetentionPeriodHours", "template": 24, "live": 72}]);
    assert_eq!(stream["differences"], expected);

    // A deployment sees none of it, unless it is asked to look.
    let unaware = room.run(&["diff", STACK, "--local", "--exit-code"]);
    assert_eq!(unaware.code, 0, "{unaware}");
    assert_screen!("diff_with_drift", room.run(&["diff", STACK, "--local", "--drift", "--exit-code"]));

    let unasked = room.run(&["drift", STACK, "--local", "--revert", "--delete-data"]);
    assert!(unasked.code == 2 && unasked.stderr.contains("--yes"), "{unasked}");
    let reverted = room.run(&["drift", STACK, "--local", "--revert", "--yes", "--delete-data"]);
    assert_screen!("drift_reverted", story(&reverted));
    let left = room.run(&["drift", STACK, "--local", "--exit-code"]);
    assert_eq!(left.code, 0, "{left}");
    let again = room.run(&["drift", STACK, "--local", "--revert", "--yes", "--exit-code"]);
    assert_eq!(again.code, 0, "{again}");
}

#[test]
fn plans_a_change_and_the_drift_beside_it_in_one() {
    let (room, url) = deployed();
    meddle(&url);
    room.write(STACK, &PIPE.replace("shards: 1", "shards: 2, retention: 48h"));
    assert_screen!("diff_of_a_change_and_drift", room.run(&["diff", STACK, "--local", "--drift"]));
    let output = room.run(&["diff", STACK, "--local", "--drift", "--out", "plan.json", "--quiet"]);
    assert_eq!(output.code, 0, "{output}");
    let deployed =
        room.run(&["deploy", "--plan", "plan.json", "--local", "--yes", "--delete-data", "--quiet"]);
    assert_eq!(deployed.code, 0, "{deployed}");
    let drift = room.run(&["drift", STACK, "--local", "--format", "json"]).json();
    let names = drift[0]["resources"].as_array().expect("a list").iter().map(|one| one["type"].clone());
    assert_eq!(names.collect::<Vec<Value>>(), [json!("AWS::KinesisFirehose::DeliveryStream")]);
}

#[test]
fn sees_other_code_in_a_function_and_gives_it_its_own_back() {
    let room = TestEnvironment::new();
    room.telemetric(|text| text);
    let url = room.start_engine("1");
    let stack = "stacks/telemetric.yaml";
    let output = room.run_there(&["deploy", stack, "--yes", "--quiet"]);
    assert_eq!(output.code, 0, "{output}");
    swap_code(&url);
    let drift = room.run_there(&["drift", stack, "--format", "json"]).json();
    let found = &drift[0]["resources"];
    assert_eq!(
        (found.as_array().map(Vec::len), &found[0]["found_by"]),
        (Some(1), &json!("service")),
        "{drift}"
    );
    let reverted = room.run_there(&["drift", stack, "--revert", "--yes", "--exit-code"]);
    assert!(reverted.code == 0 && reverted.stderr.contains("UpdateFunctionCode"), "{reverted}");
}

/// Has one function of the stack run another's code.
#[tokio::main(flavor = "current_thread")]
async fn swap_code(url: &str) {
    let config = sdk(url).await;
    let buckets = s3(url).await.list_buckets().send().await.expect("buckets can be listed");
    let mut names = buckets.buckets().iter().filter_map(|bucket| bucket.name());
    let bucket = names.find(|name| name.starts_with("hydrant-artifacts")).expect("it holds the code");
    let lambda = aws_sdk_lambda::Client::new(&config);
    let functions = lambda.list_functions().send().await.expect("functions can be listed");
    let name = functions.functions()[0].function_name().expect("a function has a name").to_owned();
    let now = functions.functions()[0].code_sha256().expect("it has code").to_owned();
    let objects = s3(url).await.list_objects_v2().bucket(bucket).send().await.expect("objects can be listed");
    for key in objects.contents().iter().filter_map(|object| object.key()) {
        let update = lambda.update_function_code().function_name(&name).s3_bucket(bucket).s3_key(key);
        let updated = update.send().await.expect("the code can be changed");
        if updated.code_sha256() != Some(&now) {
            return;
        }
    }
    panic!("all functions have the same code");
}

#[test]
fn goes_on_where_a_server_does_not_know_drift() {
    let room = TestEnvironment::new();
    room.write(STACK, PIPE);
    let fault = "{ error: { status: 400, code: InvalidAction } }";
    let rule = format!("{{ service: cloudformation, operation: DetectStackDrift, fault: {fault} }}");
    room.write("faults.yaml", &format!("requests:\n  - {rule}\n"));
    let started = room.run(&["local", "start", "--faults", "faults.yaml", "--format", "json"]);
    assert_eq!(started.code, 0, "{started}");
    let deployed = room.run(&["deploy", STACK, "--local", "--yes", "--quiet"]);
    assert_eq!(deployed.code, 0, "{deployed}");
    let drift = room.run(&["drift", STACK, "--local", "--exit-code"]);
    assert!(drift.code == 0 && drift.stdout.contains("does not know drift"), "{drift}");
}
