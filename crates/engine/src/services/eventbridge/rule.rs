//! Rules and their targets, and when a rule on a schedule is due.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::pattern;
use crate::schedule::Recurrence;

/// A rule of the default event bus.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Rule {
    pub name: String,
    pub account: String,
    pub region: String,
    pub description: Option<String>,
    pub schedule: Option<String>,
    pub pattern: Option<String>,
    pub is_enabled: bool,
    pub role_arn: Option<String>,
    pub targets: Vec<Target>,
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Since when its schedule counts.
    pub anchor: Timestamp,
    /// The last moment for which it fired.
    pub fired: Timestamp,
}

/// Where a rule sends its events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Target {
    pub id: String,
    pub arn: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_letter_config: Option<DeadLetterConfig>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_policy: Option<RetryPolicy>,
    /// What this engine does not have, so that it can be refused by name.
    #[serde(flatten, skip_serializing)]
    pub other: BTreeMap<String, Value>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeadLetterConfig {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RetryPolicy {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum_retry_attempts: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum_event_age_in_seconds: Option<u64>,
}

impl Rule {
    /// Returns the rule's ARN.
    pub fn arn(&self) -> String {
        format!("arn:aws:events:{}:{}:rule/{}", self.region, self.account, self.name)
    }

    /// Returns the key under which tables keep the rule.
    pub fn path(&self) -> String {
        format!("{}/{}/{}", self.account, self.region, self.name)
    }

    /// Returns the next moment for which the rule fires.
    pub fn due(&self) -> Option<Timestamp> {
        let schedule = self.schedule.as_deref().filter(|_| self.is_enabled)?;
        Recurrence::parse(schedule)?.next(self.anchor, self.fired.max(self.anchor), &TimeZone::UTC)
    }

    /// Returns whether an event of the rule's account and region is one for it.
    pub fn is_for(&self, caller: &Caller, event: &Value) -> bool {
        let is_own = self.account == caller.account && self.region == caller.region;
        let parsed = || self.pattern.as_deref().and_then(|pattern| pattern::parse(pattern).ok());
        self.is_enabled && is_own && parsed().is_some_and(|pattern| pattern::matches(&pattern, event))
    }
}

impl Target {
    /// Refuses a target that AWS refuses or that this engine does not have.
    pub fn check(&self) -> Result<(), AwsError> {
        if let Some(other) = self.other.iter().find(|(_, value)| !value.is_null()) {
            return Err(AwsError::not_supported(format_args!("`{}` of a target of EventBridge", other.0)));
        }
        let service = self.arn.split(':').nth(2).filter(|_| self.arn.starts_with("arn:"));
        match service {
            Some("lambda" | "sqs" | "sns") if self.arn.split(':').count() >= 6 => {}
            Some(service) if self.arn.split(':').count() >= 6 => {
                return Err(AwsError::not_supported(format_args!("the target `{service}` of EventBridge")));
            }
            _ => {
                let message = format!(
                    "Parameter {} is not valid. Reason: Provided Arn is not in correct format.",
                    self.arn
                );
                return Err(AwsError::new("ValidationException", message));
            }
        }
        if self.input.is_some() && self.input_path.is_some() {
            let message = format!(
                "Only one of Input, InputPath, or InputTransformer must be provided for target {}.",
                self.id
            );
            return Err(AwsError::new("ValidationException", message));
        }
        if self.input.as_deref().is_some_and(|input| serde_json::from_str::<Value>(input).is_err()) {
            let message = format!("JSON syntax error in input for target {}", self.id);
            return Err(AwsError::new("ValidationException", message));
        }
        match self.input_path.as_deref().map(steps) {
            Some(None) => Err(AwsError::new(
                "ValidationException",
                format!("Invalid InputPath for target {} : [Invalid JSON path]", self.id),
            )),
            _ => Ok(()),
        }
    }

    /// Returns what the target gets of an event.
    pub fn body(&self, event: &Value) -> String {
        if let Some(input) = &self.input {
            return input.clone();
        }
        let steps = self.input_path.as_deref().and_then(steps).unwrap_or_default();
        let part = steps.into_iter().try_fold(event, |value, step| value.get(step));
        part.unwrap_or(&Value::Null).to_string()
    }
}

/// Returns the names in a path such as `$.detail.state`.
fn steps(path: &str) -> Option<Vec<&str>> {
    let rest = path.strip_prefix('$')?;
    if rest.is_empty() {
        return Some(Vec::new());
    }
    let steps: Vec<&str> = rest.strip_prefix('.')?.split('.').collect();
    let is_name = |step: &&str| !step.is_empty() && !step.contains(['[', '*', ']']);
    steps.iter().all(is_name).then_some(steps)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn target(fields: Value) -> Target {
        let mut target = json!({"Id": "1", "Arn": "arn:aws:sqs:us-east-1:111122223333:q"});
        for (name, value) in fields.as_object().unwrap() {
            target[name] = value.clone();
        }
        serde_json::from_value(target).unwrap()
    }

    #[test]
    fn gives_a_target_the_input_that_it_asks_for() {
        let event = json!({"detail": {"state": "on"}});
        assert_eq!(target(json!({})).body(&event), r#"{"detail":{"state":"on"}}"#);
        assert_eq!(target(json!({"Input": "{\"a\": 1}"})).body(&event), "{\"a\": 1}");
        assert_eq!(target(json!({"InputPath": "$.detail.state"})).body(&event), "\"on\"");
    }

    #[test]
    fn refuses_targets_by_name() {
        let code = |fields| target(fields).check().unwrap_err().code;
        assert!(target(json!({})).check().is_ok());
        assert_eq!(code(json!({"InputTransformer": {"InputTemplate": "x"}})), "NotImplemented");
        assert_eq!(code(json!({"Arn": "arn:aws:ecs:us-east-1:111122223333:cluster/c"})), "NotImplemented");
        assert_eq!(code(json!({"Arn": "queue"})), "ValidationException");
        assert_eq!(code(json!({"Input": "{"})), "ValidationException");
        assert_eq!(code(json!({"Input": "{}", "InputPath": "$"})), "ValidationException");
        assert_eq!(code(json!({"InputPath": "detail"})), "ValidationException");
    }
}
