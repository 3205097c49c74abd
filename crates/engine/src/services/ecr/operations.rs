//! The operations of ECR that the engine has; those on images are refused by name.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::Ecr;
use super::repository::{self, Repository};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::json::{Call, Reply};

/// The operations that [`answer`] answers; the table in `docs/engine.md` is written from this.
pub const OPERATIONS: &[&str] = &[
    "CreateRepository",
    "DeleteLifecyclePolicy",
    "DeleteRepository",
    "DeleteRepositoryPolicy",
    "DescribeRepositories",
    "GetLifecyclePolicy",
    "GetRepositoryPolicy",
    "ListTagsForResource",
    "PutImageScanningConfiguration",
    "PutImageTagMutability",
    "PutLifecyclePolicy",
    "SetRepositoryPolicy",
    "TagResource",
    "UntagResource",
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    registry_id: Option<String>,
    repository_name: String,
    #[serde(default)]
    tags: Vec<Tag>,
    image_tag_mutability: Option<String>,
    image_tag_mutability_exclusion_filters: Option<Vec<Value>>,
    image_scanning_configuration: Option<Scanning>,
    encryption_configuration: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Scanning {
    #[serde(default)]
    scan_on_push: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key: String,
    #[serde(default)]
    value: String,
}

/// What the operations on one repository take, each what it needs.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OnRepository {
    registry_id: Option<String>,
    repository_name: String,
    policy_text: Option<String>,
    lifecycle_policy_text: Option<String>,
    image_tag_mutability: Option<String>,
    image_tag_mutability_exclusion_filters: Option<Vec<Value>>,
    image_scanning_configuration: Option<Scanning>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Describe {
    registry_id: Option<String>,
    repository_names: Option<Vec<String>>,
    next_token: Option<String>,
    max_results: Option<usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tagging {
    resource_arn: String,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(default)]
    tag_keys: Vec<String>,
}

/// Answers one call.
pub fn answer(ecr: &Ecr, aws: &Aws, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
    match call.operation.as_str() {
        "CreateRepository" => create(ecr, aws, caller, call.input()?),
        "DescribeRepositories" => describe(ecr, aws, caller, &call.input()?),
        "TagResource" | "UntagResource" | "ListTagsForResource" => {
            tagging(ecr, aws, caller, &call.operation, call.input()?)
        }
        operation if OPERATIONS.contains(&operation) => {
            on_repository(ecr, aws, caller, operation, call.input()?)
        }
        _ => Err(call.unknown()),
    }
}

fn create(ecr: &Ecr, aws: &Aws, caller: &Caller, input: Create) -> Result<Reply, AwsError> {
    check_registry(caller, input.registry_id.as_deref())?;
    repository::check_name(&input.repository_name)?;
    refuse_exclusions(input.image_tag_mutability_exclusion_filters.as_deref())?;
    let mut new = Repository::new(caller, &input.repository_name, aws.clock.now());
    if let Some(word) = input.image_tag_mutability {
        repository::check_mutability(&word)?;
        new.tag_mutability = word;
    }
    new.scan_on_push = input.image_scanning_configuration.is_some_and(|scanning| scanning.scan_on_push);
    new.encryption = input.encryption_configuration.unwrap_or(new.encryption);
    new.tags = tags(input.tags);
    aws.services.iam.authorize(caller, "ecr:CreateRepository", &new.arn(), None, &[])?;
    let shown = new.show();
    ecr.add(caller, new)?;
    Reply::of(&json!({"repository": shown}))
}

fn describe(ecr: &Ecr, aws: &Aws, caller: &Caller, input: &Describe) -> Result<Reply, AwsError> {
    check_registry(caller, input.registry_id.as_deref())?;
    if let Some(names) = &input.repository_names {
        let mut shown = Vec::new();
        for name in names {
            authorize(ecr, aws, caller, "ecr:DescribeRepositories", name)?;
            shown.push(ecr.repository(caller, name)?.show());
        }
        return Reply::of(&json!({"repositories": shown}));
    }
    let every = caller.arn("ecr", "repository/*");
    aws.services.iam.authorize(caller, "ecr:DescribeRepositories", &every, None, &[])?;
    let scope = caller.scope();
    let after = input.next_token.as_deref().unwrap_or_default();
    let repositories = ecr.repositories();
    let mut found = repositories
        .range(scope.clone()..)
        .take_while(|(key, _)| key.starts_with(&scope))
        .map(|(_, repository)| repository)
        .filter(|repository| repository.name.as_str() > after);
    let limit = input.max_results.unwrap_or(100).clamp(1, 1000);
    let page: Vec<&Repository> = found.by_ref().take(limit).collect();
    let mut output = json!({"repositories": page.iter().map(|one| one.show()).collect::<Vec<_>>()});
    if found.next().is_some() {
        output["nextToken"] = page.last().map(|repository| repository.name.as_str()).into();
    }
    Reply::of(&output)
}

fn on_repository(
    ecr: &Ecr,
    aws: &Aws,
    caller: &Caller,
    operation: &str,
    input: OnRepository,
) -> Result<Reply, AwsError> {
    check_registry(caller, input.registry_id.as_deref())?;
    let name = input.repository_name.as_str();
    authorize(ecr, aws, caller, &format!("ecr:{operation}"), name)?;
    let mut output = json!({"registryId": caller.account, "repositoryName": name});
    let mut say = |member: &str, value: Value| output[member] = value;
    match operation {
        "DeleteRepository" => {
            let removed = ecr.remove(caller, name)?;
            return Reply::of(&json!({"repository": removed.show()}));
        }
        "SetRepositoryPolicy" => {
            let text = required(input.policy_text, "policyText")?;
            repository::check_policy(&text)?;
            ecr.set(caller, name, |one| one.policy = Some(text.clone()))?;
            say("policyText", text.into());
        }
        "GetRepositoryPolicy" => {
            let policy = ecr.repository(caller, name)?.policy;
            say("policyText", policy.ok_or_else(|| no_policy(caller, name))?.into());
        }
        "DeleteRepositoryPolicy" => {
            let take = |one: &mut Repository| one.policy.take().ok_or_else(|| no_policy(caller, name));
            say("policyText", ecr.change(caller, name, take)?.into());
        }
        "PutLifecyclePolicy" => {
            let text = required(input.lifecycle_policy_text, "lifecyclePolicyText")?;
            repository::check_lifecycle_policy(&text)?;
            ecr.set(caller, name, |one| one.lifecycle_policy = Some(text.clone()))?;
            say("lifecyclePolicyText", text.into());
        }
        "GetLifecyclePolicy" => {
            let policy = ecr.repository(caller, name)?.lifecycle_policy;
            say("lifecyclePolicyText", policy.ok_or_else(|| no_lifecycle_policy(caller, name))?.into());
        }
        "DeleteLifecyclePolicy" => {
            let take = |one: &mut Repository| {
                one.lifecycle_policy.take().ok_or_else(|| no_lifecycle_policy(caller, name))
            };
            say("lifecyclePolicyText", ecr.change(caller, name, take)?.into());
        }
        "PutImageTagMutability" => {
            refuse_exclusions(input.image_tag_mutability_exclusion_filters.as_deref())?;
            let word = required(input.image_tag_mutability, "imageTagMutability")?;
            repository::check_mutability(&word)?;
            ecr.set(caller, name, |one| one.tag_mutability.clone_from(&word))?;
            say("imageTagMutability", word.into());
        }
        _ => {
            let scanning = required(input.image_scanning_configuration, "imageScanningConfiguration")?;
            ecr.set(caller, name, |one| one.scan_on_push = scanning.scan_on_push)?;
            say("imageScanningConfiguration", json!({"scanOnPush": scanning.scan_on_push}));
        }
    }
    Reply::of(&output)
}

fn tagging(
    ecr: &Ecr,
    aws: &Aws,
    caller: &Caller,
    operation: &str,
    input: Tagging,
) -> Result<Reply, AwsError> {
    let name = input.resource_arn.split_once(":repository/").map_or("", |(_, name)| name);
    authorize(ecr, aws, caller, &format!("ecr:{operation}"), name)?;
    match operation {
        "ListTagsForResource" => {
            let tags = ecr.repository(caller, name)?.tags.into_iter();
            let tags: Vec<Value> = tags.map(|(key, value)| json!({"Key": key, "Value": value})).collect();
            return Reply::of(&json!({"tags": tags}));
        }
        "TagResource" => ecr.change(caller, name, |one| {
            one.tags.extend(tags(input.tags));
            Ok(())
        })?,
        _ => ecr.change(caller, name, |one| {
            one.tags.retain(|key, _| !input.tag_keys.contains(key));
            Ok(())
        })?,
    }
    Reply::of(&json!({}))
}

/// Refuses what neither the caller's policies nor the repository's own allow.
pub(super) fn authorize(
    ecr: &Ecr,
    aws: &Aws,
    caller: &Caller,
    action: &str,
    name: &str,
) -> Result<(), AwsError> {
    let arn = caller.arn("ecr", format_args!("repository/{name}"));
    let policy = ecr.repository(caller, name).ok().and_then(|repository| repository.policy);
    let policy: Option<Value> = policy.and_then(|text| serde_json::from_str(&text).ok());
    aws.services.iam.authorize(caller, action, &arn, policy.as_ref(), &[])
}

fn check_registry(caller: &Caller, registry: Option<&str>) -> Result<(), AwsError> {
    match registry.filter(|registry| *registry != caller.account) {
        Some(_) => Err(AwsError::not_supported("a registry of another account")),
        None => Ok(()),
    }
}

fn refuse_exclusions(filters: Option<&[Value]>) -> Result<(), AwsError> {
    match filters.filter(|filters| !filters.is_empty()) {
        Some(_) => Err(AwsError::not_supported("`imageTagMutabilityExclusionFilters`")),
        None => Ok(()),
    }
}

fn required<T>(value: Option<T>, member: &str) -> Result<T, AwsError> {
    value.ok_or_else(|| repository::invalid(member, "Member must not be null"))
}

fn tags(tags: Vec<Tag>) -> BTreeMap<String, String> {
    tags.into_iter().map(|tag| (tag.key, tag.value)).collect()
}

fn no_policy(caller: &Caller, name: &str) -> AwsError {
    let message = format!(
        "Repository policy does not exist for the repository with name '{name}' in the registry with id '{}'",
        caller.account
    );
    AwsError::new("RepositoryPolicyNotFoundException", message)
}

fn no_lifecycle_policy(caller: &Caller, name: &str) -> AwsError {
    let message = format!(
        "Lifecycle policy does not exist for the repository with name '{name}' in the registry with id '{}'",
        caller.account
    );
    AwsError::new("LifecyclePolicyNotFoundException", message)
}
