//! Who acts, and how a policy names them.

use serde_json::Value;

use super::document::{PolicyError, texts};

/// Who makes a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// The root user of an account, whom no identity-based policy restricts.
    Root { account: String },
    /// A session of a role.
    Role {
        account: String,
        /// `arn:aws:iam::111122223333:role/path/name`
        role_arn: String,
        /// `arn:aws:sts::111122223333:assumed-role/name/session`
        session_arn: String,
    },
    /// A user of an account.
    User {
        account: String,
        /// `arn:aws:iam::111122223333:user/path/name`
        user_arn: String,
    },
    /// A service of AWS, such as `firehose.amazonaws.com`.
    Service(String),
}

impl Principal {
    /// Returns the account of the principal; a service has none.
    pub fn account(&self) -> Option<&str> {
        match self {
            Principal::Root { account }
            | Principal::Role { account, .. }
            | Principal::User { account, .. } => Some(account),
            Principal::Service(_) => None,
        }
    }
}

/// Whom a statement of a resource-based policy speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PrincipalElement {
    /// Whether it stands under `NotPrincipal`.
    pub negated: bool,
    /// Accounts and ARNs under `AWS`; `*` is everyone.
    pub aws: Vec<String>,
    /// Names under `Service`.
    pub services: Vec<String>,
    /// Identity providers under `Federated`.
    pub federated: Vec<String>,
    /// Ids of accounts, as S3 writes them, under `CanonicalUser`.
    pub canonical_users: Vec<String>,
}

/// How a statement names a principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Named {
    Not,
    /// By its account: the account decides with its own policies whom it lets act.
    Account,
    Itself,
}

impl PrincipalElement {
    pub(super) fn parse(value: &Value, negated: bool) -> Result<Self, PolicyError> {
        let mut element = Self { negated, ..Self::default() };
        match value {
            Value::String(text) if text == "*" => element.aws.push(text.clone()),
            Value::Object(members) => {
                for (kind, value) in members {
                    let names = texts(value)?;
                    match kind.as_str() {
                        "AWS" => element.aws = names,
                        "Service" => element.services = names,
                        "Federated" => element.federated = names,
                        "CanonicalUser" => element.canonical_users = names,
                        other => {
                            return Err(PolicyError::Malformed(format!(
                                "Invalid principal in policy: \"{other}\""
                            )));
                        }
                    }
                }
            }
            other => {
                return Err(PolicyError::Malformed(format!("Invalid principal in policy: {other}")));
            }
        }
        Ok(element)
    }

    /// Tells whether, and how, a statement speaks of `principal`.
    pub(super) fn names(&self, principal: &Principal) -> Named {
        let named = self.lists(principal);
        match (self.negated, named) {
            (false, named) => named,
            // Not confirmed on AWS: whether `NotPrincipal` with an account spares the account's roles.
            (true, Named::Not) => Named::Itself,
            (true, Named::Account | Named::Itself) => Named::Not,
        }
    }

    fn lists(&self, principal: &Principal) -> Named {
        match principal {
            Principal::Service(service) => {
                let listed = self.services.contains(service) || self.aws.iter().any(|name| name == "*");
                if listed { Named::Itself } else { Named::Not }
            }
            Principal::Root { account } => {
                let listed = |name: &String| name == "*" || is_account(name, account);
                if self.aws.iter().any(listed) { Named::Itself } else { Named::Not }
            }
            Principal::Role { account, role_arn, session_arn } => {
                self.lists_one_of(&[role_arn, session_arn], account)
            }
            Principal::User { account, user_arn } => self.lists_one_of(&[user_arn], account),
        }
    }

    fn lists_one_of(&self, arns: &[&str], account: &str) -> Named {
        let how = |name: &String| match name.as_str() {
            "*" => Named::Itself,
            name if arns.contains(&name) => Named::Itself,
            name if is_account(name, account) => Named::Account,
            _ => Named::Not,
        };
        self.aws.iter().map(how).max().unwrap_or(Named::Not)
    }
}

/// Tells whether `name` is the account: `111122223333` or `arn:aws:iam::111122223333:root`.
fn is_account(name: &str, account: &str) -> bool {
    let from_arn = || name.strip_prefix("arn:")?.split_once(":iam::")?.1.strip_suffix(":root");
    name == account || from_arn() == Some(account)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(element: Value, principal: &Principal) -> Named {
        PrincipalElement::parse(&element, false).unwrap().names(principal)
    }

    #[test]
    fn tells_a_role_from_its_account() {
        let role = Principal::Role {
            account: "111122223333".into(),
            role_arn: "arn:aws:iam::111122223333:role/app/x".into(),
            session_arn: "arn:aws:sts::111122223333:assumed-role/x/s".into(),
        };
        let cases = [
            (json!("*"), Named::Itself),
            (json!({"AWS": ["9", "*"]}), Named::Itself),
            (json!({"AWS": "arn:aws:iam::111122223333:role/app/x"}), Named::Itself),
            (json!({"AWS": "arn:aws:sts::111122223333:assumed-role/x/s"}), Named::Itself),
            (json!({"AWS": "111122223333"}), Named::Account),
            (json!({"AWS": "arn:aws:iam::111122223333:root"}), Named::Account),
            (json!({"AWS": "arn:aws:iam::111122223333:role/x"}), Named::Not),
            (json!({"AWS": "444455556666"}), Named::Not),
            (json!({"Service": "lambda.amazonaws.com"}), Named::Not),
        ];
        for (element, expected) in cases {
            assert_eq!(names(element.clone(), &role), expected, "{element}");
        }
    }

    #[test]
    fn tells_a_user_from_its_account() {
        let user = Principal::User {
            account: "111122223333".into(),
            user_arn: "arn:aws:iam::111122223333:user/app/u".into(),
        };
        let cases = [
            (json!("*"), Named::Itself),
            (json!({"AWS": "arn:aws:iam::111122223333:user/app/u"}), Named::Itself),
            (json!({"AWS": "arn:aws:iam::111122223333:root"}), Named::Account),
            (json!({"AWS": "arn:aws:iam::111122223333:user/u"}), Named::Not),
        ];
        for (element, expected) in cases {
            assert_eq!(names(element.clone(), &user), expected, "{element}");
        }
    }

    #[test]
    fn knows_a_service_by_its_name() {
        let firehose = Principal::Service("firehose.amazonaws.com".into());
        assert_eq!(
            names(json!({"Service": ["s3.amazonaws.com", "firehose.amazonaws.com"]}), &firehose),
            Named::Itself
        );
        assert_eq!(names(json!({"Service": "lambda.amazonaws.com"}), &firehose), Named::Not);
    }
}
