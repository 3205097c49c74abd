//! Which method and path is which operation.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::Lambda;
use super::name::FunctionKey;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::rest_json::{Call, Reply};

/// The operations that [`Lambda::answer`] answers; the table in `docs/engine.md` is written from this.
pub const OPERATIONS: &[&str] = &[
    "AddPermission",
    "CreateAlias",
    "CreateEventSourceMapping",
    "CreateFunction",
    "CreateFunctionUrlConfig",
    "DeleteAlias",
    "DeleteEventSourceMapping",
    "DeleteFunction",
    "DeleteFunctionConcurrency",
    "DeleteFunctionEventInvokeConfig",
    "DeleteFunctionUrlConfig",
    "DeleteLayerVersion",
    "GetAlias",
    "GetEventSourceMapping",
    "GetFunction",
    "GetFunctionConcurrency",
    "GetFunctionConfiguration",
    "GetFunctionEventInvokeConfig",
    "GetFunctionUrlConfig",
    "GetLayerVersion",
    "GetLayerVersionByArn",
    "GetPolicy",
    "Invoke",
    "ListAliases",
    "ListEventSourceMappings",
    "ListFunctionEventInvokeConfigs",
    "ListFunctionUrlConfigs",
    "ListFunctions",
    "ListLayerVersions",
    "ListLayers",
    "ListTags",
    "ListVersionsByFunction",
    "PublishLayerVersion",
    "PublishVersion",
    "PutFunctionConcurrency",
    "PutFunctionEventInvokeConfig",
    "RemovePermission",
    "TagResource",
    "UntagResource",
    "UpdateAlias",
    "UpdateEventSourceMapping",
    "UpdateFunctionCode",
    "UpdateFunctionConfiguration",
    "UpdateFunctionEventInvokeConfig",
    "UpdateFunctionUrlConfig",
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tags {
    tags: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Reserved {
    reserved_concurrent_executions: i64,
}

impl Lambda {
    /// Answers a call.
    pub(super) async fn answer(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        call: Call,
    ) -> Result<Reply, AwsError> {
        let path = call.path.clone();
        let segments: Vec<&str> = path.iter().map(String::as_str).collect();
        match segments.as_slice() {
            ["2015-03-31", "functions"] => self.on_functions(aws, caller, &call).await,
            ["2015-03-31", "functions", name, rest @ ..] => {
                let key = FunctionKey::read(caller, name)?.with(call.query("Qualifier"))?;
                self.on_function(aws, caller, &key, rest, call).await
            }
            ["2018-10-31", "layers", rest @ ..] => self.on_layers(aws, caller, rest, &call).await,
            ["2021-10-31", "functions", name, kind @ ("url" | "urls")] => {
                let key = FunctionKey::read(caller, name)?.with(call.query("Qualifier"))?;
                self.on_url(aws, caller, &key, kind, &call)
            }
            ["2015-03-31", "event-source-mappings"] => self.on_mappings(aws, caller, &call),
            ["2015-03-31", "event-source-mappings", uuid] => self.on_mapping(aws, caller, uuid, &call),
            ["2017-03-31", "tags", arn] => self.on_tags(aws, caller, arn, &call),
            ["2019-09-25", "functions", name, "event-invoke-config", rest @ ..] => {
                self.on_invoke_config(aws, caller, &FunctionKey::read(caller, name)?, rest, &call)
            }
            ["2017-10-31" | "2019-09-30", "functions", name, "concurrency"] => {
                self.on_concurrency(aws, caller, &FunctionKey::read(caller, name)?, &call)
            }
            _ => Err(unknown(&call)),
        }
    }

    async fn on_functions(&self, aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        match call.method {
            Method::POST => {
                let function = self.create_function(aws, caller, call.input()?).await?;
                let mut configuration = function.configuration();
                // It is ready already, but AWS answers like this and waiters expect it.
                configuration["State"] = json!("Pending");
                configuration["StateReason"] = json!("The function is being created.");
                configuration["StateReasonCode"] = json!("Creating");
                Reply::of(201, &configuration)
            }
            Method::GET => Reply::of(
                200,
                &self.list_functions(aws, caller, call.query("Marker"), call.query("MaxItems"))?,
            ),
            _ => Err(unknown(call)),
        }
    }

    async fn on_function(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        key: &FunctionKey,
        rest: &[&str],
        call: Call,
    ) -> Result<Reply, AwsError> {
        match (&call.method, rest) {
            (&Method::GET, []) => Reply::of(200, &self.get_function(aws, caller, key)?),
            (&Method::DELETE, []) => {
                self.delete_function(aws, caller, key)?;
                Ok(Reply::empty(204))
            }
            (&Method::GET, ["configuration"]) => {
                Reply::of(200, &self.get_function_configuration(aws, caller, key)?)
            }
            (&Method::PUT, ["configuration"]) => {
                let function = self.update_function_configuration(aws, caller, key, call.input()?)?;
                updating(function.configuration())
            }
            (&Method::PUT, ["code"]) => {
                let function = self.update_function_code(aws, caller, key, call.input()?).await?;
                updating(function.configuration())
            }
            (&Method::POST, ["invocations"]) => self.answer_invoke(aws, caller, key, call).await,
            (_, ["versions"]) => self.on_versions(aws, caller, key, &call),
            (_, ["aliases", rest @ ..]) => self.on_aliases(aws, caller, key, rest, &call),
            (_, ["policy", ..]) => self.on_policy(aws, caller, key, &rest[1..], &call),
            _ => Err(unknown(&call)),
        }
    }

    fn on_policy(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &FunctionKey,
        rest: &[&str],
        call: &Call,
    ) -> Result<Reply, AwsError> {
        match (&call.method, rest) {
            (&Method::GET, []) => Reply::of(200, &self.get_policy(aws, caller, key)?),
            (&Method::POST, []) => {
                let statement = self.add_permission(aws, caller, key, &call.input()?)?;
                Reply::of(201, &json!({"Statement": statement.to_string()}))
            }
            (&Method::DELETE, [statement_id]) => {
                self.remove_permission(aws, caller, key, statement_id)?;
                Ok(Reply::empty(204))
            }
            _ => Err(unknown(call)),
        }
    }

    fn on_mappings(&self, aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        match call.method {
            Method::POST => {
                let mapping = self.create_event_source_mapping(aws, caller, call.input()?)?;
                Reply::of(202, &mapping.configuration("Creating"))
            }
            Method::GET => Reply::of(200, &self.list_event_source_mappings(aws, caller, call)?),
            _ => Err(unknown(call)),
        }
    }

    fn on_mapping(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        uuid: &str,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        match call.method {
            Method::GET => {
                let mapping = self.get_event_source_mapping(aws, caller, uuid)?;
                Reply::of(200, &mapping.configuration(mapping.state()))
            }
            Method::PUT => {
                let (mapping, state) = self.update_event_source_mapping(aws, caller, uuid, call.input()?)?;
                Reply::of(202, &mapping.configuration(state))
            }
            Method::DELETE => {
                let mapping = self.delete_event_source_mapping(aws, caller, uuid)?;
                Reply::of(202, &mapping.configuration(mapping.state()))
            }
            _ => Err(unknown(call)),
        }
    }

    fn on_tags(&self, aws: &Aws, caller: &Caller, arn: &str, call: &Call) -> Result<Reply, AwsError> {
        match call.method {
            Method::GET => Reply::of(200, &json!({"Tags": self.list_tags(aws, caller, arn)?})),
            Method::POST => {
                self.tag_resource(aws, caller, arn, call.input::<Tags>()?.tags)?;
                Ok(Reply::empty(204))
            }
            Method::DELETE => {
                let keys: Vec<&str> = call.query_all("tagKeys").collect();
                self.untag_resource(aws, caller, arn, &keys)?;
                Ok(Reply::empty(204))
            }
            _ => Err(unknown(call)),
        }
    }

    fn on_concurrency(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &FunctionKey,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        match call.method {
            Method::GET => Reply::of(200, &self.get_function_concurrency(aws, caller, key)?),
            Method::PUT => {
                let reserved = call.input::<Reserved>()?.reserved_concurrent_executions;
                self.put_function_concurrency(aws, caller, key, reserved)?;
                Reply::of(200, &json!({"ReservedConcurrentExecutions": reserved}))
            }
            Method::DELETE => {
                self.delete_function_concurrency(aws, caller, key)?;
                Ok(Reply::empty(204))
            }
            _ => Err(unknown(call)),
        }
    }
}

/// Answers an update: it is in force already, but AWS answers like this and waiters expect it.
fn updating(mut configuration: serde_json::Value) -> Result<Reply, AwsError> {
    configuration["LastUpdateStatus"] = json!("InProgress");
    configuration["LastUpdateStatusReason"] = json!("The function is being created.");
    configuration["LastUpdateStatusReasonCode"] = json!("Creating");
    Reply::of(200, &configuration)
}

/// Refuses an operation that the engine does not have, by its name in AWS's API.
pub(super) fn unknown(call: &Call) -> AwsError {
    let segments: Vec<&str> = call.path.iter().skip(1).map(String::as_str).collect();
    let method = call.method.as_str();
    let name = match (method, segments.as_slice()) {
        (_, ["layers", _, "versions", _, "policy", ..]) => "AddLayerVersionPermission",
        ("POST", ["functions", _, "invoke-async"]) => "InvokeAsync",
        ("POST", ["functions", _, "response-streaming-invocations"]) => "InvokeWithResponseStream",
        ("GET", ["functions", _, "code-signing-config"]) => "GetFunctionCodeSigningConfig",
        ("PUT", ["functions", _, "provisioned-concurrency"]) => "PutProvisionedConcurrencyConfig",
        ("GET", ["functions", _, "runtime-management-config"]) => "GetRuntimeManagementConfig",
        ("GET", ["account-settings"]) => "GetAccountSettings",
        _ => return AwsError::not_supported(format_args!("`{method} /{}` of Lambda", call.path.join("/"))),
    };
    AwsError::not_supported(format_args!("the operation `{name}`"))
}
