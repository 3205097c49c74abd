//! `AWS::Lambda::Function`.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{gone_is_fine, read};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType, live, tag_list};
use crate::services::lambda::change::UpdateFunctionCode;
use crate::services::lambda::create::CreateFunction;
use crate::services::lambda::function::Function;
use crate::services::lambda::name::FunctionKey;
use crate::services::lambda::settings::Settings;

pub struct FunctionResource;

/// What a setting is when a template does not give it; an update goes back to it.
fn defaults() -> Value {
    json!({
        "Description": "", "Timeout": 3, "MemorySize": 128, "Environment": {"Variables": {}},
        "EphemeralStorage": {"Size": 512}, "LoggingConfig": {}, "TracingConfig": {"Mode": "PassThrough"},
        "Layers": [],
    })
}

#[async_trait]
impl ResourceType for FunctionResource {
    fn type_name(&self) -> &'static str {
        "AWS::Lambda::Function"
    }

    fn properties(&self) -> &'static [&'static str] {
        &[
            "Architectures",
            "Code",
            "Description",
            "Environment",
            "FunctionName",
            "Handler",
            "Layers",
            "LoggingConfig",
            "MemorySize",
            "PackageType",
            "ReservedConcurrentExecutions",
            "Role",
            "Runtime",
            "Tags",
            "Timeout",
            "TracingConfig",
        ]
    }

    fn remembered(&self) -> &'static [&'static str] {
        &["EphemeralStorage"]
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        let name = request.name("FunctionName", 64);
        refuse_inline_code(request)?;
        let mut properties = request.properties.clone();
        properties["FunctionName"] = json!(name);
        properties["Tags"] = json!(request.all_tags());
        let input: CreateFunction = read(properties)?;
        let lambda = &aws.services.lambda;
        let function = match lambda.create_function(aws, request.caller, input).await {
            Err(error) if error.code == "ResourceConflictException" => {
                let key = FunctionKey::read(request.caller, &name)?;
                let function = lambda.function(&key)?;
                if !request.has_made(&function.tags) {
                    return Err(AwsError { message: format!("{name} already exists"), ..error });
                }
                update(aws, request, &key).await?
            }
            outcome => outcome?,
        };
        reserve(aws, request, &function.key)?;
        Ok(resource(&function))
    }

    async fn update(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
        _previous: &Value,
    ) -> Result<Resource, AwsError> {
        refuse_inline_code(request)?;
        let key = FunctionKey::read(request.caller, physical_id)?;
        let function = update(aws, request, &key).await?;
        reserve(aws, request, &key)?;
        Ok(resource(&function))
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<(), AwsError> {
        let key = FunctionKey::read(request.caller, physical_id)?;
        gone_is_fine(aws.services.lambda.delete_function(aws, request.caller, &key))
    }

    async fn find(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<Option<Resource>, AwsError> {
        let key = FunctionKey::read(request.caller, physical_id)?;
        let found = aws.services.lambda.authorized(aws, request.caller, "lambda:GetFunction", &key);
        Ok(live(found, "ResourceNotFoundException")?.map(|function| resource(&function)))
    }

    async fn read(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<Option<Value>, AwsError> {
        let key = FunctionKey::read(request.caller, physical_id)?;
        let found = aws.services.lambda.authorized(aws, request.caller, "lambda:GetFunction", &key);
        let Some(function) = live(found, "ResourceNotFoundException")? else { return Ok(None) };
        let configuration = function.configuration();
        let mut live = json!({
            "Layers": function.layers.iter().map(|layer| layer.arn.as_str()).collect::<Vec<_>>(),
            "Tags": tag_list(&function.tags),
            "ReservedConcurrentExecutions": function.reserved_concurrency,
            "Environment": {"Variables": function.environment},
        });
        for name in self.properties().iter().chain(self.remembered()) {
            if live.get(*name).is_none() && !configuration[*name].is_null() {
                live[*name] = configuration[*name].clone();
            }
        }
        Ok(Some(live))
    }
}

/// Brings code, configuration and tags of a function in line with its properties.
async fn update(
    aws: &Arc<Aws>,
    request: &ResourceRequest<'_>,
    key: &FunctionKey,
) -> Result<Function, AwsError> {
    let lambda = &aws.services.lambda;
    let mut properties = defaults();
    for (name, value) in request.properties.as_object().into_iter().flatten() {
        properties[name] = value.clone();
    }
    let settings: Settings = read(properties)?;
    let mut code = request.properties["Code"].clone();
    code["Architectures"] = match &request.properties["Architectures"] {
        Value::Null => json!(["x86_64"]),
        architectures => architectures.clone(),
    };
    let code: UpdateFunctionCode = read(code)?;
    lambda.update_function_configuration(aws, request.caller, key, settings)?;
    lambda.update_function_code(aws, request.caller, key, code).await?;
    lambda.change(key, |function| {
        function.tags = request.all_tags();
        Ok(())
    })
}

fn reserve(aws: &Arc<Aws>, request: &ResourceRequest<'_>, key: &FunctionKey) -> Result<(), AwsError> {
    let lambda = &aws.services.lambda;
    let asked = &request.properties["ReservedConcurrentExecutions"];
    let asked = asked.as_i64().or_else(|| asked.as_str()?.parse().ok());
    match asked {
        Some(reserved) => lambda.put_function_concurrency(aws, request.caller, key, reserved),
        None if lambda.function(key)?.reserved_concurrency.is_some() => {
            lambda.delete_function_concurrency(aws, request.caller, key)
        }
        None => Ok(()),
    }
}

/// Refuses source text in a template: it is for runtimes that run source text.
fn refuse_inline_code(request: &ResourceRequest<'_>) -> Result<(), AwsError> {
    if request.properties["Code"]["ZipFile"].is_null() {
        return Ok(());
    }
    let message = "ZipFile can only be used when Runtime is set to either of nodejs, python.";
    Err(AwsError::new("InvalidParameterValueException", message))
}

fn resource(function: &Function) -> Resource {
    Resource::new(&function.key.name, [("Arn", json!(function.key.arn()))])
}
