//! `AWS::KinesisFirehose::DeliveryStream`: a delivery stream as CloudFormation makes, changes and deletes it.
//!
//! Properties have the shapes of the API, so they are read as its input. Name, type and source replace a
//! delivery stream; its destination, tags and encryption change in place.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::destination::Configuration;
use super::operations::{NewDeliveryStream, Tag, check_tags};
use super::stream::{self, Encryption};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType};
use crate::wire::constraints::Constraints;

pub struct DeliveryStreamResource;

/// Reads a part of the properties; numbers and truth values may be written as text in a template.
fn read<T: serde::de::DeserializeOwned>(mut value: Value) -> Result<T, AwsError> {
    coerce(&mut value);
    serde_json::from_value(value).map_err(|error| AwsError::new("ValidationException", error.to_string()))
}

fn coerce(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (name, value) in object.iter_mut() {
                let text = value.as_str().map(str::to_owned);
                match (name.as_str(), text) {
                    ("SizeInMBs" | "IntervalInSeconds" | "ThroughputHintInMBs", Some(text)) => {
                        if let Ok(number) = text.parse::<i64>() {
                            *value = json!(number);
                        }
                    }
                    ("Enabled", Some(text)) if text == "true" || text == "false" => {
                        *value = json!(text == "true")
                    }
                    ("ParameterValue", None) if value.is_number() => *value = json!(value.to_string()),
                    _ => coerce(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(coerce),
        _ => {}
    }
}

fn resource(request: &ResourceRequest<'_>, name: &str) -> Resource {
    let caller = request.caller;
    Resource::new(name, [("Arn", stream::arn(&caller.account, &caller.region, name).into())])
}

#[async_trait]
impl ResourceType for DeliveryStreamResource {
    fn type_name(&self) -> &'static str {
        "AWS::KinesisFirehose::DeliveryStream"
    }

    fn properties(&self) -> &'static [&'static str] {
        &[
            "DeliveryStreamName",
            "DeliveryStreamType",
            "ExtendedS3DestinationConfiguration",
            "KinesisStreamSourceConfiguration",
            "S3DestinationConfiguration",
            "Tags",
        ]
    }

    fn remembered(&self) -> &'static [&'static str] {
        &["DeliveryStreamEncryptionConfigurationInput", "DirectPutSourceConfiguration"]
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        let firehose = &aws.services.firehose;
        let name = request.name("DeliveryStreamName", 64);
        let mut properties = request.properties.clone();
        if let Some(properties) = properties.as_object_mut() {
            properties.remove("Tags");
        }
        let mut new: NewDeliveryStream = read(properties)?;
        new.delivery_stream_name = Some(name.clone());
        new.tags =
            request.all_tags().into_iter().map(|(key, value)| Tag { key, value: Some(value) }).collect();
        match firehose.create(aws, request.caller, new) {
            Err(error) if error.code == "ResourceInUseException" && is_own(aws, &name, request) => {}
            created => {
                created?;
            }
        }
        Ok(resource(request, &name))
    }

    async fn update(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
        previous: &Value,
    ) -> Result<Resource, AwsError> {
        let firehose = &aws.services.firehose;
        let stream = firehose.stream(request.caller, physical_id)?;
        let arn = stream.description().arn();
        let changed = |name: &str| request.properties.get(name) != previous.get(name);
        for (name, is_extended) in
            [("S3DestinationConfiguration", false), ("ExtendedS3DestinationConfiguration", true)]
        {
            let Some(wanted) = request.properties.get(name).filter(|_| changed(name)) else { continue };
            aws.services.iam.authorize(request.caller, "firehose:UpdateDestination", &arn, None, &[])?;
            let wanted: Configuration = read(wanted.clone())?;
            let mut check = Constraints::default();
            check_field(&wanted, &mut check, is_extended);
            check.finish()?;
            firehose.replace_destination(aws, request.caller, &stream, wanted, is_extended, None)?;
        }
        let name = "DeliveryStreamEncryptionConfigurationInput";
        if changed(name) {
            let encryption: Option<Encryption> =
                request.properties.get(name).cloned().map(read).transpose()?;
            firehose.encrypt(&stream, encryption)?;
        }
        let wanted = request.all_tags();
        let list: Vec<Tag> =
            wanted.iter().map(|(key, value)| Tag { key: key.clone(), value: Some(value.clone()) }).collect();
        check_tags(&list)?;
        if stream.description().tags != wanted {
            firehose.set_tags(&stream, wanted)?;
        }
        Ok(resource(request, physical_id))
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<(), AwsError> {
        let caller = request.caller;
        let arn = stream::arn(&caller.account, &caller.region, physical_id);
        aws.services.iam.authorize(caller, "firehose:DeleteDeliveryStream", &arn, None, &[])?;
        match aws.services.firehose.existing(caller, physical_id) {
            Some(stream) => aws.services.firehose.delete(&stream),
            None => Ok(()),
        }
    }
}

fn check_field(wanted: &Configuration, check: &mut Constraints, is_extended: bool) {
    let field = if is_extended { "extendedS3DestinationUpdate" } else { "s3DestinationUpdate" };
    wanted.check(check, field, false);
}

/// Says whether a delivery stream was made by an earlier, interrupted attempt at the same resource.
fn is_own(aws: &Aws, name: &str, request: &ResourceRequest<'_>) -> bool {
    let existing = aws.services.firehose.existing(request.caller, name);
    existing.is_some_and(|stream| request.has_made(&stream.description().tags))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_that_a_template_writes_as_text() {
        let value = json!({
            "BufferingHints": {"SizeInMBs": "1", "IntervalInSeconds": 60},
            "CloudWatchLoggingOptions": {"Enabled": "true"},
            "ProcessingConfiguration": {"Enabled": true, "Processors": [
                {"Type": "Lambda", "Parameters": [{"ParameterName": "NumberOfRetries", "ParameterValue": 2}]},
            ]},
        });
        let configuration: Configuration = read(value).unwrap();
        assert_eq!(configuration.buffering_hints.unwrap().size, Some(1));
        assert_eq!(configuration.cloud_watch_logging_options.unwrap().enabled, Some(true));
        let processors = configuration.processing_configuration.unwrap().processors;
        assert_eq!(processors[0].parameters[0].parameter_value.as_deref(), Some("2"));
    }
}
