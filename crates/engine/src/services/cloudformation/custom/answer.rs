//! What a function has answered: its text becomes an id and attributes, or the reason why the resource fails.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html>

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::resource::ResourceRequest;

/// Longest physical id.
const ID_LIMIT: usize = 1024;

/// An answer that can be read.
#[derive(Debug, PartialEq)]
pub struct Answer {
    /// Set when the function says that it failed.
    pub failure: Option<String>,
    pub physical_id: Option<String>,
    /// What `Fn::GetAtt` reads must not be shown.
    pub is_secret: bool,
    /// What `Fn::GetAtt` reads, nested members under dotted names too.
    pub attributes: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Text {
    status: Option<String>,
    reason: Option<String>,
    physical_resource_id: Option<String>,
    stack_id: Option<String>,
    request_id: Option<String>,
    logical_resource_id: Option<String>,
    data: Option<Map<String, Value>>,
    no_echo: Option<bool>,
}

impl Answer {
    /// Reads an answer to a request, or says why it fails the resource.
    ///
    /// Not confirmed on AWS: the words for all that is wrong but the physical id.
    pub fn read(text: &str, request: &ResourceRequest<'_>, request_id: &str) -> Result<Self, String> {
        let text: Text =
            serde_json::from_str(text).map_err(|error| format!("Invalid response object: {error}"))?;
        let copied = [
            ("StackId", &text.stack_id, request.stack_id),
            ("RequestId", &text.request_id, request_id),
            ("LogicalResourceId", &text.logical_resource_id, request.logical_id),
        ];
        if let Some((member, ..)) = copied.iter().find(|(_, given, known)| given.as_deref() != Some(*known)) {
            return Err(format!("Invalid {member}"));
        }
        if text.physical_resource_id.as_ref().is_some_and(|id| id.is_empty() || id.len() > ID_LIMIT) {
            return Err("Invalid PhysicalResourceId".to_owned());
        }
        let failure = match text.status.as_deref() {
            Some("SUCCESS") => None,
            Some("FAILED") => Some(failure(text.reason.as_deref().unwrap_or_default(), request_id)),
            _ => return Err("Invalid Status".to_owned()),
        };
        let mut attributes = Map::new();
        add_attributes("", text.data.unwrap_or_default(), &mut attributes);
        let is_secret = text.no_echo.unwrap_or(false);
        Ok(Self { failure, physical_id: text.physical_resource_id, is_secret, attributes })
    }
}

fn failure(reason: &str, request_id: &str) -> String {
    format!(
        "Received response status [FAILED] from custom resource. Message returned: {reason} (RequestId: {request_id})"
    )
}

/// Adds members, and the members of objects among them under the names of both.
fn add_attributes(prefix: &str, members: Map<String, Value>, attributes: &mut Map<String, Value>) {
    for (name, member) in members {
        let name = format!("{prefix}{name}");
        if let Value::Object(inner) = &member {
            add_attributes(&format!("{name}."), inner.clone(), attributes);
        }
        attributes.insert(name, member);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::identity::Caller;

    fn read(answer: &Value) -> Result<Answer, String> {
        let caller = Caller::administrator("111122223333", "us-east-1");
        let (properties, tags) = (json!({}), BTreeMap::new());
        let request = ResourceRequest {
            caller: &caller,
            stack_name: "orders",
            stack_id: "arn",
            logical_id: "Check",
            properties: &properties,
            tags: &tags,
            suffix: "ABC",
        };
        Answer::read(&answer.to_string(), &request, "id")
    }

    fn with(member: &str, value: Value) -> Value {
        let mut answer = json!({
            "Status": "SUCCESS", "PhysicalResourceId": "p", "StackId": "arn", "RequestId": "id",
            "LogicalResourceId": "Check",
        });
        answer[member] = value;
        answer
    }

    #[test]
    fn reads_nested_data_under_dotted_names() {
        let answer = read(&with("Data", json!({"A": {"B": {"C": 1}}, "A.D": "x"}))).unwrap();
        let expected = json!({"A": {"B": {"C": 1}}, "A.B": {"C": 1}, "A.B.C": 1, "A.D": "x"});
        assert_eq!(Value::Object(answer.attributes), expected);
    }

    #[test]
    fn says_what_is_wrong_with_an_answer() {
        for (member, value) in [
            ("PhysicalResourceId", json!("")),
            ("PhysicalResourceId", json!("x".repeat(1025))),
            ("RequestId", json!("another")),
            ("Status", json!("DONE")),
            ("StackId", json!(null)),
        ] {
            assert_eq!(read(&with(member, value)), Err(format!("Invalid {member}")));
        }
        let refusal = read(&with("Data", json!("text"))).unwrap_err();
        assert!(refusal.starts_with("Invalid response object: "), "{refusal}");
    }

    #[test]
    fn words_a_failure_as_cloudformation_does() {
        let mut answer = with("Status", json!("FAILED"));
        answer["Reason"] = json!("the table is gone");
        let said = read(&answer).unwrap().failure.unwrap();
        assert_eq!(
            said,
            "Received response status [FAILED] from custom resource. Message returned: the table is gone (RequestId: id)"
        );
    }
}
