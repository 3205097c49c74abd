//! Operations on users.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::Iam;
use super::super::page::Page;
use super::super::state::User;
use super::super::users::NewUser;
use super::{Tag, tag_list, tag_map, time};
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::identity::{Caller, Principal};
use crate::wire::query::{Call, Reply, loose};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateUser {
    user_name: String,
    path: Option<String>,
    permissions_boundary: Option<String>,
    #[serde(default, deserialize_with = "loose::list")]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetUser {
    user_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfUser {
    pub user_name: String,
    #[serde(flatten)]
    pub page: Page,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListUsers {
    path_prefix: Option<String>,
    #[serde(flatten)]
    page: Page,
}

impl Iam {
    /// Refuses `iam:action` on a user unless the caller may; the ARN of one that is not there has no path.
    pub(in super::super) fn authorize_user(
        &self,
        caller: &Caller,
        action: &str,
        name: &str,
        context: &[(&str, &str)],
    ) -> Result<(), AwsError> {
        let arn = match self.user(&caller.account, name) {
            Ok(user) => user.arn(),
            Err(_) => format!("arn:aws:iam::{}:user/{name}", caller.account),
        };
        self.authorize(caller, &format!("iam:{action}"), &arn, None, context)
    }

    pub(super) fn create_user_call(&self, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let input: CreateUser = call.input()?;
        let path = input.path.as_deref().unwrap_or("/");
        let arn = format!("arn:aws:iam::{}:user{path}{}", caller.account, input.user_name);
        self.authorize(caller, "iam:CreateUser", &arn, None, &[])?;
        if input.permissions_boundary.is_some() {
            return Err(AwsError::not_supported("a permissions boundary"));
        }
        let new = NewUser {
            name: input.user_name,
            path: input.path,
            tags: tag_map(input.tags),
            ..NewUser::default()
        };
        let user = self.create_user(&caller.account, new)?;
        Reply::of(&json!({"User": show(&user, true)}))
    }

    pub(super) fn get_user_call(&self, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let input: GetUser = call.input()?;
        if input.user_name.is_none() && caller.principal == Principal::Administrator {
            return Reply::of(&json!({"User": root(caller)}));
        }
        let name = own_name(caller, input.user_name)?;
        self.authorize_user(caller, "GetUser", &name, &[])?;
        let user = self.user(&caller.account, &name)?;
        Reply::of(&json!({"User": show(&user, true)}))
    }

    pub(super) fn delete_user_call(&self, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let input: OfUser = call.input()?;
        self.authorize_user(caller, "DeleteUser", &input.user_name, &[])?;
        self.delete_user(&caller.account, &input.user_name)?;
        Ok(Reply::empty())
    }

    pub(super) fn list_users_call(&self, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let input: ListUsers = call.input()?;
        let prefix = input.path_prefix.as_deref().unwrap_or("/");
        let arn = format!("arn:aws:iam::{}:user{prefix}", caller.account);
        self.authorize(caller, "iam:ListUsers", &arn, None, &[])?;
        let users = self.users_below(&caller.account, prefix);
        let items = users.iter().map(|user| (user.name.to_lowercase(), show(user, false)));
        Reply::of(&input.page.of("Users", items.collect())?)
    }

    /// Answers that a user is in no group, which tools ask before they delete it.
    pub(super) fn list_groups_for_user_call(&self, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let input: OfUser = call.input()?;
        self.authorize_user(caller, "ListGroupsForUser", &input.user_name, &[])?;
        self.user(&caller.account, &input.user_name)?;
        Reply::of(&input.page.of("Groups", Vec::new())?)
    }
}

/// Returns the name that a request gives, or else the caller's own.
pub(super) fn own_name(caller: &Caller, given: Option<String>) -> Result<String, AwsError> {
    match (given, &caller.principal) {
        (Some(name), _) => Ok(name),
        (None, Principal::User { user_name, .. }) => Ok(user_name.clone()),
        (None, Principal::Administrator) => Err(AwsError::not_supported("access keys of the root user")),
        (None, Principal::Role { .. } | Principal::Service(_)) => Err(AwsError::new(
            "ValidationError",
            "Must specify userName when calling with non-User credentials",
        )),
    }
}

/// Shows a user; a list leaves the tags out.
fn show(user: &User, whole: bool) -> Value {
    let mut shown = Map::new();
    let mut set = |name: &str, value: Value| shown.insert(name.to_owned(), value);
    set("Path", user.path.clone().into());
    set("UserName", user.name.clone().into());
    set("UserId", user.id.clone().into());
    set("Arn", user.arn().into());
    set("CreateDate", time(user.created).into());
    if whole && !user.tags.is_empty() {
        set("Tags", tag_list(&user.tags));
    }
    Value::Object(shown)
}

/// Shows the account's root user. Not confirmed on AWS: its name and path.
fn root(caller: &Caller) -> Value {
    json!({
        "Path": "/",
        "UserName": "root",
        "UserId": caller.account,
        "Arn": caller.principal_arn(),
        "CreateDate": time(Timestamp(0)),
    })
}
