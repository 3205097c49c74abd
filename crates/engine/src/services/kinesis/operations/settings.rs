//! What can be changed of a stream besides its shards: retention, mode, and encryption as metadata.

use std::sync::Arc;

use serde::Deserialize;

use super::lifecycle::{StreamModeDetails, check_mode, stream_mode};
use super::scale::DAY;
use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::kinesis::Kinesis;
use crate::services::kinesis::refusal;
use crate::services::kinesis::stream::{Description, Stream, StreamMode};
use crate::wire::constraints::Constraints;
use crate::wire::json::Reply;

const LEAST_RETENTION: i64 = 24;
const MOST_RETENTION: i64 = 8760;
const SWITCHES_PER_DAY: usize = 2;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Retention {
    stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    retention_period_hours: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateStreamMode {
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    stream_mode_details: Option<StreamModeDetails>,
    #[serde(rename = "WarmThroughputMiBps")]
    warm_throughput: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Encryption {
    stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    encryption_type: Option<String>,
    key_id: Option<String>,
}

impl Kinesis {
    pub fn increase_retention(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: &Retention,
    ) -> Result<Reply, AwsError> {
        let action = "kinesis:IncreaseStreamRetentionPeriod";
        self.update_retention(aws, caller, action, input, |description, hours| {
            let current = i64::from(description.retention_hours);
            if hours < current {
                return Err(refusal::invalid_argument(format!(
                    "Requested retention period ({hours} hours) for stream {} can not be shorter than existing \
                     retention period ({current} hours). Use DecreaseRetentionPeriod API.",
                    description.name
                )));
            }
            Ok(())
        })
    }

    pub fn decrease_retention(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: &Retention,
    ) -> Result<Reply, AwsError> {
        let action = "kinesis:DecreaseStreamRetentionPeriod";
        self.update_retention(aws, caller, action, input, |description, hours| {
            let current = i64::from(description.retention_hours);
            if hours > current {
                return Err(refusal::invalid_argument(format!(
                    "Requested retention period ({hours} hours) for stream {} can not be longer than existing \
                     retention period ({current} hours). Use IncreaseRetentionPeriod API.",
                    description.name
                )));
            }
            Ok(())
        })
    }

    fn update_retention(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        action: &str,
        input: &Retention,
        check_direction: impl FnOnce(&Description, i64) -> Result<(), AwsError>,
    ) -> Result<Reply, AwsError> {
        let mut check = Constraints::default();
        check.present("retentionPeriodHours", input.retention_period_hours.is_some());
        check.finish()?;
        let hours = input.retention_period_hours.unwrap_or(LEAST_RETENTION);
        let (name, arn) = (input.stream_name.as_deref(), input.stream_arn.as_deref());
        let (_, stream) = self.target(aws, caller, action, name, arn)?;
        check_retention(hours)?;
        self.change(&stream, |description| {
            check_direction(description, hours)?;
            description.retention_hours = u32::try_from(hours).unwrap_or(24);
            Ok(())
        })?;
        Ok(Reply::empty())
    }

    pub fn update_stream_mode(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: &UpdateStreamMode,
    ) -> Result<Reply, AwsError> {
        let mut check = Constraints::default();
        check.present("streamARN", input.stream_arn.is_some());
        check.present("streamModeDetails", input.stream_mode_details.is_some());
        check_mode(&mut check, input.stream_mode_details.as_ref());
        check.finish()?;
        if input.warm_throughput.is_some() {
            return Err(AwsError::not_supported("WarmThroughputMiBps"));
        }
        let (_, stream) =
            self.target(aws, caller, "kinesis:UpdateStreamMode", None, input.stream_arn.as_deref())?;
        self.switch_mode(&stream, stream_mode(input.stream_mode_details.as_ref()), aws.clock.now())?;
        Ok(Reply::empty())
    }

    /// Switches a stream's mode, at most twice a day; its shards stay as they are.
    pub fn switch_mode(&self, stream: &Stream, mode: StreamMode, now: Timestamp) -> Result<(), AwsError> {
        self.change(stream, |description| {
            if description.mode == mode {
                return Ok(());
            }
            description.mode_updates.retain(|at| now.since(*at) < DAY);
            if description.mode_updates.len() >= SWITCHES_PER_DAY {
                // Not confirmed on AWS: the wording.
                return Err(refusal::limit_exceeded(format!(
                    "Stream {} under account {} has been switched between modes {SWITCHES_PER_DAY} times in the last \
                     24 hours.",
                    description.name, description.account
                )));
            }
            description.mode_updates.push(now);
            description.mode = mode;
            Ok(())
        })
    }

    pub fn start_encryption(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: &Encryption,
    ) -> Result<Reply, AwsError> {
        let stream = self.encryption_target(aws, caller, "kinesis:StartStreamEncryption", input)?;
        self.encrypt(&stream, input.key_id.clone())?;
        Ok(Reply::empty())
    }

    pub fn stop_encryption(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: &Encryption,
    ) -> Result<Reply, AwsError> {
        let stream = self.encryption_target(aws, caller, "kinesis:StopStreamEncryption", input)?;
        self.encrypt(&stream, None)?;
        Ok(Reply::empty())
    }

    fn encryption_target(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        action: &str,
        input: &Encryption,
    ) -> Result<Arc<Stream>, AwsError> {
        let mut check = Constraints::default();
        check.present("encryptionType", input.encryption_type.is_some());
        check.one_of("encryptionType", input.encryption_type.as_deref(), &["KMS"]);
        check.present("keyId", input.key_id.is_some());
        check.text("keyId", input.key_id.as_deref(), 1, 2048);
        check.finish()?;
        let (name, arn) = (input.stream_name.as_deref(), input.stream_arn.as_deref());
        Ok(self.target(aws, caller, action, name, arn)?.1)
    }

    /// Notes the key of a stream's encryption, or that there is none.
    pub fn encrypt(&self, stream: &Stream, key_id: Option<String>) -> Result<(), AwsError> {
        self.change(stream, |description| {
            description.key_id = key_id;
            Ok(())
        })
    }

    /// Sets the retention period, longer or shorter.
    pub fn retain(&self, stream: &Stream, hours: i64) -> Result<(), AwsError> {
        check_retention(hours)?;
        self.change(stream, |description| {
            description.retention_hours = u32::try_from(hours).unwrap_or(24);
            Ok(())
        })
    }
}

pub fn check_retention(hours: i64) -> Result<(), AwsError> {
    if hours < LEAST_RETENTION {
        return Err(refusal::invalid_argument(format!(
            "Minimum allowed retention period is {LEAST_RETENTION} hours. Requested retention period ({hours} hours) \
             is too short."
        )));
    }
    if hours > MOST_RETENTION {
        return Err(refusal::invalid_argument(format!(
            "Maximum allowed retention period is {MOST_RETENTION} hours. Requested retention period ({hours} hours) \
             is too long."
        )));
    }
    Ok(())
}
