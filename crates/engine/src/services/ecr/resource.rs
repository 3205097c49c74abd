//! `AWS::ECR::Repository`: a repository as CloudFormation makes, changes and deletes it.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::operations::authorize;
use super::repository::{self, Repository};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType, gone_is_fine, live, scalar, tag_list};

pub struct RepositoryType;

#[async_trait]
impl ResourceType for RepositoryType {
    fn type_name(&self) -> &'static str {
        "AWS::ECR::Repository"
    }

    fn properties(&self) -> &'static [&'static str] {
        &["ImageTagMutability", "RepositoryName", "RepositoryPolicyText", "Tags"]
    }

    fn remembered(&self) -> &'static [&'static str] {
        &["EmptyOnDelete", "EncryptionConfiguration", "ImageScanningConfiguration", "LifecyclePolicy"]
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        let ecr = &aws.services.ecr;
        // Generated names are made of what a repository's may be made of, but for capitals.
        let name = request
            .text("RepositoryName")
            .map_or_else(|| request.name("RepositoryName", 256).to_ascii_lowercase(), str::to_owned);
        repository::check_name(&name)?;
        authorize(ecr, aws, request.caller, "ecr:CreateRepository", &name)?;
        let mut new = Repository::new(request.caller, &name, aws.clock.now());
        new.owner = Some(request.seed());
        configure(&mut new, request)?;
        // A create that was interrupted and is repeated finds the repository that it made.
        match ecr.repository(request.caller, &name) {
            Ok(existing) if existing.owner == new.owner => Ok(describe(&existing)),
            _ => {
                let made = describe(&new);
                ecr.add(request.caller, new)?;
                Ok(made)
            }
        }
    }

    async fn update(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
        _previous: &Value,
    ) -> Result<Resource, AwsError> {
        let ecr = &aws.services.ecr;
        let actions = ["PutImageTagMutability", "PutLifecyclePolicy", "SetRepositoryPolicy", "TagResource"];
        for action in actions {
            authorize(ecr, aws, request.caller, &format!("ecr:{action}"), physical_id)?;
        }
        ecr.change(request.caller, physical_id, |repository| {
            let mut changed = Repository::new(request.caller, physical_id, repository.created);
            changed.owner.clone_from(&repository.owner);
            configure(&mut changed, request)?;
            *repository = changed;
            Ok(describe(repository))
        })
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<(), AwsError> {
        let ecr = &aws.services.ecr;
        authorize(ecr, aws, request.caller, "ecr:DeleteRepository", physical_id)?;
        gone_is_fine(ecr.remove(request.caller, physical_id).map(drop), "RepositoryNotFoundException")
    }

    async fn read(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<Option<Value>, AwsError> {
        let ecr = &aws.services.ecr;
        authorize(ecr, aws, request.caller, "ecr:DescribeRepositories", physical_id)?;
        let found = ecr.repository(request.caller, physical_id);
        let repository = live(found, "RepositoryNotFoundException")?;
        Ok(repository.map(|repository| {
            let encryption = &repository.encryption;
            json!({
                "RepositoryName": repository.name,
                "ImageTagMutability": repository.tag_mutability,
                "ImageScanningConfiguration": {"ScanOnPush": repository.scan_on_push},
                "EncryptionConfiguration": {
                    "EncryptionType": encryption["encryptionType"],
                    "KmsKey": encryption["kmsKey"],
                },
                "RepositoryPolicyText": repository.policy,
                "LifecyclePolicy": {
                    "LifecyclePolicyText": repository.lifecycle_policy,
                    "RegistryId": request.caller.account,
                },
                "Tags": tag_list(&repository.tags),
            })
        }))
    }
}

/// Sets what a template says on a repository.
fn configure(repository: &mut Repository, request: &ResourceRequest<'_>) -> Result<(), AwsError> {
    let properties = request.properties;
    if let Some(word) = request.text("ImageTagMutability") {
        repository::check_mutability(word)?;
        repository.tag_mutability = word.to_owned();
    }
    let scan = properties.pointer("/ImageScanningConfiguration/ScanOnPush").and_then(scalar);
    repository.scan_on_push = scan.as_deref() == Some("true");
    if let Some(encryption) = properties.get("EncryptionConfiguration") {
        let mut shown = json!({"encryptionType": encryption["EncryptionType"]});
        if let Some(key) = encryption.get("KmsKey") {
            shown["kmsKey"] = key.clone();
        }
        repository.encryption = shown;
    }
    if let Some(policy) = properties.get("RepositoryPolicyText") {
        let text = policy.as_str().map_or_else(|| policy.to_string(), str::to_owned);
        repository::check_policy(&text)?;
        repository.policy = Some(text);
    }
    if let Some(text) = properties.pointer("/LifecyclePolicy/LifecyclePolicyText").and_then(Value::as_str) {
        repository::check_lifecycle_policy(text)?;
        repository.lifecycle_policy = Some(text.to_owned());
    }
    if properties.pointer("/LifecyclePolicy/RegistryId").is_some_and(|id| *id != request.caller.account) {
        return Err(AwsError::not_supported("a registry of another account"));
    }
    repository.tags = request.all_tags();
    Ok(())
}

fn describe(repository: &Repository) -> Resource {
    let attributes = [("Arn", json!(repository.arn())), ("RepositoryUri", json!(repository.uri()))];
    Resource::new(repository.name.clone(), attributes)
}
