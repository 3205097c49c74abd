//! HTTP to a function and back, in payload format 2.0, which HTTP APIs and function URLs share.
//!
//! It turns a request into an event and what the function returned into a response; who may call which
//! function is the business of the services.

mod answer;
mod event;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;

use super::site::Visit;
use crate::wire::{Body, respond};

pub use answer::response;
pub use event::{Context, event};

/// Bytes that API Gateway takes.
const BODY_LIMIT: usize = 10 << 20;

/// A request to an API or a function URL, read whole.
#[derive(Debug)]
pub struct Arrival {
    pub method: Method,
    /// The path at the site, still encoded.
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub has_own_origin: bool,
}

impl Arrival {
    /// Reads a request; `None` when its body is too large or breaks off.
    pub async fn read(visit: Visit, request: Request<Incoming>) -> Option<Self> {
        let (parts, body) = request.into_parts();
        let body = Limited::new(body, BODY_LIMIT).collect().await.ok()?.to_bytes();
        Some(Self {
            method: parts.method,
            path: visit.path,
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            body,
            has_own_origin: visit.has_own_origin,
        })
    }
}

/// Returns an error as API Gateway words its own.
pub fn refusal(status: u16, message: &str) -> Response<Body> {
    respond(status, "application/json", serde_json::json!({"message": message}).to_string())
}
