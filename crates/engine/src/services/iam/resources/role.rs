//! `AWS::IAM::Role`: a role with its inline and attached policies, changed as one.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::super::holders::Policies;
use super::super::roles::NewRole;
use super::super::state::Role;
use super::{document, is_gone, owner, policies, scalar, tags};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType};

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
        let Policies { inline, attached } = policies(request.properties);
        let new = NewRole {
            name: request.name("RoleName", 64),
            path: request.text("Path").map(str::to_owned),
            description: request.text("Description").map(str::to_owned),
            max_session_duration: duration(request.properties)?,
            trust: document(request.properties.get("AssumeRolePolicyDocument")),
            inline,
            attached,
            tags: tags(request),
            owner: Some(owner(request)),
        };
        let arn =
            format!("arn:aws:iam::{}:role{}{}", caller.account, new.path.as_deref().unwrap_or("/"), new.name);
        iam.authorize(caller, "iam:CreateRole", &arn, None, &[])?;
        if !new.inline.is_empty() {
            iam.authorize(caller, "iam:PutRolePolicy", &arn, None, &[])?;
        }
        for policy in &new.attached {
            iam.authorize(caller, "iam:AttachRolePolicy", &arn, None, &[("iam:PolicyARN", policy)])?;
        }
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
        let (iam, caller) = (&aws.services.iam, request.caller);
        iam.authorize_role(caller, "DeleteRole", physical_id, &[])?;
        let own = policies(request.properties);
        let stripped = iam.change_role(&caller.account, physical_id, |role| {
            Policies::apply(Policies::default(), &own, &mut role.inline, &mut role.attached);
            Ok(())
        });
        match stripped.and_then(|_| iam.delete_role(&caller.account, physical_id)) {
            Err(error) if is_gone(&error) => Ok(()),
            outcome => outcome,
        }
    }
}

fn resource(role: &Role) -> Resource {
    Resource::new(role.name.clone(), [("Arn", json!(role.arn())), ("RoleId", json!(role.id))])
}

fn duration(properties: &Value) -> Result<Option<u64>, AwsError> {
    let text = properties.get("MaxSessionDuration").and_then(scalar);
    let parse = |text: String| {
        text.parse().map_err(|_| AwsError::new("ValidationError", format!("`{text}` is not a duration")))
    };
    text.map(parse).transpose()
}
