//! `AWS::IAM::Role`: a role with its inline and attached policies, changed as one.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::super::holders::{Holder, Policies};
use super::super::roles::NewRole;
use super::super::state::Role;
use super::{authorize_create, delete, document, inline_list, policies, tags};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{self, Resource, ResourceRequest, ResourceType};

const TYPE: &str = "AWS::IAM::Role";

pub(super) struct RoleType;

#[async_trait]
impl ResourceType for RoleType {
    fn type_name(&self) -> &'static str {
        TYPE
    }

    fn properties(&self) -> &'static [&'static str] {
        &[
            "AssumeRolePolicyDocument",
            "Description",
            "ManagedPolicyArns",
            "MaxSessionDuration",
            "Path",
            "Policies",
            "RoleName",
            "Tags",
        ]
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        let (iam, caller) = (&aws.services.iam, request.caller);
        let (name, path) = (request.name("RoleName", 64), request.text("Path"));
        let policies = policies(request.properties);
        authorize_create(iam, caller, Holder::Role, (path, &name), &policies)?;
        let new = NewRole {
            name,
            path: path.map(str::to_owned),
            description: request.text("Description").map(str::to_owned),
            max_session_duration: duration(request.properties)?,
            trust: document(request.properties.get("AssumeRolePolicyDocument")),
            inline: policies.inline,
            attached: policies.attached,
            tags: tags(request),
            owner: Some(request.seed()),
        };
        // A create that was interrupted and is repeated finds the role that it made.
        let existing = iam.role(&caller.account, &new.name).ok().filter(|role| role.owner == new.owner);
        let role = match existing {
            Some(role) => role,
            None => iam.create_role(&caller.account, new)?,
        };
        Ok(resource(&role))
    }

    async fn update(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
        previous: &Value,
    ) -> Result<Resource, AwsError> {
        let (iam, caller) = (&aws.services.iam, request.caller);
        for action in ["UpdateRole", "UpdateAssumeRolePolicy", "PutRolePolicy", "AttachRolePolicy"] {
            iam.authorize_role(caller, action, physical_id, &[])?;
        }
        let max_session_duration = duration(request.properties)?.unwrap_or(3600);
        let role = iam.change_role(&caller.account, physical_id, |role| {
            role.description = request.text("Description").map(str::to_owned);
            role.max_session_duration = max_session_duration;
            role.trust = document(request.properties.get("AssumeRolePolicyDocument"));
            role.tags = tags(request);
            Policies::apply(
                policies(request.properties),
                &policies(previous),
                &mut role.inline,
                &mut role.attached,
            );
            Ok(())
        })?;
        Ok(resource(&role))
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<(), AwsError> {
        let own = policies(request.properties);
        delete(&aws.services.iam, request.caller, Holder::Role, physical_id, &own)
    }

    async fn read(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<Option<Value>, AwsError> {
        let (iam, caller) = (&aws.services.iam, request.caller);
        iam.authorize_role(caller, "GetRole", physical_id, &[])?;
        let role = resource::live(iam.role(&caller.account, physical_id), "NoSuchEntity")?;
        Ok(role.map(|role| {
            json!({
                "RoleName": role.name,
                "Path": role.path,
                "Description": role.description,
                "MaxSessionDuration": role.max_session_duration,
                "AssumeRolePolicyDocument": role.trust,
                "ManagedPolicyArns": role.attached,
                "Policies": inline_list(&role.inline),
                "Tags": resource::tag_list(&role.tags),
            })
        }))
    }
}

fn resource(role: &Role) -> Resource {
    Resource::new(role.name.clone(), [("Arn", json!(role.arn())), ("RoleId", json!(role.id))])
}

fn duration(properties: &Value) -> Result<Option<u64>, AwsError> {
    let text = properties.get("MaxSessionDuration").and_then(resource::scalar);
    let parse = |text: String| {
        text.parse().map_err(|_| AwsError::new("ValidationError", format!("`{text}` is not a duration")))
    };
    text.map(parse).transpose()
}
