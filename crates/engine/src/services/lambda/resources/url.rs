//! `AWS::Lambda::Url`.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{gone_is_fine, read};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::http::cors::Cors;
use crate::resource::{Resource, ResourceRequest, ResourceType, live};
use crate::services::lambda::name::FunctionKey;
use crate::services::lambda::url::{FunctionUrl, UrlInput};

pub struct UrlResource;

#[async_trait]
impl ResourceType for UrlResource {
    fn type_name(&self) -> &'static str {
        "AWS::Lambda::Url"
    }

    fn properties(&self) -> &'static [&'static str] {
        &["AuthType", "Cors", "InvokeMode", "Qualifier", "TargetFunctionArn"]
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        let key = function(request)?;
        let made_by = Some(request.seed());
        let input = UrlInput { made_by: made_by.clone(), ..read(request.properties.clone())? };
        let lambda = &aws.services.lambda;
        let url = match lambda.create_function_url(aws, request.caller, &key, input) {
            Err(error) if error.code == "ResourceConflictException" => {
                let url = lambda.url_of(&key)?;
                if url.made_by != made_by {
                    return Err(error);
                }
                url
            }
            outcome => outcome?,
        };
        Ok(resource(aws, &url))
    }

    async fn update(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        _physical_id: &str,
        _previous: &Value,
    ) -> Result<Resource, AwsError> {
        let mut input: UrlInput = read(request.properties.clone())?;
        // Rules that the template no longer has are taken back.
        input.cors.get_or_insert_with(Cors::default);
        let url = aws.services.lambda.update_function_url(aws, request.caller, &function(request)?, input)?;
        Ok(resource(aws, &url))
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<(), AwsError> {
        let key = FunctionKey::read(request.caller, physical_id)?;
        gone_is_fine(aws.services.lambda.delete_function_url(aws, request.caller, &key))
    }

    async fn read(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        _physical_id: &str,
    ) -> Result<Option<Value>, AwsError> {
        let key = function(request)?;
        aws.services.iam.authorize(request.caller, "lambda:GetFunctionUrlConfig", &key.arn(), None, &[])?;
        let url = live(aws.services.lambda.url_of(&key), "ResourceNotFoundException")?;
        Ok(url.map(|url| {
            json!({
                "TargetFunctionArn": request.properties["TargetFunctionArn"],
                "Qualifier": request.properties["Qualifier"],
                "AuthType": "NONE",
                "InvokeMode": "BUFFERED",
                "Cors": url.cors,
            })
        }))
    }
}

fn function(request: &ResourceRequest<'_>) -> Result<FunctionKey, AwsError> {
    let key = FunctionKey::read(request.caller, request.text("TargetFunctionArn").unwrap_or_default())?;
    key.with(request.text("Qualifier"))
}

fn resource(aws: &Aws, url: &FunctionUrl) -> Resource {
    let arn = url.key.arn();
    Resource::new(&arn, [("FunctionUrl", json!(url.url(aws))), ("FunctionArn", json!(arn))])
}
