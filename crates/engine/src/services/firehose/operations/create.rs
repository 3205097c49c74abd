//! CreateDeliveryStream: everything that AWS checks before a delivery stream exists.

use std::sync::{Arc, PoisonError};

use serde::Deserialize;
use serde_json::{Value, json};

use super::tags::{self, Tag};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::firehose::Firehose;
use crate::services::firehose::delivery;
use crate::services::firehose::destination::{Configuration, Settings, is_role};
use crate::services::firehose::refusal::{self, invalid_argument};
use crate::services::firehose::session;
use crate::services::firehose::source;
use crate::services::firehose::stream::{self, DeliveryStream, Description, Encryption, Source};
use crate::wire::constraints::Constraints;
use crate::wire::json::Reply;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct NewDeliveryStream {
    pub delivery_stream_name: Option<String>,
    delivery_stream_type: Option<String>,
    direct_put_source_configuration: Option<Value>,
    kinesis_stream_source_configuration: Option<Source>,
    delivery_stream_encryption_configuration_input: Option<Encryption>,
    #[serde(rename = "S3DestinationConfiguration")]
    s3_destination_configuration: Option<Configuration>,
    #[serde(rename = "ExtendedS3DestinationConfiguration")]
    extended_s3_destination_configuration: Option<Configuration>,
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// Destinations and sources that this engine does not have, under their names.
    #[serde(flatten)]
    rest: serde_json::Map<String, Value>,
}

const TYPES: [&str; 4] = ["DirectPut", "KinesisStreamAsSource", "MSKAsSource", "DatabaseAsSource"];

impl NewDeliveryStream {
    fn check(&self) -> Result<(), AwsError> {
        let mut check = Constraints::default();
        check.present("deliveryStreamName", self.delivery_stream_name.is_some());
        check.name("deliveryStreamName", self.delivery_stream_name.as_deref(), 64);
        check.one_of("deliveryStreamType", self.delivery_stream_type.as_deref(), &TYPES);
        if let Some(configuration) = &self.s3_destination_configuration {
            configuration.check(&mut check, "s3DestinationConfiguration", false);
        }
        if let Some(configuration) = &self.extended_s3_destination_configuration {
            configuration.check(&mut check, "extendedS3DestinationConfiguration", false);
        }
        if let Some(source) =
            self.kinesis_stream_source_configuration.as_ref().filter(|s| !is_role(&s.role_arn))
        {
            let pattern = "satisfy regular expression pattern: arn:.*:iam::\\d{12}:role/.+";
            check.note("kinesisStreamSourceConfiguration.roleARN", &source.role_arn, pattern);
        }
        check.finish()?;
        tags::check(&self.tags)?;
        for (name, value) in &self.rest {
            if !value.is_null() && name.ends_with("Configuration") {
                return Err(AwsError::not_supported(name));
            }
        }
        Ok(())
    }

    /// Returns the one destination, and whether it is an extended one.
    fn destination(&self) -> Result<(Configuration, bool), AwsError> {
        match (&self.s3_destination_configuration, &self.extended_s3_destination_configuration) {
            (Some(plain), None) => {
                // The older kind has no more than these.
                Ok((plain.plain(), false))
            }
            (None, Some(extended)) => Ok((extended.clone(), true)),
            _ => Err(invalid_argument("Exactly one destination configuration is supported for a Firehose")),
        }
    }

    fn source(&self) -> Result<Option<Source>, AwsError> {
        let kind = self.delivery_stream_type.as_deref().unwrap_or("DirectPut");
        if kind != "DirectPut" && self.direct_put_source_configuration.is_some() {
            // Not confirmed on AWS: the wording, which is that of the opposite case.
            return Err(invalid_argument(format!(
                "DirectPutSourceConfiguration is not applicable for {kind} delivery stream type."
            )));
        }
        match (kind, &self.kinesis_stream_source_configuration) {
            ("DirectPut", None) => Ok(None),
            ("DirectPut", Some(_)) => Err(invalid_argument(
                "KinesisSourceStreamConfig is not applicable for DirectPut delivery stream type.",
            )),
            ("KinesisStreamAsSource", Some(source)) => Ok(Some(source.clone())),
            // Not confirmed on AWS: the wording.
            ("KinesisStreamAsSource", None) => Err(invalid_argument(
                "KinesisSourceStreamConfig is required for KinesisStreamAsSource delivery stream type.",
            )),
            (other, _) => Err(AwsError::not_supported(format_args!("the delivery stream type {other}"))),
        }
    }
}

impl Firehose {
    pub fn create_delivery_stream(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: NewDeliveryStream,
    ) -> Result<Reply, AwsError> {
        let arn = self.create(aws, caller, input)?;
        Reply::of(&json!({"DeliveryStreamARN": arn}))
    }

    /// Makes a delivery stream, which is ACTIVE at once; returns its ARN.
    pub fn create(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: NewDeliveryStream,
    ) -> Result<String, AwsError> {
        input.check()?;
        let name = input.delivery_stream_name.clone().unwrap_or_default();
        let arn = stream::arn(&caller.account, &caller.region, &name);
        aws.services.iam.authorize(caller, "firehose:CreateDeliveryStream", &arn, None, &[])?;
        let (destination, is_extended) = input.destination()?;
        let source = input.source()?;
        if self.existing(caller, &name).is_some() {
            return Err(refusal::exists(&name, &caller.account));
        }
        check_destination(aws, caller, &destination.settings()?)?;
        if let Some(source) = &source {
            check_source(aws, caller, source)?;
        }
        let hint = input.direct_put_source_configuration.as_ref();
        let description = Description {
            id: rand::random(),
            name: name.clone(),
            account: caller.account.clone(),
            region: caller.region.clone(),
            source,
            throughput_hint: hint.and_then(|hint| hint.get("ThroughputHintInMBs")).and_then(Value::as_i64),
            version: 1,
            created_at: aws.clock.now(),
            updated_at: None,
            destination,
            is_extended,
            tags: input.tags.into_iter().map(|tag| (tag.key, tag.value.unwrap_or_default())).collect(),
            encryption: input.delivery_stream_encryption_configuration_input,
        };
        self.open_stream(aws, description)?;
        Ok(arn)
    }

    fn open_stream(&self, aws: &Arc<Aws>, description: Description) -> Result<(), AwsError> {
        let mut streams = self.streams.write().unwrap_or_else(PoisonError::into_inner);
        let key = description.key();
        if streams.contains_key(&key) {
            return Err(refusal::exists(&description.name, &description.account));
        }
        if let Some(source) = &description.source {
            // The positions belong to Firehose, so the role's rights to read do not matter yet.
            let own = Caller::administrator(&description.account, &description.region);
            source::begin_at_latest(aws, &own, &self.checkpoints, description.id, &source.stream_arn)?;
        }
        self.table.put(&key, &description)?;
        let stream = Arc::new(DeliveryStream::open(description, &self.backlog)?);
        streams.insert(key, Arc::clone(&stream));
        aws.spawn(delivery::run(Arc::clone(aws), stream));
        Ok(())
    }
}

/// Refuses a destination whose role Firehose cannot take on, or whose bucket does not exist.
pub fn check_destination(aws: &Aws, caller: &Caller, settings: &Settings) -> Result<(), AwsError> {
    if let Some(backup) = &settings.backup {
        check_destination(aws, caller, backup)?;
    }
    let mut roles = vec![&settings.role_arn];
    roles.extend(settings.transform.as_ref().map(|processor| &processor.role_arn));
    for role_arn in roles {
        session::assume_in(aws, &caller.account, &caller.region, role_arn)
            .map_err(|_| refusal::unable_to_assume(role_arn))?;
    }
    let own = Caller::administrator(&caller.account, &caller.region);
    match aws.services.s3.head_bucket(aws, &own, &settings.bucket) {
        // Not confirmed on AWS: the wording. A bucket that denies is one of another account.
        Err(error) if error.code == "NoSuchBucket" || error.status == 404 => {
            Err(invalid_argument(format!("The specified S3 bucket {} does not exist.", settings.bucket)))
        }
        _ => Ok(()),
    }
}

/// Refuses a source that does not exist, or that its role may not describe.
fn check_source(aws: &Aws, caller: &Caller, source: &Source) -> Result<(), AwsError> {
    let role_arn = &source.role_arn;
    let session = session::assume_in(aws, &caller.account, &caller.region, role_arn)
        .map_err(|_| refusal::unable_to_assume(role_arn))?;
    aws.services.iam.authorize(&session, "kinesis:DescribeStream", &source.stream_arn, None, &[]).map_err(
        |_| {
            invalid_argument(format!(
                "Role {role_arn} is not authorized to perform: kinesis:DescribeStream on resource {}.",
                source.stream_arn
            ))
        },
    )?;
    let own = Caller::administrator(&caller.account, &caller.region);
    aws.services.kinesis.shards(aws, &own, &source.stream_arn)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(input: Value) -> String {
        let input: NewDeliveryStream = serde_json::from_value(input).unwrap();
        input.source().unwrap_err().message
    }

    #[test]
    fn takes_the_source_of_its_type_only() {
        let hint = json!({"ThroughputHintInMBs": 1});
        let both =
            json!({"DeliveryStreamType": "KinesisStreamAsSource", "DirectPutSourceConfiguration": hint});
        assert_eq!(
            refusal(both),
            "DirectPutSourceConfiguration is not applicable for KinesisStreamAsSource delivery stream type."
        );
        let none = json!({"DeliveryStreamType": "KinesisStreamAsSource"});
        assert!(refusal(none).starts_with("KinesisSourceStreamConfig is required"));
    }
}
