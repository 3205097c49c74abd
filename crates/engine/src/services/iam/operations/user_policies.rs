//! Operations on the inline and attached policies of users.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Iam;
use super::encoded;
use super::users::OfUser;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::query::{Call, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    user_name: String,
    policy_name: String,
    policy_document: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InlinePolicy {
    user_name: String,
    policy_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attachment {
    user_name: String,
    policy_arn: String,
}

impl Iam {
    pub(super) fn put_user_policy_call(&self, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let input: Document = call.input()?;
        self.authorize_user(caller, "PutUserPolicy", &input.user_name, &[])?;
        self.change_user(&caller.account, &input.user_name, |user| {
            user.inline.insert(input.policy_name, input.policy_document);
            Ok(())
        })?;
        Ok(Reply::empty())
    }

    pub(super) fn get_user_policy_call(&self, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let input: InlinePolicy = call.input()?;
        self.authorize_user(caller, "GetUserPolicy", &input.user_name, &[])?;
        let user = self.user(&caller.account, &input.user_name)?;
        let document = user.inline.get(&input.policy_name).ok_or_else(|| no_inline(&input.policy_name))?;
        Reply::of(&json!({
            "UserName": user.name,
            "PolicyName": input.policy_name,
            "PolicyDocument": encoded(document),
        }))
    }

    pub(super) fn delete_user_policy_call(&self, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let input: InlinePolicy = call.input()?;
        self.authorize_user(caller, "DeleteUserPolicy", &input.user_name, &[])?;
        self.change_user(&caller.account, &input.user_name, |user| {
            user.inline.shift_remove(&input.policy_name).ok_or_else(|| no_inline(&input.policy_name))?;
            Ok(())
        })?;
        Ok(Reply::empty())
    }

    pub(super) fn list_user_policies_call(&self, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let input: OfUser = call.input()?;
        self.authorize_user(caller, "ListUserPolicies", &input.user_name, &[])?;
        let user = self.user(&caller.account, &input.user_name)?;
        let mut names: Vec<_> =
            user.inline.into_keys().map(|name| (name.clone(), Value::from(name))).collect();
        names.sort_by(|(one, _), (other, _)| one.cmp(other));
        Reply::of(&input.page.of("PolicyNames", names)?)
    }

    pub(super) fn attach_user_policy_call(&self, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let input: Attachment = call.input()?;
        let context = [("iam:PolicyARN", input.policy_arn.as_str())];
        self.authorize_user(caller, "AttachUserPolicy", &input.user_name, &context)?;
        self.change_user(&caller.account, &input.user_name, |user| {
            if !user.attached.contains(&input.policy_arn) {
                user.attached.push(input.policy_arn);
            }
            Ok(())
        })?;
        Ok(Reply::empty())
    }

    pub(super) fn detach_user_policy_call(&self, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let input: Attachment = call.input()?;
        let context = [("iam:PolicyARN", input.policy_arn.as_str())];
        self.authorize_user(caller, "DetachUserPolicy", &input.user_name, &context)?;
        self.change_user(&caller.account, &input.user_name, |user| {
            let before = user.attached.len();
            user.attached.retain(|arn| *arn != input.policy_arn);
            if user.attached.len() == before {
                let message = format!("Policy {} was not found.", input.policy_arn);
                return Err(AwsError::new("NoSuchEntity", message).status(404));
            }
            Ok(())
        })?;
        Ok(Reply::empty())
    }

    pub(super) fn list_attached_user_policies_call(
        &self,
        caller: &Caller,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        let input: OfUser = call.input()?;
        self.authorize_user(caller, "ListAttachedUserPolicies", &input.user_name, &[])?;
        let mut attached = self.user(&caller.account, &input.user_name)?.attached;
        attached.sort();
        let items = attached.into_iter().map(|arn| {
            let name = arn.rsplit('/').next().unwrap_or_default();
            let shown = json!({"PolicyName": name, "PolicyArn": arn});
            (arn, shown)
        });
        Reply::of(&input.page.of("AttachedPolicies", items.collect())?)
    }
}

fn no_inline(name: &str) -> AwsError {
    AwsError::new("NoSuchEntity", format!("The user policy with name {name} cannot be found.")).status(404)
}
