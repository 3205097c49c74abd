//! The event of an HTTP API or a function's URL (payload format 2.0), and the answer to it.
//!
//! See <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::Value;

use crate::tolerant::{Event, loose, text};

/// A request, as far as it could be read.
#[derive(Debug, Default, PartialEq)]
pub struct HttpRequest {
    /// Empty where the event is none of an HTTP API, for example a timer's.
    pub method: String,
    /// The path without the stage, which the event puts before it unless the stage is `$default`.
    pub path: String,
    /// Parameters; a name that comes twice has its values joined by a comma, as AWS does.
    pub query: BTreeMap<String, String>,
    /// Header fields by their names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl<'a> Event<'a> for HttpRequest {
    fn read(payload: &'a str) -> Self {
        let event = loose(payload);
        let path = text(&event, &["rawPath"]);
        let stage = format!("/{}", text(&event, &["requestContext", "stage"]));
        let within = path.strip_prefix(&stage).filter(|rest| rest.starts_with('/'));
        Self {
            method: text(&event, &["requestContext", "http", "method"]),
            path: within.unwrap_or(&path).to_owned(),
            query: texts(&event, "queryStringParameters", |name| name.to_owned()),
            headers: texts(&event, "headers", str::to_ascii_lowercase),
            body: body(&event),
        }
    }
}

fn texts(event: &Value, name: &str, spell: impl Fn(&str) -> String) -> BTreeMap<String, String> {
    let Some(Value::Object(members)) = event.get(name) else { return BTreeMap::new() };
    members.keys().map(|member| (spell(member), text(event, &[name, member]))).collect()
}

/// Returns the body; base64 that is none is handed on as it came, so that reading it fails.
fn body(event: &Value) -> Vec<u8> {
    let body = text(event, &["body"]);
    let encoded = event.get("isBase64Encoded").and_then(Value::as_bool).unwrap_or_default();
    let decoded = encoded.then(|| STANDARD.decode(&body).ok()).flatten();
    decoded.unwrap_or_else(|| body.into_bytes())
}

/// An answer to an [`HttpRequest`].
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpResponse {
    pub status_code: u16,
    pub headers: BTreeMap<&'static str, &'static str>,
    pub body: String,
}

impl HttpResponse {
    /// Answers `value` as JSON.
    pub fn json(status_code: u16, value: &impl Serialize) -> Self {
        // Only a map with keys that are no texts, or a failing `Serialize`, is not JSON.
        let body = serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned());
        Self { status_code, headers: BTreeMap::from([("content-type", "application/json")]), body }
    }

    /// Answers why a request is refused, as `{"reason": …}`.
    pub fn refusal(status_code: u16, reason: &str) -> Self {
        Self::json(status_code, &serde_json::json!({ "reason": reason }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_a_request_of_a_stage() {
        let request = HttpRequest::read(
            r#"{"version":"2.0","rawPath":"/prod/maxima","headers":{"Accept":"text/csv"},"isBase64Encoded":true,
                "queryStringParameters":{"vin":"1,2"},"body":"aGk=",
                "requestContext":{"stage":"prod","http":{"method":"GET","path":"/prod/maxima"}}}"#,
        );
        assert_eq!((&*request.method, &*request.path, &*request.body), ("GET", "/maxima", &b"hi"[..]));
        assert_eq!((&*request.query["vin"], &*request.headers["accept"]), ("1,2", "text/csv"));
    }

    #[test]
    fn takes_an_event_of_something_else_for_no_request() {
        assert_eq!(HttpRequest::read(r#"{"source":"aws.events"}"#), HttpRequest::default());
        assert_eq!(HttpRequest::read("null"), HttpRequest::default());
    }

    #[test]
    fn refuses_with_a_reason() {
        let response = serde_json::to_string(&HttpResponse::refusal(400, "no \"price\"")).unwrap();
        let expected = r#"{"statusCode":400,"headers":{"content-type":"application/json"},"body":"{\"reason\":\"no \\\"price\\\"\"}"}"#;
        assert_eq!(response, expected);
    }

    proptest! {
        #[test]
        fn reads_any_text(payload in ".{0,200}", inner in "[\\[\\]{}\":,a-z0-9]{0,80}") {
            HttpRequest::read(&payload);
            HttpRequest::read(&format!(r#"{{"headers":{inner},"body":{inner}}}"#));
        }
    }
}
