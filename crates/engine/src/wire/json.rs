//! AWS JSON 1.0 and 1.1: the operation in `X-Amz-Target`, input and output as JSON bodies.

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Body, collect, respond};
use crate::error::AwsError;

const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// One call of an operation.
#[derive(Debug)]
pub struct Call {
    /// Operation name, such as `PutRecords`.
    pub operation: String,
    body: Bytes,
}

/// The encoded answer of an operation.
#[derive(Debug)]
pub struct Reply(Vec<u8>);

impl Call {
    /// Decodes the operation's input, which may borrow from the request; an empty body stands for an empty object.
    pub fn input<'a, T: Deserialize<'a>>(&'a self) -> Result<T, AwsError> {
        let body = if self.body.is_empty() { b"{}".as_slice() } else { &self.body };
        serde_json::from_slice(body)
            .map_err(|error| AwsError::new("SerializationException", error.to_string()))
    }

    /// Refuses an operation that the engine does not have, by name.
    pub fn unknown(&self) -> AwsError {
        AwsError::not_supported(format_args!("the operation `{}`", self.operation))
    }
}

impl Reply {
    /// Encodes an operation's output.
    pub fn of(output: &impl Serialize) -> Result<Self, AwsError> {
        Ok(Self(serde_json::to_vec(output).map_err(AwsError::internal)?))
    }

    /// Returns the answer of an operation without output.
    pub fn empty() -> Self {
        Self(Vec::new())
    }
}

/// Decodes a request, lets `operate` answer it, and encodes the answer.
pub async fn serve<F>(request: Request<Incoming>, operate: impl FnOnce(Call) -> F) -> Response<Body>
where
    F: Future<Output = Result<Reply, AwsError>>,
{
    let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
    let operation = target.and_then(|target| target.rsplit('.').next()).unwrap_or_default().to_owned();
    let answer = match collect(request).await {
        Ok(body) => operate(Call { operation, body }).await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(Reply(body)) => respond(200, CONTENT_TYPE, body),
        Err(error) => self::error(&error),
    }
}

/// Encodes a refusal, for the JSON and REST-JSON protocols.
pub fn error(error: &AwsError) -> Response<Body> {
    let body = json!({"__type": error.code, "message": error.message, "Message": error.message});
    let mut response = respond(error.status, CONTENT_TYPE, body.to_string());
    if let Ok(code) = http::HeaderValue::from_str(&error.code) {
        response.headers_mut().insert("x-amzn-errortype", code);
    }
    response
}
