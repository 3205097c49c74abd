//! What Kinesis asks of a stream.

use super::Refusal;
use super::properties::Properties;

pub(super) fn check(stream: &mut Properties<'_>) {
    shards(stream);
    retention(stream);
    warm_throughput(stream);
}

/// H1201: an on-demand stream has as many shards as it needs.
///
/// The words are those of the type's handler: <https://github.com/aws/aws-cdk/issues/18247>.
fn shards(stream: &mut Properties<'_>) {
    let is_on_demand = stream.text("StreamModeDetails/StreamMode") == Some("ON_DEMAND");
    if is_on_demand && stream.is_present("ShardCount") {
        let message = "ShardCount is not expected when StreamMode=ON_DEMAND";
        stream.report("H1201", "ShardCount", Refusal::Handler, message);
    }
    let is_provisioned = stream.text("StreamModeDetails/StreamMode") == Some("PROVISIONED");
    if is_provisioned && stream.is_absent("ShardCount") {
        // Not confirmed on AWS: the words.
        let message = "ShardCount is required when StreamMode=PROVISIONED";
        stream.report("H1204", "", Refusal::Unsure, message);
    }
}

/// H1202: a stream keeps its records for a day at least, though the schema begins at one hour.
///
/// <https://docs.aws.amazon.com/streams/latest/dev/kinesis-extended-retention.html>: 24 to 8,760 hours.
fn retention(stream: &mut Properties<'_>) {
    if let Some(hours) = stream.number("RetentionPeriodHours").filter(|hours| *hours < 24.0) {
        let message = format!(
            "Minimum allowed retention period is 24 hours. Requested retention period ({hours} hours) is too short."
        );
        stream.report("H1202", "RetentionPeriodHours", Refusal::Service("InvalidArgumentException"), message);
    }
}

/// H1203: only an on-demand stream can be warmed up.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateStreamWarmThroughput.html>. Not confirmed on AWS: that a
/// stack fails, and the words.
fn warm_throughput(stream: &mut Properties<'_>) {
    let is_provisioned = stream.is_absent("StreamModeDetails")
        || stream.text("StreamModeDetails/StreamMode") == Some("PROVISIONED");
    if is_provisioned && stream.number("WarmThroughputMiBps").is_some_and(|throughput| throughput > 0.0) {
        let message = "WarmThroughputMiBps takes a stream in ON_DEMAND mode";
        stream.report("H1203", "WarmThroughputMiBps", Refusal::Unsure, message);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::breaches;

    #[test]
    fn refuses_shards_of_an_on_demand_stream() {
        let stream = json!({"ShardCount": 1, "StreamModeDetails": {"StreamMode": "ON_DEMAND"}});
        assert_eq!(breaches("AWS::Kinesis::Stream", &stream), ["H1201 ShardCount"]);
        let stream = json!({"StreamModeDetails": {"StreamMode": "PROVISIONED"}});
        assert_eq!(breaches("AWS::Kinesis::Stream", &stream), ["H1204 "]);
        let stream = json!({"ShardCount": 1, "StreamModeDetails": {"StreamMode": "PROVISIONED"}});
        assert_eq!(breaches("AWS::Kinesis::Stream", &stream), [""; 0]);
    }

    #[test]
    fn refuses_to_keep_records_for_less_than_a_day() {
        assert_eq!(
            breaches("AWS::Kinesis::Stream", &json!({"RetentionPeriodHours": "12"})),
            ["H1202 RetentionPeriodHours"]
        );
        assert_eq!(breaches("AWS::Kinesis::Stream", &json!({"RetentionPeriodHours": 24})), [""; 0]);
    }

    #[test]
    fn warms_up_only_on_demand_streams() {
        assert_eq!(
            breaches("AWS::Kinesis::Stream", &json!({"WarmThroughputMiBps": 100})),
            ["H1203 WarmThroughputMiBps"]
        );
        let stream = json!({"WarmThroughputMiBps": 100, "StreamModeDetails": {"StreamMode": "ON_DEMAND"}});
        assert_eq!(breaches("AWS::Kinesis::Stream", &stream), [""; 0]);
    }
}
