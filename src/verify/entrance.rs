//! Lets a producer send records, and reads from the stream what it really sent.

use aws_sdk_kinesis::types::ShardIteratorType;
use aws_sdk_lambda::primitives::Blob;
use serde_json::json;

use super::{PhysicalNames, Sent, name_in_aws};
use crate::aws::{Clients, failure};
use crate::error::{Error, Kind, Result};
use crate::stack::Function;

/// Empty reads of a shard after which it is taken to hold nothing more.
const EMPTY_READS: usize = 2;

/// Invokes the producer `name` with its event and returns the records that it added to `stream`.
pub async fn produce(
    clients: &Clients,
    names: &PhysicalNames,
    name: &str,
    function: &Function,
    stream: &str,
) -> Result<Sent> {
    let stream_name = name_in_aws(names, stream)?;
    let iterators = tips(clients, stream_name).await?;
    let event = function.event.clone().unwrap_or_else(|| json!({}));
    let output = clients
        .lambda
        .invoke()
        .function_name(name_in_aws(names, name)?)
        .payload(Blob::new(event.to_string()))
        .send()
        .await
        .map_err(|error| failure(format!("invoke `{name}`"), error))?;
    if output.function_error().is_some() {
        let answer = output.payload().map(|payload| String::from_utf8_lossy(payload.as_ref()).into_owned());
        return Err(Error::new(Kind::Unverified, format!("the function `{name}` failed"))
            .because(answer.unwrap_or_default())
            .hint(format!("its event was {event}")));
    }
    let mut sent =
        Sent { producer: name.to_owned(), stream: stream.to_owned(), rows: Vec::new(), since: i64::MAX };
    for iterator in iterators {
        read(clients, iterator, &mut sent).await?;
    }
    if sent.rows.is_empty() {
        return Err(Error::new(Kind::Unverified, format!("`{name}` put no records into `{stream}`"))
            .hint(format!("its event was {event}")));
    }
    Ok(sent)
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

async fn read(clients: &Clients, iterator: String, sent: &mut Sent) -> Result<()> {
    let mut next = Some(iterator);
    let mut empty = 0;
    while let Some(iterator) = next.take().filter(|_| empty < EMPTY_READS) {
        let page = clients.kinesis.get_records().shard_iterator(iterator).send().await;
        let page = page.map_err(|error| failure("read the records that were sent", error))?;
        empty = if page.records().is_empty() { empty + 1 } else { 0 };
        for record in page.records() {
            let arrived = record.approximate_arrival_timestamp().and_then(|time| time.to_millis().ok());
            sent.since = sent.since.min(arrived.unwrap_or_default());
            sent.rows.push(String::from_utf8_lossy(record.data().as_ref()).into_owned());
        }
        next = page.next_shard_iterator;
    }
    Ok(())
}
