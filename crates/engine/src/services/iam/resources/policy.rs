//! `AWS::IAM::Policy`: one inline policy that is put into each role and user it names.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::super::holders::Holder;
use super::{document, gone_is_fine, holders};
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

    fn properties(&self) -> &'static [&'static str] {
        &["PolicyDocument", "PolicyName", "Roles", "Users"]
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
        let (name, wanted) = (policy_name(request.properties), holders(request.properties));
        let was = policy_name(previous);
        for holder in holders(previous) {
            if was != name || !wanted.contains(&holder) {
                remove(aws, request, &holder, was)?;
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
        holders(request.properties).iter().try_for_each(|holder| remove(aws, request, holder, name))
    }
}

fn resource(physical_id: &str) -> Resource {
    Resource::new(physical_id, [("Id", json!(physical_id))])
}

fn policy_name(properties: &Value) -> &str {
    properties.get("PolicyName").and_then(Value::as_str).unwrap_or_default()
}

/// Puts the policy into every role and user. Not confirmed on AWS: one of the same name that is there already is replaced.
fn put(aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<(), AwsError> {
    let (iam, caller) = (&aws.services.iam, request.caller);
    let name = policy_name(request.properties);
    let text = document(request.properties.get("PolicyDocument"));
    let holders = holders(request.properties);
    for (kind, holder) in &holders {
        kind.authorize(iam, caller, "Put", holder, &[])?;
        // All of them must be there before the first one changes.
        kind.must_exist(iam, &caller.account, holder)?;
    }
    for (index, (kind, holder)) in holders.iter().enumerate() {
        let kept = kind.change(iam, &caller.account, holder, |inline, _| {
            inline.insert(name.to_owned(), text.clone());
            Ok(())
        });
        if let Err(error) = kept {
            // What fails leaves nothing: CloudFormation deletes only what it saw succeed.
            holders[..index].iter().try_for_each(|holder| remove(aws, request, holder, name))?;
            return Err(error);
        }
    }
    Ok(())
}

/// Takes the policy out of a role or user; one that is gone already, or has no such policy, is fine.
fn remove(
    aws: &Arc<Aws>,
    request: &ResourceRequest<'_>,
    (kind, holder): &(Holder, String),
    name: &str,
) -> Result<(), AwsError> {
    let (iam, caller) = (&aws.services.iam, request.caller);
    kind.authorize(iam, caller, "Delete", holder, &[])?;
    let removed = kind.change(iam, &caller.account, holder, |inline, _| {
        inline.shift_remove(name);
        Ok(())
    });
    gone_is_fine(removed)
}
