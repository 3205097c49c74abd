//! The backup of source records, and what becomes of records that cannot be delivered.

use aws_sdk_firehose::types::{
    S3BackupMode, S3DestinationConfiguration, S3DestinationUpdate,
    builders::S3DestinationConfigurationBuilder,
};

use super::*;

fn backup() -> S3DestinationConfigurationBuilder {
    S3DestinationConfiguration::builder()
        .role_arn(role_arn("delivery"))
        .bucket_arn(format!("arn:aws:s3:::{BUCKET}"))
        .prefix("raw/")
        .buffering_hints(BufferingHints::builder().size_in_mbs(1).interval_in_seconds(30).build())
}

#[tokio::test]
async fn keeps_records_as_they_came_in_beside_those_that_are_delivered() {
    let landing = Landing::new().await;
    let delimiter = processing(
        ProcessorType::AppendDelimiterToRecord,
        vec![parameter(ProcessorParameterName::Delimiter, "\\n")],
    );
    let destination = destination().prefix("done/").processing_configuration(delimiter);
    let destination = destination.s3_backup_mode(S3BackupMode::Enabled);
    let backup = backup().compression_format(CompressionFormat::Gzip).build().unwrap();
    landing.create(destination.s3_backup_configuration(backup).build().unwrap()).await;
    landing.put("a").await;
    landing.put("b").await;
    landing.advance(30).await;
    let objects = landing.delivered(1).await;
    assert!(
        objects[0].0.starts_with("raw/2026/01/15/10/d-1-") && objects[0].0.ends_with(".gz"),
        "{objects:?}"
    );
    let mut raw = String::new();
    flate2::read::GzDecoder::new(&*objects[0].1).read_to_string(&mut raw).unwrap();
    assert_eq!(raw, "ab");
    landing.advance(30).await;
    let objects = landing.delivered(2).await;
    assert!(objects[0].0.starts_with("done/"), "{objects:?}");
    assert_eq!(objects[0].1, b"a\nb\n");
}

#[tokio::test]
async fn enables_a_backup_later_and_never_disables_it() {
    let landing = Landing::new().await;
    landing.create(destination().build().unwrap()).await;
    let update = |update: ExtendedS3DestinationUpdate, version: &str| {
        let request = landing.firehose.update_destination().delivery_stream_name("d");
        let request = request.destination_id("destinationId-000000000001");
        request.current_delivery_stream_version_id(version).extended_s3_destination_update(update).send()
    };
    let change = || ExtendedS3DestinationUpdate::builder();
    let nowhere = update(change().s3_backup_mode(S3BackupMode::Enabled).build(), "1").await.unwrap_err();
    assert_eq!(code(nowhere).0, "InvalidArgumentException");
    let raw = backup().build().unwrap();
    let place = S3DestinationUpdate::builder().role_arn(raw.role_arn()).bucket_arn(raw.bucket_arn());
    let place = place.prefix("raw/").build();
    update(change().s3_backup_mode(S3BackupMode::Enabled).s3_backup_update(place).build(), "1")
        .await
        .unwrap();
    let off = update(change().s3_backup_mode(S3BackupMode::Disabled).build(), "2").await.unwrap_err();
    assert_eq!(code(off).0, "InvalidArgumentException");
    let described =
        landing.firehose.describe_delivery_stream().delivery_stream_name("d").send().await.unwrap();
    let described = described.delivery_stream_description.unwrap();
    let s3 = described.destinations[0].extended_s3_destination_description.clone().unwrap();
    assert_eq!(s3.s3_backup_mode, Some(S3BackupMode::Enabled));
    assert_eq!(s3.s3_backup_description.unwrap().prefix.as_deref(), Some("raw/"));
    landing.put("x").await;
    landing.advance(60).await;
    let keys: Vec<String> = landing.delivered(2).await.into_iter().map(|(key, _)| key).collect();
    assert!(keys[0].starts_with("2026/") && keys[1].starts_with("raw/2026/"), "{keys:?}");
}

#[tokio::test]
async fn loses_what_could_not_be_delivered_for_a_day() {
    let landing = Landing::new().await;
    landing.role("powerless", &[]).await;
    landing.create(destination().role_arn(role_arn("powerless")).build().unwrap()).await;
    landing.put("lost").await;
    landing.advance(61).await;
    landing.engine.engine.clock().advance(Duration::from_secs(24 * 3600));
    landing.advance(61).await;
    landing.allow("powerless", "put", ALLOW_PUT).await;
    landing.put("kept").await;
    landing.advance(61).await;
    let objects = landing.delivered(1).await;
    assert_eq!(objects[0].1, b"kept");
}
