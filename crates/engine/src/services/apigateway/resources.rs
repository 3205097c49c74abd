//! `AWS::ApiGatewayV2::Api`, `Integration`, `Route` and `Stage`.
//!
//! Ids follow from the request of CloudFormation, so that one that comes again after an interruption finds
//! what it made.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::api::Api;
use super::settings::{from_properties, read, to_properties};
use super::stage::Stage;
use super::{bad_request, conflict, id, permit};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType, gone_is_fine, live};

/// Returns the resource types of API Gateway v2.
pub fn all() -> Vec<Box<dyn ResourceType>> {
    vec![
        Box::new(ApiResource),
        Box::new(PartResource(Part::Integration)),
        Box::new(PartResource(Part::Route)),
        Box::new(StageResource),
    ]
}

struct ApiResource;

#[async_trait]
impl ResourceType for ApiResource {
    fn type_name(&self) -> &'static str {
        "AWS::ApiGatewayV2::Api"
    }

    fn properties(&self) -> &'static [&'static str] {
        &[
            "CorsConfiguration",
            "Description",
            "DisableExecuteApiEndpoint",
            "Name",
            "ProtocolType",
            "RouteKey",
            "Tags",
            "Target",
            "Version",
        ]
    }

    fn remembered(&self) -> &'static [&'static str] {
        &["ApiKeySelectionExpression", "IpAddressType", "RouteSelectionExpression"]
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        permit(aws, request.caller, "POST", "/apis")?;
        let id = id(&request.seed(), 10);
        let gateway = &aws.services.apigateway;
        let mut input = from_properties(request.properties);
        input["tags"] = tags(request);
        // A repeat makes the same API anew; nothing can be attached to it yet.
        let api = gateway.create_api(aws, request.caller, id, input)?;
        Ok(resource(aws, &api))
    }

    async fn update(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
        previous: &Value,
    ) -> Result<Resource, AwsError> {
        permit(aws, request.caller, "PATCH", &format!("/apis/{physical_id}"))?;
        for name in ["Target", "RouteKey"] {
            if request.properties[name] != previous[name] {
                return Err(AwsError::not_supported(format_args!("a change of `{name}` of an API")));
            }
        }
        let mut input = from_properties(request.properties);
        let tags = super::operations::read_tags(Some(tags(request)))?;
        if let Some(members) = input.as_object_mut() {
            for name in ["target", "routeKey"] {
                members.remove(name);
            }
        }
        let settings = read(input)?;
        let gateway = &aws.services.apigateway;
        let api = gateway.change(request.caller, physical_id, |api| {
            (api.settings, api.tags) = (settings, tags);
            Ok(api.clone())
        })?;
        Ok(resource(aws, &api))
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<(), AwsError> {
        permit(aws, request.caller, "DELETE", &format!("/apis/{physical_id}"))?;
        gone_is_fine(aws.services.apigateway.delete_api(request.caller, physical_id), "NotFoundException")
    }

    async fn read(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<Option<Value>, AwsError> {
        permit(aws, request.caller, "GET", &format!("/apis/{physical_id}"))?;
        let api = live(aws.services.apigateway.api(request.caller, physical_id), "NotFoundException")?;
        let Some(api) = api else { return Ok(None) };
        let mut live = to_properties(json!(api.settings));
        live["Tags"] = json!(api.tags);
        // Quick create made other resources of these; they are not shown again.
        for name in ["Target", "RouteKey"] {
            live[name] = request.properties[name].clone();
        }
        Ok(Some(live))
    }
}

fn resource(aws: &Aws, api: &Api) -> Resource {
    let execute = format!("arn:aws:execute-api:{}:{}:{}", api.region, api.account, api.id);
    Resource::new(
        &api.id,
        [
            ("ApiId", json!(api.id)),
            ("ApiEndpoint", json!(api.endpoint(aws))),
            ("ExecuteApiArn", json!(execute)),
        ],
    )
}

/// A part of an API whose id the engine chooses.
#[derive(Clone, Copy)]
enum Part {
    Integration,
    Route,
}

impl Part {
    /// Returns what the API's paths call these parts, and the attribute that holds the id.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Integration => ("integrations", "IntegrationId"),
            Self::Route => ("routes", "RouteId"),
        }
    }

    fn put(self, aws: &Aws, request: &ResourceRequest<'_>, id: &str) -> Result<Resource, AwsError> {
        let input = from_properties(request.properties);
        let (_, attribute) = self.names();
        aws.services.apigateway.change(request.caller, api_id(request)?, |api| match self {
            Self::Integration => api.put_integration(id.to_owned(), input),
            Self::Route => api.put_route(id.to_owned(), input),
        })?;
        Ok(Resource::new(id, [(attribute, json!(id))]))
    }
}

struct PartResource(Part);

#[async_trait]
impl ResourceType for PartResource {
    fn type_name(&self) -> &'static str {
        match self.0 {
            Part::Integration => "AWS::ApiGatewayV2::Integration",
            Part::Route => "AWS::ApiGatewayV2::Route",
        }
    }

    fn properties(&self) -> &'static [&'static str] {
        match self.0 {
            Part::Integration => &[
                "ApiId",
                "ConnectionType",
                "Description",
                "IntegrationType",
                "IntegrationUri",
                "PayloadFormatVersion",
                "TimeoutInMillis",
            ],
            Part::Route => &["ApiId", "AuthorizationType", "OperationName", "RouteKey", "Target"],
        }
    }

    fn remembered(&self) -> &'static [&'static str] {
        match self.0 {
            // A function is always invoked by POST.
            Part::Integration => &["IntegrationMethod"],
            Part::Route => &[],
        }
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        let (kind, _) = self.0.names();
        permit(aws, request.caller, "POST", &format!("/apis/{}/{kind}", api_id(request)?))?;
        self.0.put(aws, request, &id(&request.seed(), 7))
    }

    async fn update(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
        _previous: &Value,
    ) -> Result<Resource, AwsError> {
        let (kind, _) = self.0.names();
        permit(aws, request.caller, "PATCH", &format!("/apis/{}/{kind}/{physical_id}", api_id(request)?))?;
        self.0.put(aws, request, physical_id)
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<(), AwsError> {
        let (kind, _) = self.0.names();
        let api_id = api_id(request)?;
        permit(aws, request.caller, "DELETE", &format!("/apis/{api_id}/{kind}/{physical_id}"))?;
        let gateway = &aws.services.apigateway;
        gone_is_fine(
            gateway.change(request.caller, api_id, |api| api.delete_part(kind, physical_id)),
            "NotFoundException",
        )
    }

    async fn read(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<Option<Value>, AwsError> {
        let (kind, _) = self.0.names();
        let api_id = api_id(request)?;
        permit(aws, request.caller, "GET", &format!("/apis/{api_id}/{kind}/{physical_id}"))?;
        let api = live(aws.services.apigateway.api(request.caller, api_id), "NotFoundException")?;
        let settings = api.and_then(|api| match self.0 {
            Part::Integration => api.integrations.get(physical_id).map(|one| json!(one.settings)),
            Part::Route => api.routes.get(physical_id).map(|one| json!(one.settings)),
        });
        Ok(settings.map(|settings| {
            let mut live = to_properties(settings);
            live["ApiId"] = json!(api_id);
            live
        }))
    }
}

struct StageResource;

impl StageResource {
    fn put(aws: &Aws, request: &ResourceRequest<'_>, is_new: bool) -> Result<Resource, AwsError> {
        let mut input = from_properties(request.properties);
        input["tags"] = tags(request);
        let name = request.text("StageName").unwrap_or_default();
        let (now, seed) = (aws.clock.now(), request.seed());
        aws.services.apigateway.change(request.caller, api_id(request)?, |api| {
            let is_own = |stage: &Stage| stage.made_by.as_ref() == Some(&seed);
            if is_new && api.stages.get(name).is_some_and(|stage| !is_own(stage)) {
                return Err(conflict("Stage already exists"));
            }
            api.put_stage(now, input)?;
            if let Some(stage) = api.stages.get_mut(name) {
                stage.made_by = Some(seed);
            }
            Ok(())
        })?;
        Ok(Resource::new(name, []))
    }
}

#[async_trait]
impl ResourceType for StageResource {
    fn type_name(&self) -> &'static str {
        "AWS::ApiGatewayV2::Stage"
    }

    fn properties(&self) -> &'static [&'static str] {
        &[
            "ApiId",
            "AutoDeploy",
            "DefaultRouteSettings",
            "DeploymentId",
            "Description",
            "RouteSettings",
            "StageName",
            "StageVariables",
            "Tags",
        ]
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        permit(aws, request.caller, "POST", &format!("/apis/{}/stages", api_id(request)?))?;
        Self::put(aws, request, true)
    }

    async fn update(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
        _previous: &Value,
    ) -> Result<Resource, AwsError> {
        permit(aws, request.caller, "PATCH", &format!("/apis/{}/stages/{physical_id}", api_id(request)?))?;
        Self::put(aws, request, false)
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<(), AwsError> {
        let api_id = api_id(request)?;
        permit(aws, request.caller, "DELETE", &format!("/apis/{api_id}/stages/{physical_id}"))?;
        let gateway = &aws.services.apigateway;
        gone_is_fine(
            gateway.change(request.caller, api_id, |api| api.delete_part("stages", physical_id)),
            "NotFoundException",
        )
    }
}

fn api_id<'a>(request: &ResourceRequest<'a>) -> Result<&'a str, AwsError> {
    request.properties["ApiId"].as_str().ok_or_else(|| bad_request("ApiId is required"))
}

/// Returns the tags of the stack under those of the resource.
fn tags(request: &ResourceRequest<'_>) -> Value {
    let mut tags = json!(request.tags);
    if let (Some(all), Some(own)) = (tags.as_object_mut(), request.properties["Tags"].as_object()) {
        all.extend(own.clone());
    }
    tags
}
