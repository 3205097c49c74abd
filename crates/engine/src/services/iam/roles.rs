//! What can be done to a role: every change is checked, stored, and then seen by decisions at once.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use indexmap::IndexMap;

use super::holders::Holder;
use super::state::{LiveRole, Role, State};
use super::{Iam, documents, names};
use crate::error::AwsError;

/// What a new role is made of.
#[derive(Debug, Default)]
pub(super) struct NewRole {
    pub name: String,
    pub path: Option<String>,
    pub description: Option<String>,
    pub max_session_duration: Option<u64>,
    pub trust: String,
    pub inline: IndexMap<String, String>,
    pub attached: Vec<String>,
    pub tags: BTreeMap<String, String>,
    pub owner: Option<String>,
}

impl Iam {
    /// Makes a role with everything that belongs to it.
    pub(super) fn create_role(&self, account: &str, new: NewRole) -> Result<Role, AwsError> {
        names::check_name(&new.name, "roleName", 64)?;
        let path = new.path.unwrap_or_else(|| "/".to_owned());
        names::check_path(&path)?;
        let role = Role {
            account: account.to_owned(),
            id: names::unique_id("AROA", 17),
            name: new.name,
            path,
            created: self.now(),
            description: new.description.filter(|description| !description.is_empty()),
            max_session_duration: new.max_session_duration.unwrap_or(3600),
            trust: new.trust,
            inline: new.inline,
            attached: new.attached,
            tags: new.tags,
            owner: new.owner,
        };
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if state.role(account, &role.name).is_some() {
            let message = format!("Role with name {} already exists.", role.name);
            return Err(AwsError::new("EntityAlreadyExists", message).status(409));
        }
        check(&role, None, &state)?;
        self.keep_role(&mut state, role.clone())?;
        Ok(role)
    }

    /// Returns a role.
    pub(super) fn role(&self, account: &str, name: &str) -> Result<Role, AwsError> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        Ok(state.role(account, name).ok_or_else(|| no_role(name))?.role.clone())
    }

    /// Returns an account's roles by name, those below a path only.
    pub(super) fn roles_below(&self, account: &str, path: &str) -> Vec<Role> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let roles = state.roles.values().map(|live| &live.role);
        roles.filter(|role| role.account == account && role.path.starts_with(path)).cloned().collect()
    }

    /// Changes a role; nothing of the change is kept when it, or the role that it makes, is refused.
    pub(super) fn change_role(
        &self,
        account: &str,
        name: &str,
        change: impl FnOnce(&mut Role) -> Result<(), AwsError>,
    ) -> Result<Role, AwsError> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let before = Arc::clone(state.role(account, name).ok_or_else(|| no_role(name))?);
        let mut role = before.role.clone();
        change(&mut role)?;
        if role != before.role {
            check(&role, Some(&before.role), &state)?;
            self.keep_role(&mut state, role.clone())?;
        }
        Ok(role)
    }

    /// Deletes a role that has no policies.
    pub(super) fn delete_role(&self, account: &str, name: &str) -> Result<(), AwsError> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let live = state.role(account, name).ok_or_else(|| no_role(name))?;
        let conflict = |message: &str| Err(AwsError::new("DeleteConflict", message).status(409));
        if !live.role.attached.is_empty() {
            return conflict("Cannot delete entity, must detach all policies first.");
        }
        if !live.role.inline.is_empty() {
            return conflict("Cannot delete entity, must delete policies first.");
        }
        let key = Role::key(account, name);
        self.tables.roles.remove(&key)?;
        state.roles.remove(&key);
        Ok(())
    }

    fn keep_role(&self, state: &mut State, role: Role) -> Result<(), AwsError> {
        let key = Role::key(&role.account, &role.name);
        self.tables.roles.put(&key, &role)?;
        state.roles.insert(key, Arc::new(LiveRole::new(role)));
        Ok(())
    }
}

/// Checks what is new in a role against what it was `before`.
fn check(role: &Role, before: Option<&Role>, state: &State) -> Result<(), AwsError> {
    if !(3600..=43_200).contains(&role.max_session_duration) {
        let bound = if role.max_session_duration < 3600 {
            "greater than or equal to 3600"
        } else {
            "less than or equal to 43200"
        };
        let constraint = format!("Member must have value {bound}");
        return Err(names::constraint(
            &role.max_session_duration.to_string(),
            "maxSessionDuration",
            &constraint,
        ));
    }
    if role.description.as_ref().is_some_and(|description| description.chars().count() > 1000) {
        let constraint = "Member must have length less than or equal to 1000";
        return Err(names::constraint(
            role.description.as_deref().unwrap_or_default(),
            "description",
            constraint,
        ));
    }
    names::check_tags(&role.tags)?;
    if before.is_none_or(|before| before.trust != role.trust) {
        documents::check_trust(&role.trust, state)?;
    }
    Holder::Role.check(
        &role.name,
        (&role.inline, &role.attached),
        before.map(|before| (&before.inline, &before.attached)),
        state,
    )
}

pub(super) fn no_role(name: &str) -> AwsError {
    AwsError::new("NoSuchEntity", format!("The role with name {name} cannot be found.")).status(404)
}
