//! AWS's wire protocols: from a request's bytes to an operation's typed input, and back.
//!
//! A service chooses a protocol by handing its request to that protocol's `serve` with a function from
//! [`Call`] to [`Reply`]; it never sees headers, XML or form encoding.

pub mod blob;
pub mod cbor;
pub mod constraints;
pub mod json;
pub mod query;
pub mod rest_json;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;

use crate::error::AwsError;

/// A response body: whole for most services, streamed by S3.
pub type Body = UnsyncBoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// Largest request that is held in memory; PutRecords is the largest operation with 10 MiB before base64.
const REQUEST_LIMIT: usize = 64 << 20;

/// Reads a request's body whole; SDKs may send a large one compressed.
pub async fn collect(request: Request<Incoming>) -> Result<Bytes, AwsError> {
    let encoding = request.headers().get(http::header::CONTENT_ENCODING);
    let is_compressed = encoding.is_some_and(|encoding| encoding == "gzip");
    match Limited::new(request.into_body(), REQUEST_LIMIT).collect().await {
        Ok(body) if is_compressed => decompress(&body.to_bytes()),
        Ok(body) => Ok(body.to_bytes()),
        Err(error) => Err(AwsError::new("RequestEntityTooLargeException", error.to_string()).status(413)),
    }
}

fn decompress(body: &[u8]) -> Result<Bytes, AwsError> {
    use std::io::Read as _;

    let mut bytes = Vec::new();
    let mut decoder = flate2::read::GzDecoder::new(body).take(REQUEST_LIMIT as u64 + 1);
    match decoder.read_to_end(&mut bytes) {
        Ok(_) if bytes.len() <= REQUEST_LIMIT => Ok(bytes.into()),
        Ok(_) => Err(AwsError::new("RequestEntityTooLargeException", "the body is too large").status(413)),
        Err(error) => Err(AwsError::new("SerializationException", error.to_string())),
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

/// Returns a new request id.
pub fn request_id() -> String {
    uuid::Uuid::new_v4().to_string()
}
