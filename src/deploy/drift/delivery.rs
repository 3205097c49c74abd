//! Delivery streams, which CloudFormation does not check: read from Firehose and compared with the template.
//!
//! The template's destination is compared with the live one member by member; what the template does not give counts
//! as Firehose's default, so that a prefix or processor that somebody added is found. Only S3 destinations are known.

mod live;
mod update;

use aws_sdk_firehose::types::DeliveryStreamDescription;
use serde_json::{Map, Value, json};

use super::deployed::{Deployed, is_open};
use super::{Difference, FoundBy, ResourceDrift, Status};
use crate::aws::{Clients, code, failure};
use crate::error::Result;

pub const TYPE: &str = "AWS::KinesisFirehose::DeliveryStream";

/// The properties that hold a destination.
const DESTINATIONS: [&str; 2] = ["ExtendedS3DestinationConfiguration", "S3DestinationConfiguration"];

/// Members of a destination that are not compared.
const NOT_COMPARED: [&str; 2] = ["DataFormatConversionConfiguration", "DynamicPartitioningConfiguration"];

/// The property that encrypts what a delivery stream buffers.
const ENCRYPTION: &str = "DeliveryStreamEncryptionConfigurationInput";

/// Returns how a delivery stream differs from the template that it was deployed with.
pub async fn compare(
    clients: &Clients,
    deployed: &Deployed,
    logical_id: &str,
    physical_id: &str,
) -> Result<Option<ResourceDrift>> {
    let drift = |status, differences, reason| {
        Some(ResourceDrift {
            logical_id: logical_id.to_owned(),
            resource_type: TYPE.to_owned(),
            physical_id: Some(physical_id.to_owned()),
            status,
            found_by: FoundBy::Service,
            differences,
            reason,
        })
    };
    let unknown = |reason: &str| drift(Status::Unknown, Vec::new(), Some(reason.to_owned()));
    let Some(stream) = describe(clients, physical_id).await? else {
        return Ok(drift(Status::Deleted, Vec::new(), None));
    };
    let Some(properties) = deployed.properties(logical_id) else {
        return Ok(unknown("its properties cannot be worked out from outside the stack"));
    };
    let Some((name, expected)) = destination(&properties) else {
        return Ok(unknown("it does not deliver to S3"));
    };
    let live = live::destination(&stream);
    let mut differences = Vec::new();
    compare_values(name, &expected, &live, &mut differences);
    let encryption = properties.get(ENCRYPTION).cloned().unwrap_or_default();
    compare_values(ENCRYPTION, &encryption, &live::encryption(&stream), &mut differences);
    Ok(if differences.is_empty() { None } else { drift(Status::Modified, differences, None) })
}

/// Gives a delivery stream the destination again that the template gives it.
pub async fn revert(
    clients: &Clients,
    deployed: &Deployed,
    drift: &ResourceDrift,
) -> Result<std::result::Result<&'static str, String>> {
    let gone = || Ok(Err("it cannot be read any more".to_owned()));
    let Some(name) = &drift.physical_id else { return gone() };
    let Some(stream) = describe(clients, name).await? else { return gone() };
    let properties = deployed.properties(&drift.logical_id).unwrap_or_default();
    let Some((_, expected)) = destination(&properties) else { return gone() };
    if drift.differences.iter().any(|difference| difference.path.starts_with(ENCRYPTION)) {
        return Ok(Err("its encryption is put back by StartDeliveryStreamEncryption and \
                       StopDeliveryStreamEncryption, which hydrant does not call"
            .to_owned()));
    }
    let changed: Vec<&str> = drift.differences.iter().filter_map(|one| one.path.split('.').nth(1)).collect();
    let update = match update::destination(&expected, &changed) {
        Ok(update) => update,
        Err(member) => return Ok(Err(format!("`{member}` cannot be worked out from outside the stack"))),
    };
    let destination = stream.destinations().first().map(|one| one.destination_id()).unwrap_or_default();
    let request = clients.firehose.update_destination().delivery_stream_name(name);
    let request = request.current_delivery_stream_version_id(stream.version_id());
    let request = request.destination_id(destination).extended_s3_destination_update(update);
    request.send().await.map_err(|error| failure(format!("put the destination of {name} back"), error))?;
    Ok(Ok("UpdateDestination"))
}

async fn describe(clients: &Clients, name: &str) -> Result<Option<DeliveryStreamDescription>> {
    match clients.firehose.describe_delivery_stream().delivery_stream_name(name).send().await {
        Ok(output) => Ok(output.delivery_stream_description),
        Err(error) if code(&error) == Some("ResourceNotFoundException") => Ok(None),
        Err(error) => Err(failure(format!("read the delivery stream {name}"), error)),
    }
}

/// Returns the destination that a template gives, with Firehose's defaults where it gives nothing.
fn destination(properties: &Value) -> Option<(&'static str, Value)> {
    let name = DESTINATIONS.into_iter().find(|name| properties.get(name).is_some())?;
    let mut expected = json!({
        "Prefix": "",
        "ErrorOutputPrefix": "",
        "CompressionFormat": "UNCOMPRESSED",
        "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 300},
        "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
        "ProcessingConfiguration": {"Enabled": false, "Processors": []},
        "CloudWatchLoggingOptions": {"Enabled": false},
        "S3BackupMode": "Disabled",
    });
    let given = properties.get(name)?;
    overlay(&mut expected, given);
    if let Some(members) = expected.as_object_mut() {
        // Neither is read, and with either Firehose has other defaults.
        let is_special = NOT_COMPARED.iter().any(|member| members.remove(*member).is_some());
        let has_fewer = name == DESTINATIONS[1];
        members.retain(|member, _| {
            let is_default = given.get(member).is_none();
            let is_extended = member == "ProcessingConfiguration" || member == "S3BackupMode";
            let is_special = is_special && (member == "BufferingHints" || member == "CompressionFormat");
            !is_default || !(has_fewer && is_extended || is_special)
        });
    }
    if expected.pointer("/ProcessingConfiguration/Enabled") == Some(&json!(false)) {
        // Processors that do nothing are kept, or not, as Firehose likes.
        expected["ProcessingConfiguration"] = json!({"Enabled": false});
    }
    Some((name, expected))
}

fn overlay(base: &mut Value, given: &Value) {
    match (base, given) {
        (Value::Object(base), Value::Object(given)) => {
            for (name, value) in given {
                let is_choice = name == "EncryptionConfiguration";
                match base.get_mut(name).filter(|_| !is_choice) {
                    Some(known) => overlay(known, value),
                    None => {
                        base.insert(name.clone(), value.clone());
                    }
                }
            }
        }
        (base, given) => *base = given.clone(),
    }
}

/// Adds where what is live differs from what is expected; what is open in the template is left out.
fn compare_values(path: &str, expected: &Value, live: &Value, found: &mut Vec<Difference>) {
    match (expected, live) {
        (Value::Object(members), _) if is_function(members) => {}
        (Value::Object(expected), Value::Object(live)) => {
            for (name, value) in expected {
                let live = live.get(name).unwrap_or(&Value::Null);
                compare_values(&format!("{path}.{name}"), value, live, found);
            }
        }
        (Value::Array(expected), Value::Array(live)) => compare_lists(path, expected, live, found),
        (expected, live) if is_same(expected, live) => {}
        (expected, live) => {
            found.push(Difference { path: path.to_owned(), template: expected.clone(), live: live.clone() })
        }
    }
}

/// Compares processors by their places and their parameters by names; Firehose adds parameters with defaults.
fn compare_lists(path: &str, expected: &[Value], live: &[Value], found: &mut Vec<Difference>) {
    let name = |item: &Value| item.get("ParameterName").and_then(Value::as_str).map(str::to_owned);
    let has_names = expected.iter().any(|item| name(item).is_some());
    for (index, item) in expected.iter().enumerate() {
        let partner = match name(item) {
            Some(wanted) => live.iter().find(|other| name(other).as_ref() == Some(&wanted)),
            None => live.get(index),
        };
        let path = format!("{path}.{}", name(item).unwrap_or_else(|| index.to_string()));
        match (name(item), partner) {
            (Some(_), Some(partner)) => {
                compare_values(&path, &item["ParameterValue"], &partner["ParameterValue"], found);
            }
            (_, partner) => compare_values(&path, item, partner.unwrap_or(&Value::Null), found),
        }
    }
    for (index, item) in live.iter().enumerate().skip(expected.len()).filter(|_| !has_names) {
        let path = format!("{path}.{index}");
        found.push(Difference { path, template: Value::Null, live: item.clone() });
    }
}

fn is_function(members: &Map<String, Value>) -> bool {
    members.len() == 1 && members.keys().all(|name| name == "Ref" || name.starts_with("Fn::"))
}

fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::Object(_) | Value::Array(_))
}

/// Whether two values say the same: numbers may be text, and nothing is what is empty or off.
fn is_same(expected: &Value, live: &Value) -> bool {
    let text = |value: &Value| match value {
        Value::Null | Value::Bool(false) => String::new(),
        // A function without a qualifier is its newest version.
        Value::String(text) => text.trim_end_matches(":$LATEST").to_owned(),
        other => other.to_string(),
    };
    match (expected, live) {
        (Value::Object(members), Value::Null) => members.values().all(|member| is_same(member, &Value::Null)),
        (Value::Array(items), Value::Null) => items.is_empty(),
        _ => is_scalar(expected) && is_scalar(live) && text(expected) == text(live),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(properties: &Value, live: &Value) -> Vec<String> {
        let (name, expected) = destination(properties).unwrap();
        let mut found = Vec::new();
        compare_values(name, &expected, live, &mut found);
        let within = format!("{name}.");
        found.into_iter().map(|one| one.path.replace(&within, "")).collect()
    }

    fn live() -> Value {
        json!({
            "BucketARN": "b", "RoleARN": "r", "CompressionFormat": "GZIP", "S3BackupMode": "Disabled",
            "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 60},
            "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
            "ProcessingConfiguration": {"Enabled": true, "Processors": [{"Type": "Lambda", "Parameters": [
                {"ParameterName": "LambdaArn", "ParameterValue": "f:$LATEST"},
                {"ParameterName": "NumberOfRetries", "ParameterValue": "3"},
            ]}]},
            "CloudWatchLoggingOptions": {"Enabled": false},
        })
    }

    fn template() -> Value {
        json!({"ExtendedS3DestinationConfiguration": {
            "BucketARN": {"Fn::GetAtt": ["Elsewhere", "Arn"]}, "RoleARN": "r", "CompressionFormat": "GZIP",
            "BufferingHints": {"SizeInMBs": "1", "IntervalInSeconds": 60},
            "ProcessingConfiguration": {"Enabled": "true", "Processors": [{"Type": "Lambda", "Parameters": [
                {"ParameterName": "LambdaArn", "ParameterValue": "f"},
            ]}]},
        }})
    }

    #[test]
    fn takes_for_the_same_what_says_the_same() {
        assert_eq!(paths(&template(), &live()), [""; 0]);
    }

    #[test]
    fn leaves_aside_what_it_does_not_read() {
        let mut template = template();
        let destination = &mut template["ExtendedS3DestinationConfiguration"];
        destination["DynamicPartitioningConfiguration"] = json!({"Enabled": true});
        destination.as_object_mut().unwrap().remove("BufferingHints");
        let mut live = live();
        live["BufferingHints"]["SizeInMBs"] = json!(128);
        assert_eq!(paths(&template, &live), [""; 0]);
    }

    #[test]
    fn finds_what_was_changed_and_what_was_added() {
        let mut live = live();
        live["BufferingHints"]["IntervalInSeconds"] = json!(300);
        live["Prefix"] = json!("gps/");
        live["S3BackupMode"] = json!("Enabled");
        live["ProcessingConfiguration"]["Processors"][0]["Parameters"][0]["ParameterValue"] = json!("g");
        let delimiter = json!({"Type": "AppendDelimiterToRecord", "Parameters": []});
        live["ProcessingConfiguration"]["Processors"].as_array_mut().unwrap().push(delimiter);
        let expected = [
            "BufferingHints.IntervalInSeconds",
            "Prefix",
            "ProcessingConfiguration.Processors.0.Parameters.LambdaArn",
            "ProcessingConfiguration.Processors.1",
            "S3BackupMode",
        ];
        let mut paths = paths(&template(), &live);
        paths.sort();
        assert_eq!(paths, expected);
    }
}
