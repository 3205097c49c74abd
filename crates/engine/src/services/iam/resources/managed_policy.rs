//! `AWS::IAM::ManagedPolicy`: a customer managed policy and the roles and users that it is attached to.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::super::Iam;
use super::super::holders::Holder;
use super::super::policies::NewPolicy;
use super::super::state::ManagedPolicy;
use super::{document, gone_is_fine, holders, tags};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType, live};

const TYPE: &str = "AWS::IAM::ManagedPolicy";

pub(super) struct ManagedPolicyType;

#[async_trait]
impl ResourceType for ManagedPolicyType {
    fn type_name(&self) -> &'static str {
        TYPE
    }

    fn properties(&self) -> &'static [&'static str] {
        &["Description", "ManagedPolicyName", "Path", "PolicyDocument", "Roles", "Users"]
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        let (iam, caller) = (&aws.services.iam, request.caller);
        let name = request.name("ManagedPolicyName", 128);
        let path = request.text("Path").unwrap_or("/");
        let arn = format!("arn:aws:iam::{}:policy{path}{name}", caller.account);
        iam.authorize(caller, "iam:CreatePolicy", &arn, None, &[])?;
        let new = NewPolicy {
            name,
            path: Some(path.to_owned()),
            description: request.text("Description").map(str::to_owned),
            document: document(request.properties.get("PolicyDocument")),
            tags: tags(request),
            owner: Some(request.seed()),
        };
        // A create that was interrupted and is repeated finds the policy that it made.
        let existing = iam.policy(&arn).ok().filter(|policy| policy.owner == new.owner);
        let policy = match existing {
            Some(policy) => policy,
            None => iam.create_policy(&caller.account, new)?,
        };
        let attached = attach(iam, request, &arn, &holders(request.properties));
        if let Err(error) = attached {
            // CloudFormation rolls back only what exists, so a create that fails leaves nothing.
            detach(iam, request, &arn, &holders(request.properties))?;
            iam.delete_policy(&arn)?;
            return Err(error);
        }
        Ok(resource(iam, &policy))
    }

    async fn update(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
        previous: &Value,
    ) -> Result<Resource, AwsError> {
        let (iam, caller) = (&aws.services.iam, request.caller);
        let text = document(request.properties.get("PolicyDocument"));
        let policy = iam.policy(physical_id)?;
        if text != policy.default_document() {
            iam.authorize(caller, "iam:CreatePolicyVersion", physical_id, None, &[])?;
            make_room(iam, &policy)?;
            iam.create_policy_version(physical_id, text, true)?;
        }
        let (was, wanted) = (holders(previous), holders(request.properties));
        attach(iam, request, physical_id, &wanted)?;
        let vanished: Vec<_> = was.into_iter().filter(|holder| !wanted.contains(holder)).collect();
        detach(iam, request, physical_id, &vanished)?;
        let policy = iam.change_policy(physical_id, |policy| {
            policy.tags = tags(request);
            Ok(())
        })?;
        Ok(resource(iam, &policy))
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<(), AwsError> {
        let iam = &aws.services.iam;
        iam.authorize(request.caller, "iam:DeletePolicy", physical_id, None, &[])?;
        gone_is_fine(iam.policy(physical_id).and_then(|policy| {
            detach(iam, request, physical_id, &holders(request.properties))?;
            for version in policy.versions.iter().filter(|version| version.id != policy.default_version) {
                iam.delete_policy_version(physical_id, &version.id)?;
            }
            iam.delete_policy(physical_id)
        }))
    }

    async fn read(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<Option<Value>, AwsError> {
        let (iam, caller) = (&aws.services.iam, request.caller);
        iam.authorize(caller, "iam:GetPolicy", physical_id, None, &[])?;
        let policy = live(iam.policy(physical_id), "NoSuchEntity")?;
        let mut properties = policy.map(|policy| {
            json!({
                "ManagedPolicyName": policy.name,
                "Path": policy.path,
                "Description": policy.description,
                "PolicyDocument": policy.default_document(),
            })
        });
        for (holder, name) in holders(request.properties) {
            let Some(properties) = &mut properties else { break };
            // Whom else it was attached to is not looked for: others may attach it, too.
            let (list, attached) = match holder {
                Holder::Role => ("Roles", iam.role(&caller.account, &name).map(|role| role.attached)),
                Holder::User => ("Users", iam.user(&caller.account, &name).map(|user| user.attached)),
            };
            if attached.is_ok_and(|attached| attached.iter().any(|attached| attached == physical_id)) {
                match properties[list].as_array_mut() {
                    Some(names) => names.push(json!(name)),
                    None => properties[list] = json!([name]),
                }
            }
        }
        Ok(properties)
    }
}

/// Deletes the oldest version that is not the default when the policy has no room for another.
fn make_room(iam: &Iam, policy: &ManagedPolicy) -> Result<(), AwsError> {
    let oldest = policy.versions.iter().find(|version| version.id != policy.default_version);
    match oldest {
        Some(oldest) if policy.versions.len() >= 5 => iam.delete_policy_version(&policy.arn(), &oldest.id),
        _ => Ok(()),
    }
}

fn attach(
    iam: &Iam,
    request: &ResourceRequest<'_>,
    arn: &str,
    holders: &[(Holder, String)],
) -> Result<(), AwsError> {
    holders.iter().try_for_each(|(kind, holder)| {
        kind.authorize(iam, request.caller, "Attach", holder, &[("iam:PolicyARN", arn)])?;
        kind.change(iam, &request.caller.account, holder, |_, attached| {
            if !attached.iter().any(|attached| attached == arn) {
                attached.push(arn.to_owned());
            }
            Ok(())
        })
    })
}

fn detach(
    iam: &Iam,
    request: &ResourceRequest<'_>,
    arn: &str,
    holders: &[(Holder, String)],
) -> Result<(), AwsError> {
    holders.iter().try_for_each(|(kind, holder)| {
        kind.authorize(iam, request.caller, "Detach", holder, &[("iam:PolicyARN", arn)])?;
        let detached = kind.change(iam, &request.caller.account, holder, |_, attached| {
            attached.retain(|attached| attached != arn);
            Ok(())
        });
        gone_is_fine(detached)
    })
}

fn resource(iam: &Iam, policy: &ManagedPolicy) -> Resource {
    let arn = policy.arn();
    let attachments = iam.attachments(&policy.account, &arn);
    Resource::new(
        arn.clone(),
        [
            ("PolicyArn", json!(arn)),
            ("PolicyId", json!(policy.id)),
            ("AttachmentCount", json!(attachments)),
            ("CreateDate", json!(policy.created.iso8601())),
            ("UpdateDate", json!(policy.updated.iso8601())),
            ("DefaultVersionId", json!(policy.default_version)),
            ("IsAttachable", json!(true)),
            ("PermissionsBoundaryUsageCount", json!(0)),
        ],
    )
}
