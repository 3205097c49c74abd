//! AWS's wire protocols: from a request's bytes to an operation's typed input, and back.
//!
//! A service chooses a protocol by handing its request to that protocol's `serve` with a function from
//! [`Call`] to [`Reply`]; it never sees headers, XML or form encoding.

pub mod constraints;
pub mod json;
pub mod query;
pub mod rest_json;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;

use crate::error::AwsError;
use crate::http::Body;

/// Largest request that is held in memory; PutRecords is the largest operation with 10 MiB before base64.
const REQUEST_LIMIT: usize = 64 << 20;

/// Reads a request's body whole.
pub async fn collect(request: Request<Incoming>) -> Result<Bytes, AwsError> {
    match Limited::new(request.into_body(), REQUEST_LIMIT).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) => Err(AwsError::new("RequestEntityTooLargeException", error.to_string()).status(413)),
    }
}

/// Returns a response with a whole body and a fresh request id.
pub fn respond(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Response<Body> {
    let body = Full::new(body.into()).map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(content_type));
    if let Ok(id) = http::HeaderValue::from_str(&request_id()) {
        headers.insert("x-amzn-requestid", id);
    }
    response
}

/// Refuses a request before any service has seen it, in the protocol that it seems to speak.
pub async fn refuse(signing_name: &str, request: Request<Incoming>, error: &AwsError) -> Response<Body> {
    let content_type = request.headers().get(http::header::CONTENT_TYPE);
    let is_form =
        content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    // A connection whose request was not read to its end cannot be used again, which clients do not expect.
    let _ = collect(request).await;
    match signing_name {
        "s3" => crate::services::s3::refused(error.clone()),
        _ if is_form => query::error(error, ""),
        _ => json::error(error),
    }
}

/// Returns a new request id.
pub fn request_id() -> String {
    uuid::Uuid::new_v4().to_string()
}
