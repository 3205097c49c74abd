use super::super::Template;
use super::{Resolved, Scope, conditions, resolve, resolve_partial, resolve_resource};
use serde_json::{Value, json};

const TEMPLATE: &str = r#"
Transform: AWS::LanguageExtensions
Parameters: {Env: {Type: String}}
Mappings: {Sizes: {dev: {shards: 1, names: [a, b]}}}
Conditions:
  IsDev: !Equals [!Ref Env, dev]
  Never: !And [!Not [!Condition IsDev], !Condition IsDev]
  Later: !Equals [!Ref Stream, x]
  Circle: !Not [!Condition Circle]
Resources:
  Stream: {Type: AWS::Kinesis::Stream, Properties: {Name: !Sub "${Env}-${Role.Arn}"}}
  Role: {Type: AWS::IAM::Role}
"#;

struct Known;

impl Scope for Known {
    fn reference(&self, name: &str) -> Option<Value> {
        match name {
            "Env" => Some(json!("dev")),
            "AWS::Region" => Some(json!("eu-west-1")),
            "Role" => Some(json!("the-role")),
            _ => None,
        }
    }

    fn attribute(&self, logical_id: &str, attribute: &str) -> Option<Value> {
        (logical_id == "Stream" && attribute == "Arn").then(|| json!("arn:stream"))
    }

    fn import(&self, name: &str) -> Option<Value> {
        (name == "shared").then(|| json!("imported"))
    }

    fn availability_zones(&self, region: &str) -> Option<Vec<String>> {
        Some(vec![format!("{region}a"), format!("{region}b")])
    }
}

fn template() -> Template {
    Template::parse(TEMPLATE).unwrap_or_else(|errors| panic!("{errors:?}"))
}

/// Reads a value in YAML, short forms and all.
fn value(text: &str) -> Value {
    let holder = format!("Resources: {{A: {{Type: T, Properties: {{V: {text}}}}}}}");
    let holder = Template::parse(&holder).unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
    holder.resources["A"].properties["V"].clone()
}

fn resolved(text: &str) -> Value {
    match resolve(&value(text), &template(), &Known) {
        Ok(Resolved::Value(value)) => value,
        other => panic!("{text}: {other:?}"),
    }
}

fn refused(text: &str) -> String {
    match resolve(&value(text), &template(), &Known) {
        Err(error) => error.message(),
        Ok(value) => panic!("{text}: {value:?}"),
    }
}

#[test]
fn evaluates_every_function() {
    for (text, expected) in [
        ("!Ref Env", json!("dev")),
        ("!GetAtt Stream.Arn", json!("arn:stream")),
        ("!Sub '${Env}/${Stream.Arn}/${!Env}/$Env'", json!("dev/arn:stream/${Env}/$Env")),
        ("!Sub ['${a}-${Env}', {a: !Join ['+', [1, true, x]]}]", json!("1+true+x-dev")),
        ("!Join [',', !Split ['|', 'a|b|']]", json!("a,b,")),
        ("!Select ['1', !FindInMap [Sizes, !Ref Env, names]]", json!("b")),
        ("!FindInMap [Sizes, prod, shards, {DefaultValue: !Ref Env}]", json!("dev")),
        ("!If [IsDev, yes, !Ref Nowhere]", json!(true)),
        ("!If [Never, 1, [!Ref Env]]", json!(["dev"])),
        ("!Base64 abc", json!("YWJj")),
        ("!Select [0, !GetAZs ]", json!("eu-west-1a")),
        ("!GetAZs us-east-1", json!(["us-east-1a", "us-east-1b"])),
        ("!ImportValue shared", json!("imported")),
        ("!ToJsonString {a: [1, !Ref Env]}", json!("{\"a\":[1,\"dev\"]}")),
        ("!Length [a, b]", json!(2)),
        ("[a, !Ref AWS::NoValue, {b: !If [Never, 1, !Ref AWS::NoValue], c: 1}]", json!(["a", {"c": 1}])),
        ("{Ref: Env, Other: x}", json!({"Ref": "Env", "Other": "x"})),
        ("{Condition: {StringEquals: x}}", json!({"Condition": {"StringEquals": "x"}})),
    ] {
        assert_eq!(resolved(text), expected, "{text}");
    }
    let nothing = resolve(&value("!Ref AWS::NoValue"), &template(), &Known);
    assert_eq!(nothing, Ok(Resolved::NoValue));
}

#[test]
fn refuses_what_cloudformation_refuses() {
    for (text, start) in [
        (
            "!Ref Nowhere",
            "Template format error: Unresolved resource dependencies [Nowhere] in the Resources block",
        ),
        (
            "!GetAtt Nowhere.Arn",
            "Template error: instance of Fn::GetAtt references undefined resource Nowhere",
        ),
        ("!GetAtt Stream", "Template error: every Fn::GetAtt object requires two non-empty parameters"),
        ("!Select [2, [a]]", "Template error: Fn::Select cannot select nonexistent value at index 2"),
        ("!Select [x, [a]]", "Template error: Fn::Select requires a list argument"),
        ("!FindInMap [Sizes, prod, shards]", "Template error: Unable to get mapping for Sizes::prod::shards"),
        ("!FindInMap [Other, a, b]", "Template error: Mapping named 'Other' is not present"),
        ("!Join [a]", "Template error: every Fn::Join object requires two parameters"),
        ("!Sub '${a-b}'", "Template error: variable names in Fn::Sub syntax"),
        ("!Sub {a: b}", "Template error: One or more Fn::Sub intrinsic functions"),
        ("!If [Nope, 1, 2]", "Template error: unresolved condition dependency Nope in Fn::If"),
        ("!If [Circle, 1, 2]", "Template format error: Circular dependencies for condition Circle"),
        ("!Cidr [10.0.0.0/16, 1, 8]", "Fn::Cidr is not supported here"),
        ("!Frobnicate x", "Template error: Fn::Frobnicate is not an intrinsic function"),
        ("!ImportValue gone", "No export named gone found."),
        ("!Ref Stream", "Ref of Stream has no value"),
    ] {
        let message = refused(text);
        assert!(message.starts_with(start), "{text}: {message}");
    }
}

#[test]
fn names_the_place_of_a_failure() {
    let error = resolve_resource(&template(), "Stream", &Known).expect_err("the role has no ARN yet");
    assert_eq!(error.to_string(), "Fn::Sub of Role.Arn has no value (at Stream/Name/Fn::Sub)");
}

#[test]
fn leaves_in_place_what_is_not_known() {
    for (text, expected) in [
        ("[!Ref Env, !Ref Stream]", json!(["dev", {"Ref": "Stream"}])),
        (
            "!Join ['-', [!Ref Env, !GetAtt Role.Arn]]",
            json!({"Fn::Join": ["-", ["dev", {"Fn::GetAtt": ["Role", "Arn"]}]]}),
        ),
        ("!Sub '${Env}-${Stream}-${!x}'", json!({"Fn::Sub": "dev-${Stream}-${!x}"})),
        (
            "!Sub ['${Env}-${own}', {own: !Ref Stream}]",
            json!({"Fn::Sub": ["dev-${own}", {"own": {"Ref": "Stream"}}]}),
        ),
        ("!If [Later, a, b]", json!({"Fn::If": ["Later", "a", "b"]})),
        ("!ImportValue gone", json!({"Fn::ImportValue": "gone"})),
    ] {
        let partial = resolve_partial(&value(text), &template(), &Known);
        assert_eq!(partial, Ok(Resolved::Value(expected)), "{text}");
    }
}

#[test]
fn evaluates_all_conditions() {
    let text = TEMPLATE
        .replace("  Later: !Equals [!Ref Stream, x]\n", "")
        .replace("  Circle: !Not [!Condition Circle]\n", "");
    let template = Template::parse(&text).unwrap_or_else(|errors| panic!("{errors:?}"));
    let evaluated = conditions(&template, &Known).expect("all are known");
    assert_eq!(evaluated.get("IsDev"), Some(&true));
    assert_eq!(evaluated.get("Never"), Some(&false));
}

#[test]
fn evaluates_each_condition_once() {
    let mut text = String::from("Resources: {A: {Type: T}}\nConditions:\n  C0: !Equals [a, a]\n");
    for index in 1..60 {
        let before = format!("!Condition C{}", index - 1);
        text.push_str(&format!("  C{index}: !And [{before}, {before}]\n"));
    }
    let template = Template::parse(&text).unwrap_or_else(|errors| panic!("{errors:?}"));
    let evaluated = conditions(&template, &Known).expect("all are known");
    assert_eq!(evaluated.get("C59"), Some(&true));
}

#[test]
fn never_overflows_on_the_deepest_value() {
    let deep = format!("{}x{}", "[!Base64 {Fn::Sub: ".repeat(18), "}]".repeat(18));
    assert!(resolve(&value(&deep), &template(), &Known).is_err());
    let deep = format!("{}x{}", "{a: [".repeat(25), "]}".repeat(25));
    assert!(resolve(&value(&deep), &template(), &Known).is_ok());
}
