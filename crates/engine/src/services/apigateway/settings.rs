//! What a caller sets on a part of an API: read from an operation's input or merged into what is set already.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::bad_request;
use crate::error::AwsError;

/// The settable members of an API or of one of its parts, under the names of AWS's API.
pub trait Settings: Serialize + DeserializeOwned {
    /// What has these settings, such as `an integration`.
    const OWNER: &'static str;
    /// Members that AWS has and this engine does not; harmless when they are empty.
    const UNSUPPORTED: &'static [&'static str];

    /// Refuses what AWS refuses.
    fn check(&self) -> Result<(), AwsError>;
}

/// Reads the input of a create operation.
pub fn read<S: Settings>(input: Value) -> Result<S, AwsError> {
    for name in S::UNSUPPORTED {
        if input.get(name).is_some_and(|value| !is_blank(value)) {
            return Err(AwsError::not_supported(format_args!("`{name}` of {}", S::OWNER)));
        }
    }
    let settings: S = serde_json::from_value(input)
        .map_err(|error| bad_request(format!("Invalid request input: {error}")))?;
    settings.check()?;
    Ok(settings)
}

/// Reads the input of an update operation, which names only what changes.
pub fn merge<S: Settings>(current: &S, input: Value) -> Result<S, AwsError> {
    let mut merged = serde_json::to_value(current).map_err(AwsError::internal)?;
    if let (Some(members), Value::Object(changes)) = (merged.as_object_mut(), input) {
        members.extend(changes);
    }
    read(merged)
}

/// Returns settings under the names of a template; what is not set is left out.
pub fn to_properties(settings: Value) -> Value {
    let Value::Object(members) = settings else { return settings };
    let renamed = members.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| {
        let (first, rest) = name.split_at(name.chars().next().map_or(0, char::len_utf8));
        (first.to_uppercase() + rest, to_properties(value))
    });
    Value::Object(renamed.collect())
}

/// Returns a template's properties under the names of the API; keys that the user chose stay as they are.
pub fn from_properties(properties: &Value) -> Value {
    let Some(members) = properties.as_object() else { return properties.clone() };
    let renamed = members.iter().map(|(name, value)| {
        let value = match name.as_str() {
            "Tags" | "StageVariables" => value.clone(),
            "RouteSettings" => {
                let routes = value.as_object().into_iter().flatten();
                routes.map(|(route_key, settings)| (route_key.clone(), from_properties(settings))).collect()
            }
            _ => from_properties(value),
        };
        let (first, rest) = name.split_at(name.chars().next().map_or(0, char::len_utf8));
        (first.to_lowercase() + rest, value)
    });
    Value::Object(renamed.collect())
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Number(_) | Value::Bool(true) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keeps_keys_that_the_user_chose() {
        let properties = json!({
            "StageName": "prod", "StageVariables": {"Table": "x"},
            "RouteSettings": {"GET /Items": {"ThrottlingRateLimit": 1}},
            "DefaultRouteSettings": {"ThrottlingBurstLimit": 2},
        });
        let expected = json!({
            "stageName": "prod", "stageVariables": {"Table": "x"},
            "routeSettings": {"GET /Items": {"throttlingRateLimit": 1}},
            "defaultRouteSettings": {"throttlingBurstLimit": 2},
        });
        assert_eq!(from_properties(&properties), expected);
    }
}
