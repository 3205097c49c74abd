//! Lets a producer send records, and learns which: from the stream itself, or from what the function answers.

use aws_sdk_kinesis::types::ShardIteratorType;
use aws_sdk_lambda::primitives::Blob;
use serde_json::{Value, json};

use crate::aws::{Clients, failure};
use crate::deploy::names::name_in_aws;
use crate::error::{Error, Kind, Result};
use crate::stack::Function;
use crate::verify::passages::Passage;
use crate::verify::verdict::Row;
use crate::verify::{Proof, mark};

/// Empty reads of a shard after which it is taken to hold nothing more.
const EMPTY_READS: usize = 2;

/// Invokes the producer `name` with its event and returns the records that it put.
pub async fn produce(
    proof: &Proof<'_>,
    passage: &Passage<'_>,
    name: &str,
    function: &Function,
) -> Result<Vec<Row>> {
    let clients = proof.clients;
    let into = name_in_aws(&proof.names, passage.into)?;
    let iterators = if passage.is_stream { tips(clients, into).await? } else { Vec::new() };
    let event = function.event.clone().unwrap_or_else(|| json!({}));
    let answer = invoke(proof, name, &event).await?;
    let mut rows = Vec::new();
    for iterator in iterators {
        read(clients, iterator, &mut rows).await?;
    }
    if !passage.is_stream {
        // What is put into a delivery stream cannot be read there; the function has to say it.
        rows = mark::find_in_answer(&answer);
    }
    match rows.is_empty() {
        false => Ok(rows),
        true => Err(Error::new(Kind::Unverified, format!("`{name}` put no records into `{}`", passage.into))
            .hint(format!("its event was {event}"))),
    }
}

async fn invoke(proof: &Proof<'_>, name: &str, event: &Value) -> Result<Value> {
    let invocation = proof
        .clients
        .lambda
        .invoke()
        .function_name(name_in_aws(&proof.names, name)?)
        .payload(Blob::new(event.to_string()));
    let output = invocation.send().await.map_err(|error| failure(format!("invoke `{name}`"), error))?;
    let payload = output.payload().map(Blob::as_ref).unwrap_or_default();
    if output.function_error().is_some() {
        return Err(Error::new(Kind::Unverified, format!("the function `{name}` failed"))
            .because(String::from_utf8_lossy(payload).into_owned())
            .hint(format!("its event was {event}")));
    }
    Ok(serde_json::from_slice(payload).unwrap_or_default())
}

/// Returns an iterator at the end of every open shard.
async fn tips(clients: &Clients, stream: &str) -> Result<Vec<String>> {
    let what = || format!("find the end of the stream `{stream}`");
    let shards = clients.kinesis.list_shards().stream_name(stream).send().await;
    let shards = shards.map_err(|error| failure(what(), error))?;
    let mut iterators = Vec::new();
    for shard in shards.shards() {
        let iterator = clients
            .kinesis
            .get_shard_iterator()
            .stream_name(stream)
            .shard_id(shard.shard_id())
            .shard_iterator_type(ShardIteratorType::Latest)
            .send()
            .await
            .map_err(|error| failure(what(), error))?;
        iterators.extend(iterator.shard_iterator);
    }
    Ok(iterators)
}

async fn read(clients: &Clients, iterator: String, rows: &mut Vec<Row>) -> Result<()> {
    let mut next = Some(iterator);
    let mut empty = 0;
    while let Some(iterator) = next.take().filter(|_| empty < EMPTY_READS) {
        let page = clients.kinesis.get_records().shard_iterator(iterator).send().await;
        let page = page.map_err(|error| failure("read the records that were sent", error))?;
        empty = if page.records().is_empty() { empty + 1 } else { 0 };
        let texts = page.records().iter().map(|record| String::from_utf8_lossy(record.data().as_ref()));
        rows.extend(texts.map(|text| mark::recognise(&text)));
        next = page.next_shard_iterator;
    }
    Ok(())
}
