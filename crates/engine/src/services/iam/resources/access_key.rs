//! `AWS::IAM::AccessKey`: a key of a user, whose secret only the template's functions see.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::super::operations::status;
use super::super::state::{AccessKey, KeyStatus};
use super::gone_is_fine;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType};

pub(super) struct AccessKeyType;

#[async_trait]
impl ResourceType for AccessKeyType {
    fn type_name(&self) -> &'static str {
        "AWS::IAM::AccessKey"
    }

    fn properties(&self) -> &'static [&'static str] {
        &["Serial", "Status", "UserName"]
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        let (iam, caller, user) = (&aws.services.iam, request.caller, user_name(request));
        iam.authorize_user(caller, "CreateAccessKey", user, &[])?;
        let wanted = wanted(request)?;
        let owner = Some(request.seed());
        // A create that was interrupted and is repeated finds the key that it made.
        let existing = iam.access_keys(&caller.account, user)?.into_iter().find(|key| key.owner == owner);
        let key = match existing {
            Some(key) => key,
            None => iam.create_access_key(&caller.account, user, owner)?,
        };
        Ok(resource(&iam.set_key_status(&caller.account, user, &key.id, wanted)?))
    }

    async fn update(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
        _previous: &Value,
    ) -> Result<Resource, AwsError> {
        let (iam, caller, user) = (&aws.services.iam, request.caller, user_name(request));
        iam.authorize_user(caller, "UpdateAccessKey", user, &[])?;
        Ok(resource(&iam.set_key_status(&caller.account, user, physical_id, wanted(request)?)?))
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<(), AwsError> {
        let (iam, caller, user) = (&aws.services.iam, request.caller, user_name(request));
        iam.authorize_user(caller, "DeleteAccessKey", user, &[])?;
        let deleted = iam.set_key_status(&caller.account, user, physical_id, KeyStatus::Deleted);
        gone_is_fine(deleted.map(drop))
    }
}

fn user_name<'a>(request: &ResourceRequest<'a>) -> &'a str {
    request.properties.get("UserName").and_then(Value::as_str).unwrap_or_default()
}

fn wanted(request: &ResourceRequest<'_>) -> Result<KeyStatus, AwsError> {
    request.text("Status").map_or(Ok(KeyStatus::Active), status)
}

fn resource(key: &AccessKey) -> Resource {
    Resource::new(key.id.clone(), [("Id", json!(key.id)), ("SecretAccessKey", json!(key.secret_access_key))])
}
