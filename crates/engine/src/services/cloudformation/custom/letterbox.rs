//! Where functions put their answers: a URL of the engine that needs no signature, only its unguessable end.
//!
//! On AWS it is a presigned URL of a bucket, which takes anything; whether it is an answer is looked at later.

use http::{Method, Request, Response};
use hyper::body::Incoming;

use super::super::CloudFormation;
use super::correspondence::{Outcome, Receipt};
use crate::error::AwsError;
use crate::wire::{self, Body};

const ROOT: &str = "/_hydrant/custom-resource/";

/// Largest answer that CloudFormation reads.
const ANSWER_LIMIT: usize = 4096;

/// An answer that arrives.
pub struct Letter {
    token: String,
    is_put: bool,
}

/// Returns where the answer to a request goes.
pub fn url(endpoint: &str, token: &str) -> String {
    format!("{endpoint}{ROOT}{token}")
}

impl Letter {
    /// Returns the letter that a request is, if it is addressed as one.
    pub fn read<B>(request: &Request<B>) -> Option<Self> {
        let token = request.uri().path().strip_prefix(ROOT)?.to_owned();
        Some(Self { token, is_put: request.method() == Method::PUT })
    }
}

impl CloudFormation {
    /// Takes an answer in.
    pub async fn take_letter(&self, letter: Letter, request: Request<Incoming>) -> Response<Body> {
        let outcome = match wire::collect(request).await {
            Ok(body) if body.len() > ANSWER_LIMIT => Outcome::TooLong,
            Ok(body) => Outcome::Answered(String::from_utf8_lossy(&body).into_owned()),
            Err(error) if error.status == 413 => Outcome::TooLong,
            Err(error) => return refuse(&error),
        };
        let denied = |message: &str| refuse(&AwsError::new("AccessDenied", message).status(403));
        if !letter.is_put {
            return denied("Access Denied");
        }
        match self.correspondence.take(&letter.token, outcome) {
            Ok(Receipt::Taken | Receipt::Ignored) => wire::respond(200, "application/xml", ""),
            Ok(Receipt::Unknown) => denied("Access Denied"),
            Err(error) => refuse(&error),
        }
    }
}

fn refuse(error: &AwsError) -> Response<Body> {
    let body = format!("<Error><Code>{}</Code><Message>{}</Message></Error>", error.code, error.message);
    wire::respond(error.status, "application/xml", body)
}
