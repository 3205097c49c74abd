//! The engine's own requests, under `/_hydrant/`: is it the one, what does it have, and please stop.

use std::sync::Arc;

use http::{Method, Request, Response};
use serde_json::json;

use crate::aws::Aws;
use crate::wire::Body;
use crate::{supported, wire};

/// Answers a request for the engine itself; `None` for one that is AWS's.
pub fn answer<B>(aws: &Arc<Aws>, request: &Request<B>) -> Option<Response<Body>> {
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/_hydrant/status") => {
            let status = json!({
                "pid": std::process::id(),
                "data_dir": aws.data_dir,
                "time": aws.clock.now().iso8601(),
                "time_scale": aws.clock.scale(),
            });
            Some(wire::respond(200, "application/json", status.to_string()))
        }
        (&Method::GET, "/_hydrant/supported") => {
            let supported = serde_json::to_string(&supported::list(aws)).unwrap_or_default();
            Some(wire::respond(200, "application/json", supported))
        }
        (&Method::POST, "/_hydrant/stop") => {
            aws.request_stop();
            Some(wire::respond(202, "application/json", "{}"))
        }
        _ => None,
    }
}
