//! The section `Globals`: what all functions have unless they say otherwise.

use serde_json::{Map, Value};

use super::resource::is_function;

/// The sections that the macro knows.
const SECTIONS: [&str; 10] = [
    "Api",
    "CapacityProvider",
    "Function",
    "HttpApi",
    "LayerVersion",
    "MicroVMImage",
    "NetworkConnector",
    "SimpleTable",
    "StateMachine",
    "WebSocketApi",
];

/// What all functions may be told together.
const FUNCTION: [&str; 38] = [
    "Handler",
    "Runtime",
    "CodeUri",
    "DeadLetterQueue",
    "Description",
    "MemorySize",
    "Timeout",
    "VpcConfig",
    "Environment",
    "Tags",
    "PropagateTags",
    "Tracing",
    "KmsKeyArn",
    "AutoPublishAlias",
    "AutoPublishAliasAllProperties",
    "Layers",
    "DeploymentPreference",
    "RolePath",
    "PermissionsBoundary",
    "ReservedConcurrentExecutions",
    "ProvisionedConcurrencyConfig",
    "AssumeRolePolicyDocument",
    "EventInvokeConfig",
    "FileSystemConfigs",
    "CodeSigningConfigArn",
    "Architectures",
    "SnapStart",
    "EphemeralStorage",
    "FunctionUrlConfig",
    "RuntimeManagementConfig",
    "LoggingConfig",
    "RecursiveLoop",
    "SourceKMSKeyArn",
    "TenancyConfig",
    "DurableConfig",
    "CapacityProviderConfig",
    "FunctionScalingConfig",
    "PublishToLatestPublished",
];

/// Returns what all functions have, or what is wrong with the section.
pub fn read(section: Option<&Value>) -> Result<Map<String, Value>, String> {
    let Some(section) = section else { return Ok(Map::new()) };
    let refuse = |message: String| Err(format!("'Globals' section is invalid. {message}"));
    let Some(sections) = section.as_object() else {
        return refuse("It must be a non-empty dictionary".to_owned());
    };
    for (name, properties) in sections {
        if !SECTIONS.contains(&name.as_str()) {
            let known = SECTIONS.map(|name| format!("'{name}'")).join(", ");
            return refuse(format!(
                "'{name}' is not supported. Must be one of the following values - [{known}]"
            ));
        }
        let Some(properties) = properties.as_object() else {
            return refuse("Value of ${section} must be a dictionary".to_owned());
        };
        let unknown = properties
            .keys()
            .find(|key| !FUNCTION.contains(&key.as_str()) && *key != "VersionDeletionPolicy");
        if let Some(key) = unknown.filter(|_| name == "Function") {
            let known = FUNCTION.map(|name| format!("'{name}'")).join(", ");
            return refuse(format!(
                "'{key}' is not a supported property of 'Function'. Must be one of the following values - [{known}, \
                 'VersionDeletionPolicy']"
            ));
        }
    }
    Ok(sections.get("Function").and_then(Value::as_object).cloned().unwrap_or_default())
}

/// Returns what a function has of its own, over what all have.
pub fn merge(globals: &Map<String, Value>, own: &Map<String, Value>) -> Map<String, Value> {
    let mut merged = globals.clone();
    for (name, value) in own {
        // Architectures replace each other: a function has only one.
        let both = merged.get(name).filter(|_| name != "Architectures");
        let value = both.map_or_else(|| value.clone(), |global| merged_value(global, value));
        merged.insert(name.clone(), value);
    }
    merged
}

fn merged_value(global: &Value, own: &Value) -> Value {
    match (global, own) {
        (Value::Object(all), Value::Object(some)) if !is_function(global) && !is_function(own) => {
            let mut merged = all.clone();
            for (name, value) in some {
                let value = all.get(name).map_or_else(|| value.clone(), |global| merged_value(global, value));
                merged.insert(name.clone(), value);
            }
            Value::Object(merged)
        }
        (Value::Array(all), Value::Array(some)) => all.iter().chain(some).cloned().collect(),
        (_, own) => own.clone(),
    }
}
