//! Firehose's error objects: what went wrong with a record, and the record itself out of its base64.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

/// Under which names Firehose writes a record: its own and what a function made of it.
const DATA: [(&str, &str); 2] = [("rawData", "row"), ("EsDocumentData", "row")];

/// Returns the bytes of the record that failed.
pub fn data(error: &Map<String, Value>) -> Option<Vec<u8>> {
    let encoded = DATA.iter().find_map(|(name, _)| error.get(*name)?.as_str())?;
    BASE64_STANDARD.decode(encoded).ok()
}

/// Puts the record's text in the place of its base64; bytes that are no text stay as they are.
pub fn decode(mut error: Map<String, Value>) -> Map<String, Value> {
    if let Some(text) = data(&error).and_then(|data| String::from_utf8(data).ok()) {
        for (name, readable) in DATA {
            if error.shift_remove(name).is_some() {
                error.insert(readable.to_owned(), Value::String(text.clone()));
            }
        }
    }
    error
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn decodes_what_is_text() {
        let error = json!({"rawData": "aGkK", "errorCode": "Lambda.FunctionTimedOut"});
        let decoded = decode(error.as_object().unwrap().clone());
        assert_eq!(Value::Object(decoded), json!({"errorCode": "Lambda.FunctionTimedOut", "row": "hi\n"}));
        for other in [json!({"rawData": "/w=="}), json!({"rawData": "?"}), json!({"rawData": 1}), json!({})] {
            let error = other.as_object().unwrap().clone();
            assert_eq!(decode(error.clone()), error);
        }
    }
}
