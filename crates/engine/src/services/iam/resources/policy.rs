//! `AWS::IAM::Policy`: one inline policy that is put into each role it names.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{document, is_gone, refuse, texts};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType};

const TYPE: &str = "AWS::IAM::Policy";

pub(super) struct PolicyType;

#[async_trait]
impl ResourceType for PolicyType {
    fn type_name(&self) -> &'static str {
        TYPE
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        put(aws, request)?;
        // The policy's own name does not identify it, so its physical id is always generated.
        Ok(resource(&request.name("Id", 128)))
    }

    async fn update(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
        previous: &Value,
    ) -> Result<Resource, AwsError> {
        put(aws, request)?;
        let (name, roles) = (policy_name(request.properties), texts(request.properties, "Roles"));
        let was = policy_name(previous);
        for role in texts(previous, "Roles") {
            if was != name || !roles.contains(&role) {
                remove(aws, request, &role, was)?;
            }
        }
        Ok(resource(physical_id))
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        _physical_id: &str,
    ) -> Result<(), AwsError> {
        let name = policy_name(request.properties);
        texts(request.properties, "Roles").iter().try_for_each(|role| remove(aws, request, role, name))
    }
}

fn resource(physical_id: &str) -> Resource {
    Resource::new(physical_id, [("Id", json!(physical_id))])
}

fn policy_name(properties: &Value) -> &str {
    properties.get("PolicyName").and_then(Value::as_str).unwrap_or_default()
}

/// Puts the policy into every role. Not confirmed on AWS: one of the same name that is there already is replaced.
fn put(aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<(), AwsError> {
    refuse(request.properties, TYPE, &["Users", "Groups"])?;
    let (iam, caller) = (&aws.services.iam, request.caller);
    let name = policy_name(request.properties);
    let text = document(request.properties.get("PolicyDocument"));
    let roles = texts(request.properties, "Roles");
    for role in &roles {
        iam.authorize_role(caller, "PutRolePolicy", role, &[])?;
        // All roles must be there before the first one changes.
        iam.role(&caller.account, role)?;
    }
    for (index, role) in roles.iter().enumerate() {
        let kept = iam.change_role(&caller.account, role, |role| {
            role.inline.insert(name.to_owned(), text.clone());
            Ok(())
        });
        if let Err(error) = kept {
            // What fails leaves nothing: CloudFormation deletes only what it saw succeed.
            roles[..index].iter().try_for_each(|role| remove(aws, request, role, name))?;
            return Err(error);
        }
    }
    Ok(())
}

/// Takes the policy out of a role; a role or policy that is gone already is fine.
fn remove(aws: &Arc<Aws>, request: &ResourceRequest<'_>, role: &str, name: &str) -> Result<(), AwsError> {
    let (iam, caller) = (&aws.services.iam, request.caller);
    iam.authorize_role(caller, "DeleteRolePolicy", role, &[])?;
    let removed = iam.change_role(&caller.account, role, |role| {
        role.inline.shift_remove(name);
        Ok(())
    });
    match removed {
        Err(error) if !is_gone(&error) => Err(error),
        _ => Ok(()),
    }
}
