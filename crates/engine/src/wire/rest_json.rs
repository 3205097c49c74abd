//! AWS REST-JSON: the operation in method and path, input in path, query, headers and a JSON body.
//!
//! It takes a request apart and puts an answer together; which path is which operation is the service's
//! business.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Body, collect, respond};
use crate::error::AwsError;

const CONTENT_TYPE: &str = "application/json";

/// One call of an operation.
#[derive(Debug)]
pub struct Call {
    pub method: Method,
    /// Segments of the path, decoded, without empty ones.
    pub path: Vec<String>,
    pub headers: HeaderMap,
    pub body: Bytes,
    query: Vec<(String, String)>,
}

/// The answer of an operation.
#[derive(Debug)]
pub struct Reply {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Call {
    /// Decodes the members of an operation's input that its body holds; no body stands for an empty object.
    pub fn input<T: DeserializeOwned>(&self) -> Result<T, AwsError> {
        let body = if self.body.is_empty() { b"{}".as_slice() } else { &self.body };
        serde_json::from_slice(body).map_err(|error| {
            let message = format!("Could not parse request body into json: {error}");
            AwsError::new("InvalidRequestContentException", message)
        })
    }

    /// Returns the first value of a query parameter.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns every value of a query parameter that may be repeated.
    pub fn query_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns a header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl Reply {
    /// Encodes an operation's output under an HTTP status.
    pub fn of(status: u16, output: &impl Serialize) -> Result<Self, AwsError> {
        Ok(Self::raw(status, serde_json::to_vec(output).map_err(AwsError::internal)?))
    }

    /// Returns an answer whose body is `body` as it stands.
    pub fn raw(status: u16, body: impl Into<Bytes>) -> Self {
        Self { status, headers: HeaderMap::new(), body: body.into() }
    }

    /// Returns an answer without a body.
    pub fn empty(status: u16) -> Self {
        Self::raw(status, Bytes::new())
    }

    /// Adds a header; one that HTTP cannot carry is left out.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }
}

/// Decodes a request, lets `operate` answer it, and encodes the answer.
pub async fn serve<F>(request: Request<Incoming>, operate: impl FnOnce(Call) -> F) -> Response<Body>
where
    F: Future<Output = Result<Reply, AwsError>>,
{
    let method = request.method().clone();
    let headers = request.headers().clone();
    let path = segments(request.uri().path());
    let query = pairs(request.uri().query().unwrap_or_default());
    let answer = match collect(request).await {
        Ok(body) => operate(Call { method, path, headers, body, query }).await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(reply) => encode(reply),
        // This protocol's services answer 403 where the JSON protocols answer 400.
        Err(error) if error.code == "AccessDeniedException" => super::json::error(&error.status(403)),
        Err(error) => super::json::error(&error),
    }
}

fn encode(reply: Reply) -> Response<Body> {
    let mut response = respond(200, CONTENT_TYPE, reply.body);
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().extend(reply.headers);
    response
}

fn segments(path: &str) -> Vec<String> {
    path.split('/').filter(|segment| !segment.is_empty()).map(decode).collect()
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_an_encoded_slash_inside_its_segment() {
        assert_eq!(segments("/2017-03-31/tags/arn%3Aa%2Fb/"), ["2017-03-31", "tags", "arn:a/b"]);
    }

    #[test]
    fn reads_a_repeated_parameter() {
        let expected = [("tagKeys", "a b"), ("tagKeys", "c"), ("flag", "")];
        assert_eq!(pairs("tagKeys=a%20b&tagKeys=c&flag"), expected.map(|(k, v)| (k.into(), v.into())));
    }
}
