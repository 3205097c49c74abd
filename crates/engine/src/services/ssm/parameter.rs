//! A parameter as it is remembered: its versions, its tags, and how it is shown.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::name;
use crate::clock::Timestamp;
use crate::error::AwsError;

/// The alias of the key that AWS keeps for secure parameters.
pub const DEFAULT_KEY: &str = "alias/aws/ssm";

/// How many versions of a parameter are kept; the oldest goes when another comes.
const VERSIONS: usize = 100;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    String,
    StringList,
    SecureString,
}

impl Kind {
    /// Returns AWS's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::String => "String",
            Self::StringList => "StringList",
            Self::SecureString => "SecureString",
        }
    }
}

/// A parameter of one account and region.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Parameter {
    pub name: String,
    pub arn: String,
    pub kind: Kind,
    /// Oldest first; never empty.
    pub versions: Vec<Version>,
    pub tags: BTreeMap<String, String>,
}

/// One version of a parameter.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Version {
    pub number: u64,
    pub value: String,
    pub description: Option<String>,
    pub allowed_pattern: Option<String>,
    pub data_type: String,
    pub tier: String,
    pub modified_at: Timestamp,
    pub modified_by: String,
}

/// A parameter's value as another service reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub kind: Kind,
    pub value: String,
}

impl Parameter {
    /// Returns the version that holds now.
    pub fn latest(&self) -> Result<&Version, AwsError> {
        self.versions.last().ok_or_else(|| AwsError::internal("a parameter without a version"))
    }

    /// Returns the version that a selector asks for; without one, the latest.
    pub fn select(&self, selector: Option<&str>) -> Result<&Version, AwsError> {
        let Some(selector) = selector else { return self.latest() };
        let number = selector.parse::<u64>().ok();
        self.versions.iter().find(|version| Some(version.number) == number).ok_or_else(|| {
            let what = if number.is_some() { "version" } else { "label" };
            let message = format!(
                "Systems Manager could not find {what} {selector} of {}. Verify the {what} and try again.",
                self.name
            );
            AwsError::new("ParameterVersionNotFound", message)
        })
    }

    /// Adds a version and forgets the oldest where there are too many.
    pub fn push(&mut self, version: Version) {
        self.versions.push(version);
        if self.versions.len() > VERSIONS {
            self.versions.remove(0);
        }
    }

    /// Returns the parameter with a value, as `GetParameter` shows it.
    pub fn show(&self, selector: Option<&str>, is_decrypted: bool) -> Result<Value, AwsError> {
        let version = self.select(selector)?;
        let value = match self.kind {
            Kind::SecureString if !is_decrypted => self.sealed(version),
            Kind::String | Kind::StringList | Kind::SecureString => version.value.clone(),
        };
        let mut shown = json!({
            "Name": self.name,
            "Type": self.kind.as_str(),
            "Value": value,
            "Version": version.number,
            "LastModifiedDate": version.modified_at.seconds(),
            "ARN": self.arn,
            "DataType": version.data_type,
        });
        if let Some(selector) = selector {
            shown["Selector"] = Value::from(format!(":{selector}"));
        }
        Ok(shown)
    }

    /// Returns what is known of a version but for its value, as `DescribeParameters` shows it.
    pub fn describe(&self, version: &Version) -> Value {
        let mut shown = json!({
            "Name": self.name,
            "Type": self.kind.as_str(),
            "LastModifiedDate": version.modified_at.seconds(),
            "LastModifiedUser": version.modified_by,
            "Version": version.number,
            "Tier": version.tier,
            "Policies": [],
            "DataType": version.data_type,
        });
        if self.kind == Kind::SecureString {
            shown["KeyId"] = Value::from(DEFAULT_KEY);
        }
        let optional = [("Description", &version.description), ("AllowedPattern", &version.allowed_pattern)];
        for (member, value) in optional {
            if let Some(value) = value {
                shown[member] = Value::from(value.as_str());
            }
        }
        shown
    }

    /// Returns a text from which the value cannot be read, in the form of KMS's.
    fn sealed(&self, version: &Version) -> String {
        let seed = format!("{}\n{}\n{}", self.arn, version.number, version.value);
        let digest = Sha256::digest(seed.as_bytes());
        STANDARD.encode([&[0x01, 0x02, 0x02, 0x00], &digest[..]].concat())
    }

    /// Whether the parameter lies under `path`; only directly below it unless `is_recursive`.
    pub fn is_under(&self, path: &str, is_recursive: bool) -> bool {
        let stem = path.trim_end_matches('/');
        let rest = self.name.strip_prefix(stem).and_then(|rest| rest.strip_prefix('/'));
        rest.is_some_and(|rest| is_recursive || !rest.contains('/')) && name::is_path(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(name: &str) -> Parameter {
        let version = |number| Version {
            number,
            value: format!("v{number}"),
            description: None,
            allowed_pattern: None,
            data_type: "text".into(),
            tier: "Standard".into(),
            modified_at: Timestamp(0),
            modified_by: String::new(),
        };
        let mut parameter = Parameter {
            name: name.into(),
            arn: format!("arn:aws:ssm:us-east-1:1:parameter{name}"),
            kind: Kind::SecureString,
            versions: Vec::new(),
            tags: BTreeMap::new(),
        };
        (1..=101).for_each(|number| parameter.push(version(number)));
        parameter
    }

    #[test]
    fn keeps_the_latest_hundred_versions() {
        let parameter = parameter("/a/b");
        assert_eq!(parameter.select(Some("2")).unwrap().value, "v2");
        assert_eq!(parameter.select(Some("1")).unwrap_err().code, "ParameterVersionNotFound");
        assert_eq!(parameter.latest().unwrap().value, "v101");
    }

    #[test]
    fn seals_a_secure_value_differently_in_each_version() {
        let parameter = parameter("/a/b");
        let shown = |selector| parameter.show(Some(selector), false).unwrap()["Value"].clone();
        assert!(!shown("7").as_str().unwrap().contains("v7"));
        assert_ne!(shown("7"), shown("8"));
    }

    #[test]
    fn lies_under_the_paths_above_it() {
        let parameter = parameter("/a/b/c");
        assert!(parameter.is_under("/a", true) && !parameter.is_under("/a", false));
        assert!(parameter.is_under("/a/b/", false) && parameter.is_under("/", true));
        assert!(!parameter.is_under("/a/bc", true) && !parameter.is_under("/a/b/c", true));
    }
}
