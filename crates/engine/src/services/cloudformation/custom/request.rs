//! The event that a function gets: what CloudFormation wants, of what, and where to answer.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html>

use serde_json::{Map, Value, json};

use super::Ask;
use crate::resource::ResourceRequest;

/// One request to a function, but for where it answers.
pub struct Asked<'a> {
    pub ask: Ask<'a>,
    pub resource_type: &'a str,
    pub request_id: &'a str,
}

/// Returns the event.
pub fn event(request: &ResourceRequest<'_>, asked: &Asked<'_>, response_url: &str) -> Value {
    let request_type = match asked.ask {
        Ask::Create => "Create",
        Ask::Update { .. } => "Update",
        Ask::Delete { .. } => "Delete",
    };
    let mut event = json!({
        "RequestType": request_type,
        "ServiceToken": request.text("ServiceToken"),
        "ResponseURL": response_url,
        "StackId": request.stack_id,
        "RequestId": asked.request_id,
        "LogicalResourceId": request.logical_id,
        "ResourceType": asked.resource_type,
        "ResourceProperties": as_text(request.properties),
    });
    match asked.ask {
        Ask::Create => {}
        Ask::Update { physical_id, previous } => {
            event["PhysicalResourceId"] = json!(physical_id);
            event["OldResourceProperties"] = as_text(previous);
        }
        Ask::Delete { physical_id } => event["PhysicalResourceId"] = json!(physical_id),
    }
    event
}

/// Returns a value with every scalar in it as text, which is how functions get properties.
fn as_text(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.iter().map(|(name, member)| (name.clone(), as_text(member)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(as_text).collect(),
        Value::Number(_) | Value::Bool(_) => Value::String(value.to_string()),
        Value::String(_) | Value::Null => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_scalars_as_text() {
        let properties = json!({"Count": 3, "On": true, "Deep": [{"Ratio": 0.5}, "x"]});
        let text = json!({"Count": "3", "On": "true", "Deep": [{"Ratio": "0.5"}, "x"]});
        assert_eq!(as_text(&properties), text);
    }
}
