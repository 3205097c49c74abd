//! `AWS::IAM::User`: a user with its inline and attached policies, changed as one.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::super::holders::{Holder, Policies};
use super::super::state::User;
use super::super::users::NewUser;
use super::{authorize_create, delete, inline_list, policies, tags};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType, live, tag_list};

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
        let (name, path) = (request.name("UserName", 64), request.text("Path"));
        let policies = policies(request.properties);
        authorize_create(iam, caller, Holder::User, (path, &name), &policies)?;
        let new = NewUser {
            name,
            path: path.map(str::to_owned),
            inline: policies.inline,
            attached: policies.attached,
            tags: tags(request),
            owner: Some(request.seed()),
        };
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
        let own = policies(request.properties);
        delete(&aws.services.iam, request.caller, Holder::User, physical_id, &own)
    }

    async fn read(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<Option<Value>, AwsError> {
        let (iam, caller) = (&aws.services.iam, request.caller);
        iam.authorize_user(caller, "GetUser", physical_id, &[])?;
        let user = live(iam.user(&caller.account, physical_id), "NoSuchEntity")?;
        Ok(user.map(|user| {
            json!({
                "UserName": user.name,
                "Path": user.path,
                "ManagedPolicyArns": user.attached,
                "Policies": inline_list(&user.inline),
                "Tags": tag_list(&user.tags),
            })
        }))
    }
}

fn resource(user: &User) -> Resource {
    Resource::new(user.name.clone(), [("Arn", json!(user.arn()))])
}
