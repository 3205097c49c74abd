//! S3, as the SDK meets it with its default checksums and trailers.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketVersioningStatus, CompletedMultipartUpload, CompletedPart, Delete, MetadataDirective,
    ObjectIdentifier, ServerSideEncryption, VersioningConfiguration,
};
use hydrant_engine::{Clock, Config, Engine};

use crate::support::{ACCOUNT, START, TestEngine, sdk};

async fn client(engine: &TestEngine) -> Client {
    Client::new(&engine.sdk().await)
}

/// Returns a client for an engine with one empty bucket, `data`.
async fn with_bucket() -> (TestEngine, Client) {
    let engine = TestEngine::manual().await;
    let client = client(&engine).await;
    client.create_bucket().bucket("data").send().await.unwrap();
    (engine, client)
}

async fn put(client: &Client, key: &str, body: impl Into<ByteStream>) -> String {
    let put = client.put_object().bucket("data").key(key).body(body.into()).send().await.unwrap();
    put.version_id.unwrap_or_default()
}

async fn get(client: &Client, key: &str) -> Vec<u8> {
    let object = client.get_object().bucket("data").key(key).send().await.unwrap();
    object.body.collect().await.unwrap().to_vec()
}

async fn enable_versioning(client: &Client, status: BucketVersioningStatus) {
    let configuration = VersioningConfiguration::builder().status(status).build();
    let request = client.put_bucket_versioning().bucket("data").versioning_configuration(configuration);
    request.send().await.unwrap();
}

fn bytes(text: &'static str) -> ByteStream {
    ByteStream::from_static(text.as_bytes())
}

#[tokio::test]
async fn keeps_objects_as_plain_files_with_what_was_said_about_them() {
    let (engine, client) = with_bucket().await;
    let request = client.put_object().bucket("data").key("gps/2026/part 1.json").body(bytes("{}\n"));
    let put = request.content_type("application/json").content_encoding("identity").metadata("vin", "4ftex");
    let put = put.send().await.unwrap();
    assert_eq!(put.e_tag(), Some("\"8a80554c91d9fca8acb82f023de02f11\""));
    assert_eq!(put.server_side_encryption(), Some(&ServerSideEncryption::Aes256));
    assert!(put.checksum_crc32().is_some());

    let file = engine.folder.path().join("s3").join(ACCOUNT).join("data/gps/2026/part 1.json");
    assert_eq!(std::fs::read(file).unwrap(), b"{}\n");

    let object = client.get_object().bucket("data").key("gps/2026/part 1.json").send().await.unwrap();
    assert_eq!(object.content_type(), Some("application/json"));
    assert_eq!(object.content_encoding(), Some("identity"));
    assert_eq!(object.metadata().unwrap()["vin"], "4ftex");
    assert_eq!(object.last_modified().unwrap().to_millis().unwrap(), START.0);
    assert_eq!(object.checksum_crc32(), put.checksum_crc32());
    assert_eq!(object.body.collect().await.unwrap().to_vec(), b"{}\n");
    let head = client.head_object().bucket("data").key("gps/2026/part 1.json").send().await.unwrap();
    assert_eq!(head.content_length(), Some(3));
}

#[tokio::test]
async fn streams_a_body_of_unknown_checksum_through_aws_chunked() {
    let (engine, client) = with_bucket().await;
    let body: Vec<u8> = (0..3_000_000u32).map(|number| (number % 251) as u8).collect();
    let source = engine.folder.path().join("source");
    std::fs::write(&source, &body).unwrap();
    put(&client, "big", ByteStream::from_path(source).await.unwrap()).await;
    assert!(get(&client, "big").await == body);
    let part = client.get_object().bucket("data").key("big").range("bytes=1000-1009").send().await.unwrap();
    assert_eq!(part.content_range(), Some("bytes 1000-1009/3000000"));
    assert_eq!(part.body.collect().await.unwrap().to_vec(), body[1000..1010]);
    let beyond = client.get_object().bucket("data").key("big").range("bytes=3000000-").send().await;
    assert_eq!(beyond.unwrap_err().code(), Some("InvalidRange"));
}

#[tokio::test]
async fn refuses_a_body_whose_checksum_is_another() {
    let (_engine, client) = with_bucket().await;
    let request = client.put_object().bucket("data").key("a").body(bytes("a")).checksum_crc32("AAAAAA==");
    assert_eq!(request.send().await.unwrap_err().code(), Some("BadDigest"));
    let missing = client.get_object().bucket("data").key("a").send().await.unwrap_err();
    assert_eq!(missing.code(), Some("NoSuchKey"));
}

#[tokio::test]
async fn keeps_keys_apart_that_clash_in_a_file_system() {
    let (_engine, client) = with_bucket().await;
    let keys = ["a", "a/b", "a/b/c", "a//b", "/a", "../a", "a/.", "%2E", ".", "a%folder", "é ü?#+&=~"];
    for key in keys {
        put(&client, key, key.as_bytes().to_vec()).await;
    }
    for key in keys {
        assert_eq!(String::from_utf8(get(&client, key).await).unwrap(), key);
    }
    for key in keys {
        client.delete_object().bucket("data").key(key).send().await.unwrap();
    }
    client.delete_bucket().bucket("data").send().await.unwrap();
}

#[tokio::test]
async fn lists_with_prefix_delimiter_and_pages() {
    let (_engine, client) = with_bucket().await;
    for key in ["a", "gps/1", "gps/2", "gps/x y", "z"] {
        put(&client, key, bytes("")).await;
    }
    let list = client.list_objects_v2().bucket("data").delimiter("/").max_keys(2).send().await.unwrap();
    assert_eq!((list.key_count(), list.is_truncated()), (Some(2), Some(true)));
    assert_eq!(list.common_prefixes()[0].prefix(), Some("gps/"));
    let token = list.next_continuation_token().unwrap();
    let request = client.list_objects_v2().bucket("data").delimiter("/").continuation_token(token);
    let rest = request.send().await.unwrap();
    assert_eq!(rest.contents().iter().map(|object| object.key().unwrap()).collect::<Vec<_>>(), ["z"]);

    let request = client.list_objects_v2().bucket("data").prefix("gps/").start_after("gps/1");
    let after = request.encoding_type(aws_sdk_s3::types::EncodingType::Url).send().await.unwrap();
    let keys: Vec<_> = after.contents().iter().map(|object| object.key().unwrap()).collect();
    assert_eq!(keys, ["gps/2", "gps/x%20y"]);
    let old = client.list_objects().bucket("data").delimiter("/").max_keys(2).send().await.unwrap();
    assert_eq!(old.next_marker(), Some("gps/"));
    let rest = client.list_objects().bucket("data").delimiter("/").marker("gps/").send().await.unwrap();
    assert_eq!((rest.contents().len(), rest.common_prefixes().len()), (1, 0));
}

#[tokio::test]
async fn answers_conditions_as_s3_does() {
    let (_engine, client) = with_bucket().await;
    let create = || client.put_object().bucket("data").key("once").if_none_match("*").body(bytes("1"));
    let etag = create().send().await.unwrap().e_tag.unwrap();
    assert_eq!(create().send().await.unwrap_err().code(), Some("PreconditionFailed"));
    let replace = || client.put_object().bucket("data").key("once").if_match(&etag).body(bytes("2"));
    replace().send().await.unwrap();
    assert_eq!(replace().send().await.unwrap_err().code(), Some("PreconditionFailed"));
    let stale = client.get_object().bucket("data").key("once").if_match(&etag).send().await.unwrap_err();
    assert_eq!(stale.raw_response().unwrap().status().as_u16(), 412);
    let head = client.head_object().bucket("data").key("once").send().await.unwrap();
    let request = client.get_object().bucket("data").key("once").if_none_match(head.e_tag().unwrap());
    assert_eq!(request.send().await.unwrap_err().raw_response().unwrap().status().as_u16(), 304);
}

#[tokio::test]
async fn keeps_versions_and_takes_them_away_one_by_one() {
    let (_engine, client) = with_bucket().await;
    put(&client, "a", bytes("null")).await;
    enable_versioning(&client, BucketVersioningStatus::Enabled).await;
    let first = put(&client, "a", bytes("first")).await;
    let marker = client.delete_object().bucket("data").key("a").send().await.unwrap();
    assert_eq!(marker.delete_marker(), Some(true));
    let gone = client.get_object().bucket("data").key("a").send().await.unwrap_err();
    assert_eq!(gone.code(), Some("NoSuchKey"));
    assert_eq!(gone.raw_response().unwrap().headers().get("x-amz-delete-marker"), Some("true"));
    assert_eq!(client.list_objects_v2().bucket("data").send().await.unwrap().contents().len(), 0);
    let old = client.get_object().bucket("data").key("a").version_id(&first).send().await.unwrap();
    assert_eq!(old.body.collect().await.unwrap().to_vec(), b"first");

    let all = client.list_object_versions().bucket("data").send().await.unwrap();
    let versions: Vec<_> = all.versions().iter().map(|version| version.version_id().unwrap()).collect();
    assert_eq!(versions, [first.as_str(), "null"]);
    assert_eq!(all.delete_markers()[0].is_latest(), Some(true));
    let refusal = client.delete_bucket().bucket("data").send().await.unwrap_err();
    assert_eq!(refusal.code(), Some("BucketNotEmpty"));

    let version = marker.version_id().unwrap();
    client.delete_object().bucket("data").key("a").version_id(version).send().await.unwrap();
    assert_eq!(get(&client, "a").await, b"first");
    enable_versioning(&client, BucketVersioningStatus::Suspended).await;
    assert_eq!(put(&client, "a", bytes("again")).await, "null");
    let page = client.list_object_versions().bucket("data").max_keys(1).send().await.unwrap();
    let request = client.list_object_versions().bucket("data").key_marker(page.next_key_marker().unwrap());
    let rest = request.version_id_marker(page.next_version_id_marker().unwrap()).send().await.unwrap();
    assert_eq!(rest.versions()[0].version_id(), Some(first.as_str()));
    assert_eq!((rest.versions().len(), rest.delete_markers().len()), (1, 0));
}

#[tokio::test]
async fn deletes_many_at_once_and_then_the_bucket() {
    let (engine, client) = with_bucket().await;
    enable_versioning(&client, BucketVersioningStatus::Enabled).await;
    let mut identifiers = Vec::new();
    for number in 0..10 {
        let key = format!("folder/{number}");
        let version = put(&client, &key, bytes("x")).await;
        identifiers.push(ObjectIdentifier::builder().key(key).version_id(version).build().unwrap());
    }
    let delete = Delete::builder().set_objects(Some(identifiers)).build().unwrap();
    let deleted = client.delete_objects().bucket("data").delete(delete).send().await.unwrap();
    assert_eq!((deleted.deleted().len(), deleted.errors().len()), (10, 0));
    client.delete_bucket().bucket("data").send().await.unwrap();
    assert!(!engine.folder.path().join("s3").join(ACCOUNT).exists());
    let gone = client.head_bucket().bucket("data").send().await.unwrap_err();
    assert_eq!(gone.raw_response().unwrap().status().as_u16(), 404);
}

#[tokio::test]
async fn puts_the_parts_of_an_upload_together() {
    let (_engine, client) = with_bucket().await;
    let begun = client.create_multipart_upload().bucket("data").key("big").send().await.unwrap();
    let id = begun.upload_id().unwrap();
    let mut parts = Vec::new();
    for (number, size) in [(2, 10), (1, 5 << 20)] {
        let body = vec![number as u8; size];
        let request = client.upload_part().bucket("data").key("big").upload_id(id).part_number(number);
        let part = request.body(body.into()).send().await.unwrap();
        let part = CompletedPart::builder()
            .part_number(number)
            .set_e_tag(part.e_tag)
            .set_checksum_crc32(part.checksum_crc32)
            .build();
        parts.insert(0, part);
    }
    let listed = client.list_parts().bucket("data").key("big").upload_id(id).send().await.unwrap();
    assert_eq!(listed.parts().iter().map(|part| part.size().unwrap()).collect::<Vec<_>>(), [5 << 20, 10]);
    let complete = |parts: Vec<CompletedPart>| {
        let upload = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        client.complete_multipart_upload().bucket("data").key("big").upload_id(id).multipart_upload(upload)
    };
    let reversed = parts.iter().rev().cloned().collect();
    assert_eq!(complete(reversed).send().await.unwrap_err().code(), Some("InvalidPartOrder"));
    let done = complete(parts).send().await.unwrap();
    assert!(done.e_tag().unwrap().ends_with("-2\""));
    let object = get(&client, "big").await;
    assert_eq!((object.len(), object[0], object[5 << 20]), ((5 << 20) + 10, 1, 2));
    let left = client.list_multipart_uploads().bucket("data").send().await.unwrap();
    assert_eq!(left.uploads().len(), 0);
}

#[tokio::test]
async fn copies_an_object_with_what_was_said_about_it() {
    let (_engine, client) = with_bucket().await;
    let request = client.put_object().bucket("data").key("a b").body(bytes("copy me"));
    request.content_type("text/plain").send().await.unwrap();
    let copy = || client.copy_object().bucket("data").copy_source("data/a%20b");
    copy().key("c").send().await.unwrap();
    let object = client.get_object().bucket("data").key("c").send().await.unwrap();
    assert_eq!(object.content_type(), Some("text/plain"));
    assert_eq!(object.body.collect().await.unwrap().to_vec(), b"copy me");
    assert_eq!(copy().key("a b").send().await.unwrap_err().code(), Some("InvalidRequest"));
    let replaced = copy().key("a b").metadata_directive(MetadataDirective::Replace).metadata("k", "v");
    replaced.send().await.unwrap();
    let head = client.head_object().bucket("data").key("a b").send().await.unwrap();
    assert_eq!(head.metadata().unwrap()["k"], "v");
}

#[tokio::test]
async fn serves_presigned_urls_and_virtual_hosts() {
    let (engine, client) = with_bucket().await;
    put(&client, "a", bytes("shared")).await;
    let expiry = PresigningConfig::expires_in(Duration::from_secs(60)).unwrap();
    let presigned = client.get_object().bucket("data").key("a").presigned(expiry).await.unwrap();
    assert!(fetch(presigned.uri(), "").await.ends_with("shared"));
    let in_host = presigned.uri().replace("/data/a?", "/a?");
    assert!(fetch(&in_host, "data.localhost").await.ends_with("shared"));
    let unsigned = fetch(&format!("{}/a", engine.engine.url()), "data.localhost").await;
    assert!(unsigned.contains("<Code>AccessDenied</Code>"), "{unsigned}");
}

/// Sends a plain GET, as a program without an SDK would.
async fn fetch(url: &str, host: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let rest = url.strip_prefix("http://").unwrap();
    let (address, path) = rest.split_once('/').unwrap();
    let host = if host.is_empty() { address } else { host };
    let mut connection = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn knows_whose_bucket_it_is() {
    let (engine, client) = with_bucket().await;
    put(&client, "a", bytes("mine")).await;
    let credentials = aws_sdk_s3::config::Credentials::new("444455556666", "secret", None, None, "tests");
    let config = aws_sdk_s3::config::Builder::from(&engine.sdk().await).credentials_provider(credentials);
    let other = Client::from_conf(config.build());
    let taken = other.create_bucket().bucket("data").send().await.unwrap_err();
    assert_eq!(taken.code(), Some("BucketAlreadyExists"));
    let denied = other.get_object().bucket("data").key("a").send().await.unwrap_err();
    assert_eq!(denied.code(), Some("AccessDenied"));
    assert_eq!(other.list_buckets().send().await.unwrap().buckets().len(), 0);
    assert_eq!(client.list_buckets().send().await.unwrap().buckets()[0].name(), Some("data"));
    let invalid = client.create_bucket().bucket("Not_A_Bucket").send().await.unwrap_err();
    assert_eq!(invalid.code(), Some("InvalidBucketName"));
    assert_eq!(invalid.message(), Some("The specified bucket is not valid."));
    let request = client.put_object().bucket("data").key("a").expected_bucket_owner("444455556666");
    assert_eq!(request.send().await.unwrap_err().code(), Some("AccessDenied"));
}

#[tokio::test]
async fn remembers_what_is_configured_on_a_bucket() {
    let (_engine, client) = with_bucket().await;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::data/*"}]}"#;
    let missing = client.get_bucket_policy().bucket("data").send().await.unwrap_err();
    assert_eq!(missing.code(), Some("NoSuchBucketPolicy"));
    client.put_bucket_policy().bucket("data").policy(policy).send().await.unwrap();
    let stored = client.get_bucket_policy().bucket("data").send().await.unwrap();
    assert_eq!(stored.policy(), Some(policy));
    let location = client.get_bucket_location().bucket("data").send().await.unwrap();
    assert!(location.location_constraint().is_none_or(|constraint| constraint.as_str().is_empty()));
    let refusal = client.get_bucket_website().bucket("data").send().await.unwrap_err();
    assert_eq!(refusal.code(), Some("NotImplemented"));
    assert!(refusal.message().unwrap().contains("GetBucketWebsite"), "{refusal:?}");
}

#[tokio::test]
async fn finds_everything_again_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let start = || Engine::start(Config { clock: Clock::manual(START), ..Config::new(folder.path()) });
    let engine = start().await.unwrap();
    let client = Client::new(&sdk(&engine.url()).await);
    client.create_bucket().bucket("data").send().await.unwrap();
    put(&client, "a", bytes("kept")).await;
    engine.stop().await;
    // The state is released when the last connection of the stopped engine has ended.
    drop(client);
    let engine = crate::support::eventually("the engine starts again", || async { start().await.ok() }).await;
    let client = Client::new(&sdk(&engine.url()).await);
    assert_eq!(get(&client, "a").await, b"kept");
}
