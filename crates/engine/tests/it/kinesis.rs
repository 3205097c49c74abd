//! Kinesis through the SDK: records keep their order, limits bite, and nothing acknowledged is lost.

use std::time::Duration;

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::error::ProvideErrorMetadata;
use aws_sdk_kinesis::operation::get_records::GetRecordsOutput;
use aws_sdk_kinesis::primitives::{Blob, DateTime};
use aws_sdk_kinesis::types::{
    PutRecordsRequestEntry, ScalingType, ShardFilter, ShardFilterType, ShardIteratorType, StreamMode,
    StreamModeDetails,
};
use hydrant_engine::{Clock, Config, Engine};

use crate::support::{ACCOUNT, START, TestEngine, sdk};

async fn client(engine: &TestEngine) -> Client {
    client_at(&engine.engine.url()).await
}

/// Returns a client that does not repeat throttled calls, since the tests' clock stands still.
async fn client_at(url: &str) -> Client {
    let config = aws_sdk_kinesis::config::Builder::from(&sdk(url).await)
        .retry_config(aws_sdk_kinesis::config::retry::RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

async fn create(client: &Client, name: &str, shards: i32) {
    client.create_stream().stream_name(name).shard_count(shards).send().await.expect("the engine answers");
}

async fn put(client: &Client, stream: &str, key: &str, data: &str) -> (String, String) {
    let put = client.put_record().stream_name(stream).partition_key(key).data(Blob::new(data));
    let output = put.send().await.expect("the engine answers");
    (output.shard_id, output.sequence_number)
}

async fn iterator(client: &Client, stream: &str, shard: &str, kind: ShardIteratorType) -> String {
    let request = client.get_shard_iterator().stream_name(stream).shard_id(shard).shard_iterator_type(kind);
    request.send().await.expect("the engine answers").shard_iterator.expect("the engine answers")
}

async fn get(client: &Client, iterator: &str) -> GetRecordsOutput {
    client.get_records().shard_iterator(iterator).send().await.expect("the engine answers")
}

fn data(output: &GetRecordsOutput) -> Vec<String> {
    let text = |record: &aws_sdk_kinesis::types::Record| {
        String::from_utf8(record.data.as_ref().to_vec()).expect("the test gives all that is needed")
    };
    output.records.iter().map(text).collect()
}

async fn read_all(client: &Client, stream: &str, shard: &str) -> Vec<String> {
    data(&get(client, &iterator(client, stream, shard, ShardIteratorType::TrimHorizon).await).await)
}

fn code(error: impl ProvideErrorMetadata) -> (String, String) {
    (error.code().unwrap_or_default().to_owned(), error.message().unwrap_or_default().to_owned())
}

const FIRST: &str = "shardId-000000000000";

#[tokio::test]
async fn returns_records_in_the_order_in_which_they_were_put() {
    let engine = TestEngine::manual().await;
    let client = client(&engine).await;
    create(&client, "s", 1).await;
    let mut numbers = Vec::new();
    for place in 0..3 {
        numbers.push(put(&client, "s", "k", &place.to_string()).await.1);
    }
    let entry = |text: &str| {
        PutRecordsRequestEntry::builder().partition_key("k").data(Blob::new(text)).build().unwrap()
    };
    let batch = client.put_records().stream_name("s").set_records(Some(vec![entry("3"), entry("4")]));
    let output = batch.send().await.unwrap();
    numbers.extend(output.records.iter().map(|record| record.sequence_number.clone().unwrap()));

    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]));
    assert!(numbers.iter().all(|number| number.len() == 56));
    let output = get(&client, &iterator(&client, "s", FIRST, ShardIteratorType::TrimHorizon).await).await;
    assert_eq!(data(&output), ["0", "1", "2", "3", "4"]);
    let read: Vec<_> = output.records.iter().map(|record| record.sequence_number.clone()).collect();
    assert_eq!(read, numbers);
    assert_eq!(output.millis_behind_latest, Some(0));
    assert_eq!(output.records[0].approximate_arrival_timestamp.unwrap().to_millis().unwrap(), START.0);
}

#[tokio::test]
async fn pages_through_a_shard_with_the_next_iterator() {
    let engine = TestEngine::manual().await;
    let client = client(&engine).await;
    create(&client, "s", 1).await;
    for place in 0..5 {
        put(&client, "s", "k", &place.to_string()).await;
    }
    engine.engine.clock().advance(Duration::from_secs(2));
    let mut next = iterator(&client, "s", FIRST, ShardIteratorType::TrimHorizon).await;
    let mut pages = Vec::new();
    for _ in 0..4 {
        let output = client.get_records().shard_iterator(next).limit(2).send().await.unwrap();
        pages.push((data(&output).join(""), output.millis_behind_latest.unwrap()));
        next = output.next_shard_iterator.unwrap();
    }
    let expected = [("01", 2000), ("23", 2000), ("4", 0), ("", 0)];
    assert_eq!(pages, expected.map(|(text, behind)| (text.to_owned(), behind)));
}

#[tokio::test]
async fn spreads_keys_over_shards_by_their_md5_unless_told_the_hash() {
    let engine = TestEngine::manual().await;
    let client = client(&engine).await;
    create(&client, "s", 2).await;
    // MD5 of "a" begins with 0c, that of "b" with 92.
    assert_eq!(put(&client, "s", "a", "").await.0, FIRST);
    assert_eq!(put(&client, "s", "b", "").await.0, "shardId-000000000001");
    let explicit = client.put_record().stream_name("s").partition_key("a").data(Blob::new(""));
    let explicit =
        explicit.explicit_hash_key("340282366920938463463374607431768211455").send().await.unwrap();
    assert_eq!(explicit.shard_id, "shardId-000000000001");
    let beyond = client.put_record().stream_name("s").partition_key("a").data(Blob::new(""));
    let beyond =
        beyond.explicit_hash_key("340282366920938463463374607431768211456").send().await.unwrap_err();
    assert_eq!(code(beyond).0, "InvalidArgumentException");
}

#[tokio::test]
async fn begins_where_each_type_of_iterator_says() {
    let engine = TestEngine::manual().await;
    let client = client(&engine).await;
    create(&client, "s", 1).await;
    put(&client, "s", "k", "early").await;
    engine.engine.clock().advance(Duration::from_secs(10));
    let (_, middle) = put(&client, "s", "k", "middle").await;
    let latest = iterator(&client, "s", FIRST, ShardIteratorType::Latest).await;
    put(&client, "s", "k", "late").await;

    let at = |kind| client.get_shard_iterator().stream_name("s").shard_id(FIRST).shard_iterator_type(kind);
    let requests = [
        at(ShardIteratorType::AtSequenceNumber).starting_sequence_number(&middle),
        at(ShardIteratorType::AfterSequenceNumber).starting_sequence_number(&middle),
        at(ShardIteratorType::AtTimestamp).timestamp(DateTime::from_millis(START.0 + 1)),
    ];
    let mut seen = vec![data(&get(&client, &latest).await)];
    for request in requests {
        let iterator = request.send().await.unwrap().shard_iterator.unwrap();
        seen.push(data(&get(&client, &iterator).await));
    }
    assert_eq!(seen, [vec!["late"], vec!["middle", "late"], vec!["late"], vec!["middle", "late"]]);

    let future = at(ShardIteratorType::AtTimestamp).timestamp(DateTime::from_millis(START.0 + 60_000));
    assert_eq!(code(future.send().await.unwrap_err()).0, "InvalidArgumentException");
    let missing = at(ShardIteratorType::AtSequenceNumber).send().await.unwrap_err();
    assert!(code(missing).1.contains("and no StartingSequenceNumber."));
}

#[tokio::test]
async fn refuses_iterators_that_are_forged_or_five_minutes_old() {
    let engine = TestEngine::manual().await;
    let client = client(&engine).await;
    create(&client, "s", 1).await;
    let iterator = iterator(&client, "s", FIRST, ShardIteratorType::TrimHorizon).await;
    let forged = client.get_records().shard_iterator("AAAAAAAAAAHgarbage").send().await.unwrap_err();
    assert_eq!(code(forged), ("InvalidArgumentException".into(), "Invalid ShardIterator.".into()));
    engine.engine.clock().advance(Duration::from_secs(300));
    get(&client, &iterator).await;
    engine.engine.clock().advance(Duration::from_secs(1));
    let expired = client.get_records().shard_iterator(iterator).send().await.unwrap_err();
    let (code, message) = code(expired);
    assert_eq!(code, "ExpiredIteratorException");
    assert!(message.contains("created at time Thu Jan 15 10:30:00 UTC 2026"), "{message}");
}

#[tokio::test]
async fn throttles_single_records_inside_a_successful_answer() {
    let engine = TestEngine::manual().await;
    let client = client(&engine).await;
    create(&client, "s", 1).await;
    let entry = || PutRecordsRequestEntry::builder().partition_key("k").data(Blob::new("x")).build().unwrap();
    let batch =
        || client.put_records().stream_name("s").set_records(Some((0..400).map(|_| entry()).collect()));
    let mut failed = Vec::new();
    for _ in 0..3 {
        let output = batch().send().await.unwrap();
        failed.push(output.failed_record_count.unwrap());
        for record in output.records.iter().filter(|record| record.sequence_number.is_none()) {
            assert_eq!(record.error_code.as_deref(), Some("ProvisionedThroughputExceededException"));
            let message = format!("Rate exceeded for shard {FIRST} in stream s under account {ACCOUNT}.");
            assert_eq!(record.error_message.as_ref(), Some(&message));
        }
    }
    assert_eq!(failed, [0, 0, 200]);
    let single = client.put_record().stream_name("s").partition_key("k").data(Blob::new("x"));
    let throttled = single.clone().send().await.unwrap_err();
    assert_eq!(code(throttled).0, "ProvisionedThroughputExceededException");
    engine.engine.clock().advance(Duration::from_secs(1));
    single.send().await.unwrap();
    assert_eq!(read_all(&client, "s", FIRST).await.len(), 1001);
}

#[tokio::test]
async fn gives_five_reads_a_second_for_each_shard() {
    let engine = TestEngine::manual().await;
    let client = client(&engine).await;
    create(&client, "s", 1).await;
    let iterator = iterator(&client, "s", FIRST, ShardIteratorType::TrimHorizon).await;
    for _ in 0..5 {
        get(&client, &iterator).await;
    }
    let throttled = client.get_records().shard_iterator(&iterator).send().await.unwrap_err();
    assert_eq!(code(throttled).0, "ProvisionedThroughputExceededException");
    engine.engine.clock().advance(Duration::from_millis(200));
    get(&client, &iterator).await;
}

#[tokio::test]
async fn keeps_closed_parents_readable_after_resharding() {
    let engine = TestEngine::manual().await;
    let client = client(&engine).await;
    create(&client, "s", 1).await;
    put(&client, "s", "b", "before").await;
    engine.engine.clock().advance(Duration::from_secs(5));
    let update = client.update_shard_count().stream_name("s").scaling_type(ScalingType::UniformScaling);
    let output = update.clone().target_shard_count(2).send().await.unwrap();
    assert_eq!((output.current_shard_count, output.target_shard_count), (Some(1), Some(2)));
    let (shard, _) = put(&client, "s", "b", "after").await;
    assert_eq!(shard, "shardId-000000000002");

    let shards = client.list_shards().stream_name("s").send().await.unwrap().shards.unwrap();
    assert_eq!(shards.len(), 3);
    assert!(shards[0].sequence_number_range().unwrap().ending_sequence_number().is_some());
    for child in &shards[1..] {
        assert_eq!(child.parent_shard_id(), Some(FIRST));
        let range = child.sequence_number_range().unwrap();
        assert!(range.ending_sequence_number().is_none());
        let parent = shards[0].sequence_number_range().unwrap().ending_sequence_number().unwrap();
        assert!(range.starting_sequence_number() > parent);
    }
    let end = get(&client, &iterator(&client, "s", FIRST, ShardIteratorType::TrimHorizon).await).await;
    assert_eq!(data(&end), ["before"]);
    assert_eq!(end.next_shard_iterator, None);
    assert_eq!(end.child_shards().len(), 2);
    assert_eq!(read_all(&client, "s", "shardId-000000000002").await, ["after"]);

    let filter = ShardFilter::builder().r#type(ShardFilterType::AtLatest).build().unwrap();
    let open =
        client.list_shards().stream_name("s").shard_filter(filter).send().await.unwrap().shards.unwrap();
    assert_eq!(
        open.iter().map(|shard| shard.shard_id()).collect::<Vec<_>>(),
        ["shardId-000000000001", "shardId-000000000002"]
    );
    let too_many = code(update.clone().target_shard_count(5).send().await.unwrap_err()).1;
    assert!(too_many.starts_with("UpdateShardCount cannot scale up over double"), "{too_many}");
    engine.engine.clock().advance(Duration::from_secs(5));
    update.target_shard_count(1).send().await.unwrap();
    let shards = client.list_shards().stream_name("s").send().await.unwrap().shards.unwrap();
    assert_eq!(shards[3].parent_shard_id(), Some("shardId-000000000001"));
    assert_eq!(shards[3].adjacent_parent_shard_id(), Some("shardId-000000000002"));
}

#[tokio::test]
async fn forgets_records_after_the_retention_period_but_never_a_number() {
    let engine = TestEngine::manual().await;
    let client = client(&engine).await;
    create(&client, "s", 1).await;
    let (_, first) = put(&client, "s", "k", "old").await;
    engine.engine.clock().advance(Duration::from_secs(23 * 3600));
    put(&client, "s", "k", "young").await;
    engine.engine.clock().advance(Duration::from_secs(2 * 3600));
    assert_eq!(read_all(&client, "s", FIRST).await, ["young"]);
    let increase = client.increase_stream_retention_period().stream_name("s");
    increase.clone().retention_period_hours(48).send().await.unwrap();
    let short = increase.retention_period_hours(23).send().await.unwrap_err();
    assert_eq!(code(short).0, "InvalidArgumentException");
    engine.engine.clock().advance(Duration::from_secs(100 * 3600));
    engine.advance(Duration::from_secs(2)).await;
    assert_eq!(read_all(&client, "s", FIRST).await, [""; 0]);
    let (_, last) = put(&client, "s", "k", "new").await;
    assert!(last > first);
    assert_eq!(read_all(&client, "s", FIRST).await, ["new"]);
}

#[tokio::test]
async fn remembers_everything_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let config = || Config { clock: Clock::manual(START), ..Config::new(folder.path()) };
    let engine = Engine::start(config()).await.unwrap();
    let client = client_at(&engine.url()).await;
    create(&client, "s", 2).await;
    let (_, before) = put(&client, "s", "a", "one").await;
    let old = iterator(&client, "s", FIRST, ShardIteratorType::TrimHorizon).await;
    engine.stop().await;

    let engine = Engine::start(config()).await.unwrap();
    let client = client_at(&engine.url()).await;
    let (shard, after) = put(&client, "s", "a", "two").await;
    assert_eq!(shard, FIRST);
    assert!(after > before);
    assert_eq!(data(&get(&client, &old).await), ["one", "two"]);
    assert_eq!(client.list_streams().send().await.unwrap().stream_names, ["s"]);
}

#[tokio::test]
async fn names_streams_that_do_not_exist_and_those_that_do() {
    let engine = TestEngine::manual().await;
    let client = client(&engine).await;
    let missing = client.describe_stream_summary().stream_name("nope").send().await.unwrap_err();
    let message = format!("Stream nope under account {ACCOUNT} not found.");
    assert_eq!(code(missing), ("ResourceNotFoundException".into(), message));
    create(&client, "s", 1).await;
    let again = client.create_stream().stream_name("s").shard_count(1).send().await.unwrap_err();
    assert_eq!(code(again).0, "ResourceInUseException");
    let invalid = client.create_stream().stream_name("a b").shard_count(0).send().await.unwrap_err();
    assert!(code(invalid).1.starts_with("2 validation errors detected: "));
    let arn = format!("arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s");
    let described =
        client.describe_stream().stream_arn(&arn).send().await.unwrap().stream_description.unwrap();
    assert_eq!((described.stream_name(), described.stream_arn()), ("s", arn.as_str()));
    assert_eq!(described.shards().len(), 1);
    client.delete_stream().stream_name("s").send().await.unwrap();
    assert!(client.list_streams().send().await.unwrap().stream_names.is_empty());
    create(&client, "s", 1).await;
    assert_eq!(read_all(&client, "s", FIRST).await, [""; 0]);
}

#[tokio::test]
async fn pages_through_streams_and_shards() {
    let engine = TestEngine::manual().await;
    let client = client(&engine).await;
    for name in ["c", "a", "b"] {
        create(&client, name, 3).await;
    }
    let page = client.list_streams().limit(2).send().await.unwrap();
    assert_eq!((page.stream_names.join(""), page.has_more_streams), ("ab".into(), true));
    let page = client.list_streams().limit(2).next_token(page.next_token.unwrap()).send().await.unwrap();
    assert_eq!((page.stream_names.join(""), page.has_more_streams), ("c".into(), false));

    let page = client.list_shards().stream_name("a").max_results(2).send().await.unwrap();
    assert_eq!(page.shards().len(), 2);
    let page = client.list_shards().next_token(page.next_token.unwrap()).send().await.unwrap();
    assert_eq!(page.shards()[0].shard_id(), "shardId-000000000002");
    assert_eq!(page.next_token, None);
}

#[tokio::test]
async fn gives_an_on_demand_stream_four_shards() {
    let engine = TestEngine::manual().await;
    let client = client(&engine).await;
    let mode = StreamModeDetails::builder().stream_mode(StreamMode::OnDemand).build().unwrap();
    client.create_stream().stream_name("s").stream_mode_details(mode).send().await.unwrap();
    let summary = client.describe_stream_summary().stream_name("s").send().await.unwrap();
    let summary = summary.stream_description_summary.unwrap();
    assert_eq!(summary.open_shard_count, 4);
    assert_eq!(summary.stream_mode_details.unwrap().stream_mode, StreamMode::OnDemand);
}

#[tokio::test]
async fn keeps_tags() {
    let engine = TestEngine::manual().await;
    let client = client(&engine).await;
    create(&client, "s", 1).await;
    client.add_tags_to_stream().stream_name("s").tags("a", "1").tags("b", "2").send().await.unwrap();
    client.remove_tags_from_stream().stream_name("s").tag_keys("a").send().await.unwrap();
    let tags = client.list_tags_for_stream().stream_name("s").send().await.unwrap();
    assert_eq!(tags.tags.len(), 1);
    assert_eq!((tags.tags[0].key(), tags.tags[0].value()), ("b", Some("2")));
    let illegal = client.add_tags_to_stream().stream_name("s").tags("a", "<>").send().await.unwrap_err();
    assert_eq!(code(illegal).0, "InvalidArgumentException");
}
