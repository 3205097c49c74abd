use serde_json::json;

use super::*;
use crate::deploy::plan::{Action, Change, Replacement};

const STACK: &str = "
Parameters: { CodeKey: { Type: String }, Secret: { Type: String, NoEcho: true }, Size: { Type: Number, Default: 1 } }
Conditions: { Large: !Equals [!Ref Size, '2'] }
Resources:
  Stream: { Type: 'AWS::Kinesis::Stream', Properties: { Name: !Sub '${AWS::StackName}-in', ShardCount: !Ref Size } }
  Role: { Type: 'AWS::IAM::Role', Properties: { Description: !GetAtt Stream.Arn } }
  Function: { Type: 'AWS::Lambda::Function', Properties: { Role: !GetAtt Role.Arn, Code: { S3Key: !Ref CodeKey },
    Environment: { Variables: { Secret: !Ref Secret } } } }
  Mapping: { Type: 'AWS::Lambda::EventSourceMapping', Properties: { EventSourceArn: !GetAtt Stream.Arn, FunctionName: !Ref Function } }
  Extra: { Type: 'AWS::SQS::Queue', Condition: Large }
";

fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn changes(new: &str, parameters: &[(&str, &str)]) -> Vec<Change> {
    let last: LastDeployed = serde_json::from_value(json!({
        "version": 1, "stack_name": "orders-dev", "account": "111122223333", "region": "us-east-1", "at": "2026-01-02T03:04:05Z",
        "parameters": {"CodeKey": "a.zip"}, "template": STACK,
    }))
    .unwrap();
    plan(&last, &Template::parse(new).unwrap(), values(parameters), &[]).unwrap().changes
}

/// Returns each change as its action, its name and the properties that change.
fn short(changes: &[Change]) -> Vec<String> {
    let each = changes.iter().map(|change| {
        let paths: Vec<&str> = change.before.keys().map(String::as_str).collect();
        format!("{:?} {} {}", change.action, change.logical_id, paths.join(" ")).trim_end().to_owned()
    });
    each.collect()
}

const SAME: &[(&str, &str)] = &[("CodeKey", "a.zip"), ("Secret", "another")];

#[test]
fn finds_nothing_where_nothing_differs() {
    assert_eq!(short(&changes(STACK, SAME)), [""; 0]);
    // Another way to write the same.
    let inlined = STACK
        .replace("!Sub '${AWS::StackName}-in'", "orders-dev-in")
        .replace("ShardCount: !Ref Size", "ShardCount: 1");
    assert_eq!(short(&changes(&inlined, SAME)), [""; 0]);
}

#[test]
fn follows_parameters_and_conditions() {
    let found = changes(STACK, &[("CodeKey", "b.zip"), ("Size", "2")]);
    assert_eq!(short(&found), ["Modify Function Code.S3Key", "Modify Stream ShardCount", "Add Extra"]);
    assert_eq!(
        (&found[0].before["Code.S3Key"], &found[0].after["Code.S3Key"]),
        (&json!("a.zip"), &json!("b.zip"))
    );
    assert_eq!(found[1].replacement, Replacement::No);
}

#[test]
fn replaces_as_the_schemas_say() {
    let found = changes(&STACK.replace("-in'", "-out'"), SAME);
    assert_eq!(
        short(&found),
        ["Replace Stream Name", "Replace Mapping EventSourceArn", "Modify Role Description"]
    );
    assert_eq!(found[0].loses.as_deref(), Some("the records in it"));
    assert_eq!(found[0].before["Name"], "orders-dev-in");
}

#[test]
fn tells_policies_and_removals() {
    let kept = STACK.replace("Type: 'AWS::IAM::Role',", "Type: 'AWS::IAM::Role', DeletionPolicy: Retain,");
    assert_eq!(short(&changes(&kept, SAME)), ["Modify Role DeletionPolicy"]);
    let mapping = STACK.lines().find(|line| line.contains("Mapping:")).unwrap();
    let found = changes(&STACK.replace(mapping, ""), SAME);
    assert_eq!((short(&found), found[0].action), (vec!["Remove Mapping".to_owned()], Action::Remove));
}

#[test]
fn tells_wider_access() {
    let wide = STACK.replace(
        "Description: !GetAtt Stream.Arn",
        "Description: !GetAtt Stream.Arn, ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess']",
    );
    let found = changes(&wide, SAME);
    assert_eq!(short(&found), ["Modify Role ManagedPolicyArns"]);
    assert_eq!((found[0].widens[0].who.as_str(), found[0].widens[0].wildcard), ("Function", true));
}
