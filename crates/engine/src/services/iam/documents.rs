//! Policy documents on their way in: parsed, checked by their kind, and measured.

use hydrant_cfn::iam::{PolicyDocument, PolicyError, PrincipalElement};

use super::state::{self, State};
use crate::error::AwsError;

/// Quotas of IAM, in characters without white space.
pub(super) const TRUST_SIZE: usize = 2_048;
pub(super) const INLINE_SIZE: usize = 10_240;
pub(super) const USER_INLINE_SIZE: usize = 2_048;
pub(super) const MANAGED_SIZE: usize = 6_144;

/// Reads a document that was checked before it was stored; what cannot be read any more allows nothing.
pub(super) fn stored(text: &str) -> PolicyDocument {
    PolicyDocument::from_text(text).unwrap_or_else(|error| {
        tracing::error!(%error, "a stored policy document cannot be read");
        PolicyDocument { version: "2012-10-17".to_owned(), statements: Vec::new() }
    })
}

/// Checks a document that says what an identity may do.
pub(super) fn check_identity_based(text: &str) -> Result<(), AwsError> {
    PolicyDocument::from_text(text).and_then(|document| document.check_identity_based()).map_err(refusal)
}

/// Checks a document that says who may assume a role, and that those exist.
pub(super) fn check_trust(text: &str, state: &State) -> Result<(), AwsError> {
    let document = PolicyDocument::from_text(text).map_err(refusal)?;
    document.check_trust().map_err(refusal)?;
    if size(text) > TRUST_SIZE {
        return Err(limit(format!("Cannot exceed quota for ACLSizePerRole: {TRUST_SIZE}")));
    }
    document.statements.iter().filter_map(|statement| statement.principal.as_ref()).try_for_each(
        |principal| match unknown_principal(principal, state) {
            Some((kind, name)) => {
                Err(malformed(format!("Invalid principal in policy: \"{kind}\":\"{name}\"")))
            }
            None => Ok(()),
        },
    )
}

/// Returns a principal that AWS would not find. Which services exist is not known here, only how they are named.
fn unknown_principal<'a>(element: &'a PrincipalElement, state: &State) -> Option<(&'static str, &'a str)> {
    let service = element.services.iter().find(|name| !name.ends_with(".amazonaws.com"));
    let identity = element.aws.iter().find(|name| !is_known(name, state));
    let service = service.map(|name| ("SERVICE", name.as_str()));
    service.or_else(|| identity.map(|name| ("AWS", name.as_str())))
}

fn is_known(name: &str, state: &State) -> bool {
    if name == "*" || is_account(name) {
        return true;
    }
    let Some(rest) = name.strip_prefix("arn:aws:") else { return false };
    if let Some(account) = rest.strip_prefix("iam::").and_then(|rest| rest.strip_suffix(":root")) {
        return is_account(account);
    }
    if let Some((account, role)) = state::role_name(name) {
        return state.role(account, role).is_some_and(|live| live.role.arn() == name);
    }
    if let Some((account, user)) = state::user_name(name) {
        return state.user(account, user).is_some_and(|live| live.user.arn() == name);
    }
    // A session is only looked up when it acts.
    rest.starts_with("sts::")
}

fn is_account(name: &str) -> bool {
    name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns the size of a document as IAM counts it.
pub(super) fn size(text: &str) -> usize {
    text.chars().filter(|character| !character.is_whitespace()).count()
}

pub(super) fn refusal(error: PolicyError) -> AwsError {
    match error {
        PolicyError::Malformed(message) => malformed(message),
        PolicyError::Unsupported(what) => AwsError::not_supported(what),
    }
}

pub(super) fn limit(message: String) -> AwsError {
    AwsError::new("LimitExceeded", message).status(409)
}

fn malformed(message: String) -> AwsError {
    AwsError::new("MalformedPolicyDocument", message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn trust(principal: serde_json::Value) -> String {
        json!({"Version": "2012-10-17", "Statement":
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}})
        .to_string()
    }

    #[test]
    fn refuses_trust_in_principals_that_do_not_exist() {
        let state = State::default();
        let message = |principal| check_trust(&trust(principal), &state).err().map(|error| error.message);
        assert_eq!(message(json!({"Service": "firehose.amazonaws.com"})), None);
        assert_eq!(message(json!({"AWS": "arn:aws:iam::111122223333:root"})), None);
        assert_eq!(
            message(json!({"Service": "firehose.amazon.com"})).unwrap(),
            "Invalid principal in policy: \"SERVICE\":\"firehose.amazon.com\""
        );
        assert_eq!(
            message(json!({"AWS": "arn:aws:iam::111122223333:role/gone"})).unwrap(),
            "Invalid principal in policy: \"AWS\":\"arn:aws:iam::111122223333:role/gone\""
        );
    }

    #[test]
    fn counts_characters_without_white_space() {
        assert_eq!(size("{ \"a\":\n\t1 }"), 7);
        let long = trust(json!({"Service": vec!["firehose.amazonaws.com"; 100]}));
        assert_eq!(check_trust(&long, &State::default()).unwrap_err().code, "LimitExceeded");
    }
}
