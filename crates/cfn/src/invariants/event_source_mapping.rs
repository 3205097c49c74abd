//! What Lambda asks of an event source mapping, by the kind of its source.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html> says of each setting which sources have it.

use super::Refusal;
use super::properties::Properties;

const INVALID: Refusal = Refusal::Service("InvalidParameterValueException");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Kinesis,
    DynamoDb,
    Kafka,
    Queue,
}

pub(super) fn check(mapping: &mut Properties<'_>) {
    let source = source(mapping);
    starting_position(mapping, source);
    timestamp(mapping);
    if source == Some(Source::DynamoDb) && mapping.text("StartingPosition") == Some("AT_TIMESTAMP") {
        let message = "AT_TIMESTAMP is not a starting position of a DynamoDB stream.";
        mapping.report("H1301", "StartingPosition", INVALID, message);
    }
    record_age(mapping);
    super::event_filter::check(mapping, "FilterCriteria/Filters", source.and_then(key_of));
    match source {
        Some(Source::Queue) => {
            batching_window(mapping);
            settings_of_streams(mapping);
        }
        Some(Source::Kinesis | Source::DynamoDb | Source::Kafka) => settings_of_queues(mapping),
        None => {}
    }
}

/// Returns where what was sent stands in an event of a source.
fn key_of(source: Source) -> Option<&'static str> {
    match source {
        Source::Kinesis => Some("data"),
        Source::DynamoDb => Some("dynamodb"),
        Source::Kafka => Some("value"),
        Source::Queue => Some("body"),
    }
}

fn source(mapping: &Properties<'_>) -> Option<Source> {
    if let Some(resource_type) = mapping.leads_to("EventSourceArn") {
        return match resource_type.as_str() {
            "AWS::Kinesis::Stream" | "AWS::Kinesis::StreamConsumer" => Some(Source::Kinesis),
            "AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable" => Some(Source::DynamoDb),
            "AWS::MSK::Cluster" | "AWS::MSK::ServerlessCluster" => Some(Source::Kafka),
            "AWS::SQS::Queue" => Some(Source::Queue),
            _ => None,
        };
    }
    let arn = mapping.text("EventSourceArn")?;
    match arn.split(':').nth(2)? {
        "kinesis" => Some(Source::Kinesis),
        "dynamodb" => Some(Source::DynamoDb),
        "kafka" => Some(Source::Kafka),
        "sqs" => Some(Source::Queue),
        _ => None,
    }
}

/// E3633 and E3634: a stream is read from somewhere, and a queue is not.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html> calls it required.
fn starting_position(mapping: &mut Properties<'_>, source: Option<Source>) {
    match source {
        Some(Source::Kinesis | Source::DynamoDb | Source::Kafka) if mapping.is_absent("StartingPosition") => {
            let message = "1 validation error detected: Value null at 'startingPosition' failed to satisfy \
                           constraint: Member must not be null.";
            mapping.report("E3633", "", INVALID, message);
        }
        Some(Source::Queue) if mapping.is_present("StartingPosition") => {
            // Not confirmed on AWS: the words.
            let message = "StartingPosition is not valid for SQS event sources.";
            mapping.report("E3634", "StartingPosition", INVALID, message);
        }
        _ => {}
    }
}

/// H1301: a time to begin at goes with `AT_TIMESTAMP`, and only with that.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html>. Not confirmed on AWS: the words.
fn timestamp(mapping: &mut Properties<'_>) {
    match mapping.text("StartingPosition") {
        Some("AT_TIMESTAMP") if mapping.is_absent("StartingPositionTimestamp") => {
            let message = "StartingPositionTimestamp is required when StartingPosition is AT_TIMESTAMP.";
            mapping.report("H1301", "StartingPosition", INVALID, message);
        }
        Some("LATEST" | "TRIM_HORIZON") if mapping.is_present("StartingPositionTimestamp") => {
            let message = "StartingPositionTimestamp is only valid when StartingPosition is AT_TIMESTAMP.";
            mapping.report("H1301", "StartingPositionTimestamp", INVALID, message);
        }
        _ => {}
    }
}

/// H1302: a record may grow a minute old at least, or as old as it likes.
///
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventsourcemapping.html>: values
/// from 0 to 59 are not allowed. Not confirmed on AWS: the words.
fn record_age(mapping: &mut Properties<'_>) {
    let age = mapping.number("MaximumRecordAgeInSeconds");
    if let Some(age) = age.filter(|age| (0.0..60.0).contains(age)) {
        let message = format!("MaximumRecordAgeInSeconds must be -1 or between 60 and 604800, not {age}.");
        mapping.report("H1302", "MaximumRecordAgeInSeconds", INVALID, message);
    }
}

/// H1303: a batch of more than ten messages of a queue takes time to gather.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html>, at `BatchSize`. Not confirmed on AWS: the
/// words.
fn batching_window(mapping: &mut Properties<'_>) {
    let is_large = mapping.number("BatchSize").is_some_and(|size| size > 10.0);
    let is_at_once = mapping.is_absent("MaximumBatchingWindowInSeconds")
        || mapping.number("MaximumBatchingWindowInSeconds") == Some(0.0);
    if is_large && is_at_once {
        let message =
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10";
        mapping.report("H1303", "BatchSize", INVALID, message);
    }
}

/// H1304: a queue has no shards to read in parallel, no order to bisect and retries of its own.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html>: "Kinesis and DynamoDB Streams only".
fn settings_of_streams(mapping: &mut Properties<'_>) {
    for name in [
        "BisectBatchOnFunctionError",
        "DestinationConfig",
        "MaximumRecordAgeInSeconds",
        "MaximumRetryAttempts",
        "ParallelizationFactor",
        "TumblingWindowInSeconds",
    ] {
        if mapping.is_present(name) && mapping.flag(name) != Some(false) {
            let message = format!("Unsupported {name} parameter for given event source mapping type.");
            mapping.report("H1304", name, INVALID, message);
        }
    }
}

/// H1305: how many functions may run at once is said of queues only.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html>: "Amazon SQS only".
fn settings_of_queues(mapping: &mut Properties<'_>) {
    if mapping.is_present("ScalingConfig/MaximumConcurrency") {
        let message = "Unsupported ScalingConfig parameter for given event source mapping type.";
        mapping.report("H1305", "ScalingConfig", INVALID, message);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{Known, check, tests::breaches};
    use crate::schema::Reading;

    fn of(service: &str, mut settings: Value) -> Vec<String> {
        settings["EventSourceArn"] = format!("arn:aws:{service}:us-east-1:111122223333:orders").into();
        breaches("AWS::Lambda::EventSourceMapping", &settings)
    }

    #[test]
    fn reads_a_stream_from_somewhere() {
        assert_eq!(of("kinesis", json!({})), ["E3633 "]);
        assert_eq!(of("kinesis", json!({"StartingPosition": "LATEST"})), [""; 0]);
        assert_eq!(of("sqs", json!({"StartingPosition": "LATEST"})), ["E3634 StartingPosition"]);
        assert_eq!(of("sqs", json!({})), [""; 0]);
    }

    #[test]
    fn knows_the_source_by_where_a_reference_leads() {
        fn reader(value: &Value) -> Reading<'_> {
            if value.get("Fn::GetAtt").is_some() { Reading::Unknown } else { Reading::Known }
        }
        let leads_to = |value: &Value| value.get("Fn::GetAtt").map(|_| "AWS::Kinesis::Stream".to_owned());
        let mapping = json!({"EventSourceArn": {"Fn::GetAtt": ["Stream", "Arn"]}, "FunctionName": "f"});
        let found = check("AWS::Lambda::EventSourceMapping", &mapping, &Known::new(&reader, &leads_to));
        assert_eq!(found.iter().map(|breach| breach.rule).collect::<Vec<_>>(), ["E3633"]);
    }

    #[test]
    fn wants_a_time_with_at_timestamp_only() {
        assert_eq!(of("kinesis", json!({"StartingPosition": "AT_TIMESTAMP"})), ["H1301 StartingPosition"]);
        let at = json!({"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 1});
        assert_eq!(of("kinesis", at), [""; 0]);
        let latest = json!({"StartingPosition": "LATEST", "StartingPositionTimestamp": 1});
        assert_eq!(of("kinesis", latest), ["H1301 StartingPositionTimestamp"]);
    }

    #[test]
    fn limits_ages_batches_and_settings() {
        let aged = |age: i64| json!({"StartingPosition": "LATEST", "MaximumRecordAgeInSeconds": age});
        assert_eq!(of("kinesis", aged(59)), ["H1302 MaximumRecordAgeInSeconds"]);
        assert_eq!(of("kinesis", aged(-1)), [""; 0]);
        assert_eq!(of("sqs", json!({"BatchSize": 11})), ["H1303 BatchSize"]);
        assert_eq!(of("sqs", json!({"BatchSize": 11, "MaximumBatchingWindowInSeconds": 1})), [""; 0]);
        assert_eq!(of("sqs", json!({"ParallelizationFactor": 2})), ["H1304 ParallelizationFactor"]);
        assert_eq!(of("sqs", json!({"BisectBatchOnFunctionError": false})), [""; 0]);
        let scaled = json!({"StartingPosition": "LATEST", "ScalingConfig": {"MaximumConcurrency": 2}});
        assert_eq!(of("kinesis", scaled), ["H1305 ScalingConfig"]);
    }
}
