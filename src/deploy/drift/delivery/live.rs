//! A delivery stream as Firehose describes it becomes the properties that a template would give it.

use aws_sdk_firehose::types::{
    BufferingHints, CloudWatchLoggingOptions, DeliveryStreamDescription, DeliveryStreamEncryptionStatus,
    EncryptionConfiguration, ExtendedS3DestinationDescription, ProcessingConfiguration, Processor,
    S3DestinationDescription,
};
use serde_json::{Value, json};

/// Returns the destination; nothing for one that is not S3.
pub fn destination(stream: &DeliveryStreamDescription) -> Value {
    let destination = stream.destinations().first();
    let extended = destination.and_then(|one| one.extended_s3_destination_description());
    let plain = destination.and_then(|one| one.s3_destination_description());
    match (extended, plain) {
        (Some(extended), _) => of_extended(extended),
        (None, Some(plain)) => of_plain(plain),
        (None, None) => Value::Null,
    }
}

/// Returns how what is buffered is encrypted, or nothing when it is not.
pub fn encryption(stream: &DeliveryStreamDescription) -> Value {
    let encryption = stream.delivery_stream_encryption_configuration();
    let is_on = |status: Option<&DeliveryStreamEncryptionStatus>| {
        let on = [DeliveryStreamEncryptionStatus::Enabled, DeliveryStreamEncryptionStatus::Enabling];
        status.is_some_and(|status| on.contains(status))
    };
    match encryption.filter(|encryption| is_on(encryption.status())) {
        Some(encryption) => json!({
            "KeyType": encryption.key_type().map(|key_type| key_type.as_str()),
            "KeyARN": encryption.key_arn(),
        }),
        None => Value::Null,
    }
}

fn of_extended(extended: &ExtendedS3DestinationDescription) -> Value {
    json!({
        "RoleARN": extended.role_arn(),
        "BucketARN": extended.bucket_arn(),
        "Prefix": extended.prefix(),
        "ErrorOutputPrefix": extended.error_output_prefix(),
        "BufferingHints": extended.buffering_hints().map(buffering),
        "CompressionFormat": extended.compression_format().as_str(),
        "EncryptionConfiguration": extended.encryption_configuration().map(encrypting),
        "CloudWatchLoggingOptions": extended.cloud_watch_logging_options().map(logging),
        "ProcessingConfiguration": extended.processing_configuration().map(processing),
        "S3BackupMode": extended.s3_backup_mode().map(|mode| mode.as_str()),
        "S3BackupConfiguration": extended.s3_backup_description().map(of_plain),
        "FileExtension": extended.file_extension(),
        "CustomTimeZone": extended.custom_time_zone(),
    })
}

fn of_plain(plain: &S3DestinationDescription) -> Value {
    json!({
        "RoleARN": plain.role_arn(),
        "BucketARN": plain.bucket_arn(),
        "Prefix": plain.prefix(),
        "ErrorOutputPrefix": plain.error_output_prefix(),
        "BufferingHints": plain.buffering_hints().map(buffering),
        "CompressionFormat": plain.compression_format().as_str(),
        "EncryptionConfiguration": plain.encryption_configuration().map(encrypting),
        "CloudWatchLoggingOptions": plain.cloud_watch_logging_options().map(logging),
    })
}

fn buffering(hints: &BufferingHints) -> Value {
    json!({"SizeInMBs": hints.size_in_mbs(), "IntervalInSeconds": hints.interval_in_seconds()})
}

fn encrypting(encryption: &EncryptionConfiguration) -> Value {
    match encryption.kms_encryption_config() {
        Some(kms) => json!({"KMSEncryptionConfig": {"AWSKMSKeyARN": kms.awskms_key_arn()}}),
        None => json!({"NoEncryptionConfig": "NoEncryption"}),
    }
}

fn logging(options: &CloudWatchLoggingOptions) -> Value {
    json!({
        "Enabled": options.enabled(),
        "LogGroupName": options.log_group_name(),
        "LogStreamName": options.log_stream_name(),
    })
}

fn processing(processing: &ProcessingConfiguration) -> Value {
    let processor = |processor: &Processor| {
        let parameters = processor.parameters().iter().map(|parameter| {
            json!({
                "ParameterName": parameter.parameter_name().as_str(),
                "ParameterValue": parameter.parameter_value(),
            })
        });
        json!({"Type": processor.r#type().as_str(), "Parameters": parameters.collect::<Vec<_>>()})
    };
    let processors: Vec<Value> = processing.processors().iter().map(processor).collect();
    json!({"Enabled": processing.enabled(), "Processors": processors})
}
