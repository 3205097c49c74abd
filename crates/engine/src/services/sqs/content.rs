//! What a sender gives: a body with attributes, how large they may be, and the MD5s by which clients check them.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

use super::refusal::invalid_parameter;
use crate::error::AwsError;

/// Attributes that a message may have.
const MOST_ATTRIBUTES: usize = 10;

/// The body and the attributes of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    pub body: String,
    pub attributes: BTreeMap<String, MessageAttribute>,
}

/// An attribute of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MessageAttribute {
    pub data_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub string_value: Option<String>,
    /// Bytes as base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binary_value: Option<String>,
}

impl MessageAttribute {
    /// Returns the attribute's bytes.
    fn bytes(&self) -> Vec<u8> {
        match (&self.string_value, &self.binary_value) {
            (Some(text), _) => text.clone().into_bytes(),
            (None, Some(encoded)) => STANDARD.decode(encoded).unwrap_or_default(),
            (None, None) => Vec::new(),
        }
    }

    fn check(&self, name: &str) -> Result<(), AwsError> {
        let refuse = |message: String| Err(AwsError::new("InvalidParameterValue", message));
        let kind = self.data_type.split('.').next().unwrap_or_default();
        let is_text = match kind {
            "String" | "Number" => true,
            "Binary" => false,
            "" => {
                return refuse(format!(
                    "The message attribute '{name}' must contain a non-empty message attribute type."
                ));
            }
            _ => {
                return refuse(format!(
                    "The type of message (user) attribute '{name}' is invalid. You must use only the following \
                     supported type prefixes: Binary, Number, String."
                ));
            }
        };
        let value = if is_text { &self.string_value } else { &self.binary_value };
        if value.as_ref().is_none_or(String::is_empty) {
            return refuse(format!(
                "Message (user) attribute '{name}' must contain a non-empty value of type '{kind}'."
            ));
        }
        if kind == "Number" && self.string_value.as_ref().is_some_and(|text| text.parse::<f64>().is_err()) {
            let text = self.string_value.as_deref().unwrap_or_default();
            return refuse(format!(
                "Can't cast the value of message (user) attribute '{name}' to a number: {text}"
            ));
        }
        Ok(())
    }
}

impl Content {
    /// Returns the size that limits apply to.
    pub fn size(&self) -> usize {
        let attribute =
            |(name, one): (&String, &MessageAttribute)| name.len() + one.data_type.len() + one.bytes().len();
        self.body.len() + self.attributes.iter().map(attribute).sum::<usize>()
    }

    /// Refuses what AWS refuses, whatever the queue.
    pub fn check(&self, limit: usize) -> Result<(), AwsError> {
        if self.body.is_empty() {
            return Err(super::refusal::missing("MessageBody"));
        }
        if self.size() > limit {
            let reason = format!("Message must be shorter than {limit} bytes.");
            let message = format!("One or more parameters are invalid. Reason: {reason}");
            return Err(AwsError::new("InvalidParameterValue", message));
        }
        if let Some(character) = self.body.chars().find(|character| !is_allowed(*character)) {
            let message = format!(
                "Invalid binary character '#x{:X}' was found in the message body, the set of allowed characters \
                 is #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
                u32::from(character)
            );
            return Err(AwsError::new("InvalidMessageContents", message));
        }
        if self.attributes.len() > MOST_ATTRIBUTES {
            let count = self.attributes.len();
            let message = format!(
                "Number of message attributes [{count}] exceeds the allowed maximum [{MOST_ATTRIBUTES}]."
            );
            return Err(AwsError::new("InvalidParameterValue", message));
        }
        for (name, attribute) in &self.attributes {
            let is_name = (1..=256).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
            if !is_name {
                let reason =
                    "Message attribute names must be 1 to 256 of A-Z, a-z, 0-9, _, - and . in length.";
                return Err(invalid_parameter(name, "MessageAttributeName", reason));
            }
            attribute.check(name)?;
        }
        Ok(())
    }
}

/// Tells whether XML 1.0 has a character, as the Query protocol needed it.
fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// Returns the MD5 of a body, in hexadecimal.
pub fn md5_of_body(body: &str) -> String {
    hexadecimal(&Md5::digest(body))
}

/// Returns the MD5 of attributes, computed as
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html> says.
pub fn md5_of_attributes(attributes: &BTreeMap<String, MessageAttribute>) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    let mut encoded = Vec::new();
    let field = |encoded: &mut Vec<u8>, bytes: &[u8]| {
        encoded.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        encoded.extend(bytes);
    };
    for (name, attribute) in attributes {
        field(&mut encoded, name.as_bytes());
        field(&mut encoded, attribute.data_type.as_bytes());
        // How the value travels: 1 for text, 2 for bytes.
        encoded.push(if attribute.string_value.is_some() { 1 } else { 2 });
        field(&mut encoded, &attribute.bytes());
    }
    Some(hexadecimal(&Md5::digest(&encoded)))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(data_type: &str, value: &str) -> MessageAttribute {
        MessageAttribute { data_type: data_type.into(), string_value: Some(value.into()), binary_value: None }
    }

    #[test]
    fn computes_the_digests_that_clients_compare() {
        assert_eq!(md5_of_body("hello"), "5d41402abc4b2a76b9719d911017c592");
        let attributes = BTreeMap::from([("timestamp".to_owned(), text("Number", "1493147359900"))]);
        // The example of moto and of AWS's own SDKs.
        assert_eq!(md5_of_attributes(&attributes).as_deref(), Some("235c5c510d26fb653d073faed50ae77c"));
        assert_eq!(md5_of_attributes(&BTreeMap::new()), None);
    }

    #[test]
    fn refuses_what_is_no_message() {
        let code = |body: &str, limit| {
            let content = Content { body: body.into(), attributes: BTreeMap::new() };
            content.check(limit).err().map(|error| error.code)
        };
        assert_eq!(code("hello", 5), None);
        assert_eq!(code("hello", 4).as_deref(), Some("InvalidParameterValue"));
        assert_eq!(code("", 4).as_deref(), Some("MissingParameter"));
        assert_eq!(code("\u{1}", 4).as_deref(), Some("InvalidMessageContents"));
        let attribute = |one| Content { body: "b".into(), attributes: BTreeMap::from([("n".into(), one)]) };
        assert!(attribute(text("String.kind", "v")).check(100).is_ok());
        assert!(attribute(text("Number", "no")).check(100).is_err());
        assert!(attribute(text("Text", "v")).check(100).is_err());
        assert!(attribute(text("Binary", "v")).check(100).is_err());
    }
}
