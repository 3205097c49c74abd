//! What IAM remembers, and the same in the form that decisions are taken from: with documents parsed.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use hydrant_cfn::iam::PolicyDocument;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::documents;
use crate::clock::Timestamp;
use crate::identity::Caller;
use crate::store::{StoreError, Table};

/// A role as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Role {
    pub account: String,
    pub name: String,
    pub path: String,
    /// Unique id, `AROA…`.
    pub id: String,
    pub created: Timestamp,
    pub description: Option<String>,
    pub max_session_duration: u64,
    /// The trust policy, as it was given.
    pub trust: String,
    /// Inline policies by name, as they were given.
    pub inline: IndexMap<String, String>,
    /// ARNs of attached managed policies.
    pub attached: Vec<String>,
    pub tags: BTreeMap<String, String>,
    /// The stack and logical id that made the role, so that a create that is repeated finds its own.
    pub owner: Option<String>,
}

/// A customer managed policy as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct ManagedPolicy {
    pub account: String,
    pub name: String,
    pub path: String,
    /// Unique id, `ANPA…`.
    pub id: String,
    pub created: Timestamp,
    pub updated: Timestamp,
    pub description: Option<String>,
    pub versions: Vec<PolicyVersion>,
    pub default_version: String,
    pub next_version: u32,
    pub tags: BTreeMap<String, String>,
    pub owner: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct PolicyVersion {
    /// `v1`, `v2` …
    pub id: String,
    pub document: String,
    pub created: Timestamp,
}

/// An access key of a role session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Session {
    pub caller: Caller,
    pub secret_access_key: String,
    pub session_token: String,
    /// Whether the service that asked for the key gets the same one again.
    pub shared: bool,
}

impl Role {
    pub(super) fn arn(&self) -> String {
        format!("arn:aws:iam::{}:role{}{}", self.account, self.path, self.name)
    }

    /// Returns the key of a role: names of one account differ in more than case.
    pub(super) fn key(account: &str, name: &str) -> String {
        format!("{account}/{}", name.to_lowercase())
    }
}

impl ManagedPolicy {
    pub(super) fn arn(&self) -> String {
        format!("arn:aws:iam::{}:policy{}{}", self.account, self.path, self.name)
    }

    pub(super) fn key(account: &str, name: &str) -> String {
        format!("{account}/{}", name.to_lowercase())
    }

    pub(super) fn version(&self, id: &str) -> Option<&PolicyVersion> {
        self.versions.iter().find(|version| version.id == id)
    }

    pub(super) fn default_document(&self) -> &str {
        self.version(&self.default_version).map_or("", |version| &version.document)
    }
}

/// A role whose documents are parsed.
pub(super) struct LiveRole {
    pub role: Role,
    pub trust: PolicyDocument,
    pub inline: Vec<PolicyDocument>,
}

/// A managed policy whose default version is parsed.
pub(super) struct LivePolicy {
    pub policy: ManagedPolicy,
    pub document: PolicyDocument,
}

impl LiveRole {
    pub(super) fn new(role: Role) -> Self {
        let trust = documents::stored(&role.trust);
        let inline = role.inline.values().map(|document| documents::stored(document)).collect();
        Self { role, trust, inline }
    }
}

impl LivePolicy {
    pub(super) fn new(policy: ManagedPolicy) -> Self {
        Self { document: documents::stored(policy.default_document()), policy }
    }
}

/// Everything IAM knows, in memory.
#[derive(Default)]
pub(super) struct State {
    pub roles: BTreeMap<String, Arc<LiveRole>>,
    pub policies: BTreeMap<String, Arc<LivePolicy>>,
    /// Sessions by access key id.
    pub sessions: HashMap<String, Session>,
}

impl State {
    pub(super) fn load(
        roles: &Table<Role>,
        policies: &Table<ManagedPolicy>,
        sessions: &Table<Session>,
    ) -> Result<Self, StoreError> {
        let role = |(key, role)| (key, Arc::new(LiveRole::new(role)));
        let policy = |(key, policy)| (key, Arc::new(LivePolicy::new(policy)));
        Ok(Self {
            roles: roles.scan("")?.into_iter().map(role).collect(),
            policies: policies.scan("")?.into_iter().map(policy).collect(),
            sessions: sessions.scan("")?.into_iter().collect(),
        })
    }

    pub(super) fn role(&self, account: &str, name: &str) -> Option<&Arc<LiveRole>> {
        self.roles.get(&Role::key(account, name))
    }

    /// Returns the customer managed policy with an ARN.
    pub(super) fn policy(&self, arn: &str) -> Option<&Arc<LivePolicy>> {
        let (account, name) = policy_name(arn)?;
        self.policies.get(&ManagedPolicy::key(account, name)).filter(|found| found.policy.arn() == arn)
    }

    /// Returns to how many roles of the account a policy is attached.
    pub(super) fn attachments(&self, account: &str, arn: &str) -> usize {
        let of_account = self.roles.values().filter(|live| live.role.account == account);
        of_account.filter(|live| live.role.attached.iter().any(|attached| attached == arn)).count()
    }
}

/// Returns the account and name in `arn:aws:iam::111122223333:policy/path/name`.
fn policy_name(arn: &str) -> Option<(&str, &str)> {
    let (account, path) = arn.strip_prefix("arn:aws:iam::")?.split_once(":policy/")?;
    Some((account, path.rsplit('/').next()?))
}

/// Returns the account and name in `arn:aws:iam::111122223333:role/path/name`.
pub(super) fn role_name(arn: &str) -> Option<(&str, &str)> {
    let (account, path) = arn.strip_prefix("arn:aws:iam::")?.split_once(":role/")?;
    Some((account, path.rsplit('/').next()?))
}
