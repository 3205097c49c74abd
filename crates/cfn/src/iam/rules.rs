//! What IAM asks of a document before it stores it: identity-based and trust policies have different elements.
//!
//! The messages are those of IAM's `MalformedPolicyDocument`.

use std::collections::HashSet;

use super::document::{PatternSet, PolicyDocument, PolicyError, Statement};

impl PolicyDocument {
    /// Checks a document that says what an identity may do.
    pub fn check_identity_based(&self) -> Result<(), PolicyError> {
        sids(&self.statements)?;
        self.statements.iter().try_for_each(|statement| {
            if statement.principal.is_some() {
                return refuse("Policy document should not specify a principal.");
            }
            let Some(resources) = &statement.resources else {
                return refuse("Policy statement must contain resources.");
            };
            actions(&statement.actions)?;
            arns(resources)
        })
    }

    /// Checks a document that says who may assume a role.
    pub fn check_trust(&self) -> Result<(), PolicyError> {
        sids(&self.statements)?;
        self.statements.iter().try_for_each(|statement: &Statement| {
            if statement.resources.is_some() {
                return refuse("Has prohibited field Resource");
            }
            if statement.principal.is_none() {
                return refuse("Missing required field Principal");
            }
            actions(&statement.actions)?;
            let of_sts = |action: &String| action == "*" || action.to_ascii_lowercase().starts_with("sts:");
            if !statement.actions.patterns.iter().all(of_sts) {
                return refuse("AssumeRole policy may only specify STS AssumeRole actions.");
            }
            Ok(())
        })
    }
}

fn sids(statements: &[Statement]) -> Result<(), PolicyError> {
    let mut seen = HashSet::new();
    for sid in statements.iter().filter_map(|statement| statement.sid.as_deref()) {
        if !sid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return refuse(
                "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular \
                 expression [0-9A-Za-z]*",
            );
        }
        if !sid.is_empty() && !seen.insert(sid) {
            return refuse("Statement IDs (SID) in a single policy must be unique.");
        }
    }
    Ok(())
}

fn actions(actions: &PatternSet) -> Result<(), PolicyError> {
    if actions.patterns.is_empty() {
        return refuse("Policy statement must contain actions.");
    }
    let named = |action: &String| {
        action == "*" || action.split_once(':').is_some_and(|(vendor, _)| !vendor.is_empty())
    };
    if !actions.patterns.iter().all(named) {
        return refuse("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
    }
    Ok(())
}

fn arns(resources: &PatternSet) -> Result<(), PolicyError> {
    if resources.patterns.is_empty() {
        return refuse("Policy statement must contain resources.");
    }
    let is_arn = |text: &&String| *text == "*" || text.starts_with("arn:");
    match resources.patterns.iter().find(|text| !is_arn(text)) {
        Some(text) => refuse(format!("Resource {text} must be in ARN format or \"*\".")),
        None => Ok(()),
    }
}

fn refuse(message: impl Into<String>) -> Result<(), PolicyError> {
    Err(PolicyError::Malformed(message.into()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn document(statement: Value) -> PolicyDocument {
        PolicyDocument::parse(&json!({"Version": "2012-10-17", "Statement": [statement]})).unwrap()
    }

    #[test]
    fn tells_what_an_identity_based_policy_lacks() {
        let cases = [
            (json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}), ""),
            (json!({"Effect": "Allow", "Action": "s3:*"}), "Policy statement must contain resources."),
            (
                json!({"Effect": "Allow", "Action": [], "Resource": "*"}),
                "Policy statement must contain actions.",
            ),
            (
                json!({"Effect": "Allow", "Action": "GetObject", "Resource": "*"}),
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
            ),
            (
                json!({"Effect": "Allow", "Action": "s3:*", "Resource": "bucket"}),
                "Resource bucket must be in ARN format or \"*\".",
            ),
            (
                json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Principal": "*"}),
                "Policy document should not specify a principal.",
            ),
        ];
        for (statement, expected) in cases {
            let message = document(statement.clone()).check_identity_based().err();
            assert_eq!(message.map(|error| error.to_string()).unwrap_or_default(), expected, "{statement}");
        }
    }

    #[test]
    fn wants_each_statement_id_once() {
        let statement = |sid: &str| json!({"Sid": sid, "Effect": "Allow", "Action": "s3:*", "Resource": "*"});
        let check = |sids: [&str; 2]| {
            let document = json!({"Version": "2012-10-17", "Statement": sids.map(statement)});
            PolicyDocument::parse(&document).unwrap().check_identity_based().is_ok()
        };
        assert!(check(["One", "Two"]) && check(["", ""]));
        assert!(!check(["One", "One"]) && !check(["One", "T-wo"]));
    }

    #[test]
    fn tells_what_a_trust_policy_lacks() {
        let service = json!({"Service": "lambda.amazonaws.com"});
        let cases = [
            (json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": service}), ""),
            (json!({"Effect": "Allow", "Action": "sts:AssumeRole"}), "Missing required field Principal"),
            (
                json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": service, "Resource": "*"}),
                "Has prohibited field Resource",
            ),
            (
                json!({"Effect": "Allow", "Action": "s3:GetObject", "Principal": service}),
                "AssumeRole policy may only specify STS AssumeRole actions.",
            ),
        ];
        for (statement, expected) in cases {
            let message = document(statement.clone()).check_trust().err();
            assert_eq!(message.map(|error| error.to_string()).unwrap_or_default(), expected, "{statement}");
        }
    }
}
