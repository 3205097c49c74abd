//! What answers at an API's URL: finds stage, route and integration, counts, and invokes the function.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use bytes::Bytes;
use http::{HeaderValue, Response};

use super::ApiGateway;
use super::api::Api;
use super::integration::Integration;
use super::route::Route;
use super::route_key;
use super::stage::{DEFAULT, Stage};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::http::cors::{Verdict, is_preflight, judge};
use crate::http::page_refused;
use crate::http::proxy::{Arrival, Context, event, refusal, response};
use crate::identity::{Caller, Principal};
use crate::wire::{Body, respond};

/// A request that found its way to an integration.
struct Passage<'a> {
    api: &'a Api,
    stage_name: &'a str,
    stage: &'a Stage,
    route_key: &'a str,
    integration: &'a Integration,
    path_parameters: BTreeMap<String, String>,
}

impl ApiGateway {
    /// Answers a request to an API.
    pub(crate) async fn answer_visit(&self, aws: &Arc<Aws>, id: &str, arrival: Arrival) -> Response<Body> {
        let api = self.by_id(id).filter(|api| !api.settings.disable_execute_api_endpoint);
        let cors = api.as_ref().and_then(|api| api.settings.cors_configuration.as_ref());
        let verdict = judge(cors, &arrival.headers, arrival.has_own_origin);
        if verdict == Verdict::Refused {
            return page_refused();
        }
        let Some(api) = api.as_ref() else { return refusal(404, "Not Found") };
        let request_id = request_id();
        let mut response = match (&verdict, cors) {
            (Verdict::Allowed(origin), Some(cors)) if is_preflight(&arrival.method, &arrival.headers) => {
                let mut response = respond(204, "text/plain", Bytes::new());
                response.headers_mut().remove(http::header::CONTENT_TYPE);
                cors.preflight(origin, &mut response);
                response
            }
            (Verdict::Allowed(origin), Some(cors)) => {
                let mut response = self.pass(aws, api, &arrival, &request_id).await;
                cors.mark(origin, &mut response);
                response
            }
            _ => self.pass(aws, api, &arrival, &request_id).await,
        };
        response.headers_mut().remove("x-amzn-requestid");
        if let Ok(id) = HeaderValue::from_str(&request_id) {
            response.headers_mut().insert("apigw-requestid", id);
        }
        response
    }

    async fn pass(&self, aws: &Arc<Aws>, api: &Api, arrival: &Arrival, request_id: &str) -> Response<Body> {
        let Some(passage) = find(api, arrival) else { return refusal(404, "Not Found") };
        let settings = &passage.stage.settings;
        // Limits of a route replace those of the stage, which all other routes share. Not confirmed on AWS.
        let (bucket, limits) = match settings.route_settings.get(passage.route_key) {
            Some(limits) if limits.is_limited() => (passage.route_key, limits),
            _ => ("", &settings.default_route_settings),
        };
        let bucket = format!("{}/{}/{bucket}", api.id, passage.stage_name);
        if !self.throttles.admits(&bucket, limits, aws.clock.now()) {
            return refusal(429, "Too Many Requests");
        }
        match passage.invoke(aws, arrival, request_id).await {
            Ok(response) => response,
            Err(Failure::TooLarge) => refusal(413, "Request Entity Too Large"),
            Err(Failure::Unavailable) => refusal(503, "Service Unavailable"),
            Err(Failure::Internal) => refusal(500, "Internal Server Error"),
        }
    }
}

/// Why there is no answer of a function.
enum Failure {
    TooLarge,
    /// It took too long or is at its limit.
    Unavailable,
    /// It may not be invoked, is not there, failed, or answered what is no response.
    Internal,
}

impl From<AwsError> for Failure {
    fn from(error: AwsError) -> Self {
        match error.status {
            413 => Self::TooLarge,
            // Which status a throttled function gives is not confirmed on AWS.
            429 => Self::Unavailable,
            _ => {
                tracing::warn!(%error, "an API could not invoke its function");
                Self::Internal
            }
        }
    }
}

impl Passage<'_> {
    async fn invoke(
        &self,
        aws: &Arc<Aws>,
        arrival: &Arrival,
        request_id: &str,
    ) -> Result<Response<Body>, Failure> {
        let domain_name = format!("{}.execute-api.localhost", self.api.id);
        let path = percent_encoding::percent_decode_str(&arrival.path).decode_utf8_lossy();
        let event = event(
            arrival,
            &Context {
                account: &self.api.account,
                api_id: &self.api.id,
                domain_name: &domain_name,
                request_id,
                route_key: self.route_key,
                stage: self.stage_name,
                // API Gateway decodes the path, though it is called raw.
                raw_path: &path,
                path_parameters: self.path_parameters.clone(),
                stage_variables: self.stage.settings.stage_variables.clone(),
                now: aws.clock.now(),
            },
        );
        let function = self.integration.settings.function_arn().ok_or(Failure::Internal)?;
        let caller = Caller {
            account: self.api.account.clone(),
            region: self.api.region.clone(),
            principal: Principal::Service("apigateway.amazonaws.com".to_owned()),
        };
        let source = self.source_arn(arrival.method.as_str());
        let context = [("aws:SourceArn", source.as_str()), ("aws:SourceAccount", self.api.account.as_str())];
        let payload = Bytes::from(event.to_string());
        let invocation = aws.services.lambda.invoke_from(aws, &caller, function, payload, &context);
        // A function really takes its time, so the wall clock decides.
        let invocation = tokio::time::timeout(self.integration.timeout(), invocation).await;
        let invocation = invocation.map_err(|_| Failure::Unavailable)??;
        if invocation.function_error.is_some() {
            return Err(Failure::Internal);
        }
        response(&invocation.payload).map_err(|_| Failure::Internal)
    }

    /// Returns the ARN that a function's policy names: `…:api/stage/GET/items/{id}`.
    ///
    /// That a route for any method shows the method of the request is not confirmed on AWS.
    fn source_arn(&self, method: &str) -> String {
        let Api { id, account, region, .. } = self.api;
        let route = match self.route_key.split_once(' ') {
            Some((_, path)) => format!("{method}{path}"),
            None => self.route_key.to_owned(),
        };
        format!("arn:aws:execute-api:{region}:{account}:{id}/{}/{route}", self.stage_name)
    }
}

/// Finds the stage that the path names, or the default one, and in it the best route.
fn find<'a>(api: &'a Api, arrival: &Arrival) -> Option<Passage<'a>> {
    let path = arrival.path.as_str();
    let rest = path.strip_prefix('/').unwrap_or(path);
    let (first, after) = rest.split_once('/').map_or((rest, ""), |(first, after)| (first, after));
    let named = api.stages.get_key_value(first).filter(|(name, _)| *name != DEFAULT);
    let (stage_name, stage, route_path) = match named {
        Some((name, stage)) => (name.as_str(), stage, format!("/{after}")),
        None => (DEFAULT, api.stages.get(DEFAULT)?, path.to_owned()),
    };
    let (routes, integrations): (&BTreeMap<String, Route>, _) = if stage.settings.auto_deploy {
        (&api.routes, &api.integrations)
    } else {
        let deployment = api.deployments.get(stage.settings.deployment_id.as_deref()?)?;
        (&deployment.routes, &deployment.integrations)
    };
    let routes = routes.values().map(|route| (route.settings.route_key.as_str(), route));
    let (route, path_parameters) = route_key::best(routes, arrival.method.as_str(), &route_path)?;
    let integration = integrations.get(route.settings.integration_id()?)?;
    let route_key = route.settings.route_key.as_str();
    Some(Passage { api, stage_name, stage, route_key, integration, path_parameters })
}

/// Returns an id of the form that API Gateway gives its requests, such as `JKJaXmPLvHcESHA=`.
fn request_id() -> String {
    let random = uuid::Uuid::new_v4();
    base64::engine::general_purpose::STANDARD.encode(&random.as_bytes()[..11])
}
