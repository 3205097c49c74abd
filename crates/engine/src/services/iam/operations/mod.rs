//! IAM's operations by their names, with the right that each one needs.

mod access_keys;
mod held_policies;
mod policies;
mod roles;
mod tags;
mod users;

pub(super) use access_keys::status;

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Iam;
use super::holders::Holder;
use super::page::Page;
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::query::{Call, Reply};

/// The operations that [`Iam::operate`] answers; the table in `docs/engine.md` is written from this.
pub const OPERATIONS: &[&str] = &[
    "AttachRolePolicy",
    "AttachUserPolicy",
    "CreateAccessKey",
    "CreatePolicy",
    "CreatePolicyVersion",
    "CreateRole",
    "CreateUser",
    "DeleteAccessKey",
    "DeletePolicy",
    "DeletePolicyVersion",
    "DeleteRole",
    "DeleteRolePolicy",
    "DeleteUser",
    "DeleteUserPolicy",
    "DetachRolePolicy",
    "DetachUserPolicy",
    "GetPolicy",
    "GetPolicyVersion",
    "GetRole",
    "GetRolePolicy",
    "GetUser",
    "GetUserPolicy",
    "ListAccessKeys",
    "ListAttachedRolePolicies",
    "ListAttachedUserPolicies",
    "ListGroupsForUser",
    "ListInstanceProfilesForRole",
    "ListPolicies",
    "ListPolicyVersions",
    "ListRolePolicies",
    "ListRoleTags",
    "ListRoles",
    "ListUserPolicies",
    "ListUserTags",
    "ListUsers",
    "PutRolePolicy",
    "PutUserPolicy",
    "SetDefaultPolicyVersion",
    "TagRole",
    "TagUser",
    "UntagRole",
    "UntagUser",
    "UpdateAccessKey",
    "UpdateAssumeRolePolicy",
    "UpdateRole",
    "UpdateRoleDescription",
];

impl Iam {
    /// Answers one call.
    pub(super) fn operate(&self, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        match call.operation.as_str() {
            "CreateRole" => self.create_role_call(caller, call),
            "GetRole" => self.get_role_call(caller, call),
            "DeleteRole" => self.delete_role_call(caller, call),
            "ListRoles" => self.list_roles_call(caller, call),
            "UpdateRole" => self.update_role_call(caller, call),
            "UpdateRoleDescription" => self.update_role_description_call(caller, call),
            "UpdateAssumeRolePolicy" => self.update_assume_role_policy_call(caller, call),
            "PutRolePolicy" => self.put_held_policy_call(Holder::Role, caller, call),
            "GetRolePolicy" => self.get_held_policy_call(Holder::Role, caller, call),
            "DeleteRolePolicy" => self.delete_held_policy_call(Holder::Role, caller, call),
            "ListRolePolicies" => self.list_held_policies_call(Holder::Role, caller, call),
            "AttachRolePolicy" => self.attach_policy_call(Holder::Role, caller, call),
            "DetachRolePolicy" => self.detach_policy_call(Holder::Role, caller, call),
            "ListAttachedRolePolicies" => self.list_attached_policies_call(Holder::Role, caller, call),
            "ListInstanceProfilesForRole" => self.list_instance_profiles_for_role_call(caller, call),
            "TagRole" => self.tag_call(Holder::Role, caller, call),
            "UntagRole" => self.untag_call(Holder::Role, caller, call),
            "ListRoleTags" => self.list_tags_call(Holder::Role, caller, call),
            "CreateUser" => self.create_user_call(caller, call),
            "GetUser" => self.get_user_call(caller, call),
            "DeleteUser" => self.delete_user_call(caller, call),
            "ListUsers" => self.list_users_call(caller, call),
            "TagUser" => self.tag_call(Holder::User, caller, call),
            "UntagUser" => self.untag_call(Holder::User, caller, call),
            "ListUserTags" => self.list_tags_call(Holder::User, caller, call),
            "ListGroupsForUser" => self.list_groups_for_user_call(caller, call),
            "PutUserPolicy" => self.put_held_policy_call(Holder::User, caller, call),
            "GetUserPolicy" => self.get_held_policy_call(Holder::User, caller, call),
            "DeleteUserPolicy" => self.delete_held_policy_call(Holder::User, caller, call),
            "ListUserPolicies" => self.list_held_policies_call(Holder::User, caller, call),
            "AttachUserPolicy" => self.attach_policy_call(Holder::User, caller, call),
            "DetachUserPolicy" => self.detach_policy_call(Holder::User, caller, call),
            "ListAttachedUserPolicies" => self.list_attached_policies_call(Holder::User, caller, call),
            "CreateAccessKey" => self.create_access_key_call(caller, call),
            "ListAccessKeys" => self.list_access_keys_call(caller, call),
            "UpdateAccessKey" => self.update_access_key_call(caller, call),
            "DeleteAccessKey" => self.delete_access_key_call(caller, call),
            "CreatePolicy" => self.create_policy_call(caller, call),
            "GetPolicy" => self.get_policy_call(caller, call),
            "DeletePolicy" => self.delete_policy_call(caller, call),
            "ListPolicies" => self.list_policies_call(caller, call),
            "CreatePolicyVersion" => self.create_policy_version_call(caller, call),
            "GetPolicyVersion" => self.get_policy_version_call(caller, call),
            "DeletePolicyVersion" => self.delete_policy_version_call(caller, call),
            "ListPolicyVersions" => self.list_policy_versions_call(caller, call),
            "SetDefaultPolicyVersion" => self.set_default_policy_version_call(caller, call),
            _ => Err(call.unknown()),
        }
    }
}

/// What of a role or user is to be listed.
#[derive(Deserialize)]
struct Listing {
    #[serde(alias = "RoleName", alias = "UserName")]
    name: String,
    #[serde(flatten)]
    page: Page,
}

/// A tag as IAM's operations write it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key: String,
    value: String,
}

fn tag_map(tags: Vec<Tag>) -> BTreeMap<String, String> {
    tags.into_iter().map(|tag| (tag.key, tag.value)).collect()
}

fn tag_list(tags: &BTreeMap<String, String>) -> Value {
    tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

/// Encodes a document as IAM's answers carry it, after RFC 3986.
fn encoded(document: &str) -> String {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(document, KEPT).to_string()
}

/// Writes a moment as IAM does, without fractions.
fn time(moment: Timestamp) -> String {
    moment.format("%Y-%m-%dT%H:%M:%SZ")
}
