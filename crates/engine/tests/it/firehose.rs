//! Firehose through the SDK: what goes in comes out in S3, whole, on time, and with the rights of the role.

mod backup;
mod notifications;
mod throttle;

use std::io::Read;
use std::time::Duration;

use aws_sdk_firehose::Client;
use aws_sdk_firehose::error::ProvideErrorMetadata;
use aws_sdk_firehose::primitives::Blob;
use aws_sdk_firehose::types::{
    BufferingHints, CloudWatchLoggingOptions, CompressionFormat, DeliveryStreamType,
    ExtendedS3DestinationConfiguration, ExtendedS3DestinationUpdate, KinesisStreamSourceConfiguration,
    ProcessingConfiguration, Processor, ProcessorParameter, ProcessorParameterName, ProcessorType, Record,
    Tag,
};
use hydrant_engine::{Clock, Config, Engine};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{ACCOUNT, START, TestEngine, eventually, sdk};

const BUCKET: &str = "landing";
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
    "Principal":{"Service":"firehose.amazonaws.com"},
    "Condition":{"StringEquals":{"sts:ExternalId":"111122223333"}}}]}"#;
const ALLOW_PUT: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::landing/*"}]}"#;
const ALLOW_READ: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*","Action":[
    "kinesis:DescribeStream","kinesis:GetShardIterator","kinesis:GetRecords","kinesis:ListShards"]}]}"#;
const ALLOW_LOG: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":"logs:PutLogEvents","Resource":"*"}]}"#;

/// An engine with a bucket and a role that delivers to it.
struct Landing {
    engine: TestEngine,
    firehose: Client,
    kinesis: aws_sdk_kinesis::Client,
    s3: aws_sdk_s3::Client,
}

impl Landing {
    async fn new() -> Self {
        let landing = Self::around(TestEngine::manual().await).await;
        landing.s3.create_bucket().bucket(BUCKET).send().await.expect("the engine answers");
        landing.role("delivery", &[ALLOW_PUT, ALLOW_READ, ALLOW_LOG]).await;
        landing
    }

    async fn around(engine: TestEngine) -> Self {
        let config = sdk(&engine.engine.url()).await;
        let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
        Self {
            firehose: Client::new(&config),
            kinesis: aws_sdk_kinesis::Client::new(&config),
            s3: aws_sdk_s3::Client::from_conf(s3),
            engine,
        }
    }

    async fn iam(&self, operation: &str, parameters: &[(&str, &str)]) {
        self.query("iam", operation, parameters).await;
    }

    async fn query(&self, service: &str, operation: &str, parameters: &[(&str, &str)]) {
        let mut form = format!("Action={operation}&Version=2010-05-08");
        for (name, value) in parameters {
            form.push_str(&format!("&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
        }
        let url = self.engine.engine.url();
        let address = url.trim_start_matches("http://");
        let request = format!(
            "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260115/us-east-1/{service}/aws4_request, \
             SignedHeaders=host, Signature=00\r\n\r\n{form}",
            form.len()
        );
        let mut stream = TcpStream::connect(address).await.expect("the engine answers");
        stream.write_all(request.as_bytes()).await.expect("the engine answers");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("the engine answers");
        assert!(answer.starts_with("HTTP/1.1 200"), "{operation}: {answer}");
    }

    async fn role(&self, name: &str, policies: &[&str]) {
        self.iam("CreateRole", &[("RoleName", name), ("AssumeRolePolicyDocument", TRUST)]).await;
        for (place, policy) in policies.iter().enumerate() {
            self.allow(name, &place.to_string(), policy).await;
        }
    }

    async fn allow(&self, role: &str, name: &str, policy: &str) {
        let parameters = [("RoleName", role), ("PolicyName", name), ("PolicyDocument", policy)];
        self.iam("PutRolePolicy", &parameters).await;
    }

    async fn create(&self, destination: ExtendedS3DestinationConfiguration) {
        let request = self.firehose.create_delivery_stream().delivery_stream_name("d");
        request.extended_s3_destination_configuration(destination).send().await.expect("the engine answers");
    }

    async fn create_from(&self, stream: &str, destination: ExtendedS3DestinationConfiguration) {
        let source = KinesisStreamSourceConfiguration::builder()
            .kinesis_stream_arn(format!("arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/{stream}"))
            .role_arn(role_arn("delivery"))
            .build()
            .expect("the test gives all that is needed");
        let request = self.firehose.create_delivery_stream().delivery_stream_name("d");
        let request = request.delivery_stream_type(DeliveryStreamType::KinesisStreamAsSource);
        let request = request.kinesis_stream_source_configuration(source);
        request.extended_s3_destination_configuration(destination).send().await.expect("the engine answers");
    }

    async fn put(&self, data: impl AsRef<[u8]>) {
        let record = Record::builder()
            .data(Blob::new(data.as_ref()))
            .build()
            .expect("the test gives all that is needed");
        self.firehose
            .put_record()
            .delivery_stream_name("d")
            .record(record)
            .send()
            .await
            .expect("the engine answers");
    }

    async fn put_to_stream(&self, data: &str) {
        let put = self.kinesis.put_record().stream_name("s").partition_key(data).data(Blob::new(data));
        put.send().await.expect("the engine answers");
    }

    /// Returns the objects that have been delivered, by key.
    async fn objects(&self) -> Vec<(String, Vec<u8>)> {
        let listed = self.s3.list_objects_v2().bucket(BUCKET).send().await.expect("the engine answers");
        let mut objects = Vec::new();
        for object in listed.contents() {
            let key = object.key().expect("the test gives all that is needed");
            let got = self.s3.get_object().bucket(BUCKET).key(key).send().await.expect("the engine answers");
            objects.push((key.to_owned(), got.body.collect().await.expect("the engine answers").to_vec()));
        }
        objects
    }

    /// Waits until objects lie in the bucket and returns them.
    async fn delivered(&self, count: usize) -> Vec<(String, Vec<u8>)> {
        let probe = || async { Some(self.objects().await).filter(|objects| objects.len() >= count) };
        eventually("objects are delivered", probe).await
    }

    async fn advance(&self, seconds: u64) {
        self.engine.advance(Duration::from_secs(seconds)).await;
    }
}

fn role_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

/// Returns a destination that gathers one mebibyte or one minute.
fn destination() -> aws_sdk_firehose::types::builders::ExtendedS3DestinationConfigurationBuilder {
    ExtendedS3DestinationConfiguration::builder()
        .role_arn(role_arn("delivery"))
        .bucket_arn(format!("arn:aws:s3:::{BUCKET}"))
        .buffering_hints(BufferingHints::builder().size_in_mbs(1).interval_in_seconds(60).build())
}

fn parameter(name: ProcessorParameterName, value: &str) -> ProcessorParameter {
    ProcessorParameter::builder()
        .parameter_name(name)
        .parameter_value(value)
        .build()
        .expect("the test gives all that is needed")
}

fn processing(kind: ProcessorType, parameters: Vec<ProcessorParameter>) -> ProcessingConfiguration {
    let processor = Processor::builder()
        .r#type(kind)
        .set_parameters(Some(parameters))
        .build()
        .expect("the test gives all that is needed");
    ProcessingConfiguration::builder().enabled(true).processors(processor).build()
}

fn code(error: impl ProvideErrorMetadata) -> (String, String) {
    (error.code().unwrap_or_default().to_owned(), error.message().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn delivers_when_the_interval_of_the_first_record_has_passed() {
    let landing = Landing::new().await;
    landing.create(destination().prefix("gps/").build().unwrap()).await;
    landing.put("one\n").await;
    landing.advance(30).await;
    landing.put("two\n").await;
    landing.advance(29).await;
    assert!(landing.objects().await.is_empty());
    landing.advance(1).await;
    let objects = landing.delivered(1).await;
    assert_eq!(objects[0].1, b"one\ntwo\n");
    let rest = objects[0].0.strip_prefix("gps/2026/01/15/10/d-1-2026-01-15-10-30-00-");
    assert_eq!(rest.map(str::len), Some(36), "{}", objects[0].0);
}

#[tokio::test]
async fn delivers_at_once_when_the_size_is_reached() {
    let landing = Landing::new().await;
    landing.create(destination().build().unwrap()).await;
    let record = || Record::builder().data(Blob::new(vec![b'x'; 400_000])).build().unwrap();
    let batch = landing.firehose.put_record_batch().delivery_stream_name("d");
    let output =
        batch.records(record()).records(record()).records(record()).records(record()).send().await.unwrap();
    assert_eq!((output.failed_put_count, output.request_responses.len()), (0, 4));
    let objects = landing.delivered(1).await;
    assert_eq!(objects[0].1.len(), 1_200_000);
    // The fourth record waits for its interval.
    landing.advance(60).await;
    assert_eq!(landing.delivered(2).await.iter().map(|object| object.1.len()).sum::<usize>(), 1_600_000);
}

#[tokio::test]
async fn compresses_with_gzip_and_ends_records_with_the_delimiter() {
    let landing = Landing::new().await;
    let delimiter = processing(
        ProcessorType::AppendDelimiterToRecord,
        vec![parameter(ProcessorParameterName::Delimiter, "\\n")],
    );
    let destination = destination()
        .compression_format(CompressionFormat::Gzip)
        .processing_configuration(delimiter)
        .prefix("y=!{timestamp:yyyy}/'q'/!{timestamp:'h='HH}/")
        .error_output_prefix("e/!{firehose:error-output-type}/")
        .custom_time_zone("Asia/Tokyo");
    landing.create(destination.build().unwrap()).await;
    landing.put("one").await;
    landing.put("two").await;
    landing.advance(60).await;
    let (key, body) = landing.delivered(1).await.remove(0);
    assert!(key.starts_with("y=2026/'q'/h=19/d-1-2026-01-15-19-30-00-") && key.ends_with(".gz"), "{key}");
    let mut text = String::new();
    flate2::read::GzDecoder::new(&*body).read_to_string(&mut text).unwrap();
    assert_eq!(text, "one\ntwo\n");
}

#[tokio::test]
async fn reads_a_stream_from_its_latest_record_on_and_follows_its_shards() {
    let landing = Landing::new().await;
    landing.kinesis.create_stream().stream_name("s").shard_count(1).send().await.unwrap();
    landing.put_to_stream("before,").await;
    landing.create_from("s", destination().build().unwrap()).await;
    landing.put_to_stream("after,").await;
    let split = landing.kinesis.update_shard_count().stream_name("s").target_shard_count(2);
    split.scaling_type(aws_sdk_kinesis::types::ScalingType::UniformScaling).send().await.unwrap();
    for data in ["a,", "b,", "c,", "d,"] {
        landing.put_to_stream(data).await;
    }
    landing.advance(62).await;
    let body = String::from_utf8(landing.delivered(1).await.remove(0).1).unwrap();
    let mut rows: Vec<&str> = body.split_terminator(',').collect();
    assert_eq!(rows[0], "after");
    rows.sort_unstable();
    assert_eq!(rows, ["a", "after", "b", "c", "d"]);

    let record = Record::builder().data(Blob::new("x")).build().unwrap();
    let refused = landing.firehose.put_record().delivery_stream_name("d").record(record).send().await;
    let message = "This operation is not permitted on KinesisStreamAsSource delivery stream type.";
    assert_eq!(code(refused.unwrap_err()), ("InvalidArgumentException".into(), message.into()));
}

#[tokio::test]
async fn keeps_what_its_role_may_not_deliver_and_says_why_in_the_log() {
    let landing = Landing::new().await;
    landing.role("weak", &[ALLOW_LOG]).await;
    let logs = aws_sdk_cloudwatchlogs::Client::new(&landing.engine.sdk().await);
    logs.create_log_group().log_group_name("g").send().await.unwrap();
    logs.create_log_stream().log_group_name("g").log_stream_name("l").send().await.unwrap();
    let options =
        CloudWatchLoggingOptions::builder().enabled(true).log_group_name("g").log_stream_name("l").build();
    let destination = destination().role_arn(role_arn("weak")).cloud_watch_logging_options(options);
    landing.create(destination.build().unwrap()).await;
    landing.put("kept").await;
    landing.advance(70).await;
    let events = || async {
        let events = logs.get_log_events().log_group_name("g").log_stream_name("l").send().await.unwrap();
        Some(events.events().to_vec()).filter(|events| events.len() >= 2)
    };
    let events = eventually("failures are logged", events).await;
    let line: serde_json::Value = serde_json::from_str(events[0].message().unwrap()).unwrap();
    assert_eq!(line["errorCode"], "S3.AccessDenied");
    assert_eq!(line["deliveryStreamVersionId"], 1);
    assert!(landing.objects().await.is_empty());

    landing.allow("weak", "put", ALLOW_PUT).await;
    landing.advance(61).await;
    assert_eq!(landing.delivered(1).await[0].1, b"kept");
}

#[tokio::test]
async fn delivers_after_a_restart_what_was_acknowledged_before() {
    let Landing { engine: TestEngine { engine, folder }, .. } = {
        let landing = Landing::new().await;
        landing.kinesis.create_stream().stream_name("s").shard_count(1).send().await.unwrap();
        landing.create(destination().build().unwrap()).await;
        landing.put("first,").await;
        landing.advance(60).await;
        landing.delivered(1).await;
        landing.put("second,").await;
        landing.advance(10).await;
        landing
    };
    engine.stop().await;
    let landing = restart(folder).await;
    landing.put("third,").await;
    landing.advance(61).await;
    let mut bodies: Vec<_> = landing.delivered(2).await.into_iter().map(|object| object.1).collect();
    bodies.sort_unstable();
    assert_eq!(bodies, [b"first,".to_vec(), b"second,third,".to_vec()]);
}

#[tokio::test]
async fn goes_on_after_a_restart_where_a_stream_was_delivered() {
    let Landing { engine: TestEngine { engine, folder }, .. } = {
        let landing = Landing::new().await;
        landing.kinesis.create_stream().stream_name("s").shard_count(1).send().await.unwrap();
        landing.create_from("s", destination().build().unwrap()).await;
        landing.put_to_stream("first,").await;
        landing.advance(62).await;
        landing.delivered(1).await;
        landing.put_to_stream("second,").await;
        landing.advance(5).await;
        landing
    };
    engine.stop().await;
    let landing = restart(folder).await;
    landing.put_to_stream("third,").await;
    landing.advance(62).await;
    let mut bodies: Vec<_> = landing.delivered(2).await.into_iter().map(|object| object.1).collect();
    bodies.sort_unstable();
    assert_eq!(bodies, [b"first,".to_vec(), b"second,third,".to_vec()]);
}

async fn restart(folder: TempDir) -> Landing {
    // Later than when it stopped: time never runs backwards.
    let clock = Clock::manual(START + Duration::from_secs(80));
    let config = Config { clock, ..Config::new(folder.path()) };
    let engine = Engine::start(config).await.expect("the engine starts");
    Landing::around(TestEngine { engine, folder }).await
}

#[tokio::test]
async fn refuses_roles_buckets_and_sources_as_aws_does() {
    let landing = Landing::new().await;
    let create = |destination: ExtendedS3DestinationConfiguration| {
        let request = landing.firehose.create_delivery_stream().delivery_stream_name("d");
        request.extended_s3_destination_configuration(destination)
    };
    let missing = role_arn("missing");
    let refused = create(destination().role_arn(&missing).build().unwrap()).send().await.unwrap_err();
    let message = format!("Firehose is unable to assume role {missing}. Please check the role provided.");
    assert_eq!(code(refused), ("InvalidArgumentException".into(), message));

    let refused = create(destination().bucket_arn("arn:aws:s3:::nowhere").build().unwrap()).send().await;
    assert_eq!(code(refused.unwrap_err()).0, "InvalidArgumentException");

    let hints = BufferingHints::builder().size_in_mbs(129).interval_in_seconds(60).build();
    let refused = create(destination().buffering_hints(hints).build().unwrap()).send().await.unwrap_err();
    assert!(code(refused).1.contains("'extendedS3DestinationConfiguration.bufferingHints.sizeInMBs'"));

    landing.kinesis.create_stream().stream_name("s").shard_count(1).send().await.unwrap();
    landing.role("blind", &[ALLOW_PUT]).await;
    let arn = format!("arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s");
    let source =
        KinesisStreamSourceConfiguration::builder().kinesis_stream_arn(&arn).role_arn(role_arn("blind"));
    let from =
        create(destination().build().unwrap()).kinesis_stream_source_configuration(source.build().unwrap());
    let refused = from.clone().delivery_stream_type(DeliveryStreamType::KinesisStreamAsSource).send().await;
    let message = format!(
        "Role {} is not authorized to perform: kinesis:DescribeStream on resource {arn}.",
        role_arn("blind")
    );
    assert_eq!(code(refused.unwrap_err()).1, message);
    assert_eq!(code(from.send().await.unwrap_err()).0, "InvalidArgumentException");

    landing.engine.engine.clock().advance(Duration::from_secs(1));
    let create = || create(destination().build().unwrap());
    create().send().await.unwrap();
    assert_eq!(code(create().send().await.unwrap_err()).0, "ResourceInUseException");
}

#[tokio::test]
async fn lists_ten_at_a_time_in_the_order_of_names() {
    let landing = Landing::new().await;
    for place in (0..12).rev() {
        landing.engine.engine.clock().advance(Duration::from_millis(200));
        let request = landing.firehose.create_delivery_stream().delivery_stream_name(format!("d{place:02}"));
        let request = request.extended_s3_destination_configuration(destination().build().unwrap());
        request.send().await.unwrap();
    }
    let page = landing.firehose.list_delivery_streams().send().await.unwrap();
    assert_eq!(page.delivery_stream_names.len(), 10);
    assert!(page.has_more_delivery_streams);
    let after = page.delivery_stream_names.last().unwrap();
    let page = landing.firehose.list_delivery_streams().exclusive_start_delivery_stream_name(after);
    let page = page.send().await.unwrap();
    assert_eq!(page.delivery_stream_names, ["d10", "d11"]);
    assert!(!page.has_more_delivery_streams);
    let typed = landing.firehose.list_delivery_streams();
    let typed = typed.delivery_stream_type(DeliveryStreamType::KinesisStreamAsSource).send().await.unwrap();
    assert!(typed.delivery_stream_names.is_empty());
}

#[tokio::test]
async fn updates_a_destination_only_from_the_version_that_is_known() {
    let landing = Landing::new().await;
    landing.create(destination().prefix("a/").build().unwrap()).await;
    landing.put("x").await;
    let update = |version: &str| {
        let update = ExtendedS3DestinationUpdate::builder().prefix("b/").build();
        let request = landing.firehose.update_destination().delivery_stream_name("d");
        let request = request.destination_id("destinationId-000000000001");
        request.current_delivery_stream_version_id(version).extended_s3_destination_update(update)
    };
    let stale = update("2").send().await.unwrap_err();
    assert_eq!(code(stale).0, "ConcurrentModificationException");
    let other = update("1").destination_id("destinationId-000000000002").send().await.unwrap_err();
    assert_eq!(code(other).0, "InvalidArgumentException");
    update("1").send().await.unwrap();
    let described =
        landing.firehose.describe_delivery_stream().delivery_stream_name("d").send().await.unwrap();
    let described = described.delivery_stream_description.unwrap();
    assert_eq!(described.version_id, "2");
    let s3 = described.destinations[0].extended_s3_destination_description.clone().unwrap();
    assert_eq!(s3.prefix.as_deref(), Some("b/"));
    let hints = s3.buffering_hints.unwrap();
    assert_eq!((hints.size_in_mbs, hints.interval_in_seconds), (Some(1), Some(60)));
    landing.advance(60).await;
    let key = landing.delivered(1).await.remove(0).0;
    assert!(key.starts_with("b/2026/01/15/10/d-2-"), "{key}");
}

#[tokio::test]
async fn keeps_records_that_no_function_could_transform_under_the_error_prefix() {
    let landing = Landing::new().await;
    let function = format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:missing");
    let transform =
        processing(ProcessorType::Lambda, vec![parameter(ProcessorParameterName::LambdaArn, &function)]);
    landing.create(destination().processing_configuration(transform).build().unwrap()).await;
    landing.put("one").await;
    landing.put("two").await;
    // A minute in the function's buffer, and another in that of the destination.
    landing.advance(121).await;
    let (key, body) = landing.delivered(1).await.remove(0);
    assert!(key.starts_with("processing-failed/2026/01/15/10/d-1-"), "{key}");
    let lines: Vec<serde_json::Value> = body
        .split_inclusive(|byte| *byte == b'\n')
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    assert_eq!(lines.iter().map(|line| line["rawData"].clone()).collect::<Vec<_>>(), ["b25l", "dHdv"]);
    assert_eq!(lines[0]["attemptsMade"], 4);
    assert_eq!(lines[0]["arrivalTimestamp"], START.0);
    assert_eq!(lines[0]["lambdaArn"], function);
    assert!(lines[0]["errorCode"].as_str().unwrap().starts_with("Lambda."));
}

#[tokio::test]
async fn forgets_a_deleted_delivery_stream_and_what_it_held() {
    let landing = Landing::new().await;
    landing.create(destination().build().unwrap()).await;
    landing.put("lost").await;
    landing.firehose.delete_delivery_stream().delivery_stream_name("d").send().await.unwrap();
    let gone =
        landing.firehose.describe_delivery_stream().delivery_stream_name("d").send().await.unwrap_err();
    let message = format!("Firehose d under account {ACCOUNT} not found.");
    assert_eq!(code(gone), ("ResourceNotFoundException".into(), message));
    landing.create(destination().build().unwrap()).await;
    landing.put("new").await;
    landing.advance(60).await;
    assert_eq!(landing.delivered(1).await[0].1, b"new");
    assert_eq!(landing.objects().await.len(), 1);
}

#[tokio::test]
async fn keeps_tags() {
    let landing = Landing::new().await;
    landing.create(destination().build().unwrap()).await;
    let tag = |key: &str| Tag::builder().key(key).value("1").build().unwrap();
    let request = landing.firehose.tag_delivery_stream().delivery_stream_name("d");
    request.tags(tag("a")).tags(tag("b")).send().await.unwrap();
    landing.firehose.untag_delivery_stream().delivery_stream_name("d").tag_keys("a").send().await.unwrap();
    let tags =
        landing.firehose.list_tags_for_delivery_stream().delivery_stream_name("d").send().await.unwrap();
    assert_eq!(tags.tags.iter().map(Tag::key).collect::<Vec<_>>(), ["b"]);
}
