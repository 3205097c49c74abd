//! Calls a resource type, and words its refusals as CloudFormation does.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use hydrant_cfn::invariants::{self, Known, Refusal};
use hydrant_cfn::schema;
use serde_json::Value;

use super::super::custom::{self, is_custom};
use super::super::stack::Stack;
use super::super::stack_resource::{Instance, StackResource};
use super::super::{coerce, dynamic};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::faults::ResourceAction;
use crate::identity::Caller;
use crate::resource::{Resource, ResourceRequest, ResourceType};

/// Invariants that the engine's services check themselves, with words of AWS that the rule does not know: reserved
/// environment variables, and inline code of a runtime that does not take it.
const SERVICES_KNOW_BETTER: [&str; 3] = ["E3663", "E3677", "E3678"];

/// Everything that a call of a resource type needs, taken from a stack so that no lock is held meanwhile.
#[derive(Debug, Clone)]
pub struct Job {
    caller: Caller,
    stack_name: String,
    stack_id: String,
    pub logical_id: String,
    resource_type: String,
    token: Option<String>,
    pub instance: Instance,
    tags: BTreeMap<String, String>,
}

impl Job {
    /// Returns the job for one instance of a resource.
    pub fn new(stack: &Stack, resource: &StackResource, instance: &Instance) -> Self {
        let operation = stack.operation.as_ref();
        let caller = operation.map_or_else(
            || Caller::administrator(&stack.account, &stack.region),
            |operation| operation.caller.clone(),
        );
        let mut tags = instance.tags.clone();
        tags.insert("aws:cloudformation:stack-name".to_owned(), stack.name.clone());
        tags.insert("aws:cloudformation:stack-id".to_owned(), stack.id.clone());
        tags.insert("aws:cloudformation:logical-id".to_owned(), resource.logical_id.clone());
        Self {
            caller,
            stack_name: stack.name.clone(),
            stack_id: stack.id.clone(),
            logical_id: resource.logical_id.clone(),
            resource_type: resource.resource_type.clone(),
            token: operation.and_then(|operation| operation.token.clone()),
            instance: instance.clone(),
            tags,
        }
    }

    fn request(&self) -> ResourceRequest<'_> {
        ResourceRequest {
            caller: &self.caller,
            stack_name: &self.stack_name,
            stack_id: &self.stack_id,
            logical_id: &self.logical_id,
            properties: &self.instance.properties,
            tags: &self.tags,
            suffix: &self.instance.suffix,
        }
    }

    /// Returns the job as somebody else asks for it.
    pub fn on_behalf_of(self, caller: &Caller) -> Self {
        Self { caller: caller.clone(), ..self }
    }

    /// Returns the resource type that is to act, unless a fault keeps it from that; a slow one makes it wait.
    async fn handler<'a>(
        &self,
        aws: &'a Arc<Aws>,
        action: ResourceAction,
    ) -> Result<&'a dyn ResourceType, String> {
        let handler = aws.services.cloudformation.resource_type(aws, &self.resource_type);
        let handler = handler.ok_or_else(|| AwsError::not_supported(&self.resource_type).message)?;
        if !matches!(action, ResourceAction::Delete) && !is_custom(&self.resource_type) {
            self.refuse_unsupported(handler).map_err(|error| self.refusal(&error))?;
        }
        let fault = aws.faults().of_resource(action, &self.resource_type, &self.request()).await;
        fault.map_err(|error| self.refusal(&error))?;
        if action != ResourceAction::Delete {
            self.check_invariants()?;
        }
        Ok(handler)
    }

    /// Refuses, by its name, a property that the type would ignore; one that says nothing is harmless.
    fn refuse_unsupported(&self, handler: &dyn ResourceType) -> Result<(), AwsError> {
        let is_known = |name: &str| {
            let mut known = handler.properties().iter().chain(handler.remembered());
            known.any(|property| *property == name)
        };
        let given = self.instance.properties.as_object().into_iter().flatten();
        let mut unknown = given.filter(|(name, value)| !is_known(name) && !is_blank(value));
        match unknown.next() {
            Some((name, _)) => {
                let type_name = handler.type_name();
                Err(AwsError::not_supported(format_args!("the property `{name}` of {type_name}")))
            }
            None => Ok(()),
        }
    }

    /// Refuses properties that AWS refuses together. It does so when the resource is made, not before; the words
    /// are as if the service had been asked, where it is the service that refuses.
    fn check_invariants(&self) -> Result<(), String> {
        let breaches = invariants::check(&self.resource_type, &self.instance.properties, &Known::resolved());
        for breach in breaches.iter().filter(|breach| !SERVICES_KNOW_BETTER.contains(&breach.rule)) {
            match breach.refusal {
                Refusal::Service(code) => return Err(self.refusal(&AwsError::new(code, &breach.message))),
                Refusal::Handler => return Err(self.handler_refusal(&breach.message)),
                Refusal::Unsure => {}
            }
        }
        Ok(())
    }

    /// Returns the job with the values that its dynamic references stand for; what is kept has the references.
    fn with_values(&self, aws: &Aws) -> Result<Cow<'_, Self>, String> {
        let properties = &self.instance.properties;
        if !dynamic::stands_in(properties) {
            return Ok(Cow::Borrowed(self));
        }
        let mut resolved = dynamic::resolve(aws, &self.caller, properties)?;
        if let Some(schema) = custom::schema_of(&self.resource_type) {
            resolved = coerce::to_schema(schema, &resolved);
            let violations = schema.validate(&resolved);
            if !violations.is_empty() {
                return Err(schema::failure(&self.logical_id, &violations));
            }
        }
        let mut job = self.clone();
        job.instance.properties = resolved;
        Ok(Cow::Owned(job))
    }

    fn token(&self) -> String {
        self.token.clone().unwrap_or_else(|| uuid::Uuid::new_v4().to_string())
    }

    fn handler_refusal(&self, message: &str) -> String {
        let token = self.token();
        format!(
            "Resource handler returned message: \"{message}\" (RequestToken: {token}, HandlerErrorCode: InvalidRequest)"
        )
    }

    /// Makes the resource. A repeat after an interruption finds what the first call made: resource types know
    /// their own by its tags.
    pub async fn create(&self, aws: &Arc<Aws>) -> Result<Resource, String> {
        let job = self.with_values(aws)?;
        let created = job.handler(aws, ResourceAction::Create).await?.create(aws, &job.request()).await;
        created.map_err(|error| self.refusal(&error))
    }

    /// Changes the resource in place from `previous` properties to the instance's.
    pub async fn update(&self, aws: &Arc<Aws>, previous: &Value) -> Result<Resource, String> {
        let physical_id = self.instance.physical_id.as_deref().unwrap_or_default();
        let job = self.with_values(aws)?;
        let updated = job
            .handler(aws, ResourceAction::Update)
            .await?
            .update(aws, &job.request(), physical_id, previous)
            .await;
        updated.map_err(|error| self.refusal(&error))
    }

    /// Reads what the resource is now; `None` when it is gone.
    pub async fn read(&self, aws: &Arc<Aws>) -> Result<Option<Value>, String> {
        let handler = aws.services.cloudformation.resource_type(aws, &self.resource_type);
        let handler = handler.ok_or_else(|| AwsError::not_supported(&self.resource_type).message)?;
        let physical_id = self.instance.physical_id.as_deref().unwrap_or_default();
        let live = handler.read(aws, &self.request(), physical_id).await;
        live.map_err(|error| self.refusal(&error))
    }

    /// Finds the resource, which exists already.
    pub async fn find(&self, aws: &Arc<Aws>) -> Result<Resource, String> {
        let physical_id = self.instance.physical_id.as_deref().unwrap_or_default();
        let handler = aws.services.cloudformation.resource_type(aws, &self.resource_type);
        let handler = handler.ok_or_else(|| AwsError::not_supported(&self.resource_type).message)?;
        let found = handler.find(aws, &self.request(), physical_id).await;
        let gone = || AwsError::new("NotFoundException", format!("{physical_id} does not exist"));
        found.and_then(|found| found.ok_or_else(gone)).map_err(|error| self.refusal(&error))
    }

    /// Deletes the resource.
    pub async fn delete(&self, aws: &Arc<Aws>) -> Result<(), String> {
        let physical_id = self.instance.physical_id.as_deref().unwrap_or_default();
        let deleted =
            self.handler(aws, ResourceAction::Delete).await?.delete(aws, &self.request(), physical_id).await;
        deleted.map_err(|error| self.refusal(&error))
    }

    fn refusal(&self, error: &AwsError) -> String {
        // Its function's words stand alone.
        if is_custom(&self.resource_type) {
            return error.message.clone();
        }
        let token = self.token();
        format!(
            "Resource handler returned message: \"{} (Service: {}, Status Code: {}, Request ID: {})\" \
             (RequestToken: {token}, HandlerErrorCode: {})",
            error.message.trim_end(),
            service_name(&self.resource_type),
            error.status,
            uuid::Uuid::new_v4(),
            handler_error_code(error),
        )
    }
}

/// Tells whether a value says no more than that there is none.
fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty() || text == "false",
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Number(_) | Value::Bool(true) => false,
    }
}

/// Returns the name by which AWS's Java clients, which run resource types, call a type's service.
fn service_name(resource_type: &str) -> &str {
    match resource_type.split("::").nth(1).unwrap_or(resource_type) {
        "IAM" => "Iam",
        "KinesisFirehose" => "Firehose",
        "Logs" => "CloudWatchLogs",
        other => other,
    }
}

/// Sorts an error into the codes that resource types may give.
fn handler_error_code(error: &AwsError) -> &'static str {
    let code = error.code.as_str();
    let has = |parts: &[&str]| parts.iter().any(|part| code.contains(part));
    if has(&["AlreadyExists", "AlreadyOwned", "ResourceConflict"]) || code == "ResourceInUseException" {
        "AlreadyExists"
    } else if has(&["NotFound", "NoSuch"]) {
        "NotFound"
    } else if has(&["AccessDenied", "Unauthorized"]) {
        "AccessDenied"
    } else if has(&["Throttl", "TooManyRequests", "SlowDown"]) {
        "Throttling"
    } else if has(&["LimitExceeded", "TooMany"]) {
        "ServiceLimitExceeded"
    } else if has(&["NotEmpty", "DeleteConflict", "Conflict"]) {
        "GeneralServiceException"
    } else if error.status >= 500 {
        "ServiceInternalError"
    } else {
        "InvalidRequest"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_errors_into_the_codes_of_resource_types() {
        let code = |code: &str| handler_error_code(&AwsError::new(code, ""));
        assert_eq!(code("EntityAlreadyExists"), "AlreadyExists");
        assert_eq!(code("ResourceInUseException"), "AlreadyExists");
        assert_eq!(code("NoSuchBucket"), "NotFound");
        assert_eq!(code("BucketNotEmpty"), "GeneralServiceException");
        assert_eq!(code("InvalidArgumentException"), "InvalidRequest");
    }
}
