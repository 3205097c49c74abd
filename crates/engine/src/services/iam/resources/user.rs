//! `AWS::IAM::User`: a user with its inline and attached policies, changed as one.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::super::holders::Policies;
use super::super::state::User;
use super::super::users::NewUser;
use super::{is_gone, owner, policies, tags};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType};

const TYPE: &str = "AWS::IAM::User";

pub(super) struct UserType;

#[async_trait]
impl ResourceType for UserType {
    fn type_name(&self) -> &'static str {
        TYPE
    }

    fn properties(&self) -> &'static [&'static str] {
        &["ManagedPolicyArns", "Path", "Policies", "Tags", "UserName"]
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        let (iam, caller) = (&aws.services.iam, request.caller);
        let Policies { inline, attached } = policies(request.properties);
        let new = NewUser {
            name: request.name("UserName", 64),
            path: request.text("Path").map(str::to_owned),
            inline,
            attached,
            tags: tags(request),
            owner: Some(owner(request)),
        };
        let arn =
            format!("arn:aws:iam::{}:user{}{}", caller.account, new.path.as_deref().unwrap_or("/"), new.name);
        iam.authorize(caller, "iam:CreateUser", &arn, None, &[])?;
        if !new.inline.is_empty() {
            iam.authorize(caller, "iam:PutUserPolicy", &arn, None, &[])?;
        }
        for policy in &new.attached {
            iam.authorize(caller, "iam:AttachUserPolicy", &arn, None, &[("iam:PolicyARN", policy)])?;
        }
        // A create that was interrupted and is repeated finds the user that it made.
        let existing = iam.user(&caller.account, &new.name).ok().filter(|user| user.owner == new.owner);
        let user = match existing {
            Some(user) => user,
            None => iam.create_user(&caller.account, new)?,
        };
        Ok(resource(&user))
    }

    async fn update(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
        previous: &Value,
    ) -> Result<Resource, AwsError> {
        let (iam, caller) = (&aws.services.iam, request.caller);
        for action in ["UpdateUser", "PutUserPolicy", "AttachUserPolicy"] {
            iam.authorize_user(caller, action, physical_id, &[])?;
        }
        let user = iam.change_user(&caller.account, physical_id, |user| {
            user.path = request.text("Path").unwrap_or("/").to_owned();
            user.tags = tags(request);
            Policies::apply(
                policies(request.properties),
                &policies(previous),
                &mut user.inline,
                &mut user.attached,
            );
            Ok(())
        })?;
        Ok(resource(&user))
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<(), AwsError> {
        let (iam, caller) = (&aws.services.iam, request.caller);
        iam.authorize_user(caller, "DeleteUser", physical_id, &[])?;
        let own = policies(request.properties);
        let stripped = iam.change_user(&caller.account, physical_id, |user| {
            Policies::apply(Policies::default(), &own, &mut user.inline, &mut user.attached);
            Ok(())
        });
        match stripped.and_then(|_| iam.delete_user(&caller.account, physical_id)) {
            Err(error) if is_gone(&error) => Ok(()),
            outcome => outcome,
        }
    }
}

fn resource(user: &User) -> Resource {
    Resource::new(user.name.clone(), [("Arn", json!(user.arn()))])
}
