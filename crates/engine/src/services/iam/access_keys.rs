//! Access keys of users: made, switched off, deleted, and recognised when somebody signs with one.

use std::sync::PoisonError;

use super::names::unique_id;
use super::state::{AccessKey, KeyStatus, State};
use super::{Iam, documents, users};
use crate::error::AwsError;
use crate::identity::Principal;

/// Access keys that one user can have.
const KEYS_LIMIT: usize = 2;

impl Iam {
    /// Makes an access key of a user.
    pub(super) fn create_access_key(
        &self,
        account: &str,
        user_name: &str,
        owner: Option<String>,
    ) -> Result<AccessKey, AwsError> {
        let created = self.now();
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let live = state.user(account, user_name).ok_or_else(|| users::no_user(user_name))?;
        let user_name = live.user.name.clone();
        if state.access_keys.values().filter(|key| key.belongs_to(account, &user_name)).count() >= KEYS_LIMIT
        {
            return Err(documents::limit(format!("Cannot exceed quota for AccessKeysPerUser: {KEYS_LIMIT}")));
        }
        let key = AccessKey {
            id: unique_id("AKIA", 16),
            account: account.to_owned(),
            user_name,
            secret_access_key: unique_id("", 40),
            status: KeyStatus::Active,
            created,
            owner,
        };
        self.keep_key(&mut state, key.clone())?;
        Ok(key)
    }

    /// Returns the access keys of a user.
    pub(super) fn access_keys(&self, account: &str, user_name: &str) -> Result<Vec<AccessKey>, AwsError> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        if state.user(account, user_name).is_none() {
            return Err(users::no_user(user_name));
        }
        Ok(state.access_keys.values().filter(|key| key.belongs_to(account, user_name)).cloned().collect())
    }

    /// Switches an access key on or off, or deletes it.
    pub(super) fn set_key_status(
        &self,
        account: &str,
        user_name: &str,
        id: &str,
        status: KeyStatus,
    ) -> Result<AccessKey, AwsError> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if state.user(account, user_name).is_none() {
            return Err(users::no_user(user_name));
        }
        let key = state.access_keys.get(id).filter(|key| key.belongs_to(account, user_name));
        let key = AccessKey { status, ..key.ok_or_else(|| no_key(id))?.clone() };
        self.keep_key(&mut state, key.clone())?;
        Ok(key)
    }

    fn keep_key(&self, state: &mut State, key: AccessKey) -> Result<(), AwsError> {
        self.tables.access_keys.put(&key.id, &key)?;
        state.access_keys.insert(key.id.clone(), key);
        Ok(())
    }
}

/// Returns the user who signs with an access key and its account; nothing for a key that IAM did not issue.
pub(super) fn signer(state: &State, id: &str) -> Option<Result<(String, Principal), AwsError>> {
    let key = state.access_keys.get(id)?;
    let user = state.user(&key.account, &key.user_name).filter(|_| key.status == KeyStatus::Active);
    let principal = user.map(|live| {
        let (user_name, path) = (live.user.name.clone(), live.user.path.clone());
        (key.account.clone(), Principal::User { user_name, path })
    });
    Some(principal.ok_or_else(|| {
        let message = "The security token included in the request is invalid.";
        AwsError::new("InvalidClientTokenId", message).status(403)
    }))
}

fn no_key(id: &str) -> AwsError {
    AwsError::new("NoSuchEntity", format!("The Access Key with id {id} cannot be found.")).status(404)
}
