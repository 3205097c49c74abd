//! A request as an event of payload format 2.0.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use std::collections::BTreeMap;

use base64::Engine;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, COOKIE, HOST, USER_AGENT};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::Arrival;
use crate::clock::Timestamp;

/// The listener is on loopback, so every client is this machine.
const SOURCE_IP: &str = "127.0.0.1";

/// What the site adds to a request.
#[derive(Debug)]
pub struct Context<'a> {
    pub account: &'a str,
    pub api_id: &'a str,
    pub domain_name: &'a str,
    pub request_id: &'a str,
    pub route_key: &'a str,
    pub stage: &'a str,
    pub raw_path: &'a str,
    pub path_parameters: BTreeMap<String, String>,
    pub stage_variables: BTreeMap<String, String>,
    pub now: Timestamp,
}

/// Returns the event for a request.
pub fn event(arrival: &Arrival, context: &Context<'_>) -> Value {
    let user_agent = text(&arrival.headers, USER_AGENT.as_str());
    let mut event = json!({
        "version": "2.0",
        "routeKey": context.route_key,
        "rawPath": context.raw_path,
        "rawQueryString": arrival.query,
        "headers": headers(&arrival.headers, context.now),
        "requestContext": {
            "accountId": context.account,
            "apiId": context.api_id,
            "domainName": context.domain_name,
            "domainPrefix": context.api_id,
            "http": {
                "method": arrival.method.as_str(),
                "path": context.raw_path,
                "protocol": "HTTP/1.1",
                "sourceIp": SOURCE_IP,
                "userAgent": user_agent,
            },
            "requestId": context.request_id,
            "routeKey": context.route_key,
            "stage": context.stage,
            "time": context.now.format("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": context.now.0,
        },
        "isBase64Encoded": false,
    });
    let cookies = cookies(&arrival.headers);
    if !cookies.is_empty() {
        event["cookies"] = json!(cookies);
    }
    let parameters = query_parameters(&arrival.query);
    if !parameters.is_empty() {
        event["queryStringParameters"] = parameters.into();
    }
    if !context.path_parameters.is_empty() {
        event["pathParameters"] = json!(context.path_parameters);
    }
    if !context.stage_variables.is_empty() {
        event["stageVariables"] = json!(context.stage_variables);
    }
    if !arrival.body.is_empty() {
        let as_text = std::str::from_utf8(&arrival.body).ok().filter(|_| is_text(&arrival.headers));
        event["isBase64Encoded"] = json!(as_text.is_none());
        event["body"] = match as_text {
            Some(text) => json!(text),
            None => json!(base64::engine::general_purpose::STANDARD.encode(&arrival.body)),
        };
    }
    event
}

/// Tells whether a body comes as text; forms come in base64 on AWS too.
fn is_text(headers: &HeaderMap) -> bool {
    if headers.contains_key(CONTENT_ENCODING) {
        return false;
    }
    let content_type = text(headers, CONTENT_TYPE.as_str()).to_ascii_lowercase();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    // A body without a type counts as text. Not confirmed on AWS.
    media_type.is_empty()
        || media_type.starts_with("text/")
        || matches!(media_type, "application/json" | "application/javascript" | "application/xml")
        || media_type.ends_with("+json")
        || media_type.ends_with("+xml")
}

fn headers(headers: &HeaderMap, now: Timestamp) -> Map<String, Value> {
    let mut joined: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers.iter().filter(|(name, _)| **name != COOKIE) {
        let value = String::from_utf8_lossy(value.as_bytes());
        joined
            .entry(name.as_str().to_owned())
            .and_modify(|joined| {
                joined.push(',');
                joined.push_str(&value);
            })
            .or_insert_with(|| value.into_owned());
    }
    let port = joined.get(HOST.as_str()).and_then(|host| Some(host.rsplit_once(':')?.1.to_owned()));
    joined
        .entry("x-forwarded-for".to_owned())
        .and_modify(|known| {
            known.push_str(", ");
            known.push_str(SOURCE_IP);
        })
        .or_insert_with(|| SOURCE_IP.to_owned());
    joined.insert("x-forwarded-port".to_owned(), port.unwrap_or_else(|| "80".to_owned()));
    // AWS says `https`; here the client really spoke plain HTTP, and redirects must lead back to it.
    joined.insert("x-forwarded-proto".to_owned(), "http".to_owned());
    let trace = uuid::Uuid::new_v4().simple().to_string();
    let root = format!("Root=1-{:08x}-{}", now.0 / 1000, &trace[..24]);
    joined.entry("x-amzn-trace-id".to_owned()).or_insert(root);
    joined.into_iter().map(|(name, value)| (name, value.into())).collect()
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let cookies = values.flat_map(|value| value.split(';'));
    cookies.map(|cookie| cookie.trim().to_owned()).filter(|cookie| !cookie.is_empty()).collect()
}

/// Returns the decoded parameters; the values of a repeated one are joined by commas.
fn query_parameters(query: &str) -> Map<String, Value> {
    let mut parameters: BTreeMap<String, String> = BTreeMap::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = decode(value);
        parameters
            .entry(decode(name))
            .and_modify(|known| {
                known.push(',');
                known.push_str(&value);
            })
            .or_insert_with(|| value.clone());
    }
    parameters.into_iter().map(|(name, value)| (name, value.into())).collect()
}

fn decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderValue, Method};

    use super::*;

    fn arrival(headers: &[(&'static str, &'static str)], body: &'static [u8]) -> Arrival {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        Arrival {
            method: Method::POST,
            path: "/my/path".into(),
            query: "a=1&a=2&b=x%20y+z".into(),
            headers: map,
            body: Bytes::from_static(body),
            has_own_origin: true,
        }
    }

    fn event_of(arrival: &Arrival) -> Value {
        let context = Context {
            account: "111122223333",
            api_id: "abc",
            domain_name: "abc.execute-api.localhost",
            request_id: "id",
            route_key: "$default",
            stage: "$default",
            raw_path: "/my/path",
            path_parameters: BTreeMap::new(),
            stage_variables: BTreeMap::new(),
            now: Timestamp(1_583_348_638_390),
        };
        event(arrival, &context)
    }

    #[test]
    fn writes_what_the_developer_guide_shows() {
        let headers = [
            ("Header1", "value1"),
            ("Header2", "value1"),
            ("Header2", "value2"),
            ("Cookie", "cookie1; cookie2"),
            ("User-Agent", "agent"),
            ("Host", "127.0.0.1:4566"),
        ];
        let event = event_of(&arrival(&headers, b"Hello from Lambda"));
        assert_eq!(event["cookies"], json!(["cookie1", "cookie2"]));
        assert_eq!(
            (&event["headers"]["header1"], &event["headers"]["header2"]),
            (&json!("value1"), &json!("value1,value2"))
        );
        assert_eq!(event["headers"]["cookie"], Value::Null);
        assert_eq!(event["headers"]["x-forwarded-port"], "4566");
        assert_eq!(event["queryStringParameters"], json!({"a": "1,2", "b": "x y z"}));
        assert_eq!(event["requestContext"]["time"], "04/Mar/2020:19:03:58 +0000");
        assert_eq!(event["requestContext"]["timeEpoch"], 1_583_348_638_390_i64);
        assert_eq!(event["requestContext"]["http"]["userAgent"], "agent");
        assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("Hello from Lambda"), &json!(false)));
        for absent in ["pathParameters", "stageVariables"] {
            assert!(event.get(absent).is_none(), "{absent}");
        }
    }

    #[test]
    fn encodes_what_is_not_text() {
        let form = event_of(&arrival(&[("content-type", "application/x-www-form-urlencoded")], b"a=1"));
        assert_eq!((&form["body"], &form["isBase64Encoded"]), (&json!("YT0x"), &json!(true)));
        let json_body =
            event_of(&arrival(&[("content-type", "application/vnd.x+json; charset=utf-8")], b"{}"));
        assert_eq!((&json_body["body"], &json_body["isBase64Encoded"]), (&json!("{}"), &json!(false)));
        assert_eq!(event_of(&arrival(&[("content-type", "text/plain")], b"\xff"))["isBase64Encoded"], true);
        assert!(event_of(&arrival(&[], b"")).get("body").is_none());
    }
}
