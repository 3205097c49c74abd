//! Operations on roles.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::Iam;
use super::super::page::Page;
use super::super::roles::NewRole;
use super::super::state::Role;
use super::{Tag, encoded, tag_list, tag_map, time};
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::query::{Call, Reply, loose};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateRole {
    role_name: String,
    path: Option<String>,
    assume_role_policy_document: String,
    description: Option<String>,
    #[serde(default, deserialize_with = "loose::number")]
    max_session_duration: Option<u64>,
    permissions_boundary: Option<String>,
    #[serde(default, deserialize_with = "loose::list")]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OfRole {
    role_name: String,
    #[serde(flatten)]
    page: Page,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListRoles {
    path_prefix: Option<String>,
    #[serde(flatten)]
    page: Page,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateRole {
    role_name: String,
    description: Option<String>,
    #[serde(default, deserialize_with = "loose::number")]
    max_session_duration: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    role_name: String,
    policy_document: String,
}

impl Iam {
    /// Refuses `iam:action` on a role unless the caller may; the ARN of one that is not there has no path.
    pub(in super::super) fn authorize_role(
        &self,
        caller: &Caller,
        action: &str,
        name: &str,
        context: &[(&str, &str)],
    ) -> Result<(), AwsError> {
        let arn = match self.role(&caller.account, name) {
            Ok(role) => role.arn(),
            Err(_) => format!("arn:aws:iam::{}:role/{name}", caller.account),
        };
        self.authorize(caller, &format!("iam:{action}"), &arn, None, context)
    }

    pub(super) fn create_role_call(&self, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let input: CreateRole = call.input()?;
        let path = input.path.as_deref().unwrap_or("/");
        let arn = format!("arn:aws:iam::{}:role{path}{}", caller.account, input.role_name);
        self.authorize(caller, "iam:CreateRole", &arn, None, &[])?;
        if input.permissions_boundary.is_some() {
            return Err(AwsError::not_supported("a permissions boundary"));
        }
        let role = self.create_role(
            &caller.account,
            NewRole {
                name: input.role_name,
                path: input.path,
                description: input.description,
                max_session_duration: input.max_session_duration,
                trust: input.assume_role_policy_document,
                tags: tag_map(input.tags),
                ..NewRole::default()
            },
        )?;
        Reply::of(&json!({"Role": show(&role, true)}))
    }

    pub(super) fn get_role_call(&self, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let input: OfRole = call.input()?;
        self.authorize_role(caller, "GetRole", &input.role_name, &[])?;
        let role = self.role(&caller.account, &input.role_name)?;
        Reply::of(&json!({"Role": show(&role, true)}))
    }

    pub(super) fn delete_role_call(&self, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let input: OfRole = call.input()?;
        self.authorize_role(caller, "DeleteRole", &input.role_name, &[])?;
        self.delete_role(&caller.account, &input.role_name)?;
        Ok(Reply::empty())
    }

    pub(super) fn list_roles_call(&self, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let input: ListRoles = call.input()?;
        let prefix = input.path_prefix.as_deref().unwrap_or("/");
        let arn = format!("arn:aws:iam::{}:role{prefix}", caller.account);
        self.authorize(caller, "iam:ListRoles", &arn, None, &[])?;
        let roles = self.roles_below(&caller.account, prefix);
        let items = roles.iter().map(|role| (role.name.to_lowercase(), show(role, false)));
        Reply::of(&input.page.of("Roles", items.collect())?)
    }

    pub(super) fn update_role_call(&self, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let input: UpdateRole = call.input()?;
        self.authorize_role(caller, "UpdateRole", &input.role_name, &[])?;
        self.change_role(&caller.account, &input.role_name, |role| {
            // A duration that is left out goes back to one hour. Not confirmed on AWS: the description is cleared.
            role.description = input.description.filter(|description| !description.is_empty());
            role.max_session_duration = input.max_session_duration.unwrap_or(3600);
            Ok(())
        })?;
        Reply::of(&json!({}))
    }

    pub(super) fn update_role_description_call(
        &self,
        caller: &Caller,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        let input: UpdateRole = call.input()?;
        self.authorize_role(caller, "UpdateRoleDescription", &input.role_name, &[])?;
        let role = self.change_role(&caller.account, &input.role_name, |role| {
            role.description = input.description;
            Ok(())
        })?;
        Reply::of(&json!({"Role": show(&role, true)}))
    }

    pub(super) fn update_assume_role_policy_call(
        &self,
        caller: &Caller,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        let input: Document = call.input()?;
        self.authorize_role(caller, "UpdateAssumeRolePolicy", &input.role_name, &[])?;
        self.change_role(&caller.account, &input.role_name, |role| {
            role.trust = input.policy_document;
            Ok(())
        })?;
        Ok(Reply::empty())
    }

    /// Answers that a role is in no instance profile, which tools ask before they delete it.
    pub(super) fn list_instance_profiles_for_role_call(
        &self,
        caller: &Caller,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        let input: OfRole = call.input()?;
        self.authorize_role(caller, "ListInstanceProfilesForRole", &input.role_name, &[])?;
        self.role(&caller.account, &input.role_name)?;
        Reply::of(&input.page.of("InstanceProfiles", Vec::new())?)
    }
}

/// Shows a role; a list leaves its tags out.
fn show(role: &Role, whole: bool) -> Value {
    let mut shown = Map::new();
    let mut set = |name: &str, value: Value| shown.insert(name.to_owned(), value);
    set("Path", role.path.clone().into());
    set("RoleName", role.name.clone().into());
    set("RoleId", role.id.clone().into());
    set("Arn", role.arn().into());
    set("CreateDate", time(role.created).into());
    set("AssumeRolePolicyDocument", encoded(&role.trust).into());
    if let Some(description) = &role.description {
        set("Description", description.clone().into());
    }
    set("MaxSessionDuration", role.max_session_duration.into());
    if whole && !role.tags.is_empty() {
        set("Tags", tag_list(&role.tags));
    }
    Value::Object(shown)
}
