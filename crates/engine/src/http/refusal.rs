//! Refusals that are made before a service sees the request, in the protocol that its client reads.

use http::header::{CONNECTION, CONTENT_TYPE, EXPECT};
use http::{HeaderValue, Method, Request, Response};

use crate::error::AwsError;
use crate::wire::{self, Body};

/// How a client reads an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Json,
    RestJson,
    Query,
    /// S3's XML; the answer to a HEAD has no body. A client that `waits` sends its body only once it is told to.
    S3 {
        is_head: bool,
        waits: bool,
    },
}

impl Protocol {
    /// Returns the protocol in which a request for `service` is written.
    pub fn of<B>(service: &str, request: &Request<B>) -> Self {
        let content_type = request.headers().get(CONTENT_TYPE);
        let is_form = content_type
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"));
        let names_action = || request.uri().query().is_some_and(|query| query.contains("Action="));
        if request.headers().contains_key("x-amz-target") {
            Self::Json
        } else if service == "s3" {
            let waits = request.headers().contains_key(EXPECT);
            Self::S3 { is_head: request.method() == Method::HEAD, waits }
        } else if is_form || names_action() {
            Self::Query
        } else {
            Self::RestJson
        }
    }

    /// Writes a refusal.
    pub fn refuse(self, error: &AwsError) -> Response<Body> {
        match self {
            Self::Json | Self::RestJson => wire::json::error(error),
            Self::Query => wire::query::error(error, ""),
            Self::S3 { is_head, waits } => {
                let (code, message) = (escaped(&error.code), escaped(&error.message));
                let id = wire::request_id();
                let body = format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code>\
                     <Message>{message}</Message><RequestId>{id}</RequestId></Error>"
                );
                let body = if is_head { String::new() } else { body };
                let mut response = wire::respond(error.status, "application/xml", body);
                if waits {
                    // What the client sends next on this connection would be taken for the body that it held back.
                    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                response
            }
        }
    }

    /// Says what is wrong with credentials as the services of this protocol say it.
    pub fn of_credentials(self, error: AwsError) -> AwsError {
        let is_expired = error.code == "ExpiredToken";
        let (code, status) = match (self, is_expired) {
            (Self::Query, _) => return error,
            (Self::S3 { .. }, true) => {
                return AwsError::new("ExpiredToken", "The provided token has expired.");
            }
            (Self::S3 { .. }, false) => {
                let message = "The AWS Access Key Id you provided does not exist in our records.";
                return AwsError::new("InvalidAccessKeyId", message).status(403);
            }
            (Self::Json, true) => ("ExpiredTokenException", 400),
            (Self::Json, false) => ("UnrecognizedClientException", 400),
            (Self::RestJson, true) => ("ExpiredTokenException", 403),
            (Self::RestJson, false) => ("UnrecognizedClientException", 403),
        };
        AwsError::new(code, error.message).status(status)
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_protocols_apart() {
        let request = || Request::builder().uri("/");
        let of = |service: &str, request: http::request::Builder| {
            Protocol::of(service, &request.body(()).unwrap())
        };
        assert_eq!(
            of("kinesis", request().header("x-amz-target", "Kinesis_20131202.PutRecord")),
            Protocol::Json
        );
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        assert_eq!(of("iam", request().header("content-type", form)), Protocol::Query);
        assert_eq!(of("sns", request().uri("/?Action=Publish")), Protocol::Query);
        assert_eq!(of("s3", request().method("HEAD")), Protocol::S3 { is_head: true, waits: false });
        assert_eq!(of("lambda", request().uri("/2015-03-31/functions")), Protocol::RestJson);
    }
}
