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

/// A user as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct User {
    pub account: String,
    pub name: String,
    pub path: String,
    /// Unique id, `AIDA…`.
    pub id: String,
    pub created: Timestamp,
    /// Inline policies by name, as they were given.
    pub inline: IndexMap<String, String>,
    /// ARNs of attached managed policies.
    pub attached: Vec<String>,
    pub tags: BTreeMap<String, String>,
    pub owner: Option<String>,
}

/// An access key of a user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct AccessKey {
    /// `AKIA…`
    pub id: String,
    pub account: String,
    pub user_name: String,
    pub secret_access_key: String,
    pub status: KeyStatus,
    pub created: Timestamp,
    pub owner: Option<String>,
}

/// Whether a key opens anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum KeyStatus {
    Active,
    Inactive,
    /// Remembered so that it is refused for ever, and not taken for credentials that IAM did not issue.
    Deleted,
}

/// An access key of a role session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Session {
    pub caller: Caller,
    pub secret_access_key: String,
    pub session_token: String,
    /// Whether the service that asked for the key gets the same one again.
    pub shared: bool,
    /// When the key stops working; never for sessions of functions and services, which AWS gives new ones.
    #[serde(default)]
    pub expires: Option<Timestamp>,
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

impl User {
    pub(super) fn arn(&self) -> String {
        format!("arn:aws:iam::{}:user{}{}", self.account, self.path, self.name)
    }

    pub(super) fn key(account: &str, name: &str) -> String {
        format!("{account}/{}", name.to_lowercase())
    }
}

impl AccessKey {
    pub(super) fn belongs_to(&self, account: &str, user_name: &str) -> bool {
        self.account == account
            && self.user_name.eq_ignore_ascii_case(user_name)
            && self.status != KeyStatus::Deleted
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

/// A user whose documents are parsed.
pub(super) struct LiveUser {
    pub user: User,
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

impl LiveUser {
    pub(super) fn new(user: User) -> Self {
        let inline = user.inline.values().map(|document| documents::stored(document)).collect();
        Self { user, inline }
    }
}

impl LivePolicy {
    pub(super) fn new(policy: ManagedPolicy) -> Self {
        Self { document: documents::stored(policy.default_document()), policy }
    }
}

/// Where IAM keeps what it knows.
pub(super) struct Tables {
    pub roles: Table<Role>,
    pub users: Table<User>,
    pub policies: Table<ManagedPolicy>,
    pub sessions: Table<Session>,
    pub access_keys: Table<AccessKey>,
}

/// Everything IAM knows, in memory.
#[derive(Default)]
pub(super) struct State {
    pub roles: BTreeMap<String, Arc<LiveRole>>,
    pub users: BTreeMap<String, Arc<LiveUser>>,
    pub policies: BTreeMap<String, Arc<LivePolicy>>,
    /// Sessions by access key id.
    pub sessions: HashMap<String, Session>,
    /// Keys of users by access key id.
    pub access_keys: BTreeMap<String, AccessKey>,
}

impl State {
    pub(super) fn load(tables: &Tables) -> Result<Self, StoreError> {
        let role = |(key, role)| (key, Arc::new(LiveRole::new(role)));
        let user = |(key, user)| (key, Arc::new(LiveUser::new(user)));
        let policy = |(key, policy)| (key, Arc::new(LivePolicy::new(policy)));
        Ok(Self {
            roles: tables.roles.scan("")?.into_iter().map(role).collect(),
            users: tables.users.scan("")?.into_iter().map(user).collect(),
            policies: tables.policies.scan("")?.into_iter().map(policy).collect(),
            sessions: tables.sessions.scan("")?.into_iter().collect(),
            access_keys: tables.access_keys.scan("")?.into_iter().collect(),
        })
    }

    pub(super) fn role(&self, account: &str, name: &str) -> Option<&Arc<LiveRole>> {
        self.roles.get(&Role::key(account, name))
    }

    pub(super) fn user(&self, account: &str, name: &str) -> Option<&Arc<LiveUser>> {
        self.users.get(&User::key(account, name))
    }

    /// Returns the customer managed policy with an ARN.
    pub(super) fn policy(&self, arn: &str) -> Option<&Arc<LivePolicy>> {
        let (account, name) = policy_name(arn)?;
        self.policies.get(&ManagedPolicy::key(account, name)).filter(|found| found.policy.arn() == arn)
    }

    /// Returns to how many roles and users of the account a policy is attached.
    pub(super) fn attachments(&self, account: &str, arn: &str) -> usize {
        let roles = self.roles.values().map(|live| (&live.role.account, &live.role.attached));
        let users = self.users.values().map(|live| (&live.user.account, &live.user.attached));
        let of_account = roles.chain(users).filter(|(owner, _)| *owner == account);
        of_account.filter(|(_, attached)| attached.iter().any(|attached| attached == arn)).count()
    }
}

/// Returns the account and name in `arn:aws:iam::111122223333:policy/path/name`.
fn policy_name(arn: &str) -> Option<(&str, &str)> {
    let (account, path) = arn.strip_prefix("arn:aws:iam::")?.split_once(":policy/")?;
    Some((account, path.rsplit('/').next()?))
}

/// Returns the account and name in `arn:aws:iam::111122223333:user/path/name`.
pub(super) fn user_name(arn: &str) -> Option<(&str, &str)> {
    let (account, path) = arn.strip_prefix("arn:aws:iam::")?.split_once(":user/")?;
    Some((account, path.rsplit('/').next()?))
}

/// Returns the account and name in `arn:aws:iam::111122223333:role/path/name`.
pub(super) fn role_name(arn: &str) -> Option<(&str, &str)> {
    let (account, path) = arn.strip_prefix("arn:aws:iam::")?.split_once(":role/")?;
    Some((account, path.rsplit('/').next()?))
}
