//! What Firehose asks of a delivery stream.

use super::Refusal;
use super::prefix::{Expression, expressions, fault_of_date};
use super::properties::Properties;

const INVALID: Refusal = Refusal::Service("InvalidArgumentException");

/// Where a configuration of S3 can stand.
const BUCKETS: [&str; 9] = [
    "S3DestinationConfiguration",
    "ExtendedS3DestinationConfiguration",
    "ExtendedS3DestinationConfiguration/S3BackupConfiguration",
    "RedshiftDestinationConfiguration/S3Configuration",
    "ElasticsearchDestinationConfiguration/S3Configuration",
    "AmazonopensearchserviceDestinationConfiguration/S3Configuration",
    "HttpEndpointDestinationConfiguration/S3Configuration",
    "SplunkDestinationConfiguration/S3Configuration",
    "SnowflakeDestinationConfiguration/S3Configuration",
];

const EXTENDED: &str = "ExtendedS3DestinationConfiguration";

pub(super) fn check(stream: &mut Properties<'_>) {
    source(stream);
    for bucket in BUCKETS {
        if stream.is_present(bucket) {
            hints(stream, bucket);
            prefixes(stream, bucket);
        }
    }
    redshift(stream);
    large_buffer(stream);
    partitions(stream);
    metadata_extraction(stream);
}

/// H1101: a stream that reads from Kinesis needs to know from where, and one that does not must not be told.
///
/// <https://docs.aws.amazon.com/firehose/latest/APIReference/API_CreateDeliveryStream.html>. Not confirmed on AWS: the words.
fn source(stream: &mut Properties<'_>) {
    const SOURCE: &str = "KinesisStreamSourceConfiguration";
    match stream.text("DeliveryStreamType") {
        Some("KinesisStreamAsSource") if stream.is_absent(SOURCE) => {
            let message = "KinesisStreamSourceConfiguration is required for KinesisStreamAsSource";
            stream.report("H1101", "DeliveryStreamType", Refusal::Unsure, message);
        }
        Some("DirectPut") if stream.is_present(SOURCE) => {
            let message = "KinesisStreamSourceConfiguration takes the type KinesisStreamAsSource";
            stream.report("H1101", "DeliveryStreamType", Refusal::Unsure, message);
        }
        None if stream.is_absent("DeliveryStreamType") && stream.is_present(SOURCE) => {
            let message = "the type is DirectPut where none is given; a stream as the source takes KinesisStreamAsSource";
            stream.report("H1101", SOURCE, Refusal::Unsure, message);
        }
        Some(kind) if kind != "KinesisStreamAsSource" && stream.is_present(SOURCE) => {
            let message = "KinesisStreamSourceConfiguration takes the type KinesisStreamAsSource";
            stream.report("H1101", SOURCE, Refusal::Unsure, message);
        }
        Some("MSKAsSource") if stream.is_absent("MSKSourceConfiguration") => {
            let message = "MSKSourceConfiguration is required for MSKAsSource";
            stream.report("H1101", "DeliveryStreamType", Refusal::Unsure, message);
        }
        _ => {}
    }
}

/// H1102: a buffer has both hints or none.
///
/// <https://docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html>. Not confirmed on AWS: the words.
fn hints(stream: &mut Properties<'_>, bucket: &str) {
    let size = format!("{bucket}/BufferingHints/SizeInMBs");
    let interval = format!("{bucket}/BufferingHints/IntervalInSeconds");
    let is_half = stream.is_present(&size) && stream.is_absent(&interval)
        || stream.is_absent(&size) && stream.is_present(&interval);
    if is_half {
        let message = "Both BufferSizeInMBs and BufferIntervalInSeconds are required to configure buffering for Amazon S3";
        stream.report("H1102", &format!("{bucket}/BufferingHints"), INVALID, message);
    }
}

/// H1103, H1104: expressions exist, and each prefix has those that make sense in it.
///
/// <https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html>, "Semantic rules". Not confirmed on AWS: the words, but
/// for the first.
fn prefixes(stream: &mut Properties<'_>, bucket: &str) {
    let (data, errors) = (format!("{bucket}/Prefix"), format!("{bucket}/ErrorOutputPrefix"));
    let of_data = expressions(stream.text(&data).unwrap_or_default());
    let of_errors = stream.text(&errors).map(expressions);
    let has_no_errors = stream.is_absent(&errors) || stream.text(&errors) == Some("");
    if !of_data.is_empty() && has_no_errors {
        let message = "ErrorOutputPrefix cannot be null or empty when Prefix contains expressions.";
        stream.report("H1103", &data, INVALID, message);
    }
    if of_data.contains(&Expression::ErrorOutputType) {
        let message = "Prefix cannot contain !{firehose:error-output-type}.";
        stream.report("H1104", &data, INVALID, message);
    }
    let lacks_type = |found: &Vec<_>| !found.is_empty() && !found.contains(&Expression::ErrorOutputType);
    if of_errors.as_ref().is_some_and(lacks_type) {
        let message = "ErrorOutputPrefix with expressions must contain !{firehose:error-output-type}.";
        stream.report("H1104", &errors, INVALID, message);
    }
    for (path, found) in [(&data, of_data), (&errors, of_errors.unwrap_or_default())] {
        for expression in found {
            let message = match expression {
                Expression::Open => {
                    let text = stream.text(path).unwrap_or_default();
                    format!("Prefix {text} contains an expression that is not closed.")
                }
                Expression::Unknown(text) => format!("Prefix contains the invalid expression !{{{text}}}."),
                Expression::PartitionKeyFromQuery(_) | Expression::PartitionKeyFromLambda
                    if path == &errors =>
                {
                    "ErrorOutputPrefix cannot contain partition keys.".to_owned()
                }
                Expression::Timestamp(pattern) => {
                    if let Some(fault) = fault_of_date(pattern) {
                        stream.report("H1116", path, Refusal::Unsure, fault);
                    }
                    continue;
                }
                _ => continue,
            };
            stream.report("H1104", path, INVALID, message);
        }
    }
}

/// H1105: what goes to Redshift lies in S3 under a plain prefix, and has no prefix of its own for errors.
///
/// <https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html>, "Semantic rules". Not confirmed on AWS: the words.
fn redshift(stream: &mut Properties<'_>) {
    let bucket = BUCKETS[3];
    let (data, errors) = (format!("{bucket}/Prefix"), format!("{bucket}/ErrorOutputPrefix"));
    if !expressions(stream.text(&data).unwrap_or_default()).is_empty() {
        let message = "Prefix must not contain expressions when the destination is Amazon Redshift.";
        stream.report("H1105", &data, Refusal::Unsure, message);
    }
    if stream.text(&errors).is_some_and(|prefix| !prefix.is_empty()) {
        let message = "ErrorOutputPrefix must be null when the destination is Amazon Redshift.";
        stream.report("H1105", &errors, Refusal::Unsure, message);
    }
}

/// H1106: records that are sorted into partitions or turned into columns are buffered by 64 MiB at least.
///
/// <https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning.html>; the words for partitions are quoted by aws-cdk's
/// Firehose module. Not confirmed on AWS: those for conversion.
fn large_buffer(stream: &mut Properties<'_>) {
    let interval = format!("{EXTENDED}/BufferingHints/IntervalInSeconds");
    if is_partitioned(stream) == Some(true) && stream.number(&interval).is_some_and(|seconds| seconds < 60.0)
    {
        let message =
            "BufferingHints.IntervalInSeconds must be at least 60 when Dynamic Partitioning is enabled.";
        stream.report("H1106", &interval, INVALID, message);
    }
    let size = format!("{EXTENDED}/BufferingHints/SizeInMBs");
    if stream.number(&size).is_none_or(|size| size >= 64.0) {
        return;
    }
    if is_partitioned(stream) == Some(true) {
        let message = "BufferingHints.SizeInMBs must be at least 64 when Dynamic Partitioning is enabled.";
        stream.report("H1106", &size, INVALID, message);
    } else if stream.is_present(&format!("{EXTENDED}/DataFormatConversionConfiguration"))
        && stream.flag(&format!("{EXTENDED}/DataFormatConversionConfiguration/Enabled")) != Some(false)
    {
        let message = "BufferingHints.SizeInMBs must be at least 64 when data format conversion is enabled.";
        stream.report("H1106", &size, Refusal::Unsure, message);
    }
}

/// Says whether records are sorted into partitions, or nothing when that is not known.
fn is_partitioned(stream: &Properties<'_>) -> Option<bool> {
    let configuration = format!("{EXTENDED}/DynamicPartitioningConfiguration");
    if stream.is_absent(&configuration) || stream.is_absent(&format!("{configuration}/Enabled")) {
        return Some(false);
    }
    stream.flag(&format!("{configuration}/Enabled"))
}

/// H1107: partition keys are in the prefix when there are partitions, and only then.
///
/// <https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning-s3bucketprefix.html>.
fn partitions(stream: &mut Properties<'_>) {
    let data = format!("{EXTENDED}/Prefix");
    let is_key = |expression: &Expression<'_>| {
        matches!(expression, Expression::PartitionKeyFromQuery(_) | Expression::PartitionKeyFromLambda)
    };
    let has_key = match stream.text(&data) {
        Some(prefix) => expressions(prefix).iter().any(is_key),
        None if stream.is_absent(&data) => false,
        None => return,
    };
    match (is_partitioned(stream), has_key) {
        (Some(true), false) => {
            let message = "S3 Prefix should contain Dynamic Partitioning namespaces when Dynamic Partitioning is enabled";
            stream.report("H1107", &data, INVALID, message);
        }
        (Some(false), true) => {
            let message = "Dynamic Partitioning namespaces can only be part of a prefix expression when Dynamic \
                           Partitioning is enabled.";
            stream.report("H1107", &data, INVALID, message);
        }
        _ => {}
    }
}

/// H1108: what extracts partition keys from records needs a query, and an engine that understands it.
///
/// <https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning-partitioning-keys.html>. Not confirmed on AWS: the words.
fn metadata_extraction(stream: &mut Properties<'_>) {
    let processors = format!("{EXTENDED}/ProcessingConfiguration/Processors");
    for at in 0..stream.length(&processors).unwrap_or_default() {
        let processor = format!("{processors}/{at}");
        if stream.text(&format!("{processor}/Type")) != Some("MetadataExtraction") {
            continue;
        }
        let parameters = format!("{processor}/Parameters");
        let Some(count) = stream.length(&parameters) else { continue };
        let names: Option<Vec<&str>> =
            (0..count).map(|index| stream.text(&format!("{parameters}/{index}/ParameterName"))).collect();
        let Some(names) = names else { continue };
        for needed in ["MetadataExtractionQuery", "JsonParsingEngine"] {
            if !names.contains(&needed) {
                let message = format!("the MetadataExtraction processor needs the parameter {needed}");
                stream.report("H1108", &parameters, Refusal::Unsure, message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::breaches;

    fn of(extended: Value) -> Vec<String> {
        let found = breaches(
            "AWS::KinesisFirehose::DeliveryStream",
            &json!({"ExtendedS3DestinationConfiguration": extended}),
        );
        let short = |breach: String| breach.replace("ExtendedS3DestinationConfiguration/", "");
        // What processors and destinations are asked is tested with them.
        found.into_iter().filter(|breach| !breach.starts_with("H111")).map(short).collect()
    }

    #[test]
    fn matches_the_source_with_the_type() {
        let of = |mut stream: Value| {
            stream["S3DestinationConfiguration"] = json!({});
            breaches("AWS::KinesisFirehose::DeliveryStream", &stream)
        };
        assert_eq!(of(json!({"DeliveryStreamType": "KinesisStreamAsSource"})), ["H1101 DeliveryStreamType"]);
        let both = json!({"DeliveryStreamType": "DirectPut", "KinesisStreamSourceConfiguration": {}});
        assert_eq!(of(both), ["H1101 DeliveryStreamType"]);
        assert_eq!(of(json!({"DeliveryStreamType": "DirectPut"})), [""; 0]);
    }

    #[test]
    fn wants_both_hints_or_none() {
        assert_eq!(of(json!({"BufferingHints": {"SizeInMBs": 5}})), ["H1102 BufferingHints"]);
        assert_eq!(of(json!({"BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 60}})), [""; 0]);
    }

    #[test]
    fn wants_a_prefix_for_errors_beside_expressions() {
        assert_eq!(of(json!({"Prefix": "!{timestamp:yyyy}/"})), ["H1103 Prefix"]);
        assert_eq!(of(json!({"Prefix": "!{timestamp:yyyy}/", "ErrorOutputPrefix": "failed/"})), [""; 0]);
        assert_eq!(of(json!({"Prefix": "data/"})), [""; 0]);
    }

    #[test]
    fn knows_the_expressions_of_each_prefix() {
        let errors = "failed/!{firehose:error-output-type}/";
        assert_eq!(
            of(json!({"Prefix": "!{firehose:error-output-type}/", "ErrorOutputPrefix": errors})),
            ["H1104 Prefix"]
        );
        assert_eq!(of(json!({"ErrorOutputPrefix": "!{timestamp:yyyy}/"})), ["H1104 ErrorOutputPrefix"]);
        assert_eq!(of(json!({"Prefix": "!{time:yyyy}/", "ErrorOutputPrefix": errors})), ["H1104 Prefix"]);
        assert_eq!(of(json!({"Prefix": "!{timestamp:yyyy/", "ErrorOutputPrefix": errors})), ["H1104 Prefix"]);
        assert_eq!(of(json!({"Prefix": "!{firehose:random-string}/", "ErrorOutputPrefix": errors})), [""; 0]);
    }

    #[test]
    fn lets_redshift_have_plain_prefixes_only() {
        let of = |bucket: Value| {
            let stream = json!({"RedshiftDestinationConfiguration": {"S3Configuration": bucket}});
            breaches("AWS::KinesisFirehose::DeliveryStream", &stream).len()
        };
        assert_eq!(of(json!({"Prefix": "!{timestamp:yyyy}/", "ErrorOutputPrefix": "a/"})), 2);
        assert_eq!(of(json!({"Prefix": "plain/"})), 0);
    }

    #[test]
    fn wants_keys_and_room_for_partitions() {
        let partitioned = |prefix: &str, size: i64| {
            json!({
                "Prefix": prefix, "ErrorOutputPrefix": "failed/", "DynamicPartitioningConfiguration": {"Enabled": true},
                "BufferingHints": {"SizeInMBs": size, "IntervalInSeconds": 60},
            })
        };
        let prefix = "!{partitionKeyFromQuery:id}/";
        assert_eq!(of(partitioned(prefix, 64)), [""; 0]);
        assert_eq!(of(partitioned(prefix, 63)), ["H1106 BufferingHints/SizeInMBs"]);
        assert_eq!(of(partitioned("data/", 64)), ["H1107 Prefix"]);
        assert_eq!(of(json!({"Prefix": prefix, "ErrorOutputPrefix": "failed/"})), ["H1107 Prefix"]);
    }

    #[test]
    fn wants_a_query_and_its_engine() {
        let processing = |names: &[&str]| {
            let parameters: Vec<_> = names.iter().map(|name| json!({"ParameterName": name})).collect();
            json!({"ProcessingConfiguration": {"Processors": [{"Type": "MetadataExtraction", "Parameters": parameters}]}})
        };
        let at = "ProcessingConfiguration/Processors/0";
        assert_eq!(of(processing(&["MetadataExtractionQuery"])), [format!("H1108 {at}/Parameters")]);
        assert_eq!(of(processing(&["MetadataExtractionQuery", "JsonParsingEngine"])), [""; 0]);
    }
}
