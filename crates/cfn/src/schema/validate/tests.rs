use serde_json::json;

use super::*;
use crate::frozen::{Frozen, freeze};
use crate::schema::of;

fn messages(type_name: &str, properties: &Value) -> Vec<String> {
    of(type_name).unwrap().validate(properties).iter().map(Violation::to_string).collect()
}

#[test]
fn accepts_what_cloudformation_accepts() {
    let stream = json!({"Name": "orders", "ShardCount": "2", "RetentionPeriodHours": 24,
        "StreamEncryption": {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"},
        "Tags": [{"Key": "a", "Value": 5}]});
    assert_eq!(messages("AWS::Kinesis::Stream", &stream), [""; 0]);
    let role = json!({"AssumeRolePolicyDocument": {"Statement": []}, "Policies": [
        {"PolicyName": "p", "PolicyDocument": {"Statement": []}}]});
    assert_eq!(messages("AWS::IAM::Role", &role), [""; 0]);
    assert_eq!(messages("AWS::S3::Bucket", &json!({})), [""; 0]);
}

#[test]
fn refuses_keys_that_the_type_does_not_have_at_any_depth() {
    let stream = json!({"Foo": 1, "StreamModeDetails": {"StreamMode": "ON_DEMAND", "Bar": 1}});
    assert_eq!(
        messages("AWS::Kinesis::Stream", &stream),
        [
            "#: extraneous key [Foo] is not permitted",
            "#/StreamModeDetails: extraneous key [Bar] is not permitted"
        ]
    );
}

#[test]
fn refuses_properties_that_only_aws_sets() {
    assert_eq!(
        messages("AWS::Kinesis::Stream", &json!({"Arn": "x"})),
        ["#: extraneous key [Arn] is not permitted"]
    );
}

#[test]
fn names_the_place_of_each_rule_that_is_broken() {
    let delivery = json!({"ExtendedS3DestinationConfiguration": {
        "BucketARN": "orders",
        "BufferingHints": {"SizeInMBs": 999, "IntervalInSeconds": "ten"},
        "CompressionFormat": "ZSTD", "Prefix": ["a"]}});
    let mut messages = messages("AWS::KinesisFirehose::DeliveryStream", &delivery);
    messages.sort();
    let at = "#/ExtendedS3DestinationConfiguration";
    let expected = [
        format!("{at}/BucketARN: failed validation constraint for keyword [pattern]"),
        format!("{at}/BufferingHints/IntervalInSeconds: expected type: Integer, found: String"),
        format!("{at}/BufferingHints/SizeInMBs: failed validation constraint for keyword [maximum]"),
        format!("{at}/CompressionFormat: failed validation constraint for keyword [enum]"),
        format!("{at}/Prefix: expected type: String, found: JSONArray"),
        format!("{at}: required key [RoleARN] not found"),
    ];
    assert_eq!(messages, expected);
}

#[test]
fn counts_items_lengths_and_alternatives() {
    assert_eq!(
        messages("AWS::Kinesis::Stream", &json!({"Name": "", "ShardCount": 0})),
        [
            "#/Name: expected minLength: 1, actual: 0",
            "#/Name: failed validation constraint for keyword [pattern]",
            "#/ShardCount: failed validation constraint for keyword [minimum]",
        ]
    );
    assert_eq!(
        messages("AWS::IAM::Policy", &json!({"PolicyName": "p", "PolicyDocument": {}})),
        ["#: #: no subschema matched out of the total 3 subschemas"]
    );
    let alarm = json!({"ComparisonOperator": "x", "MetricName": "m", "Metrics": []});
    let keywords: Vec<_> =
        of("AWS::CloudWatch::Alarm").unwrap().validate(&alarm).iter().map(|one| one.keyword).collect();
    assert!(keywords.contains(&"requiredXor") && keywords.contains(&"dependentExcluded"), "{keywords:?}");
}

#[test]
fn says_why_a_resource_failed_as_cloudformation_does() {
    let violations = of("AWS::Kinesis::Stream").unwrap().validate(&json!({"Foo": 1}));
    assert_eq!(
        failure("Stream", &violations),
        "Properties validation failed for resource Stream with message:\n\
         #: extraneous key [Foo] is not permitted"
    );
}

fn keywords(schema: &Value, value: &Value) -> Vec<&'static str> {
    let bytes = freeze(schema).unwrap();
    let schema = Schema::new(Frozen::root(&bytes));
    schema.violations(value, &template).iter().map(|violation| violation.keyword).collect()
}

/// Reads `Ref` as unknown, `AWS::NoValue` as absent and `Fn::If` as one of its branches.
fn template(value: &Value) -> Reading<'_> {
    let branch = |index: usize| {
        let value = value.pointer(&format!("/Fn::If/{index}"))?;
        Some(Alternative { path: vec!["Fn::If".to_owned(), index.to_string()], value })
    };
    match (value.get("Ref").and_then(Value::as_str), branch(1), branch(2)) {
        (Some("AWS::NoValue"), ..) => Reading::Absent,
        (Some(_), ..) => Reading::Unknown,
        (None, Some(one), Some(other)) => Reading::OneOf(vec![one, other]),
        _ => Reading::Known,
    }
}

#[test]
fn follows_conditions_in_schemas() {
    let schema = json!({
        "if": {"properties": {"Mode": {"const": "ON_DEMAND"}}, "required": ["Mode"]},
        "then": {"properties": {"Count": false}}, "else": {"required": ["Count"]},
    });
    assert_eq!(keywords(&schema, &json!({"Mode": "ON_DEMAND", "Count": 1})), ["false"]);
    assert_eq!(keywords(&schema, &json!({"Mode": "PROVISIONED"})), ["required"]);
    assert_eq!(keywords(&schema, &json!({"Mode": {"Ref": "Mode"}})), [""; 0]);
}

#[test]
fn counts_only_what_is_sure_to_be_there() {
    let nothing = json!({"Ref": "AWS::NoValue"});
    let perhaps = json!({"Fn::If": ["Is", "a", nothing]});
    let required = json!({"required": ["A"]});
    assert_eq!(keywords(&required, &json!({"A": nothing})), ["required"]);
    assert_eq!(keywords(&required, &json!({"A": perhaps})), [""; 0]);
    let one = json!({"requiredXor": ["A", "B"]});
    assert_eq!(keywords(&one, &json!({"A": 1, "B": 2})), ["requiredXor"]);
    assert_eq!(keywords(&one, &json!({"A": 1, "B": perhaps})), [""; 0]);
    let never = json!({"properties": {"A": false}});
    assert_eq!(keywords(&never, &json!({"A": nothing})), [""; 0]);
    assert_eq!(keywords(&json!({"maxItems": 1}), &json!([1, perhaps])), [""; 0]);
    assert_eq!(keywords(&json!({"minItems": 2}), &json!([1, nothing])), ["minItems"]);
}

#[test]
fn looks_into_both_branches_and_says_in_which_it_is() {
    let bytes = freeze(&json!({"properties": {"A": {"maximum": 5}}})).unwrap();
    let schema = Schema::new(Frozen::root(&bytes));
    let violations = schema.violations(&json!({"A": {"Fn::If": ["Is", 3, 9]}}), &template);
    assert_eq!(violations.iter().map(|one| one.path.join("/")).collect::<Vec<_>>(), ["A/Fn::If/2"]);
}

#[test]
fn is_unsure_when_the_branches_disagree() {
    let schema = json!({"not": {"properties": {"A": {"const": 1}}, "required": ["A"]}});
    assert_eq!(keywords(&schema, &json!({"A": {"Fn::If": ["Is", 1, 2]}})), [""; 0]);
    assert_eq!(keywords(&schema, &json!({"A": {"Fn::If": ["Is", 1, "1"]}})), ["not"]);
}

#[test]
fn checks_the_keywords_that_few_types_use() {
    assert_eq!(keywords(&json!({"multipleOf": 60}), &json!("90")), ["multipleOf"]);
    assert_eq!(keywords(&json!({"exclusiveMaximum": 5}), &json!(5)), ["exclusiveMaximum"]);
    assert_eq!(keywords(&json!({"enumCaseInsensitive": ["gb"]}), &json!("GB")), [""; 0]);
    assert_eq!(keywords(&json!({"enumCaseInsensitive": ["gb"]}), &json!("MB")), ["enumCaseInsensitive"]);
    let unique = json!({"uniqueKeys": ["Name"]});
    assert_eq!(keywords(&unique, &json!([{"Name": 1, "A": 1}, {"Name": 1, "A": 2}])), ["uniqueKeys"]);
    assert_eq!(keywords(&unique, &json!([{"A": 1}, {"A": 1}])), [""; 0]);
    let pair = json!({"prefixItems": [{"const": "a"}, {"const": "b"}]});
    assert_eq!(keywords(&pair, &json!(["a", "c"])), ["const"]);
    let names = json!({"propertyNames": {"not": {"enum": ["AWS_REGION"]}}});
    assert_eq!(keywords(&names, &json!({"AWS_REGION": "x", "B": "y"})), ["propertyNames"]);
    let depends =
        json!({"dependencies": {"A": ["B"], "C": {"oneOf": [{"required": ["D"]}, {"required": ["E"]}]}}});
    assert_eq!(keywords(&depends, &json!({"A": 1})), ["dependentRequired"]);
    assert_eq!(keywords(&depends, &json!({"C": 1})), ["oneOf"]);
    assert_eq!(keywords(&depends, &json!({"C": 1, "E": 1})), [""; 0]);
    assert_eq!(keywords(&json!({"contains": {"const": 1}}), &json!([2, 3])), ["contains"]);
}
