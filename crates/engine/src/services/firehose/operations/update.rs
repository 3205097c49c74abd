//! UpdateDestination, and the switch of server-side encryption.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::StreamOnly;
use super::create::check_destination;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::firehose::Firehose;
use crate::services::firehose::destination::Configuration;
use crate::services::firehose::refusal::invalid_argument;
use crate::services::firehose::stream::{DESTINATION_ID, DeliveryStream, Encryption};
use crate::wire::constraints::Constraints;
use crate::wire::json::Reply;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateDestination {
    delivery_stream_name: Option<String>,
    current_delivery_stream_version_id: Option<String>,
    destination_id: Option<String>,
    #[serde(rename = "S3DestinationUpdate")]
    s3_destination_update: Option<Configuration>,
    #[serde(rename = "ExtendedS3DestinationUpdate")]
    extended_s3_destination_update: Option<Configuration>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StartEncryption {
    delivery_stream_name: Option<String>,
    delivery_stream_encryption_configuration_input: Option<Encryption>,
}

impl Firehose {
    pub fn update_destination(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: UpdateDestination,
    ) -> Result<Reply, AwsError> {
        let mut check = Constraints::default();
        check.present("currentDeliveryStreamVersionId", input.current_delivery_stream_version_id.is_some());
        check.present("destinationId", input.destination_id.is_some());
        if let Some(update) = &input.s3_destination_update {
            update.check(&mut check, "s3DestinationUpdate", true);
        }
        if let Some(update) = &input.extended_s3_destination_update {
            update.check(&mut check, "extendedS3DestinationUpdate", true);
        }
        check.finish()?;
        let unsupported =
            input.rest.iter().find(|(name, value)| name.ends_with("Update") && !value.is_null());
        if let Some((name, _)) = unsupported {
            return Err(AwsError::not_supported(name));
        }
        let name = input.delivery_stream_name.as_deref();
        let stream = self.target(aws, caller, "firehose:UpdateDestination", name)?;
        let (update, is_extended) = match (input.s3_destination_update, input.extended_s3_destination_update)
        {
            (Some(update), None) => (update, false),
            (None, Some(update)) => (update, true),
            // Not confirmed on AWS: the wording.
            _ => return Err(invalid_argument("Exactly one destination update is supported for a Firehose")),
        };
        let id = input.destination_id.unwrap_or_default();
        if id != DESTINATION_ID {
            return Err(invalid_argument(format!("Destination Id {id} not found")));
        }
        let description = stream.description();
        let destination = description.destination.merged(update);
        let is_extended = is_extended || description.is_extended;
        let expected = input.current_delivery_stream_version_id.unwrap_or_default();
        self.replace_destination(aws, caller, &stream, destination, is_extended, Some(&expected))?;
        Ok(Reply::empty())
    }

    /// Checks a destination and puts it in the place of the present one.
    ///
    /// When a version is expected, another update must not have come between.
    pub fn replace_destination(
        &self,
        aws: &Aws,
        caller: &Caller,
        stream: &DeliveryStream,
        destination: Configuration,
        is_extended: bool,
        expected_version: Option<&str>,
    ) -> Result<(), AwsError> {
        check_destination(aws, caller, &destination.settings()?)?;
        let now = aws.clock.now();
        self.change(stream, |description| {
            if let Some(expected) = expected_version.filter(|expected| *expected != description.version.to_string()) {
                return Err(AwsError::new(
                    "ConcurrentModificationException",
                    format!(
                        "Cannot update firehose: {} since the current version id: {} and specified version id: \
                         {expected} do not match",
                        description.name, description.version
                    ),
                ));
            }
            if description.destination.keeps_backup() && !destination.keeps_backup() {
                // Not confirmed on AWS: the wording.
                return Err(invalid_argument("S3BackupMode cannot be disabled once it has been enabled."));
            }
            description.destination = destination;
            description.is_extended = is_extended;
            description.version += 1;
            description.updated_at = Some(now);
            Ok(())
        })
    }

    pub fn start_encryption(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: &StartEncryption,
    ) -> Result<Reply, AwsError> {
        let name = input.delivery_stream_name.as_deref();
        let stream = self.target(aws, caller, "firehose:StartDeliveryStreamEncryption", name)?;
        let own_key = Encryption { key_arn: None, key_type: Some("AWS_OWNED_CMK".to_owned()) };
        let encryption = input.delivery_stream_encryption_configuration_input.clone().unwrap_or(own_key);
        self.encrypt(&stream, Some(encryption))?;
        Ok(Reply::empty())
    }

    pub fn stop_encryption(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: &StreamOnly,
    ) -> Result<Reply, AwsError> {
        let name = input.delivery_stream_name.as_deref();
        let stream = self.target(aws, caller, "firehose:StopDeliveryStreamEncryption", name)?;
        self.encrypt(&stream, None)?;
        Ok(Reply::empty())
    }

    /// Notes the encryption that was asked for.
    pub fn encrypt(&self, stream: &DeliveryStream, encryption: Option<Encryption>) -> Result<(), AwsError> {
        self.change(stream, |description| {
            if encryption.is_some() && description.source.is_some() {
                // Not confirmed on AWS: the wording.
                return Err(invalid_argument(
                    "Server-side encryption is not applicable for KinesisStreamAsSource delivery stream type.",
                ));
            }
            description.encryption = encryption;
            Ok(())
        })
    }
}
