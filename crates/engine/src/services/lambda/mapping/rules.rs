//! What the settings of a mapping must be to each other and to its event source.

use super::source::Source;
use super::{Mapping, MappingSettings};
use crate::error::AwsError;

/// Messages that a queue gives at once; for more, a batch must be gathered.
const MESSAGES_AT_ONCE: u32 = 10;

impl MappingSettings {
    /// Refuses settings that belong to other event sources.
    pub fn check_for(&self, source: Source) -> Result<(), AwsError> {
        if source == Source::Queue && self.starting_position.is_some() {
            return Err(invalid("StartingPosition is not valid for SQS event sources."));
        }
        let destinations = self.destination_config.as_ref();
        let on_success = destinations.and_then(|destinations| destinations.on_success.arn());
        let on_failure = destinations.and_then(|destinations| destinations.on_failure.arn());
        let of_streams = [
            ("startingPositionTimestamp", self.starting_position_timestamp.is_some()),
            ("parallelizationFactor", self.parallelization_factor.is_some()),
            ("maximumRetryAttempts", self.maximum_retry_attempts.is_some()),
            ("maximumRecordAgeInSeconds", self.maximum_record_age_in_seconds.is_some()),
            ("bisectBatchOnFunctionError", self.bisect_batch_on_function_error.is_some()),
            ("tumblingWindowInSeconds", self.tumbling_window_in_seconds.is_some()),
            ("destinationConfig", on_failure.is_some() || on_success.is_some()),
        ];
        let of_queues = [("scalingConfig", self.scaling_config.is_some())];
        let strange: &[(&str, bool)] = match source {
            Source::Stream => &of_queues,
            Source::Queue => &of_streams,
        };
        if let Some((name, _)) = strange.iter().find(|(_, is_given)| *is_given) {
            let message = format!("Unsupported '{name}' parameter for given event source mapping type.");
            return Err(invalid(&message));
        }
        if on_success.is_some() {
            // The words are not confirmed on AWS.
            return Err(invalid("OnSuccess destinations are not supported for event source mappings."));
        }
        self.filter_criteria.as_ref().map_or(Ok(()), |criteria| criteria.check(source))
    }
}

impl Mapping {
    /// Refuses settings that do not go together.
    pub fn check_together(&self) -> Result<(), AwsError> {
        match self.source() {
            Source::Stream if self.tumbling_window > 0 && self.parallelization_factor > 1 => {
                // The words are not confirmed on AWS.
                Err(invalid("ParallelizationFactor must be 1 when TumblingWindowInSeconds is set."))
            }
            Source::Queue if self.batch_size > MESSAGES_AT_ONCE && self.batching_window == 0 => Err(invalid(
                "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
            )),
            _ => Ok(()),
        }
    }
}

fn invalid(message: &str) -> AwsError {
    AwsError::new("InvalidParameterValueException", message)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::mapping;
    use super::*;

    fn refusal(source: Source, settings: Value) -> Option<String> {
        let settings: MappingSettings = serde_json::from_value(settings).unwrap();
        settings.check_for(source).err().map(|refusal| refusal.message)
    }

    #[test]
    fn keeps_the_settings_of_streams_and_queues_apart() {
        let expected = "StartingPosition is not valid for SQS event sources.";
        assert_eq!(refusal(Source::Queue, json!({"StartingPosition": "LATEST"})).as_deref(), Some(expected));
        for (source, name, value) in [
            (Source::Queue, "ParallelizationFactor", json!(1)),
            (Source::Queue, "MaximumRetryAttempts", json!(1)),
            (Source::Queue, "MaximumRecordAgeInSeconds", json!(60)),
            (Source::Queue, "BisectBatchOnFunctionError", json!(true)),
            (Source::Queue, "TumblingWindowInSeconds", json!(60)),
            (Source::Queue, "DestinationConfig", json!({"OnFailure": {"Destination": "arn"}})),
            (Source::Stream, "ScalingConfig", json!({"MaximumConcurrency": 2})),
        ] {
            let camel = name[..1].to_lowercase() + &name[1..];
            let expected = format!("Unsupported '{camel}' parameter for given event source mapping type.");
            assert_eq!(refusal(source, json!({name: value})), Some(expected));
            let other = if source == Source::Queue { Source::Stream } else { Source::Queue };
            assert_eq!(refusal(other, json!({name: value})), None, "{name}");
        }
        assert_eq!(refusal(Source::Queue, json!({"DestinationConfig": {"OnFailure": {}}})), None);
        let success = json!({"DestinationConfig": {"OnSuccess": {"Destination": "arn"}}});
        assert!(refusal(Source::Stream, success).is_some());
    }

    #[test]
    fn refuses_what_does_not_go_together() {
        let check = |source_arn: &str, change: fn(&mut Mapping)| {
            let mut mapping = Mapping { source_arn: source_arn.to_owned(), ..mapping() };
            change(&mut mapping);
            mapping.check_together().is_ok()
        };
        let stream = "arn:aws:kinesis:us-east-1:111122223333:stream/s";
        let queue = "arn:aws:sqs:us-east-1:111122223333:q";
        assert!(check(stream, |mapping| mapping.parallelization_factor = 10));
        assert!(!check(stream, |mapping| {
            mapping.parallelization_factor = 2;
            mapping.tumbling_window = 1;
        }));
        assert!(!check(queue, |mapping| mapping.batch_size = 11));
        assert!(check(queue, |mapping| {
            mapping.batch_size = 11;
            mapping.batching_window = 1;
        }));
    }
}
