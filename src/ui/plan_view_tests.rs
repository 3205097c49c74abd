use serde_json::{Value, json};

use super::*;

/// Returns a change as the JSON of a plan has it, with `members` beyond what every change has.
fn change(action: &str, id: &str, resource_type: &str, members: Value) -> Value {
    let mut change = json!({
        "action": action, "replacement": action == "replace", "logical_id": id, "type": resource_type, "physical_id": null,
        "renamed_from": null, "before": {}, "after": {}, "replaced_because_of": [], "loses": null,
    });
    for (name, value) in members.as_object().into_iter().flatten() {
        change[name] = value.clone();
    }
    change
}

fn screen(changes: Value) -> String {
    let plan = Plan { changes: serde_json::from_value(changes).unwrap() };
    let text = plan.text(Style::plain().with_width(80));
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    text
}

fn widening(kind: &str, who: &str, gains: &[&str], on: &[&str]) -> Value {
    json!({
        "kind": kind, "who": who, "gains": gains, "on": on, "conditions": [], "because": null, "wildcard": on == ["*"],
    })
}

#[test]
fn shows_additions_and_counts_the_grants_of_a_new_stack() {
    let grant = |who: &str, on: &str| widening("permission", who, &["kinesis:PutRecord"], &[on]);
    let role = |widens: Value| change("add", "ToS3Role", "AWS::IAM::Role", json!({ "widens": widens }));
    let stream = change("add", "Stream", "AWS::Kinesis::Stream", json!({}));
    insta::assert_snapshot!("add", screen(json!([stream, role(json!([grant("ToS3", "Stream")]))])));
    let wide = json!([grant("ToS3", "Stream"), grant("ToS3", "*")]);
    insta::assert_snapshot!("add_with_a_wildcard", screen(json!([stream, role(wide)])));
    let many =
        (0..30).map(|number| change("add", &format!("Stream{number}"), "AWS::Kinesis::Stream", json!({})));
    insta::assert_snapshot!("add_many", screen(many.collect()));
}

#[test]
fn shows_values_that_change_and_breaks_long_lines() {
    let arn = "arn:aws:kinesis:us-east-1:111122223333:stream/TelemetricStream";
    let before = json!({"ShardCount": 1, "Policies.0.PolicyDocument.Statement.2.Resource": arn});
    let after = json!({
        "ShardCount": 2, "Policies.0.PolicyDocument.Statement.2.Resource": "{{changeSet:KNOWN_AFTER_APPLY}}",
    });
    let members = json!({"before": before, "after": after});
    insta::assert_snapshot!(
        "change",
        screen(json!([change("modify", "Stream", "AWS::Kinesis::Stream", members)]))
    );
}

#[test]
fn shows_what_a_replacement_loses() {
    let stream = json!({
        "before": {"Name": "positions"}, "after": {"Name": "gps"}, "replaced_because_of": ["Name"],
        "loses": "the records in it", "holds": {"records": {"count": 1204, "bytes": 241_664, "is_more": true}},
    });
    let mapping = json!({
        "before": {"EventSourceArn": "arn:aws:kinesis:us-east-1:111122223333:stream/positions"},
        "after": {"EventSourceArn": "{{changeSet:KNOWN_AFTER_APPLY}}"}, "replaced_because_of": ["EventSourceArn"],
        "effects": ["the new mapping reads from LATEST: records that arrive before it is enabled are never read"],
    });
    insta::assert_snapshot!(
        "replace",
        screen(json!([
            change("replace", "ConsumeFromStream", "AWS::Lambda::EventSourceMapping", mapping),
            change("replace", "Stream", "AWS::Kinesis::Stream", stream),
        ]))
    );
}

#[test]
fn shows_a_removed_bucket_that_holds_objects() {
    let effect = "holds 1812 objects, 3.4 GiB: CloudFormation deletes no bucket with objects, so it stays in the account, \
                  outside of the stack";
    let members = json!({
        "holds": {"objects": {"count": 1812, "bytes": 3_650_722_201_u64, "is_more": false}}, "effects": [effect],
    });
    insta::assert_snapshot!(
        "removed_bucket",
        screen(json!([change("remove", "RowsBucket", "AWS::S3::Bucket", members)]))
    );
}

#[test]
fn shows_changed_crates_and_not_their_keys() {
    let function =
        |id: &str, crates: Value| change("modify", id, "AWS::Lambda::Function", json!({ "crates": crates }));
    let layer = json!({"folders": ["lambdas/layers/certificates"]});
    insta::assert_snapshot!(
        "crates",
        screen(json!([
            change("replace", "CertificatesLayer", "AWS::Lambda::LayerVersion", layer),
            function("CleanPositions", json!(["position-cleaner"])),
            function("ConsumePositions", json!(["position-consumer"])),
            function("ConsumeTaxis", json!(["position-consumer"])),
        ]))
    );
}

#[test]
fn says_who_may_do_more() {
    let write = |who: &str| {
        widening("permission", who, &["kinesis:PutRecord", "kinesis:PutRecords"], &["TelemetricStream"])
    };
    let mut invoke = widening("permission", "anyone", &["lambda:InvokeFunction"], &["CleanPositions"]);
    invoke["conditions"] = json!(["aws:SourceAccount"]);
    invoke["because"] = json!("the condition on `aws:SourceArn` is gone");
    let mut boundary = widening("boundary", "ConsumePositions", &["whatever its policies allow"], &[]);
    boundary["because"] = json!("the permissions boundary Edge is gone");
    let widens = json!([
        write("ConsumePositions"),
        write("CleanPositions"),
        widening("trust", "firehose.amazonaws.com", &["sts:AssumeRole"], &["DeliveryRole"]),
        widening("denial", "ConsumePositions", &["kinesis:DeleteStream"], &["*"]),
        invoke,
        widening("managed-policy", "ConsumePositions", &["arn:aws:iam::111122223333:policy/own"], &[]),
        boundary,
    ]);
    let members = json!({ "widens": widens });
    insta::assert_snapshot!("widening", screen(json!([change("modify", "Role", "AWS::IAM::Role", members)])));
}
