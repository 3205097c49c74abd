//! What answers at a function URL.
//!
//! The URL is open to all, but as on AWS only where the function's policy says so: for the URL, and since
//! October 2025 for the invocation through it too.
//! <https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use http::Response;
use serde_json::json;

use super::Lambda;
use super::invoke::EVENT_LIMIT;
use super::url::FunctionUrl;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::http::cors::{Verdict, is_preflight, judge};
use crate::http::page_refused;
use crate::http::proxy::{Arrival, Context, event, response};
use crate::identity::{Caller, Principal};
use crate::wire::{Body, request_id, respond};

impl Lambda {
    /// Answers a request to a function URL.
    pub(crate) async fn answer_visit(&self, aws: &Arc<Aws>, id: &str, arrival: Arrival) -> Response<Body> {
        let urls = self.urls.scan("").unwrap_or_default();
        let url = urls.into_iter().map(|(_, url)| url).find(|url| url.id == id);
        let cors = url.as_ref().and_then(|url| url.cors.as_ref());
        let verdict = judge(cors, &arrival.headers, arrival.has_own_origin);
        if verdict == Verdict::Refused {
            return page_refused();
        }
        // What AWS answers for a URL that is not there is not confirmed.
        let Some(url) = url.as_ref() else { return refusal(404, "Not Found") };
        match (&verdict, cors) {
            (Verdict::Allowed(origin), Some(cors)) if is_preflight(&arrival.method, &arrival.headers) => {
                let mut response = respond(200, "application/json", Bytes::new());
                cors.preflight(origin, &mut response);
                response
            }
            (Verdict::Allowed(origin), Some(cors)) => {
                let mut response = self.pass(aws, url, &arrival).await;
                cors.mark(origin, &mut response);
                response
            }
            _ => self.pass(aws, url, &arrival).await,
        }
    }

    async fn pass(&self, aws: &Arc<Aws>, url: &FunctionUrl, arrival: &Arrival) -> Response<Body> {
        let caller = Caller {
            account: url.key.account.clone(),
            region: url.key.region.clone(),
            // Nobody in particular: only a statement for everyone speaks of this principal.
            principal: Principal::Service("anonymous".to_owned()),
        };
        let context = [("lambda:FunctionUrlAuthType", "NONE"), ("lambda:InvokedViaFunctionUrl", "true")];
        for action in ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"] {
            if self.authorized_for(aws, &caller, action, &url.key, &context).is_err() {
                return forbidden();
            }
        }
        let request_id = request_id();
        let domain_name = format!("{}.lambda-url.{}.localhost", url.id, url.key.region);
        let event = event(
            arrival,
            &Context {
                // AWS says `anonymous` where nobody signed.
                account: "anonymous",
                api_id: &url.id,
                domain_name: &domain_name,
                request_id: &request_id,
                route_key: "$default",
                stage: "$default",
                raw_path: &arrival.path,
                path_parameters: BTreeMap::new(),
                stage_variables: BTreeMap::new(),
                now: aws.clock.now(),
            },
        );
        let payload = Bytes::from(event.to_string());
        if payload.len() > EVENT_LIMIT {
            return refusal(413, "Request Entity Too Large");
        }
        match self.run(aws, &url.key, request_id, payload).await {
            // AWS answers 502 for a failed function; the body is not confirmed.
            Ok(outcome) if outcome.function_error.is_some() => refusal(502, "Internal Server Error"),
            Ok(outcome) => {
                response(&outcome.payload).unwrap_or_else(|_| refusal(502, "Internal Server Error"))
            }
            Err(error) => failed(&error),
        }
    }
}

fn failed(error: &AwsError) -> Response<Body> {
    match error.status {
        429 => refusal(429, "Rate Exceeded."),
        _ => {
            tracing::warn!(%error, "a function URL could not invoke its function");
            refusal(502, "Internal Server Error")
        }
    }
}

fn forbidden() -> Response<Body> {
    let message = "Forbidden. For troubleshooting Function URL authorization issues, see: \
                   https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html";
    let mut response = refusal(403, message);
    let error_type = http::HeaderValue::from_static("AccessDeniedException");
    response.headers_mut().insert("x-amzn-errortype", error_type);
    response
}

fn refusal(status: u16, message: &str) -> Response<Body> {
    respond(status, "application/json", json!({"Message": message}).to_string())
}
