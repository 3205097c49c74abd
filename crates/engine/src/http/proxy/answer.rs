//! What a function returned as an HTTP response: a plain value, or an object with a `statusCode`.

use base64::Engine;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, SET_COOKIE};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::Value;

use crate::wire::{Body, respond};

/// A function returned what is no response.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed;

/// Returns the response that a function's answer stands for.
pub fn response(payload: &Bytes) -> Result<Response<Body>, Malformed> {
    let answer: Value = serde_json::from_slice(payload).map_err(|_| Malformed)?;
    match &answer {
        Value::Object(members) if members.contains_key("statusCode") => explicit(&answer),
        // A text stands for itself, without its quotes.
        Value::String(text) => Ok(respond(200, "application/json", text.clone())),
        _ => Ok(respond(200, "application/json", payload.clone())),
    }
}

fn explicit(answer: &Value) -> Result<Response<Body>, Malformed> {
    // The status may be written as text. Not confirmed on AWS.
    let status = &answer["statusCode"];
    let status = status.as_u64().or_else(|| status.as_str()?.parse().ok()).ok_or(Malformed)?;
    let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let body = match (&answer["body"], answer["isBase64Encoded"].as_bool()) {
        (Value::Null, _) => Vec::new(),
        (Value::String(encoded), Some(true)) => {
            base64::engine::general_purpose::STANDARD.decode(encoded).map_err(|_| Malformed)?
        }
        (Value::String(text), _) => text.clone().into_bytes(),
        _ => return Err(Malformed),
    };
    let mut response = respond(200, "text/plain; charset=utf-8", body);
    *response.status_mut() = status.ok_or(Malformed)?;
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| Malformed)?;
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            _ => return Err(Malformed),
        };
        // The body's length is known here better than in the function.
        if name != http::header::CONTENT_LENGTH && name != http::header::TRANSFER_ENCODING {
            response.headers_mut().insert(name, HeaderValue::from_str(&value).map_err(|_| Malformed)?);
        }
    }
    for cookie in answer["cookies"].as_array().into_iter().flatten() {
        let cookie = cookie.as_str().and_then(|cookie| HeaderValue::from_str(cookie).ok());
        response.headers_mut().append(SET_COOKIE, cookie.ok_or(Malformed)?);
    }
    if response.status() == StatusCode::NO_CONTENT {
        response.headers_mut().remove(CONTENT_TYPE);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use serde_json::json;

    use super::*;

    async fn read(answer: Value) -> Result<(u16, String, String), Malformed> {
        let response = response(&Bytes::from(answer.to_string()))?;
        let status = response.status().as_u16();
        let content_type =
            response.headers().get(CONTENT_TYPE).map(|value| value.to_str().unwrap().to_owned());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Ok((status, content_type.unwrap_or_default(), String::from_utf8(body.to_vec()).unwrap()))
    }

    #[tokio::test]
    async fn takes_a_plain_value_for_the_body() {
        let json = "application/json".to_owned();
        assert_eq!(read(json!("Hello")).await, Ok((200, json.clone(), "Hello".into())));
        assert_eq!(read(json!({"a": 1})).await, Ok((200, json.clone(), "{\"a\":1}".into())));
        assert_eq!(read(json!(null)).await, Ok((200, json, "null".into())));
    }

    #[tokio::test]
    async fn takes_an_object_with_a_status() {
        let answer = json!({
            "statusCode": 201, "headers": {"Content-Type": "text/html", "X-Count": 3},
            "cookies": ["a=1; Secure", "b=2"], "body": "SGk=", "isBase64Encoded": true,
        });
        let made = response(&Bytes::from(answer.to_string())).unwrap();
        let cookies: Vec<_> = made.headers().get_all(SET_COOKIE).iter().collect();
        assert_eq!(cookies, ["a=1; Secure", "b=2"]);
        assert_eq!(made.headers()["x-count"], "3");
        assert_eq!(read(answer).await, Ok((201, "text/html".into(), "Hi".into())));
        let plain = read(json!({"statusCode": 200, "body": "x"})).await;
        assert_eq!(plain, Ok((200, "text/plain; charset=utf-8".into(), "x".into())));
    }

    #[tokio::test]
    async fn refuses_what_is_no_response() {
        for answer in [
            json!({"statusCode": "many"}),
            json!({"statusCode": 99}),
            json!({"statusCode": 200, "body": {"a": 1}}),
            json!({"statusCode": 200, "body": "%", "isBase64Encoded": true}),
            json!({"statusCode": 200, "headers": {"a": []}}),
        ] {
            assert_eq!(read(answer.clone()).await, Err(Malformed), "{answer}");
        }
        assert_eq!(response(&Bytes::from_static(b"no json")).map(|_| ()), Err(Malformed));
    }
}
