//! Log groups: names, retention, tags, and how they come and go.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use serde::{Deserialize, Serialize};

use super::{Group, Logs, authorize, group_key};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;

/// The retentions that a group may have, in days.
const RETENTIONS: [u32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// What a new group is to be.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewGroup {
    pub log_group_name: String,
    pub kms_key_id: Option<String>,
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    pub log_group_class: Option<String>,
    pub deletion_protection_enabled: Option<bool>,
}

/// A group as DescribeLogGroups shows it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupDescription {
    log_group_name: String,
    creation_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    retention_in_days: Option<u32>,
    metric_filter_count: u32,
    arn: String,
    log_group_arn: String,
    log_group_class: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    kms_key_id: Option<String>,
    stored_bytes: u64,
}

/// Returns the ARN of a group without the `:*` that stands for its streams.
pub fn group_arn(caller: &Caller, name: &str) -> String {
    caller.arn("logs", format_args!("log-group:{name}"))
}

/// Returns the name in a group's name or ARN.
pub fn group_name(identifier: &str) -> &str {
    let name = match identifier.strip_prefix("arn:") {
        Some(_) => identifier.splitn(7, ':').nth(6).unwrap_or_default(),
        None => identifier,
    };
    name.strip_suffix(":*").unwrap_or(name)
}

/// Refuses with the words in which AWS names a parameter that does not fit its pattern.
pub fn invalid(value: &str, parameter: &str, pattern: &str) -> AwsError {
    let message = format!(
        "1 validation error detected: Value '{value}' at '{parameter}' failed to satisfy constraint: Member \
         must satisfy regular expression pattern: {pattern}"
    );
    AwsError::new("InvalidParameterException", message)
}

fn check_name(name: &str) -> Result<(), AwsError> {
    let is_valid = (1..=512).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_/#".contains(&byte));
    if is_valid { Ok(()) } else { Err(invalid(name, "logGroupName", r"[\.\-_/#A-Za-z0-9]+")) }
}

/// Refuses a retention that CloudWatch Logs does not offer.
pub fn check_retention(days: u32) -> Result<(), AwsError> {
    if RETENTIONS.contains(&days) {
        return Ok(());
    }
    let offered: Vec<_> = RETENTIONS.iter().map(u32::to_string).collect();
    let message = format!(
        "1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: Member \
         must satisfy enum value set: [{}]",
        offered.join(", ")
    );
    Err(AwsError::new("InvalidParameterException", message))
}

impl Logs {
    pub(super) fn create_group(&self, aws: &Aws, caller: &Caller, new: NewGroup) -> Result<(), AwsError> {
        let name = new.log_group_name;
        check_name(&name)?;
        authorize(aws, caller, "logs:CreateLogGroup", &name, "")?;
        if new.deletion_protection_enabled == Some(true) {
            return Err(AwsError::not_supported("deletion protection of log groups"));
        }
        let class = new.log_group_class.unwrap_or_else(|| "STANDARD".to_owned());
        if !["STANDARD", "INFREQUENT_ACCESS", "DELIVERY"].contains(&class.as_str()) {
            return Err(invalid(&class, "logGroupClass", "[STANDARD, INFREQUENT_ACCESS, DELIVERY]"));
        }
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let key = group_key(caller, &name);
        if self.groups.get(&key)?.is_some() {
            let message = "The specified log group already exists";
            return Err(AwsError::new("ResourceAlreadyExistsException", message));
        }
        let group = Group {
            name,
            created: aws.clock.now(),
            retention_days: None,
            class,
            kms_key: new.kms_key_id,
            tags: new.tags,
        };
        Ok(self.groups.put(&key, &group)?)
    }

    pub(super) fn delete_group(&self, aws: &Aws, caller: &Caller, name: &str) -> Result<(), AwsError> {
        authorize(aws, caller, "logs:DeleteLogGroup", name, "")?;
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        self.group(caller, name)?;
        let key = group_key(caller, name);
        for (stream_key, stream) in self.streams.scan(&format!("{key}:"))? {
            self.events.remove_all(stream.number)?;
            self.streams.remove(&stream_key)?;
        }
        Ok(self.groups.remove(&key)?)
    }

    /// Changes a group that exists.
    pub(super) fn change_group(
        &self,
        caller: &Caller,
        name: &str,
        change: impl FnOnce(&mut Group),
    ) -> Result<(), AwsError> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut group = self.group(caller, name)?;
        change(&mut group);
        Ok(self.groups.put(&group_key(caller, name), &group)?)
    }

    pub(super) fn describe_group(&self, caller: &Caller, group: Group) -> GroupDescription {
        let arn = group_arn(caller, &group.name);
        GroupDescription {
            log_group_name: group.name,
            creation_time: group.created.0,
            retention_in_days: group.retention_days,
            metric_filter_count: 0,
            arn: format!("{arn}:*"),
            log_group_arn: arn,
            log_group_class: group.class,
            kms_key_id: group.kms_key,
            stored_bytes: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_name_in_an_arn() {
        assert_eq!(group_name("/aws/lambda/f"), "/aws/lambda/f");
        assert_eq!(
            group_name("arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/f"),
            "/aws/lambda/f"
        );
        assert_eq!(group_name("arn:aws:logs:us-east-1:111122223333:log-group:g:*"), "g");
        assert_eq!(group_name("arn:aws:logs"), "");
    }

    #[test]
    fn offers_only_the_retentions_of_aws() {
        assert!(check_retention(14).is_ok());
        assert!(check_retention(3653).is_ok());
        assert_eq!(check_retention(2).unwrap_err().code, "InvalidParameterException");
        assert!(check_name("/aws/lambda/f#1").is_ok());
        assert!(check_name("a:b").is_err());
        assert!(check_name("").is_err());
    }
}
