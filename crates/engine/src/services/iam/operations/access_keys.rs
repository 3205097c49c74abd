//! Operations on the access keys of users. A request that names no user is about the caller's own keys.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Iam;
use super::super::names;
use super::super::page::Page;
use super::super::state::{AccessKey, KeyStatus};
use super::time;
use super::users::own_name;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::query::{Call, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OfKeys {
    user_name: Option<String>,
    #[serde(flatten)]
    page: Page,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OfKey {
    user_name: Option<String>,
    access_key_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateKey {
    user_name: Option<String>,
    access_key_id: String,
    status: String,
}

impl Iam {
    pub(super) fn create_access_key_call(&self, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let input: OfKeys = call.input()?;
        let user_name = own_name(caller, input.user_name)?;
        self.authorize_user(caller, "CreateAccessKey", &user_name, &[])?;
        let key = self.create_access_key(&caller.account, &user_name, None)?;
        let mut shown = show(&key);
        shown["SecretAccessKey"] = key.secret_access_key.into();
        Reply::of(&json!({"AccessKey": shown}))
    }

    pub(super) fn list_access_keys_call(&self, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let input: OfKeys = call.input()?;
        let user_name = own_name(caller, input.user_name)?;
        self.authorize_user(caller, "ListAccessKeys", &user_name, &[])?;
        let keys = self.access_keys(&caller.account, &user_name)?;
        let items = keys.iter().map(|key| (key.id.clone(), show(key)));
        Reply::of(&input.page.of("AccessKeyMetadata", items.collect())?)
    }

    pub(super) fn update_access_key_call(&self, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let input: UpdateKey = call.input()?;
        let user_name = own_name(caller, input.user_name)?;
        self.authorize_user(caller, "UpdateAccessKey", &user_name, &[])?;
        let status = status(&input.status)?;
        self.set_key_status(&caller.account, &user_name, &input.access_key_id, status)?;
        Ok(Reply::empty())
    }

    pub(super) fn delete_access_key_call(&self, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let input: OfKey = call.input()?;
        let user_name = own_name(caller, input.user_name)?;
        self.authorize_user(caller, "DeleteAccessKey", &user_name, &[])?;
        self.set_key_status(&caller.account, &user_name, &input.access_key_id, KeyStatus::Deleted)?;
        Ok(Reply::empty())
    }
}

/// Reads the status that a request gives a key.
pub(in super::super) fn status(text: &str) -> Result<KeyStatus, AwsError> {
    match text {
        "Active" => Ok(KeyStatus::Active),
        "Inactive" => Ok(KeyStatus::Inactive),
        // Not confirmed on AWS: `Expired` is in the model, and cannot be set.
        other => {
            let constraint = "Member must satisfy enum value set: [Active, Inactive]";
            Err(names::constraint(other, "status", constraint))
        }
    }
}

fn show(key: &AccessKey) -> Value {
    json!({
        "UserName": key.user_name,
        "AccessKeyId": key.id,
        "Status": if key.status == KeyStatus::Active { "Active" } else { "Inactive" },
        "CreateDate": time(key.created),
    })
}
