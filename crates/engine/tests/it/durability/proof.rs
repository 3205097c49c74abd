//! What must be true after the last kill.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use aws_config::SdkConfig;
use aws_sdk_cloudformation::types::StackStatus;
use aws_sdk_kinesis::types::ShardIteratorType;

use super::load::{Deployment, Ledger, body};
use crate::support::eventually;

/// Every acknowledged record is in its shard under its number, and no number was given twice.
pub async fn records_are_readable(config: &SdkConfig, ledger: &Ledger) {
    let client = aws_sdk_kinesis::Client::new(config);
    let shards = client.list_shards().stream_name("orders").send().await.unwrap();
    let mut found = BTreeSet::new();
    for shard in shards.shards() {
        let id = shard.shard_id();
        let request = client.get_shard_iterator().stream_name("orders").shard_id(id);
        let iterator = request.shard_iterator_type(ShardIteratorType::TrimHorizon).send().await.unwrap();
        let (mut iterator, mut latest) = (iterator.shard_iterator, String::new());
        loop {
            let batch = client.get_records().set_shard_iterator(iterator).send().await.unwrap();
            for record in batch.records() {
                let number = record.sequence_number();
                assert!(number > latest.as_str(), "{id} gave {number} after {latest}");
                latest = number.to_owned();
                let data = String::from_utf8(record.data().as_ref().to_vec()).unwrap();
                found.insert((id.to_owned(), latest.clone(), data));
            }
            if batch.records().is_empty() {
                break;
            }
            iterator = batch.next_shard_iterator;
        }
    }
    let lost: Vec<_> = ledger.records.iter().filter(|record| !found.contains(*record)).collect();
    assert!(lost.is_empty(), "{} of {} records are lost: {lost:?}", lost.len(), ledger.records.len());
}

/// Every acknowledged line lies in an object of the bucket.
pub async fn records_are_delivered(config: &SdkConfig, ledger: &Ledger) {
    let client = s3(config);
    let mut objects: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let missing = |objects: &BTreeMap<String, Vec<String>>| {
        let lines: BTreeSet<&String> = objects.values().flatten().collect();
        ledger.lines.iter().filter(|line| !lines.contains(line)).count()
    };
    for _ in 0..200 {
        for key in keys(&client, "delivered/").await {
            if let Entry::Vacant(entry) = objects.entry(key) {
                let text = String::from_utf8(read(&client, entry.key()).await).unwrap();
                entry.insert(text.lines().map(str::to_owned).collect());
            }
        }
        if missing(&objects) == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{} of {} lines were not delivered", missing(&objects), ledger.lines.len());
}

/// Every acknowledged object is there, and none is half of one write and half of another.
pub async fn objects_are_whole(config: &SdkConfig, ledger: &Ledger) {
    let client = s3(config);
    for key in &ledger.objects {
        assert_eq!(read(&client, key).await, body(key).into_bytes(), "{key}");
    }
    for key in keys(&client, "own/").await {
        assert_eq!(read(&client, &key).await, body(&key).into_bytes(), "{key}");
    }
    let again = String::from_utf8(read(&client, "again").await).unwrap();
    let version: u64 = again.lines().next().unwrap().parse().unwrap();
    assert!(version >= ledger.rewritten, "version {version} is back, after {}", ledger.rewritten);
    assert_eq!(again, body(&version.to_string()));
}

/// Every stack has come to rest where it was going, and can be taken down from there without a trace.
pub async fn stacks_go_on(config: &SdkConfig, ledger: &Ledger) {
    let client = aws_sdk_cloudformation::Client::new(config);
    let present = eventually("all stacks come to rest", || async {
        let stacks = stacks(&client).await;
        let is_resting = |status: &StackStatus| !status.as_str().ends_with("_IN_PROGRESS");
        stacks.values().all(is_resting).then_some(stacks)
    })
    .await;
    for (name, deployment) in &ledger.stacks {
        let status = present.get(name);
        let is_created = status == Some(&StackStatus::CreateComplete);
        let is_legal = match deployment {
            Deployment::CreateAsked | Deployment::DeleteAsked => is_created || status.is_none(),
            Deployment::CreateAcknowledged => is_created,
            Deployment::DeleteAcknowledged => status.is_none(),
        };
        assert!(is_legal, "{name} is {status:?} after {deployment:?}");
    }
    for name in present.keys().filter(|name| *name != "base") {
        client.delete_stack().stack_name(name).send().await.unwrap();
    }
    eventually("only the base is left", || async { (stacks(&client).await.len() == 1).then_some(()) }).await;
    let streams = aws_sdk_kinesis::Client::new(config).list_streams().send().await.unwrap();
    assert_eq!(streams.stream_names(), ["orders"]);
    let buckets = s3(config).list_buckets().send().await.unwrap();
    assert_eq!(buckets.buckets().len(), 1);
    let groups = aws_sdk_cloudwatchlogs::Client::new(config).describe_log_groups().send().await.unwrap();
    assert_eq!(groups.log_groups(), []);
}

/// Returns the stacks that are not deleted, with their states.
async fn stacks(client: &aws_sdk_cloudformation::Client) -> BTreeMap<String, StackStatus> {
    let mut pages = client.describe_stacks().into_paginator().items().send();
    let mut stacks = BTreeMap::new();
    while let Some(stack) = pages.next().await {
        let stack = stack.unwrap();
        stacks.insert(stack.stack_name.unwrap(), stack.stack_status.unwrap());
    }
    stacks
}

fn s3(config: &SdkConfig) -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(config).force_path_style(true).build())
}

async fn keys(client: &aws_sdk_s3::Client, prefix: &str) -> Vec<String> {
    let mut pages = client.list_objects_v2().bucket("landing").prefix(prefix).into_paginator().send();
    let mut keys = Vec::new();
    while let Some(page) = pages.next().await {
        keys.extend(page.unwrap().contents().iter().filter_map(|object| object.key.clone()));
    }
    keys
}

async fn read(client: &aws_sdk_s3::Client, key: &str) -> Vec<u8> {
    let object = client.get_object().bucket("landing").key(key).send().await.unwrap();
    object.body.collect().await.unwrap().to_vec()
}
