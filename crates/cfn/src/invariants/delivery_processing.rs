//! What Firehose asks of the processors that records pass through.

use super::Refusal;
use super::prefix::{Expression, expressions, keys_of};
use super::properties::Properties;

const INVALID: Refusal = Refusal::Service("InvalidArgumentException");

const EXTENDED: &str = "ExtendedS3DestinationConfiguration";

/// Where processors can stand.
const HOLDERS: [&str; 7] = [
    "AmazonopensearchserviceDestinationConfiguration",
    "ElasticsearchDestinationConfiguration",
    EXTENDED,
    "HttpEndpointDestinationConfiguration",
    "RedshiftDestinationConfiguration",
    "SnowflakeDestinationConfiguration",
    "SplunkDestinationConfiguration",
];

/// Parameters of each processor: those that it needs, and those that it takes.
type Parameters = (&'static str, &'static [&'static str], &'static [&'static str]);

/// <https://docs.aws.amazon.com/firehose/latest/APIReference/API_ProcessorParameter.html>
const PARAMETERS: &[Parameters] = &[
    (
        "Lambda",
        &["LambdaArn"],
        &["LambdaArn", "NumberOfRetries", "RoleArn", "BufferSizeInMBs", "BufferIntervalInSeconds"],
    ),
    ("MetadataExtraction", &[], &["MetadataExtractionQuery", "JsonParsingEngine"]),
    ("RecordDeAggregation", &["SubRecordType"], &["SubRecordType", "Delimiter"]),
    ("AppendDelimiterToRecord", &[], &["Delimiter"]),
    ("Decompression", &["CompressionFormat"], &["CompressionFormat"]),
    ("CloudWatchLogProcessing", &["DataMessageExtraction"], &["DataMessageExtraction"]),
];

/// A processor of the stream, with its parameters.
struct Processor<'p> {
    path: String,
    kind: &'p str,
    /// Name and path of each parameter; nothing when not all are known.
    parameters: Option<Vec<(&'p str, String)>>,
}

pub(super) fn check(stream: &mut Properties<'_>) {
    for holder in HOLDERS {
        let configuration = format!("{holder}/ProcessingConfiguration");
        if !stream.is_present(&configuration) {
            continue;
        }
        let Some(processors) = processors(stream, &configuration) else { continue };
        if processors.is_empty() && stream.flag(&format!("{configuration}/Enabled")) == Some(true) {
            let message = "ProcessingConfiguration is enabled and has no processors";
            stream.report("H1109", &configuration, Refusal::Unsure, message);
        }
        for processor in &processors {
            parameters(stream, processor);
        }
    }
    partition_keys(stream);
}

/// Returns the processors, or nothing when they are not all known.
fn processors<'p>(stream: &Properties<'p>, configuration: &str) -> Option<Vec<Processor<'p>>> {
    let list = format!("{configuration}/Processors");
    let mut found = Vec::new();
    for at in 0..stream.length(&list)? {
        let path = format!("{list}/{at}");
        let kind = stream.text(&format!("{path}/Type"))?;
        let count = stream.length(&format!("{path}/Parameters"));
        let parameters = count.and_then(|count| {
            let each = (0..count).map(|index| {
                let parameter = format!("{path}/Parameters/{index}");
                Some((stream.text(&format!("{parameter}/ParameterName"))?, parameter))
            });
            each.collect()
        });
        found.push(Processor { path, kind, parameters });
    }
    Some(found)
}

/// H1109: a processor has the parameters that it needs, once, and each within its range.
///
/// <https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html> for the ranges. Not confirmed on AWS: the words.
fn parameters(stream: &mut Properties<'_>, processor: &Processor<'_>) {
    let Some((kind, needed, taken)) = PARAMETERS.iter().find(|(kind, ..)| *kind == processor.kind) else {
        return;
    };
    let Some(parameters) = &processor.parameters else { return };
    for name in needed.iter().filter(|name| !parameters.iter().any(|(given, _)| given == *name)) {
        let message = format!("the {kind} processor needs the parameter {name}");
        stream.report("H1109", &format!("{}/Parameters", processor.path), Refusal::Unsure, message);
    }
    for (index, (name, path)) in parameters.iter().enumerate() {
        let at = format!("{path}/ParameterName");
        if !taken.contains(name) && PARAMETERS.iter().any(|(_, _, taken)| taken.contains(name)) {
            stream.report(
                "H1109",
                &at,
                Refusal::Unsure,
                format!("the {kind} processor takes no parameter {name}"),
            );
        }
        if parameters[..index].iter().any(|(before, _)| before == name) {
            stream.report("H1109", &at, Refusal::Unsure, format!("the parameter {name} is given twice"));
        }
        value(stream, name, &format!("{path}/ParameterValue"));
    }
}

fn value(stream: &mut Properties<'_>, name: &str, at: &str) {
    let range = match name {
        "BufferSizeInMBs" => 0.2..=3.0,
        "BufferIntervalInSeconds" => 0.0..=900.0,
        "NumberOfRetries" => 0.0..=300.0,
        "JsonParsingEngine" if stream.text(at).is_some_and(|engine| engine != "JQ-1.6") => {
            return stream.report("H1109", at, Refusal::Unsure, "JsonParsingEngine must be JQ-1.6");
        }
        "SubRecordType" if stream.text(at).is_some_and(|kind| kind != "JSON" && kind != "DELIMITED") => {
            return stream.report("H1109", at, Refusal::Unsure, "SubRecordType must be JSON or DELIMITED");
        }
        _ => return,
    };
    let is_text = stream.text(at).is_some_and(|text| text.parse::<f64>().is_err());
    let refusal = if name == "NumberOfRetries" { Refusal::Unsure } else { INVALID };
    if is_text || stream.number(at).is_some_and(|number| !range.contains(&number)) {
        let message = format!("{name} must be a number from {} to {}.", range.start(), range.end());
        stream.report("H1109", at, refusal, message);
    }
}

/// H1110: partition keys in the prefix are extracted by something.
///
/// <https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning-partitioning-keys.html>. Not confirmed on AWS: that a
/// stream is refused.
fn partition_keys(stream: &mut Properties<'_>) {
    let prefix = format!("{EXTENDED}/Prefix");
    let configuration = format!("{EXTENDED}/ProcessingConfiguration");
    let of_prefix = stream.text(&prefix).map(expressions);
    let is_off =
        stream.is_absent(&configuration) || stream.flag(&format!("{configuration}/Enabled")) == Some(false);
    let processors = if is_off { Some(Vec::new()) } else { processors(stream, &configuration) };
    let Some(processors) = processors else { return };
    let has = |kind: &str| processors.iter().any(|processor| processor.kind == kind);
    let of_prefix = of_prefix.unwrap_or_default();
    let by_query = of_prefix.iter().any(|one| matches!(one, Expression::PartitionKeyFromQuery(_)));
    let by_lambda = of_prefix.iter().any(|one| matches!(one, Expression::PartitionKeyFromLambda));
    if by_query && !has("MetadataExtraction") {
        let message = "partitionKeyFromQuery takes a MetadataExtraction processor that is enabled";
        stream.report("H1110", &prefix, Refusal::Unsure, message);
    }
    if by_lambda && !has("Lambda") {
        let message = "partitionKeyFromLambda takes a Lambda processor that is enabled";
        stream.report("H1110", &prefix, Refusal::Unsure, message);
    }
    let is_partitioned = format!("{EXTENDED}/DynamicPartitioningConfiguration/Enabled");
    let is_whole = stream.is_absent(&is_partitioned) || stream.flag(&is_partitioned) == Some(false);
    if is_whole {
        for processor in processors.iter().filter(|one| one.kind == "MetadataExtraction") {
            let message = "the MetadataExtraction processor takes dynamic partitioning that is enabled";
            stream.report("H1110", &processor.path, Refusal::Unsure, message);
        }
    }
    for processor in processors.iter().filter(|one| one.kind == "MetadataExtraction") {
        let parameters = processor.parameters.iter().flatten();
        let query = parameters.clone().find(|(name, _)| *name == "MetadataExtractionQuery");
        let query = query.and_then(|(_, path)| stream.text(&format!("{path}/ParameterValue")));
        let Some(keys) = query.and_then(keys_of) else { continue };
        for expression in &of_prefix {
            if let Expression::PartitionKeyFromQuery(key) = expression
                && !keys.contains(key)
            {
                let message = format!("the query extracts no key {key}, only {}", keys.join(", "));
                stream.report("H1110", &prefix, Refusal::Unsure, message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::breaches;

    fn of(extended: &Value) -> Vec<String> {
        let stream =
            json!({"DeliveryStreamType": "DirectPut", "ExtendedS3DestinationConfiguration": extended});
        breaches("AWS::KinesisFirehose::DeliveryStream", &stream)
    }

    fn lambda(parameters: &Value) -> usize {
        of(&json!({"ProcessingConfiguration": {"Enabled": true, "Processors": [{"Type": "Lambda", "Parameters": parameters}]}})).len()
    }

    #[test]
    fn wants_parameters_of_the_processor_within_their_ranges() {
        let parameter = |name: &str, value: &str| json!({"ParameterName": name, "ParameterValue": value});
        let function = parameter("LambdaArn", "arn:aws:lambda:us-east-1:111122223333:function:f");
        assert_eq!(
            lambda(&json!([function, parameter("BufferSizeInMBs", "3"), parameter("NumberOfRetries", "0")])),
            0
        );
        assert_eq!(lambda(&json!([parameter("BufferSizeInMBs", "1")])), 1);
        for (name, value) in [
            ("BufferSizeInMBs", "6"),
            ("BufferSizeInMBs", "one"),
            ("BufferIntervalInSeconds", "901"),
            ("NumberOfRetries", "301"),
            ("MetadataExtractionQuery", "{a: .a}"),
            ("LambdaArn", "arn:aws:lambda:us-east-1:111122223333:function:f"),
        ] {
            assert_eq!(lambda(&json!([function, parameter(name, value)])), 1, "{name} {value}");
        }
    }

    #[test]
    fn wants_keys_that_something_extracts() {
        let stream = |prefix: &str, query: &str| {
            let found = of(&json!({
                "Prefix": prefix, "ErrorOutputPrefix": "failed/", "DynamicPartitioningConfiguration": {"Enabled": true},
                "ProcessingConfiguration": {"Enabled": true, "Processors": [{"Type": "MetadataExtraction", "Parameters": [
                    {"ParameterName": "MetadataExtractionQuery", "ParameterValue": query},
                    {"ParameterName": "JsonParsingEngine", "ParameterValue": "JQ-1.6"},
                ]}]},
            }));
            found.len()
        };
        assert_eq!(stream("!{partitionKeyFromQuery:id}/", "{id: .id}"), 0);
        assert_eq!(stream("!{partitionKeyFromQuery:id}/", "{id: .a | strftime(\"%Y: x\"), \"b\": .b}"), 0);
        assert_eq!(stream("!{partitionKeyFromQuery:id}/", ".whatever"), 0);
        assert_eq!(stream("!{partitionKeyFromQuery:id}/", "{other: .id}"), 1);
        assert_eq!(stream("!{partitionKeyFromLambda:id}/", "{id: .id}"), 1);
    }
}
