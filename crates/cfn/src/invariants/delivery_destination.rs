//! What Firehose asks of where a delivery stream delivers to: backup, logging, encryption, conversion.

use super::Refusal;
use super::properties::Properties;

const INVALID: Refusal = Refusal::Service("InvalidArgumentException");

const EXTENDED: &str = "ExtendedS3DestinationConfiguration";

const DESTINATIONS: [&str; 10] = [
    "AmazonOpenSearchServerlessDestinationConfiguration",
    "AmazonopensearchserviceDestinationConfiguration",
    "ElasticsearchDestinationConfiguration",
    EXTENDED,
    "HttpEndpointDestinationConfiguration",
    "IcebergDestinationConfiguration",
    "RedshiftDestinationConfiguration",
    "S3DestinationConfiguration",
    "SnowflakeDestinationConfiguration",
    "SplunkDestinationConfiguration",
];

pub(super) fn check(stream: &mut Properties<'_>) {
    destinations(stream);
    for destination in DESTINATIONS {
        if stream.is_present(destination) {
            logging(stream, destination);
            logging(stream, &format!("{destination}/S3Configuration"));
        }
    }
    logging(stream, &format!("{EXTENDED}/S3BackupConfiguration"));
    backup(stream);
    encryption(stream);
    conversion(stream);
}

/// H1111: a stream has one destination.
///
/// <https://docs.aws.amazon.com/firehose/latest/APIReference/API_CreateDeliveryStream.html>: "You can specify only one destination".
fn destinations(stream: &mut Properties<'_>) {
    let given: Vec<&str> = DESTINATIONS.into_iter().filter(|name| stream.is_present(name)).collect();
    if let [_, second, ..] = given[..] {
        stream.report("H1111", second, INVALID, "A delivery stream can have one destination only");
    }
    if given.is_empty() && DESTINATIONS.into_iter().all(|name| stream.is_absent(name)) {
        stream.report("H1111", "", Refusal::Unsure, "a delivery stream needs a destination");
    }
}

/// H1112: errors are logged to a group and a stream.
///
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-kinesisfirehose-deliverystream-cloudwatchloggingoptions.html>:
/// "Conditional. If you enable logging, you must specify this property."
fn logging(stream: &mut Properties<'_>, holder: &str) {
    let logging = format!("{holder}/CloudWatchLoggingOptions");
    if stream.flag(&format!("{logging}/Enabled")) == Some(true) {
        for name in ["LogGroupName", "LogStreamName"] {
            if stream.is_absent(&format!("{logging}/{name}")) {
                let message = format!("{name} is required when logging is enabled");
                stream.report("H1112", &logging, INVALID, message);
            }
        }
    }
}

/// H1113: what came in is kept where the backup is on, and only there.
///
/// <https://docs.aws.amazon.com/firehose/latest/APIReference/API_ExtendedS3DestinationConfiguration.html>. Not confirmed on AWS:
/// that a stream is refused.
fn backup(stream: &mut Properties<'_>) {
    let (mode, configuration) =
        (format!("{EXTENDED}/S3BackupMode"), format!("{EXTENDED}/S3BackupConfiguration"));
    match stream.text(&mode) {
        Some("Enabled") if stream.is_absent(&configuration) => {
            let message = "S3BackupMode Enabled takes an S3BackupConfiguration";
            stream.report("H1113", &mode, Refusal::Unsure, message);
        }
        Some("Disabled") if stream.is_present(&configuration) => {
            let message = "S3BackupConfiguration is not used while S3BackupMode is Disabled";
            stream.report("H1113", &configuration, Refusal::Unsure, message);
        }
        None if stream.is_absent(&mode) && stream.is_present(&configuration) => {
            let message = "S3BackupConfiguration is not used without S3BackupMode Enabled";
            stream.report("H1113", &configuration, Refusal::Unsure, message);
        }
        _ => {}
    }
}

/// H1114: a key of one's own is named, and only what is put directly is encrypted by Firehose.
///
/// <https://docs.aws.amazon.com/firehose/latest/APIReference/API_DeliveryStreamEncryptionConfigurationInput.html>,
/// <https://docs.aws.amazon.com/firehose/latest/APIReference/API_StartDeliveryStreamEncryption.html>: "You can only enable SSE for
/// a delivery stream that uses DirectPut as its source". Not confirmed on AWS: the words.
fn encryption(stream: &mut Properties<'_>) {
    const ENCRYPTION: &str = "DeliveryStreamEncryptionConfigurationInput";
    if !stream.is_present(ENCRYPTION) {
        return;
    }
    let key = format!("{ENCRYPTION}/KeyARN");
    match stream.text(&format!("{ENCRYPTION}/KeyType")) {
        Some("CUSTOMER_MANAGED_CMK") if stream.is_absent(&key) => {
            let message = "KeyARN is required when KeyType is CUSTOMER_MANAGED_CMK";
            stream.report("H1114", &format!("{ENCRYPTION}/KeyType"), INVALID, message);
        }
        Some("AWS_OWNED_CMK") if stream.is_present(&key) => {
            let message = "KeyARN is not used when KeyType is AWS_OWNED_CMK";
            stream.report("H1114", &key, Refusal::Unsure, message);
        }
        _ => {}
    }
    let kind = stream.text("DeliveryStreamType");
    if kind.is_some_and(|kind| kind != "DirectPut") {
        let message = "Only a DirectPut delivery stream has an encryption of its own; a source is encrypted where it is";
        stream.report("H1114", ENCRYPTION, INVALID, message);
    }
}

/// H1115: records that are turned into columns are compressed by their format, and need one.
///
/// <https://docs.aws.amazon.com/firehose/latest/dev/enable-record-format-conversion.html>,
/// <https://docs.aws.amazon.com/firehose/latest/APIReference/API_DataFormatConversionConfiguration.html>: "This parameter is required
/// if Enabled is set to true." Not confirmed on AWS: the words.
fn conversion(stream: &mut Properties<'_>) {
    let conversion = format!("{EXTENDED}/DataFormatConversionConfiguration");
    if !stream.is_present(&conversion) || stream.flag(&format!("{conversion}/Enabled")) == Some(false) {
        return;
    }
    let compression = format!("{EXTENDED}/CompressionFormat");
    if stream.text(&compression).is_some_and(|format| format != "UNCOMPRESSED") {
        let message = "CompressionFormat must be UNCOMPRESSED when data format conversion is enabled";
        stream.report("H1115", &compression, INVALID, message);
    }
    for name in ["InputFormatConfiguration", "OutputFormatConfiguration", "SchemaConfiguration"] {
        if stream.is_absent(&format!("{conversion}/{name}")) {
            let message = format!("{name} is required when data format conversion is enabled");
            stream.report("H1115", &conversion, INVALID, message);
        }
    }
    if stream.is_present(&format!("{conversion}/SchemaConfiguration")) {
        for name in ["DatabaseName", "RoleARN", "TableName"] {
            if stream.is_absent(&format!("{conversion}/SchemaConfiguration/{name}")) {
                let message = format!("{name} is required in a SchemaConfiguration");
                stream.report("H1115", &format!("{conversion}/SchemaConfiguration"), INVALID, message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::breaches;

    fn of(stream: &Value) -> Vec<String> {
        breaches("AWS::KinesisFirehose::DeliveryStream", stream)
    }

    fn extended(extended: &Value) -> Vec<String> {
        of(&json!({"ExtendedS3DestinationConfiguration": extended}))
    }

    #[test]
    fn wants_one_destination() {
        assert_eq!(of(&json!({})), ["H1111 "]);
        let both = json!({"S3DestinationConfiguration": {}, "SplunkDestinationConfiguration": {}});
        assert_eq!(of(&both), ["H1111 SplunkDestinationConfiguration"]);
        assert_eq!(extended(&json!({})), [""; 0]);
    }

    #[test]
    fn wants_a_place_for_errors() {
        let logging = |logging: Value| extended(&json!({"CloudWatchLoggingOptions": logging})).len();
        assert_eq!(logging(json!({"Enabled": true, "LogGroupName": "g"})), 1);
        assert_eq!(logging(json!({"Enabled": true, "LogGroupName": "g", "LogStreamName": "s"})), 0);
        assert_eq!(logging(json!({"Enabled": false})), 0);
    }

    #[test]
    fn wants_backup_and_mode_together() {
        assert_eq!(extended(&json!({"S3BackupMode": "Enabled"})).len(), 1);
        assert_eq!(extended(&json!({"S3BackupConfiguration": {}})).len(), 1);
        assert_eq!(extended(&json!({"S3BackupMode": "Enabled", "S3BackupConfiguration": {}})), [""; 0]);
    }

    #[test]
    fn wants_a_key_that_is_used() {
        let encrypted = |kind: &str, key: Value| {
            let mut input = key;
            input["KeyType"] = kind.into();
            of(&json!({"DeliveryStreamType": "DirectPut", "S3DestinationConfiguration": {}, "DeliveryStreamEncryptionConfigurationInput": input})).len()
        };
        assert_eq!(encrypted("CUSTOMER_MANAGED_CMK", json!({})), 1);
        assert_eq!(
            encrypted("CUSTOMER_MANAGED_CMK", json!({"KeyARN": "arn:aws:kms:us-east-1:111122223333:key/k"})),
            0
        );
        assert_eq!(encrypted("AWS_OWNED_CMK", json!({})), 0);
    }

    #[test]
    fn wants_no_compression_beside_columns() {
        let converted = |compression: &str| {
            extended(&json!({"CompressionFormat": compression, "DataFormatConversionConfiguration": {"InputFormatConfiguration": {},
                "OutputFormatConfiguration": {}, "SchemaConfiguration": {"DatabaseName": "d", "RoleARN": "r", "TableName": "t"}}})).len()
        };
        assert_eq!(converted("GZIP"), 1);
        assert_eq!(converted("UNCOMPRESSED"), 0);
    }
}
