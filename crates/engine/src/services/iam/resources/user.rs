//! `AWS::IAM::User`: a user with its inline and attached policies, changed as one.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::super::state::User;
use super::super::users::NewUser;
use super::{inline, is_gone, owner, refuse, tags, texts};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType};

const TYPE: &str = "AWS::IAM::User";
const ABSENT: [&str; 3] = ["Groups", "LoginProfile", "PermissionsBoundary"];

pub(super) struct UserType;

#[async_trait]
impl ResourceType for UserType {
    fn type_name(&self) -> &'static str {
        TYPE
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        refuse(request.properties, TYPE, &ABSENT)?;
        let (iam, caller) = (&aws.services.iam, request.caller);
        let new = NewUser {
            name: request.name("UserName", 64),
            path: request.text("Path").map(str::to_owned),
            inline: inline(request.properties),
            attached: texts(request.properties, "ManagedPolicyArns"),
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
        refuse(request.properties, TYPE, &ABSENT)?;
        let (iam, caller) = (&aws.services.iam, request.caller);
        for action in ["UpdateUser", "PutUserPolicy", "AttachUserPolicy"] {
            iam.authorize_user(caller, action, physical_id, &[])?;
        }
        let user = iam.change_user(&caller.account, physical_id, |user| {
            user.path = request.text("Path").unwrap_or("/").to_owned();
            user.tags = tags(request);
            // Policies that other resources put on the user stay; what left the template goes.
            let (was, wanted) = (inline(previous), inline(request.properties));
            user.inline.retain(|name, _| !was.contains_key(name) || wanted.contains_key(name));
            user.inline.extend(wanted);
            let (was, wanted) =
                (texts(previous, "ManagedPolicyArns"), texts(request.properties, "ManagedPolicyArns"));
            user.attached.retain(|arn| !was.contains(arn) || wanted.contains(arn));
            let added: Vec<String> = wanted.into_iter().filter(|arn| !user.attached.contains(arn)).collect();
            user.attached.extend(added);
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
        let own = inline(request.properties);
        let attached = texts(request.properties, "ManagedPolicyArns");
        let stripped = iam.change_user(&caller.account, physical_id, |user| {
            user.inline.retain(|name, _| !own.contains_key(name));
            user.attached.retain(|arn| !attached.contains(arn));
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
