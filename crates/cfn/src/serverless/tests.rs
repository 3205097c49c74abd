use serde_json::json;

use super::*;

/// Returns what the expansion makes of a template with the defaults of its parameters.
fn expanded(text: &str) -> Result<Value, Refusal> {
    let template = Template::parse(text).unwrap();
    let parameters = template.parameter_values(&IndexMap::new()).unwrap();
    expand(&template, &parameters, "us-east-1")
}

/// Compares with what AWS's own macro made of the same template: the package `aws-sam-translator` 1.115.0 on PyPI.
fn assert_like_awss_macro(template: &str, expected: &str) {
    let made = expanded(template).unwrap();
    let expected: Value = serde_json::from_str(expected).unwrap();
    let resources = |template: &Value| template["Resources"].as_object().unwrap().clone();
    let (ours, theirs) = (resources(&made), resources(&expected));
    for (logical_id, resource) in &theirs {
        assert_eq!(ours.get(logical_id), Some(resource), "{logical_id}");
    }
    let more: Vec<_> = ours.keys().filter(|logical_id| !theirs.contains_key(*logical_id)).collect();
    assert!(more.is_empty(), "{more:?}");
    assert_eq!(made, expected);
}

#[test]
fn expands_events_and_globals_as_awss_macro_does() {
    let template = include_str!("../../tests/serverless/pipeline.yaml");
    assert_like_awss_macro(template, include_str!("../../tests/serverless/pipeline.json"));
}

#[test]
fn expands_aliases_urls_and_destinations_as_awss_macro_does() {
    let template = include_str!("../../tests/serverless/published.yaml");
    assert_like_awss_macro(template, include_str!("../../tests/serverless/published.json"));
}

fn refusal(function: Value) -> Refusal {
    let resources = json!({"F": {"Type": "AWS::Serverless::Function", "Properties": function}});
    let template = json!({"Transform": TRANSFORM, "Resources": resources});
    expanded(&template.to_string()).unwrap_err()
}

#[test]
fn refuses_what_the_macro_refuses_in_its_words() {
    let refused = refusal(json!({"Runtime": "provided.al2023", "Handler": "bootstrap", "Memory": 1}));
    let Refusal::Invalid(message) = refused else { panic!("{refused:?}") };
    assert_eq!(
        message,
        "Transform AWS::Serverless-2016-10-31 failed with: Invalid Serverless Application Specification document. Number \
         of errors found: 1. Resource with id [F] is invalid. property Memory not defined for resource of type \
         AWS::Serverless::Function"
    );
}

#[test]
fn refuses_by_name_what_it_does_not_have() {
    let event = json!({"Type": "HttpApi", "Properties": {}});
    let function = json!({"Runtime": "provided.al2023", "Handler": "bootstrap", "CodeUri": "s3://a/b"});
    let with = |name: &str, value: Value| {
        let mut function = function.clone();
        function[name] = value;
        refusal(function).to_string()
    };
    let events = json!({"Web": event});
    assert_eq!(with("Events", events), "the event type HttpApi (Web of F) is not supported");
    let policies = json!([{"DynamoDBCrudPolicy": {"TableName": "t"}}]);
    assert_eq!(with("Policies", policies), "the policy template `DynamoDBCrudPolicy` is not supported");
    let preference = json!({"Type": "AllAtOnce"});
    let message = "the property `DeploymentPreference` of AWS::Serverless::Function (F) is not supported";
    assert_eq!(with("DeploymentPreference", preference), message);
    let table = json!({"Transform": TRANSFORM, "Resources": {"T": {"Type": "AWS::Serverless::SimpleTable"}}});
    let message = "the resource type AWS::Serverless::SimpleTable (T) is not supported";
    assert_eq!(expanded(&table.to_string()).unwrap_err().to_string(), message);
}
