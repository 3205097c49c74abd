//! What can be done to a customer managed policy and its versions.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use super::state::{LivePolicy, ManagedPolicy, PolicyVersion, State};
use super::{Iam, documents, managed, names};
use crate::error::AwsError;

/// Versions that one policy can have.
const VERSIONS_LIMIT: usize = 5;

/// What a new managed policy is made of.
#[derive(Debug, Default)]
pub(super) struct NewPolicy {
    pub name: String,
    pub path: Option<String>,
    pub description: Option<String>,
    pub document: String,
    pub tags: BTreeMap<String, String>,
    pub owner: Option<String>,
}

impl Iam {
    /// Makes a managed policy with its first version.
    pub(super) fn create_policy(&self, account: &str, new: NewPolicy) -> Result<ManagedPolicy, AwsError> {
        names::check_name(&new.name, "policyName", 128)?;
        let path = new.path.unwrap_or_else(|| "/".to_owned());
        names::check_path(&path)?;
        names::check_tags(&new.tags)?;
        check_document(&new.document)?;
        let now = self.now();
        let policy = ManagedPolicy {
            account: account.to_owned(),
            id: names::unique_id("ANPA", 17),
            name: new.name,
            path,
            created: now,
            updated: now,
            description: new.description.filter(|description| !description.is_empty()),
            versions: vec![PolicyVersion { id: "v1".to_owned(), document: new.document, created: now }],
            default_version: "v1".to_owned(),
            next_version: 2,
            tags: new.tags,
            owner: new.owner,
        };
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if state.policies.contains_key(&ManagedPolicy::key(account, &policy.name)) {
            let message =
                format!("A policy called {} already exists. Duplicate names are not allowed.", policy.name);
            return Err(AwsError::new("EntityAlreadyExists", message).status(409));
        }
        self.keep_policy(&mut state, policy.clone())?;
        Ok(policy)
    }

    /// Returns a customer managed policy.
    pub(super) fn policy(&self, arn: &str) -> Result<ManagedPolicy, AwsError> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        Ok(state.policy(arn).ok_or_else(|| no_policy(arn))?.policy.clone())
    }

    /// Returns an account's customer managed policies by name, those below a path only.
    pub(super) fn policies_below(&self, account: &str, path: &str) -> Vec<ManagedPolicy> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let policies = state.policies.values().map(|live| &live.policy);
        policies
            .filter(|policy| policy.account == account && policy.path.starts_with(path))
            .cloned()
            .collect()
    }

    /// Returns to how many roles of an account a policy is attached.
    pub(super) fn attachments(&self, account: &str, arn: &str) -> usize {
        self.state.read().unwrap_or_else(PoisonError::into_inner).attachments(account, arn)
    }

    /// Adds a version; the policy's rights change when it becomes the default.
    pub(super) fn create_policy_version(
        &self,
        arn: &str,
        document: String,
        set_as_default: bool,
    ) -> Result<PolicyVersion, AwsError> {
        check_document(&document)?;
        let now = self.now();
        let policy = self.change_policy(arn, |policy| {
            if policy.versions.len() >= VERSIONS_LIMIT {
                return Err(documents::limit(format!(
                    "A managed policy can have up to {VERSIONS_LIMIT} versions. Before you create a new \
                     version, you must delete an existing version."
                )));
            }
            let id = format!("v{}", policy.next_version);
            policy.next_version += 1;
            policy.updated = now;
            if set_as_default {
                policy.default_version.clone_from(&id);
            }
            policy.versions.push(PolicyVersion { id, document, created: now });
            Ok(())
        })?;
        policy.versions.last().cloned().ok_or_else(|| no_policy(arn))
    }

    /// Removes a version that is not the default.
    pub(super) fn delete_policy_version(&self, arn: &str, id: &str) -> Result<(), AwsError> {
        self.change_policy(arn, |policy| {
            if policy.version(id).is_none() {
                return Err(no_version(arn, id));
            }
            if policy.default_version == id {
                let message = "Cannot delete the default version of a policy.";
                return Err(AwsError::new("DeleteConflict", message).status(409));
            }
            policy.versions.retain(|version| version.id != id);
            Ok(())
        })?;
        Ok(())
    }

    /// Lets another version decide.
    pub(super) fn set_default_policy_version(&self, arn: &str, id: &str) -> Result<(), AwsError> {
        let now = self.now();
        self.change_policy(arn, |policy| {
            if policy.version(id).is_none() {
                return Err(no_version(arn, id));
            }
            policy.default_version = id.to_owned();
            policy.updated = now;
            Ok(())
        })?;
        Ok(())
    }

    /// Deletes a policy that is attached to nothing and has no version but its default.
    pub(super) fn delete_policy(&self, arn: &str) -> Result<(), AwsError> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let policy = &state.policy(arn).ok_or_else(|| no_policy(arn))?.policy;
        let conflict = |message: &str| Err(AwsError::new("DeleteConflict", message).status(409));
        if state.attachments(&policy.account, arn) > 0 {
            return conflict("Cannot delete a policy attached to entities.");
        }
        if policy.versions.len() > 1 {
            return conflict(
                "This policy has more than one version. Before you delete a policy, you must delete the \
                 policy's versions. The default version is deleted with the policy.",
            );
        }
        let key = ManagedPolicy::key(&policy.account, &policy.name);
        self.tables.policies.remove(&key)?;
        state.policies.remove(&key);
        Ok(())
    }

    /// Changes a policy; nothing of the change is kept when it is refused.
    pub(super) fn change_policy(
        &self,
        arn: &str,
        change: impl FnOnce(&mut ManagedPolicy) -> Result<(), AwsError>,
    ) -> Result<ManagedPolicy, AwsError> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let mut policy = state.policy(arn).ok_or_else(|| no_policy(arn))?.policy.clone();
        change(&mut policy)?;
        names::check_tags(&policy.tags)?;
        self.keep_policy(&mut state, policy.clone())?;
        Ok(policy)
    }

    fn keep_policy(&self, state: &mut State, policy: ManagedPolicy) -> Result<(), AwsError> {
        let key = ManagedPolicy::key(&policy.account, &policy.name);
        self.tables.policies.put(&key, &policy)?;
        state.policies.insert(key, Arc::new(LivePolicy::new(policy)));
        Ok(())
    }
}

fn check_document(document: &str) -> Result<(), AwsError> {
    documents::check_identity_based(document)?;
    if documents::size(document) > documents::MANAGED_SIZE {
        return Err(documents::limit(format!(
            "Cannot exceed quota for PolicySize: {}",
            documents::MANAGED_SIZE
        )));
    }
    Ok(())
}

pub(super) fn no_policy(arn: &str) -> AwsError {
    if managed::is_aws_managed(arn) && managed::find(arn).is_none() {
        return AwsError::not_supported(format_args!("the AWS managed policy `{arn}`"));
    }
    AwsError::new("NoSuchEntity", format!("Policy {arn} was not found.")).status(404)
}

pub(super) fn no_version(arn: &str, id: &str) -> AwsError {
    AwsError::new("NoSuchEntity", format!("Policy {arn} version {id} does not exist or is not attachable."))
        .status(404)
}
