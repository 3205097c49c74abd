//! What a caller sets on a mapping: checked in AWS's words, then written into the mapping.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::filter::FilterCriteria;
use super::{Mapping, StartingPosition};
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::services::lambda::invoke_config::Destinations;
use crate::services::lambda::settings::{check_range, constraint};

/// Settings of other event sources, and those that AWS has and this engine does not.
const UNSUPPORTED: [&str; 12] = [
    "KMSKeyArn",
    "KmsKeyArn",
    "MetricsConfig",
    "LoggingConfig",
    "ProvisionedPollerConfig",
    "Topics",
    "Queues",
    "SourceAccessConfigurations",
    "SelfManagedEventSource",
    "AmazonManagedKafkaEventSourceConfig",
    "SelfManagedKafkaEventSourceConfig",
    "DocumentDBEventSourceConfig",
];

/// `ScalingConfig` of a mapping of a queue.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ScalingConfig {
    pub maximum_concurrency: Option<i64>,
}

/// Input of CreateEventSourceMapping, UpdateEventSourceMapping and `AWS::Lambda::EventSourceMapping`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct MappingSettings {
    pub event_source_arn: Option<String>,
    pub function_name: Option<String>,
    pub enabled: Option<bool>,
    pub batch_size: Option<i64>,
    pub maximum_batching_window_in_seconds: Option<i64>,
    pub parallelization_factor: Option<i64>,
    pub starting_position: Option<String>,
    pub starting_position_timestamp: Option<f64>,
    pub maximum_retry_attempts: Option<i64>,
    pub maximum_record_age_in_seconds: Option<i64>,
    pub bisect_batch_on_function_error: Option<bool>,
    pub function_response_types: Option<Vec<String>>,
    pub tumbling_window_in_seconds: Option<i64>,
    pub filter_criteria: Option<FilterCriteria>,
    pub destination_config: Option<Destinations>,
    pub scaling_config: Option<ScalingConfig>,
    pub tags: BTreeMap<String, String>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl MappingSettings {
    /// Refuses what AWS refuses, and by name what this engine does not have.
    pub fn check(&self) -> Result<(), AwsError> {
        for name in UNSUPPORTED {
            if self.rest.get(name).is_some_and(|value| !is_blank(value)) {
                return Err(AwsError::not_supported(format_args!("`{name}` of an event source mapping")));
            }
        }
        check_range("batchSize", self.batch_size, 1, 10_000)?;
        check_range("maximumBatchingWindowInSeconds", self.maximum_batching_window_in_seconds, 0, 300)?;
        check_range("parallelizationFactor", self.parallelization_factor, 1, 10)?;
        check_range("maximumRetryAttempts", self.maximum_retry_attempts, -1, 10_000)?;
        check_range("maximumRecordAgeInSeconds", self.maximum_record_age_in_seconds, -1, 604_800)?;
        check_range("tumblingWindowInSeconds", self.tumbling_window_in_seconds, 0, 900)?;
        let concurrency = self.scaling_config.as_ref().and_then(|scaling| scaling.maximum_concurrency);
        check_range("scalingConfig.maximumConcurrency", concurrency, 2, 1000)?;
        if let Some(age @ 0..60) = self.maximum_record_age_in_seconds {
            // AWS takes -1 or at least a minute; the exact words are not confirmed on AWS.
            let message =
                format!("MaximumRecordAgeInSeconds must be -1 or between 60 and 604800, not {age}.");
            return Err(AwsError::new("InvalidParameterValueException", message));
        }
        let types = self.function_response_types.iter().flatten();
        match types.into_iter().find(|kind| *kind != "ReportBatchItemFailures") {
            None => Ok(()),
            Some(kind) => Err(constraint(
                &format!("[{kind}]"),
                "functionResponseTypes",
                "Member must satisfy constraint: [Member must satisfy enum value set: [ReportBatchItemFailures]]",
            )),
        }
    }

    /// Returns where reading begins; streams need to be told.
    pub fn position(&self) -> Result<StartingPosition, AwsError> {
        let invalid = |message: &str| Err(AwsError::new("InvalidParameterValueException", message));
        match (self.starting_position.as_deref(), self.starting_position_timestamp) {
            (Some("AT_TIMESTAMP"), Some(seconds)) => {
                Ok(StartingPosition::AtTimestamp(Timestamp((seconds * 1000.0).round() as i64)))
            }
            // The words of the next two are not confirmed on AWS.
            (Some("AT_TIMESTAMP"), None) => {
                invalid("StartingPositionTimestamp is required when StartingPosition is AT_TIMESTAMP.")
            }
            (Some("TRIM_HORIZON" | "LATEST"), Some(_)) => {
                invalid("StartingPositionTimestamp is only valid when StartingPosition is AT_TIMESTAMP.")
            }
            (Some("TRIM_HORIZON"), None) => Ok(StartingPosition::TrimHorizon),
            (Some("LATEST"), None) => Ok(StartingPosition::Latest),
            (Some(other), _) => Err(constraint(
                other,
                "startingPosition",
                "Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]",
            )),
            (None, _) => invalid(
                "1 validation error detected: Value null at 'startingPosition' failed to satisfy \
                 constraint: Member must not be null.",
            ),
        }
    }

    /// Writes what is set into `mapping`; what is not set stays as it is.
    pub fn apply(&self, mapping: &mut Mapping) {
        let number = |value: Option<i64>| value.and_then(|value| u32::try_from(value).ok());
        mapping.enabled = self.enabled.unwrap_or(mapping.enabled);
        mapping.batch_size = number(self.batch_size).unwrap_or(mapping.batch_size);
        mapping.batching_window =
            number(self.maximum_batching_window_in_seconds).unwrap_or(mapping.batching_window);
        mapping.maximum_retry_attempts =
            self.maximum_retry_attempts.unwrap_or(mapping.maximum_retry_attempts);
        mapping.maximum_record_age = self.maximum_record_age_in_seconds.unwrap_or(mapping.maximum_record_age);
        mapping.bisect = self.bisect_batch_on_function_error.unwrap_or(mapping.bisect);
        mapping.parallelization_factor =
            number(self.parallelization_factor).unwrap_or(mapping.parallelization_factor);
        mapping.tumbling_window = number(self.tumbling_window_in_seconds).unwrap_or(mapping.tumbling_window);
        if let Some(types) = &self.function_response_types {
            mapping.reports_item_failures = !types.is_empty();
        }
        if let Some(criteria) = &self.filter_criteria {
            mapping.filters = criteria.patterns();
        }
        if let Some(destinations) = &self.destination_config {
            mapping.on_failure = destinations.on_failure.arn();
        }
        if let Some(scaling) = &self.scaling_config {
            mapping.maximum_concurrency = number(scaling.maximum_concurrency);
        }
    }
}

/// Tells whether a setting asks for nothing.
fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.values().all(is_blank),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(settings: Value) -> MappingSettings {
        serde_json::from_value(settings).unwrap()
    }

    #[test]
    fn names_what_it_does_not_have() {
        for (settings, name) in [
            (json!({"Topics": ["t"]}), "`Topics`"),
            (json!({"ProvisionedPollerConfig": {"MinimumPollers": 2}}), "`ProvisionedPollerConfig`"),
        ] {
            let error = read(settings).check().unwrap_err();
            assert!(error.message.contains(name) && error.status == 501, "{error}");
        }
        let empty = json!({"Topics": [], "MetricsConfig": {}});
        assert_eq!(read(empty).check(), Ok(()));
    }

    #[test]
    fn refuses_numbers_outside_of_what_aws_takes() {
        for settings in [
            json!({"BatchSize": 0}),
            json!({"BatchSize": 10_001}),
            json!({"MaximumBatchingWindowInSeconds": 301}),
            json!({"MaximumRetryAttempts": -2}),
            json!({"MaximumRecordAgeInSeconds": 59}),
            json!({"FunctionResponseTypes": ["Other"]}),
            json!({"ParallelizationFactor": 11}),
            json!({"TumblingWindowInSeconds": 901}),
            json!({"ScalingConfig": {"MaximumConcurrency": 1}}),
        ] {
            assert!(read(settings.clone()).check().is_err(), "{settings}");
        }
    }

    #[test]
    fn needs_a_starting_position() {
        assert!(read(json!({})).position().is_err());
        assert!(read(json!({"StartingPosition": "AT_TIMESTAMP"})).position().is_err());
        let at = read(json!({"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 1.5}));
        assert_eq!(at.position(), Ok(StartingPosition::AtTimestamp(Timestamp(1500))));
        assert_eq!(read(json!({"StartingPosition": "LATEST"})).position(), Ok(StartingPosition::Latest));
    }
}
