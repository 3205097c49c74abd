//! What CloudFormation provisions here.

mod alias;
mod function;
mod invoke_config;
mod layer_version;
mod mapping;
mod permission;
#[cfg(test)]
mod tests;
mod url;
mod version;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::AwsError;
use crate::resource::{self, ResourceType};

/// Returns the resource types of Lambda.
pub fn all() -> Vec<Box<dyn ResourceType>> {
    vec![
        Box::new(function::FunctionResource),
        Box::new(permission::PermissionResource),
        Box::new(mapping::EventSourceMappingResource),
        Box::new(version::VersionResource),
        Box::new(alias::AliasResource),
        Box::new(layer_version::LayerVersionResource),
        Box::new(url::UrlResource),
        Box::new(invoke_config::EventInvokeConfigResource),
    ]
}

/// Takes for done what is gone already.
fn gone_is_fine(outcome: Result<(), AwsError>) -> Result<(), AwsError> {
    resource::gone_is_fine(outcome, "ResourceNotFoundException")
}

/// Properties that are numbers or booleans; parameters of a template give them as text.
const NOT_TEXT: [&str; 15] = [
    "Timeout",
    "MemorySize",
    "Size",
    "ReservedConcurrentExecutions",
    "BatchSize",
    "MaximumBatchingWindowInSeconds",
    "ParallelizationFactor",
    "MaximumRetryAttempts",
    "MaximumEventAgeInSeconds",
    "MaximumRecordAgeInSeconds",
    "TumblingWindowInSeconds",
    "MaximumConcurrency",
    "StartingPositionTimestamp",
    "BisectBatchOnFunctionError",
    "Enabled",
];

/// Reads properties as an operation's input.
fn read<T: DeserializeOwned>(mut properties: Value) -> Result<T, AwsError> {
    loosen(&mut properties);
    serde_json::from_value(properties)
        .map_err(|error| AwsError::new("InvalidParameterValueException", error.to_string()))
}

/// Turns text such as `30` and `true` into the number or boolean that the property is.
fn loosen(properties: &mut Value) {
    let Some(members) = properties.as_object_mut() else { return };
    for (name, value) in members {
        match value {
            Value::Object(_) if name != "Variables" && name != "Tags" => loosen(value),
            Value::Object(variables) => variables.values_mut().for_each(|value| *value = text(value).into()),
            Value::String(text) if NOT_TEXT.contains(&name.as_str()) => {
                if let Ok(parsed @ (Value::Number(_) | Value::Bool(_))) = serde_json::from_str(text) {
                    *value = parsed;
                }
            }
            _ => {}
        }
    }
}

/// Returns a scalar as the text that it stands for.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod reading {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_numbers_that_a_template_gives_as_text() {
        let mut properties = json!({
            "Timeout": "30", "Description": "30", "Enabled": "false", "BatchSize": "many",
            "EphemeralStorage": {"Size": "512"}, "Environment": {"Variables": {"RATE": 5, "ON": true}},
        });
        loosen(&mut properties);
        let expected = json!({
            "Timeout": 30, "Description": "30", "Enabled": false, "BatchSize": "many",
            "EphemeralStorage": {"Size": 512}, "Environment": {"Variables": {"RATE": "5", "ON": "true"}},
        });
        assert_eq!(properties, expected);
    }
}
