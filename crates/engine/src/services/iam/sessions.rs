//! Access keys of role sessions, and who signs with them.

use std::sync::PoisonError;

use super::names::unique_id;
use super::state::Session;
use super::{Iam, access_keys};
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::http::Signature;
use crate::identity::{Caller, DEFAULT_ACCOUNT, Principal};

/// Credentials of a role session, as STS issues them.
#[derive(Debug, Clone)]
pub struct SessionCredentials {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: String,
}

impl Iam {
    /// Returns who signed a request: the user or session that an access key belongs to, or the administrator
    /// of the account that it names.
    pub fn caller(&self, signature: &Signature) -> Result<Caller, AwsError> {
        let key = &signature.access_key;
        if key.starts_with("ASIA") {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(session) = state.sessions.get(key) {
                if session.expires.is_some_and(|expires| expires <= self.now()) {
                    let message = "The security token included in the request is expired";
                    return Err(AwsError::new("ExpiredToken", message).status(403));
                }
                return Ok(Caller { region: signature.region.clone(), ..session.caller.clone() });
            }
        }
        if key.starts_with("AKIA") {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(signer) = access_keys::signer(&state, key) {
                let (account, principal) = signer?;
                return Ok(Caller { account, region: signature.region.clone(), principal });
            }
        }
        let is_account = key.len() == 12 && key.bytes().all(|byte| byte.is_ascii_digit());
        let account = if is_account { key } else { DEFAULT_ACCOUNT };
        Ok(Caller::administrator(account, &signature.region))
    }

    /// Issues credentials that [`Iam::caller`] recognises as `session`. A session that asks again gets the
    /// credentials that it has.
    pub fn issue_credentials(&self, session: &Caller) -> Result<SessionCredentials, AwsError> {
        self.issue(session, None)
    }

    /// Issues credentials that no other caller of this operation gets, and that work until `expires`.
    pub(crate) fn issue_own_credentials(
        &self,
        session: &Caller,
        expires: Timestamp,
    ) -> Result<SessionCredentials, AwsError> {
        self.issue(session, Some(expires))
    }

    fn issue(&self, caller: &Caller, expires: Option<Timestamp>) -> Result<SessionCredentials, AwsError> {
        let shared = expires.is_none();
        if !matches!(caller.principal, Principal::Role { .. }) {
            return Err(AwsError::not_supported("credentials of a principal that is not a role"));
        }
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let known =
            |(_, session): &(&String, &Session)| shared && session.shared && session.caller == *caller;
        if let Some((key, session)) = state.sessions.iter().find(known) {
            return Ok(credentials(key, session));
        }
        let session = Session {
            caller: caller.clone(),
            secret_access_key: unique_id("", 40),
            session_token: unique_id("", 256),
            shared,
            expires,
        };
        let key = unique_id("ASIA", 16);
        self.tables.sessions.put(&key, &session)?;
        let credentials = credentials(&key, &session);
        state.sessions.insert(key, session);
        Ok(credentials)
    }
}

fn credentials(key: &str, session: &Session) -> SessionCredentials {
    SessionCredentials {
        access_key_id: key.to_owned(),
        secret_access_key: session.secret_access_key.clone(),
        session_token: session.session_token.clone(),
    }
}
