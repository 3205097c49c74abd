//! Sends a request to the stack's HTTP API and learns from the answer which record it became.

use std::time::Duration;

use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::error::{Error, Kind, Result};
use crate::stack::{Auth, Http};
use crate::verify::verdict::Row;
use crate::verify::{Proof, mark};

/// An API answers within half a minute, or never.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html>
const LIMIT: Duration = Duration::from_secs(31);

/// Sends the request of a route, with the members of `event` as its query.
pub async fn request(proof: &Proof<'_>, http: &Http, event: Option<&Value>) -> Result<Vec<Row>> {
    let route = &http.route.value;
    if http.auth == Auth::Iam {
        return Err(Error::usage(format!("`{route}` wants signed requests, which verify does not send")));
    }
    let url = format!("{}{}{}", proof.api_url().await?, route.path, event.map(query).unwrap_or_default());
    let refused = || {
        let message = format!("no record entered through `{route}`");
        Error::new(Kind::Unverified, message).hint(format!("the request went to {url}"))
    };
    let request = hyper::Request::builder()
        .method(if route.method == "ANY" { "GET" } else { route.method.as_str() })
        .uri(&url)
        .body(Empty::<Bytes>::new())
        .map_err(|error| refused().because(error))?;
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(rustls::crypto::aws_lc_rs::default_provider())
        .map_err(|error| refused().because(error))?
        .https_or_http()
        .enable_http1()
        .build();
    let client = Client::builder(TokioExecutor::new()).build(connector);
    let answer = tokio::time::timeout(LIMIT, async {
        let response = client.request(request).await.map_err(|error| refused().because(error))?;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|error| refused().because(error))?;
        Ok::<_, Error>((status, body.to_bytes()))
    });
    let (status, body) = answer.await.map_err(|_| refused().because("no answer in 31 s"))??;
    let text = String::from_utf8_lossy(&body);
    if !status.is_success() {
        return Err(refused().because(format!("{status}: {text}")));
    }
    let rows = mark::find_in_answer(&serde_json::from_str::<Value>(&text).unwrap_or_default());
    match rows.is_empty() {
        false => Ok(rows),
        true => Err(refused().because(format!("the answer names no record by an `id`: {text}"))),
    }
}

/// Returns the members of an object as the query of a URL.
fn query(event: &Value) -> String {
    let members = event.as_object().into_iter().flatten();
    let pairs: Vec<String> = members
        .map(|(name, value)| {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            format!("{}={}", escaped(name), escaped(&value))
        })
        .collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

/// Writes what has a meaning in URLs, or none, as `%` and its bytes.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let write = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(write).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::query;

    #[test]
    fn asks_with_the_members_of_the_event() {
        assert_eq!(query(&json!({"sector": "R&D ü", "price": 1.5})), "?sector=R%26D%20%C3%BC&price=1.5");
        assert_eq!(query(&json!({})), "");
    }
}
