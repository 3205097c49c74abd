//! The members of a template's destination become what UpdateDestination takes.

use aws_sdk_firehose::types::builders::{ExtendedS3DestinationUpdateBuilder, S3DestinationUpdateBuilder};
use aws_sdk_firehose::types::{
    BufferingHints, CloudWatchLoggingOptions, CompressionFormat, EncryptionConfiguration,
    ExtendedS3DestinationUpdate, KmsEncryptionConfig, NoEncryptionConfig, ProcessingConfiguration, Processor,
    ProcessorParameter, ProcessorParameterName, ProcessorType, S3BackupMode, S3DestinationUpdate,
};
use serde_json::Value;

use super::is_open;

/// Returns the update that puts the `changed` members back, or the one that cannot be worked out.
pub fn destination(expected: &Value, changed: &[&str]) -> Result<ExtendedS3DestinationUpdate, String> {
    let mut update = ExtendedS3DestinationUpdate::builder();
    for member in changed {
        let value = &expected[*member];
        let unknown = || (*member).to_owned();
        if is_open(value) {
            return Err(unknown());
        }
        update = set(update, member, value).ok_or_else(unknown)?;
    }
    Ok(update.build())
}

fn set(
    update: ExtendedS3DestinationUpdateBuilder,
    member: &str,
    value: &Value,
) -> Option<ExtendedS3DestinationUpdateBuilder> {
    Some(match member {
        "RoleARN" => update.role_arn(value.as_str()?),
        "BucketARN" => update.bucket_arn(value.as_str()?),
        "Prefix" => update.prefix(value.as_str()?),
        "ErrorOutputPrefix" => update.error_output_prefix(value.as_str()?),
        "FileExtension" => update.file_extension(value.as_str()?),
        "CustomTimeZone" => update.custom_time_zone(value.as_str()?),
        "BufferingHints" => update.buffering_hints(buffering(value)),
        "CompressionFormat" => update.compression_format(CompressionFormat::from(value.as_str()?)),
        "EncryptionConfiguration" => update.encryption_configuration(encryption(value)?),
        "CloudWatchLoggingOptions" => update.cloud_watch_logging_options(logging(value)),
        "ProcessingConfiguration" => update.processing_configuration(processing(value)?),
        "S3BackupMode" => update.s3_backup_mode(S3BackupMode::from(value.as_str()?)),
        "S3BackupConfiguration" => update.s3_backup_update(backup(value)?),
        _ => return None,
    })
}

fn backup(value: &Value) -> Option<S3DestinationUpdate> {
    let mut update: S3DestinationUpdateBuilder = S3DestinationUpdate::builder();
    for (name, value) in value.as_object()? {
        update = match name.as_str() {
            "RoleARN" => update.role_arn(value.as_str()?),
            "BucketARN" => update.bucket_arn(value.as_str()?),
            "Prefix" => update.prefix(value.as_str()?),
            "ErrorOutputPrefix" => update.error_output_prefix(value.as_str()?),
            "BufferingHints" => update.buffering_hints(buffering(value)),
            "CompressionFormat" => update.compression_format(CompressionFormat::from(value.as_str()?)),
            "EncryptionConfiguration" => update.encryption_configuration(encryption(value)?),
            "CloudWatchLoggingOptions" => update.cloud_watch_logging_options(logging(value)),
            _ => return None,
        };
    }
    Some(update.build())
}

fn buffering(value: &Value) -> BufferingHints {
    BufferingHints::builder()
        .set_size_in_mbs(number(&value["SizeInMBs"]))
        .set_interval_in_seconds(number(&value["IntervalInSeconds"]))
        .build()
}

fn encryption(value: &Value) -> Option<EncryptionConfiguration> {
    let builder = EncryptionConfiguration::builder();
    let key = value.pointer("/KMSEncryptionConfig/AWSKMSKeyARN").and_then(Value::as_str);
    Some(match key {
        Some(key) => {
            let kms = KmsEncryptionConfig::builder().awskms_key_arn(key).build().ok()?;
            builder.kms_encryption_config(kms).build()
        }
        None => builder.no_encryption_config(NoEncryptionConfig::NoEncryption).build(),
    })
}

fn logging(value: &Value) -> CloudWatchLoggingOptions {
    CloudWatchLoggingOptions::builder()
        .set_enabled(flag(&value["Enabled"]))
        .set_log_group_name(value["LogGroupName"].as_str().map(str::to_owned))
        .set_log_stream_name(value["LogStreamName"].as_str().map(str::to_owned))
        .build()
}

fn processing(value: &Value) -> Option<ProcessingConfiguration> {
    let mut configuration = ProcessingConfiguration::builder().set_enabled(flag(&value["Enabled"]));
    for one in value["Processors"].as_array().into_iter().flatten() {
        let mut processor = Processor::builder().r#type(ProcessorType::from(one["Type"].as_str()?));
        for parameter in one["Parameters"].as_array().into_iter().flatten() {
            let value = match &parameter["ParameterValue"] {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let name = ProcessorParameterName::from(parameter["ParameterName"].as_str()?);
            let parameter = ProcessorParameter::builder().parameter_name(name).parameter_value(value);
            processor = processor.parameters(parameter.build().ok()?);
        }
        configuration = configuration.processors(processor.build().ok()?);
    }
    Some(configuration.build())
}

/// Reads a number, which templates may write as text.
fn number(value: &Value) -> Option<i32> {
    let whole = value.as_i64().or_else(|| value.as_str()?.parse().ok());
    whole.and_then(|whole| i32::try_from(whole).ok())
}

fn flag(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| value.as_str()?.parse().ok())
}
