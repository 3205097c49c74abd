//! A repository as it is remembered, and what ECR says of a name or a policy that it does not take.

use std::collections::BTreeMap;

use hydrant_cfn::iam::PolicyDocument;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::identity::Caller;

/// A private repository.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Repository {
    pub name: String,
    pub account: String,
    pub region: String,
    pub created: Timestamp,
    /// `MUTABLE` or `IMMUTABLE`.
    pub tag_mutability: String,
    /// Remembered, and not used: no image can be scanned.
    pub scan_on_push: bool,
    /// The encryption as it was asked for; remembered, and not used.
    pub encryption: Value,
    /// The repository's policy as text.
    pub policy: Option<String>,
    /// Remembered, and not carried out: no image can expire.
    pub lifecycle_policy: Option<String>,
    pub tags: BTreeMap<String, String>,
    /// The request of CloudFormation that made it.
    pub owner: Option<String>,
}

impl Repository {
    /// Returns a repository without anything that was not asked for.
    pub fn new(caller: &Caller, name: &str, created: Timestamp) -> Self {
        Self {
            name: name.to_owned(),
            account: caller.account.clone(),
            region: caller.region.clone(),
            created,
            tag_mutability: "MUTABLE".to_owned(),
            scan_on_push: false,
            encryption: json!({"encryptionType": "AES256"}),
            policy: None,
            lifecycle_policy: None,
            tags: BTreeMap::new(),
            owner: None,
        }
    }

    pub fn arn(&self) -> String {
        format!("arn:aws:ecr:{}:{}:repository/{}", self.region, self.account, self.name)
    }

    /// Returns the address that images would be pushed to; nothing answers there.
    pub fn uri(&self) -> String {
        format!("{}.dkr.ecr.{}.amazonaws.com/{}", self.account, self.region, self.name)
    }

    /// Returns the repository as `DescribeRepositories` shows it.
    pub fn show(&self) -> Value {
        json!({
            "repositoryArn": self.arn(),
            "registryId": self.account,
            "repositoryName": self.name,
            "repositoryUri": self.uri(),
            "createdAt": self.created.seconds(),
            "imageTagMutability": self.tag_mutability,
            "imageScanningConfiguration": {"scanOnPush": self.scan_on_push},
            "encryptionConfiguration": self.encryption,
        })
    }
}

/// Refuses a name that no repository can have.
///
/// <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html>
pub fn check_name(name: &str) -> Result<(), AwsError> {
    const PATTERN: &str = "(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*";
    let is_word = |text: &str| {
        text.split(['.', '_', '-']).all(|word| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
    };
    if !(2..=256).contains(&name.len()) {
        let must = format!("must have length between 2 and 256, is {}", name.len());
        return Err(invalid("repositoryName", &must));
    }
    if !name.split('/').all(is_word) {
        return Err(invalid("repositoryName", &format!("must satisfy regular expression '{PATTERN}'")));
    }
    Ok(())
}

/// Refuses tags of images that are neither mutable nor immutable.
pub fn check_mutability(word: &str) -> Result<(), AwsError> {
    match word {
        "MUTABLE" | "IMMUTABLE" => Ok(()),
        "MUTABLE_WITH_EXCLUSION" | "IMMUTABLE_WITH_EXCLUSION" => {
            Err(AwsError::not_supported(format_args!("the image tag mutability {word}")))
        }
        _ => Err(invalid("imageTagMutability", "must satisfy enum value set: [IMMUTABLE, MUTABLE]")),
    }
}

/// Refuses a text that is no policy of a repository. Not confirmed on AWS: the end of the message.
pub fn check_policy(text: &str) -> Result<(), AwsError> {
    PolicyDocument::from_text(text)
        .map(drop)
        .map_err(|error| invalid("PolicyText", &format!("Invalid repository policy provided: {error}")))
}

/// Refuses a text that has no rules for images. What a rule says is remembered and not looked at.
pub fn check_lifecycle_policy(text: &str) -> Result<(), AwsError> {
    let rules = serde_json::from_str::<Value>(text).ok();
    let rules = rules.as_ref().and_then(|policy| policy.get("rules")?.as_array());
    match rules {
        Some(rules) if !rules.is_empty() => Ok(()),
        // Not confirmed on AWS: the end of the message.
        _ => Err(invalid("LifecyclePolicyText", "Lifecycle policy validation failure: rules are missing")),
    }
}

pub fn invalid(parameter: &str, constraint: &str) -> AwsError {
    let message = format!("Invalid parameter at '{parameter}' failed to satisfy constraint: '{constraint}'");
    AwsError::new("InvalidParameterException", message)
}

pub fn not_found(caller: &Caller, name: &str) -> AwsError {
    let account = &caller.account;
    let message =
        format!("The repository with name '{name}' does not exist in the registry with id '{account}'");
    AwsError::new("RepositoryNotFoundException", message)
}

pub fn exists(caller: &Caller, name: &str) -> AwsError {
    let account = &caller.account;
    let message =
        format!("The repository with name '{name}' already exists in the registry with id '{account}'");
    AwsError::new("RepositoryAlreadyExistsException", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_names_that_ecr_takes() {
        for name in ["ab", "team/api", "cdk-hnb659fds-container-assets-000000000000-us-east-1", "a.b_c"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for name in ["a", "Team", "team//api", "-api", "api-", "team/", "a b"] {
            assert_eq!(check_name(name).unwrap_err().code, "InvalidParameterException", "{name}");
        }
    }

    #[test]
    fn refuses_a_lifecycle_policy_without_rules() {
        assert_eq!(check_lifecycle_policy(r#"{"rules": [{"rulePriority": 1}]}"#), Ok(()));
        for text in ["", "{}", r#"{"rules": []}"#] {
            assert_eq!(check_lifecycle_policy(text).unwrap_err().code, "InvalidParameterException");
        }
    }
}
