//! A destination in S3: the configuration as AWS takes, merges and shows it, and the settings it means.

use std::time::Duration;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::prefix::Prefixes;
use super::processing::{self, LambdaProcessor, ProcessingConfiguration};
use super::refusal::invalid_argument;
use crate::error::AwsError;
use crate::wire::constraints::Constraints;

/// The configuration of an S3 or extended S3 destination, or of an update to one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Configuration {
    #[serde(rename = "RoleARN")]
    pub role_arn: Option<String>,
    #[serde(rename = "BucketARN")]
    pub bucket_arn: Option<String>,
    pub prefix: Option<String>,
    pub error_output_prefix: Option<String>,
    pub buffering_hints: Option<BufferingHints>,
    pub compression_format: Option<String>,
    pub encryption_configuration: Option<Value>,
    pub cloud_watch_logging_options: Option<LoggingOptions>,
    pub processing_configuration: Option<ProcessingConfiguration>,
    #[serde(rename = "S3BackupMode")]
    pub s3_backup_mode: Option<String>,
    #[serde(rename = "S3BackupConfiguration")]
    pub s3_backup_configuration: Option<Box<Configuration>>,
    #[serde(rename = "S3BackupUpdate")]
    pub s3_backup_update: Option<Box<Configuration>>,
    pub data_format_conversion_configuration: Option<Value>,
    pub dynamic_partitioning_configuration: Option<Value>,
    pub file_extension: Option<String>,
    pub custom_time_zone: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BufferingHints {
    #[serde(rename = "SizeInMBs")]
    pub size: Option<i64>,
    #[serde(rename = "IntervalInSeconds")]
    pub interval: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LoggingOptions {
    pub enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_group_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_stream_name: Option<String>,
}

/// How delivered objects are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    Uncompressed,
    Gzip,
    Zip,
}

impl Compression {
    pub fn extension(self) -> &'static str {
        match self {
            Compression::Uncompressed => "",
            Compression::Gzip => ".gz",
            Compression::Zip => ".zip",
        }
    }
}

/// What a valid configuration means for delivery.
#[derive(Debug, Clone)]
pub struct Settings {
    pub role_arn: String,
    pub bucket: String,
    pub prefixes: Prefixes,
    pub buffer_bytes: usize,
    pub buffer_interval: Duration,
    pub compression: Compression,
    pub extension: String,
    /// Log group and log stream of delivery errors.
    pub log_to: Option<(String, String)>,
    pub transform: Option<LambdaProcessor>,
    /// Put after each record.
    pub delimiter: Option<Vec<u8>>,
    /// Where the records go as they came in, too.
    pub backup: Option<Box<Settings>>,
}

const FORMATS: [&str; 5] = ["UNCOMPRESSED", "GZIP", "ZIP", "Snappy", "HADOOP_SNAPPY"];
const MEBIBYTE: usize = 1 << 20;

impl Configuration {
    /// Checks what the service model says about the configuration called `field`.
    pub fn check(&self, check: &mut Constraints, field: &str, is_update: bool) {
        if !is_update {
            check.present(&format!("{field}.roleARN"), self.role_arn.is_some());
            check.present(&format!("{field}.bucketARN"), self.bucket_arn.is_some());
        }
        check_arn(
            check,
            &format!("{field}.roleARN"),
            self.role_arn.as_deref(),
            "arn:.*:iam::\\d{12}:role/.+",
            is_role,
        );
        check_arn(
            check,
            &format!("{field}.bucketARN"),
            self.bucket_arn.as_deref(),
            "arn:.*:s3:::.+",
            |arn| bucket_of(arn).is_some(),
        );
        check.text(&format!("{field}.prefix"), self.prefix.as_deref(), 0, 1024);
        check.text(&format!("{field}.errorOutputPrefix"), self.error_output_prefix.as_deref(), 0, 1024);
        if let Some(hints) = self.buffering_hints {
            check.range(&format!("{field}.bufferingHints.sizeInMBs"), hints.size, 1, 128);
            check.range(&format!("{field}.bufferingHints.intervalInSeconds"), hints.interval, 0, 900);
        }
        check.one_of(&format!("{field}.compressionFormat"), self.compression_format.as_deref(), &FORMATS);
        check.one_of(
            &format!("{field}.s3BackupMode"),
            self.s3_backup_mode.as_deref(),
            &["Disabled", "Enabled"],
        );
        check.text(&format!("{field}.customTimeZone"), self.custom_time_zone.as_deref(), 0, 50);
        check.text(&format!("{field}.fileExtension"), self.file_extension.as_deref(), 0, 128);
        if let Some(extension) = self.file_extension.as_deref().filter(|extension| !is_extension(extension)) {
            let pattern = r"satisfy regular expression pattern: ^$|\.[0-9a-z!\-_.*'()]+";
            check.note(&format!("{field}.fileExtension"), extension, pattern);
        }
        if let Some(processing) = &self.processing_configuration {
            processing.check(check, field);
        }
        if let Some(backup) = &self.s3_backup_configuration {
            backup.check(check, &format!("{field}.s3BackupConfiguration"), false);
        }
        if let Some(backup) = &self.s3_backup_update {
            backup.check(check, &format!("{field}.s3BackupUpdate"), true);
        }
    }

    /// Says whether records are kept as they came in, too.
    pub fn keeps_backup(&self) -> bool {
        self.s3_backup_mode.as_deref() == Some("Enabled")
    }

    /// Works out where the backup goes, if there is one.
    fn backup(&self) -> Result<Option<Box<Settings>>, AwsError> {
        if !self.keeps_backup() {
            return Ok(None);
        }
        // Not confirmed on AWS: the wording.
        let missing =
            || invalid_argument("S3BackupConfiguration must be specified when S3BackupMode is Enabled.");
        let backup = self.s3_backup_configuration.as_ref().ok_or_else(missing)?;
        Ok(Some(Box::new(backup.plain().settings()?)))
    }

    /// Returns what an S3 destination of the older kind has of this configuration.
    pub fn plain(&self) -> Self {
        Self {
            processing_configuration: None,
            file_extension: None,
            custom_time_zone: None,
            s3_backup_mode: None,
            s3_backup_configuration: None,
            s3_backup_update: None,
            ..self.clone()
        }
    }

    /// Returns this configuration with what `update` gives put over it.
    pub fn merged(&self, update: Configuration) -> Self {
        let old = self.clone();
        Self {
            role_arn: update.role_arn.or(old.role_arn),
            bucket_arn: update.bucket_arn.or(old.bucket_arn),
            prefix: update.prefix.or(old.prefix),
            error_output_prefix: update.error_output_prefix.or(old.error_output_prefix),
            buffering_hints: update.buffering_hints.or(old.buffering_hints),
            compression_format: update.compression_format.or(old.compression_format),
            encryption_configuration: update.encryption_configuration.or(old.encryption_configuration),
            cloud_watch_logging_options: update
                .cloud_watch_logging_options
                .or(old.cloud_watch_logging_options),
            processing_configuration: update.processing_configuration.or(old.processing_configuration),
            s3_backup_mode: update.s3_backup_mode.or(old.s3_backup_mode),
            s3_backup_configuration: match (old.s3_backup_configuration, update.s3_backup_update) {
                (Some(old), Some(update)) => Some(Box::new(old.merged(*update))),
                (old, update) => update.or(old),
            },
            s3_backup_update: None,
            data_format_conversion_configuration: update
                .data_format_conversion_configuration
                .or(old.data_format_conversion_configuration),
            dynamic_partitioning_configuration: update
                .dynamic_partitioning_configuration
                .or(old.dynamic_partitioning_configuration),
            file_extension: update.file_extension.or(old.file_extension),
            custom_time_zone: update.custom_time_zone.or(old.custom_time_zone),
        }
    }

    /// Works out what the configuration means, or refuses what does not fit together or is not there.
    pub fn settings(&self) -> Result<Settings, AwsError> {
        self.refuse_unsupported()?;
        let (size, interval) = self.hints()?;
        let time_zone = self.custom_time_zone.as_deref().filter(|zone| !zone.is_empty()).unwrap_or("UTC");
        let time_zone = TimeZone::get(time_zone).map_err(|_| {
            // Not confirmed on AWS: the wording.
            invalid_argument(format!("CustomTimeZone {time_zone} is not a valid time zone."))
        })?;
        let prefix = self.prefix.as_deref().unwrap_or_default();
        let compression = match self.compression_format.as_deref() {
            Some("GZIP") => Compression::Gzip,
            Some("ZIP") => Compression::Zip,
            None | Some("UNCOMPRESSED") => Compression::Uncompressed,
            Some(other) => return Err(AwsError::not_supported(format_args!("CompressionFormat {other}"))),
        };
        let extension = self.file_extension.as_deref().filter(|extension| !extension.is_empty());
        let role_arn = self.role_arn.clone().unwrap_or_default();
        let processing = self.processing_configuration.as_ref();
        let (transform, delimiter) = processing::steps(processing, &role_arn)?;
        Ok(Settings {
            bucket: self.bucket_arn.as_deref().and_then(bucket_of).unwrap_or_default().to_owned(),
            prefixes: Prefixes::parse(prefix, self.error_output_prefix.as_deref(), time_zone)?,
            buffer_bytes: usize::try_from(size).unwrap_or(1) * MEBIBYTE,
            buffer_interval: Duration::from_secs(interval.unsigned_abs()),
            compression,
            extension: extension.unwrap_or_else(|| compression.extension()).to_owned(),
            log_to: self.log_to()?,
            role_arn,
            transform,
            delimiter,
            backup: self.backup()?,
        })
    }

    fn hints(&self) -> Result<(i64, i64), AwsError> {
        match self.buffering_hints {
            None | Some(BufferingHints { size: None, interval: None }) => Ok((5, 300)),
            Some(BufferingHints { size: Some(size), interval: Some(interval) }) => Ok((size, interval)),
            // Not confirmed on AWS: the wording.
            Some(_) => Err(invalid_argument(
                "Both BufferSizeInMBs and BufferIntervalInSeconds are required to configure buffering for Amazon S3",
            )),
        }
    }

    fn log_to(&self) -> Result<Option<(String, String)>, AwsError> {
        let Some(options) = self.cloud_watch_logging_options.as_ref().filter(|o| o.enabled == Some(true))
        else {
            return Ok(None);
        };
        match (&options.log_group_name, &options.log_stream_name) {
            (Some(group), Some(stream)) => Ok(Some((group.clone(), stream.clone()))),
            // Not confirmed on AWS: the wording.
            _ => Err(invalid_argument(
                "LogGroupName and LogStreamName must be specified when CloudWatchLoggingOptions are enabled.",
            )),
        }
    }

    fn refuse_unsupported(&self) -> Result<(), AwsError> {
        let is_enabled = |value: &Option<Value>| {
            value.as_ref().is_some_and(|value| value.get("Enabled").and_then(Value::as_bool) != Some(false))
        };
        let encrypted = self.encryption_configuration.as_ref();
        for (name, is_used) in [
            ("DynamicPartitioningConfiguration", is_enabled(&self.dynamic_partitioning_configuration)),
            ("DataFormatConversionConfiguration", is_enabled(&self.data_format_conversion_configuration)),
            (
                "KMSEncryptionConfig",
                encrypted.is_some_and(|encryption| encryption.get("KMSEncryptionConfig").is_some()),
            ),
        ] {
            if is_used {
                return Err(AwsError::not_supported(format_args!("{name} of a delivery stream")));
            }
        }
        Ok(())
    }

    /// Returns the description of the destination, plain or extended, as AWS shows it.
    pub fn describe(&self, is_extended: bool) -> Value {
        let (size, interval) = self.hints().unwrap_or((5, 300));
        let logging = self.cloud_watch_logging_options.clone();
        let logging = logging.unwrap_or(LoggingOptions {
            enabled: Some(false),
            log_group_name: None,
            log_stream_name: None,
        });
        let mut answer = json!({
            "RoleARN": self.role_arn,
            "BucketARN": self.bucket_arn,
            "Prefix": self.prefix.as_deref().unwrap_or_default(),
            "BufferingHints": {"SizeInMBs": size, "IntervalInSeconds": interval},
            "CompressionFormat": self.compression_format.as_deref().unwrap_or("UNCOMPRESSED"),
            "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
            "CloudWatchLoggingOptions": logging,
        });
        if let Some(prefix) = &self.error_output_prefix {
            answer["ErrorOutputPrefix"] = json!(prefix);
        }
        if !is_extended {
            return answer;
        }
        answer["S3BackupMode"] = json!(self.s3_backup_mode.as_deref().unwrap_or("Disabled"));
        if let Some(backup) = self.s3_backup_configuration.as_ref().filter(|_| self.keeps_backup()) {
            answer["S3BackupDescription"] = backup.describe(false);
        }
        if let Some(processing) = &self.processing_configuration {
            answer["ProcessingConfiguration"] = json!(processing);
        }
        if let Some(extension) = &self.file_extension {
            answer["FileExtension"] = json!(extension);
        }
        if let Some(zone) = &self.custom_time_zone {
            answer["CustomTimeZone"] = json!(zone);
        }
        answer
    }
}

fn check_arn(
    check: &mut Constraints,
    field: &str,
    arn: Option<&str>,
    pattern: &str,
    is_valid: fn(&str) -> bool,
) {
    if let Some(arn) = arn.filter(|arn| !is_valid(arn)) {
        check.note(field, arn, format_args!("satisfy regular expression pattern: {pattern}"));
    }
}

/// Says whether a text is a role's ARN.
pub fn is_role(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let &["arn", _, "iam", "", account, resource] = parts.as_slice() else { return false };
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    is_account && resource.strip_prefix("role/").is_some_and(|name| !name.is_empty())
}

/// Returns the bucket that an ARN names.
fn bucket_of(arn: &str) -> Option<&str> {
    let (partition, rest) = arn.strip_prefix("arn:")?.split_once(':')?;
    let bucket = rest.strip_prefix("s3:::")?;
    (!partition.is_empty() && !bucket.is_empty() && !bucket.contains('/')).then_some(bucket)
}

fn is_extension(extension: &str) -> bool {
    let allowed =
        |byte: u8| byte.is_ascii_digit() || byte.is_ascii_lowercase() || b"!-_.*'()".contains(&byte);
    extension.is_empty()
        || extension.strip_prefix('.').is_some_and(|rest| !rest.is_empty() && rest.bytes().all(allowed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configuration(value: Value) -> Configuration {
        let mut all = json!({"RoleARN": "arn:aws:iam::111122223333:role/r", "BucketARN": "arn:aws:s3:::b"});
        for (name, value) in value.as_object().unwrap() {
            all[name] = value.clone();
        }
        serde_json::from_value(all).unwrap()
    }

    fn violations(value: Value) -> String {
        let mut check = Constraints::default();
        configuration(value).check(&mut check, "destination", false);
        check.finish().map_or_else(|error| error.message, |()| String::new())
    }

    #[test]
    fn fills_in_the_defaults_of_aws() {
        let settings = configuration(json!({})).settings().unwrap();
        assert_eq!((settings.buffer_bytes, settings.buffer_interval.as_secs()), (5 << 20, 300));
        assert_eq!(settings.bucket, "b");
        let described = configuration(json!({})).describe(true);
        assert_eq!(described["BufferingHints"], json!({"SizeInMBs": 5, "IntervalInSeconds": 300}));
        assert_eq!(described["CompressionFormat"], "UNCOMPRESSED");
    }

    #[test]
    fn checks_the_ranges_of_the_buffer() {
        assert_eq!(violations(json!({"BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 0}})), "");
        let message = violations(json!({"BufferingHints": {"SizeInMBs": 129, "IntervalInSeconds": 901}}));
        assert!(message.starts_with("2 validation errors"), "{message}");
        assert!(message.contains("'destination.bufferingHints.sizeInMBs'"), "{message}");
        let half = configuration(json!({"BufferingHints": {"SizeInMBs": 1}})).settings().unwrap_err();
        assert_eq!(half.code, "InvalidArgumentException");
    }

    #[test]
    fn refuses_by_name_what_it_does_not_have() {
        for (value, name) in [
            (json!({"DynamicPartitioningConfiguration": {"Enabled": true}}), "DynamicPartitioning"),
            (json!({"DataFormatConversionConfiguration": {}}), "DataFormatConversion"),
            (json!({"CompressionFormat": "Snappy"}), "Snappy"),
        ] {
            let error = configuration(value).settings().unwrap_err();
            assert!(error.code == "NotImplemented" && error.message.contains(name), "{error}");
        }
        configuration(json!({"DynamicPartitioningConfiguration": {"Enabled": false}})).settings().unwrap();
    }

    #[test]
    fn backs_up_only_where_it_is_told() {
        let backup = json!({"RoleARN": "arn:aws:iam::111122223333:role/r", "BucketARN": "arn:aws:s3:::raw"});
        let nowhere = configuration(json!({"S3BackupMode": "Enabled"})).settings().unwrap_err();
        assert_eq!(nowhere.code, "InvalidArgumentException");
        let off = configuration(json!({"S3BackupConfiguration": backup}));
        assert!(
            off.settings().unwrap().backup.is_none()
                && off.describe(true).get("S3BackupDescription").is_none()
        );
        let on = configuration(json!({"S3BackupMode": "Enabled", "S3BackupConfiguration": backup}));
        assert_eq!(on.settings().unwrap().backup.unwrap().bucket, "raw");
        let update = json!({"S3BackupUpdate": {"Prefix": "p/"}});
        let merged = on.merged(serde_json::from_value(update).unwrap());
        let described = &merged.describe(true)["S3BackupDescription"];
        assert_eq!(
            (&described["Prefix"], &described["BucketARN"]),
            (&json!("p/"), &json!("arn:aws:s3:::raw"))
        );
        let wrong = json!({"S3BackupMode": "Enabled", "S3BackupConfiguration": {"RoleARN": "r"}});
        assert!(violations(wrong).contains("'destination.s3BackupConfiguration.bucketARN'"));
    }

    #[test]
    fn merges_only_what_an_update_gives() {
        let old = configuration(json!({"Prefix": "a/", "CompressionFormat": "GZIP"}));
        let update = Configuration { prefix: Some("b/".into()), ..Configuration::default() };
        let merged = old.merged(update);
        assert_eq!(merged.prefix.as_deref(), Some("b/"));
        assert_eq!(merged.compression_format.as_deref(), Some("GZIP"));
    }

    #[test]
    fn knows_arns() {
        assert!(is_role("arn:aws:iam::111122223333:role/path/name"));
        assert!(!is_role("arn:aws:iam::0000:role/name") && !is_role("arn:aws:iam::111122223333:user/name"));
        assert_eq!(bucket_of("arn:aws:s3:::b"), Some("b"));
        assert_eq!(bucket_of("arn:aws:s3:::b/key"), None);
    }
}
