//! Operations on the inline and attached policies of roles and users, which differ in the entity's name only.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Iam;
use super::super::holders::{Holder, Policies};
use super::{Listing, encoded};
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::query::{Call, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    #[serde(alias = "RoleName", alias = "UserName")]
    name: String,
    policy_name: String,
    policy_document: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InlinePolicy {
    #[serde(alias = "RoleName", alias = "UserName")]
    name: String,
    policy_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attachment {
    #[serde(alias = "RoleName", alias = "UserName")]
    name: String,
    policy_arn: String,
}

impl Iam {
    /// Answers PutRolePolicy and PutUserPolicy.
    pub(super) fn put_held_policy_call(
        &self,
        holder: Holder,
        caller: &Caller,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        let input: Document = call.input()?;
        holder.authorize(self, caller, "Put", &input.name, &[])?;
        holder.change(self, &caller.account, &input.name, |inline, _| {
            inline.insert(input.policy_name, input.policy_document);
            Ok(())
        })?;
        Ok(Reply::empty())
    }

    /// Answers GetRolePolicy and GetUserPolicy.
    pub(super) fn get_held_policy_call(
        &self,
        holder: Holder,
        caller: &Caller,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        let input: InlinePolicy = call.input()?;
        holder.authorize(self, caller, "Get", &input.name, &[])?;
        let Policies { inline, .. } = holder.policies(self, &caller.account, &input.name)?;
        let document = inline.get(&input.policy_name).ok_or_else(|| no_inline(holder, &input.policy_name))?;
        let mut shown = json!({"PolicyName": input.policy_name, "PolicyDocument": encoded(document)});
        shown[holder.member()] = input.name.into();
        Reply::of(&shown)
    }

    /// Answers DeleteRolePolicy and DeleteUserPolicy.
    pub(super) fn delete_held_policy_call(
        &self,
        holder: Holder,
        caller: &Caller,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        let input: InlinePolicy = call.input()?;
        holder.authorize(self, caller, "Delete", &input.name, &[])?;
        holder.change(self, &caller.account, &input.name, |inline, _| {
            let removed = inline.shift_remove(&input.policy_name);
            removed.map(drop).ok_or_else(|| no_inline(holder, &input.policy_name))
        })?;
        Ok(Reply::empty())
    }

    /// Answers ListRolePolicies and ListUserPolicies.
    pub(super) fn list_held_policies_call(
        &self,
        holder: Holder,
        caller: &Caller,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        let input: Listing = call.input()?;
        holder.authorize_list(self, caller, "List", &input.name)?;
        let Policies { inline, .. } = holder.policies(self, &caller.account, &input.name)?;
        let mut names: Vec<_> = inline.into_keys().map(|name| (name.clone(), Value::from(name))).collect();
        names.sort_by(|(one, _), (other, _)| one.cmp(other));
        Reply::of(&input.page.of("PolicyNames", names)?)
    }

    /// Answers AttachRolePolicy and AttachUserPolicy.
    pub(super) fn attach_policy_call(
        &self,
        holder: Holder,
        caller: &Caller,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        let input: Attachment = call.input()?;
        let context = [("iam:PolicyARN", input.policy_arn.as_str())];
        holder.authorize(self, caller, "Attach", &input.name, &context)?;
        holder.change(self, &caller.account, &input.name, |_, attached| {
            if !attached.contains(&input.policy_arn) {
                attached.push(input.policy_arn);
            }
            Ok(())
        })?;
        Ok(Reply::empty())
    }

    /// Answers DetachRolePolicy and DetachUserPolicy.
    pub(super) fn detach_policy_call(
        &self,
        holder: Holder,
        caller: &Caller,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        let input: Attachment = call.input()?;
        let context = [("iam:PolicyARN", input.policy_arn.as_str())];
        holder.authorize(self, caller, "Detach", &input.name, &context)?;
        holder.change(self, &caller.account, &input.name, |_, attached| {
            let before = attached.len();
            attached.retain(|arn| *arn != input.policy_arn);
            if attached.len() == before {
                let message = format!("Policy {} was not found.", input.policy_arn);
                return Err(AwsError::new("NoSuchEntity", message).status(404));
            }
            Ok(())
        })?;
        Ok(Reply::empty())
    }

    /// Answers ListAttachedRolePolicies and ListAttachedUserPolicies.
    pub(super) fn list_attached_policies_call(
        &self,
        holder: Holder,
        caller: &Caller,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        let input: Listing = call.input()?;
        holder.authorize_list(self, caller, "ListAttached", &input.name)?;
        let Policies { mut attached, .. } = holder.policies(self, &caller.account, &input.name)?;
        attached.sort();
        let items = attached.into_iter().map(|arn| {
            let name = arn.rsplit('/').next().unwrap_or_default();
            let shown = json!({"PolicyName": name, "PolicyArn": arn});
            (arn, shown)
        });
        Reply::of(&input.page.of("AttachedPolicies", items.collect())?)
    }
}

fn no_inline(holder: Holder, name: &str) -> AwsError {
    let message = format!("The {} policy with name {name} cannot be found.", holder.name());
    AwsError::new("NoSuchEntity", message).status(404)
}
