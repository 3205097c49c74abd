//! What can be done to a user: every change is checked, stored, and then seen by decisions at once.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use indexmap::IndexMap;

use super::holders::Holder;
use super::state::{LiveUser, State, User};
use super::{Iam, names};
use crate::error::AwsError;

/// What a new user is made of.
#[derive(Debug, Default)]
pub(super) struct NewUser {
    pub name: String,
    pub path: Option<String>,
    pub inline: IndexMap<String, String>,
    pub attached: Vec<String>,
    pub tags: BTreeMap<String, String>,
    pub owner: Option<String>,
}

impl Iam {
    /// Makes a user with everything that belongs to it.
    pub(super) fn create_user(&self, account: &str, new: NewUser) -> Result<User, AwsError> {
        names::check_name(&new.name, "userName", 64)?;
        let user = User {
            account: account.to_owned(),
            id: names::unique_id("AIDA", 17),
            name: new.name,
            path: new.path.unwrap_or_else(|| "/".to_owned()),
            created: self.now(),
            inline: new.inline,
            attached: new.attached,
            tags: new.tags,
            owner: new.owner,
        };
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if state.user(account, &user.name).is_some() {
            let message = format!("User with name {} already exists.", user.name);
            return Err(AwsError::new("EntityAlreadyExists", message).status(409));
        }
        check(&user, None, &state)?;
        self.keep_user(&mut state, user.clone())?;
        Ok(user)
    }

    /// Returns a user.
    pub(super) fn user(&self, account: &str, name: &str) -> Result<User, AwsError> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        Ok(state.user(account, name).ok_or_else(|| no_user(name))?.user.clone())
    }

    /// Returns an account's users by name, those below a path only.
    pub(super) fn users_below(&self, account: &str, path: &str) -> Vec<User> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let users = state.users.values().map(|live| &live.user);
        users.filter(|user| user.account == account && user.path.starts_with(path)).cloned().collect()
    }

    /// Changes a user; nothing of the change is kept when it, or the user that it makes, is refused.
    pub(super) fn change_user(
        &self,
        account: &str,
        name: &str,
        change: impl FnOnce(&mut User) -> Result<(), AwsError>,
    ) -> Result<User, AwsError> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let before = Arc::clone(state.user(account, name).ok_or_else(|| no_user(name))?);
        let mut user = before.user.clone();
        change(&mut user)?;
        if user != before.user {
            check(&user, Some(&before.user), &state)?;
            self.keep_user(&mut state, user.clone())?;
        }
        Ok(user)
    }

    /// Deletes a user that has neither policies nor access keys.
    pub(super) fn delete_user(&self, account: &str, name: &str) -> Result<(), AwsError> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let live = state.user(account, name).ok_or_else(|| no_user(name))?;
        let conflict = |message: &str| Err(AwsError::new("DeleteConflict", message).status(409));
        if !live.user.attached.is_empty() {
            return conflict("Cannot delete entity, must detach all policies first.");
        }
        if !live.user.inline.is_empty() {
            return conflict("Cannot delete entity, must delete policies first.");
        }
        if state.access_keys.values().any(|key| key.belongs_to(account, name)) {
            return conflict("Cannot delete entity, must delete access keys first.");
        }
        let key = User::key(account, name);
        self.tables.users.remove(&key)?;
        state.users.remove(&key);
        Ok(())
    }

    fn keep_user(&self, state: &mut State, user: User) -> Result<(), AwsError> {
        let key = User::key(&user.account, &user.name);
        self.tables.users.put(&key, &user)?;
        state.users.insert(key, Arc::new(LiveUser::new(user)));
        Ok(())
    }
}

/// Checks what is new in a user against what it was `before`.
fn check(user: &User, before: Option<&User>, state: &State) -> Result<(), AwsError> {
    names::check_path(&user.path)?;
    names::check_tags(&user.tags)?;
    Holder::User.check(
        &user.name,
        (&user.inline, &user.attached),
        before.map(|before| (&before.inline, &before.attached)),
        state,
    )
}

pub(super) fn no_user(name: &str) -> AwsError {
    AwsError::new("NoSuchEntity", format!("The user with name {name} cannot be found.")).status(404)
}
