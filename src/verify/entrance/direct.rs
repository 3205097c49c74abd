//! Puts records that were made for the proof into a stream or delivery stream.

use crate::error::{Error, Kind, Result};
use crate::records::{self, Outcome, Reply};
use crate::verify::passages::Passage;
use crate::verify::verdict::Row;
use crate::verify::{Proof, mark};

/// Calls after which a service that asks for patience is taken at its word.
const TRIES: u32 = 5;

pub async fn put(proof: &Proof<'_>, passage: &Passage<'_>) -> Result<Vec<Row>> {
    let Some(layout) = passage.records else { return Ok(Vec::new()) };
    let made = mark::make(layout).map_err(|reason| {
        Error::misused(format!("make a record for `{}`", passage.into))
            .because(reason.to_string())
            .hint("see `records:` of the stack file")
    })?;
    let entrance =
        records::Entrance { name: passage.into, is_stream: passage.is_stream, records: Some(layout) };
    entrance.await_ready(proof.clients, proof.stack, &proof.names, |_| {}).await?;
    let destination = entrance.destination(proof.clients, &proof.names)?;
    let mut rows = Vec::new();
    for (number, (row, key)) in made.into_iter().enumerate() {
        let data = format!("{}\n", row.text).into_bytes();
        put_one(&destination, records::Entry::new(number as u64, data, key), passage.into).await?;
        rows.push(row);
    }
    Ok(rows)
}

async fn put_one(destination: &records::Destination, entry: records::Entry, into: &str) -> Result<()> {
    let entries = [entry];
    let mut why = String::new();
    for attempt in 0..TRIES {
        match destination.put(&entries).await {
            Outcome::Refused(error) => return Err(error),
            Outcome::Later { why: reason, .. } => why = reason,
            Outcome::Answered(replies) => match replies.into_iter().next() {
                Some(Reply::Failed { why: reason, .. }) => why = reason,
                _ => return Ok(()),
            },
        }
        tokio::time::sleep(records::jitter(attempt, &mut rand::rng())).await;
    }
    Err(Error::new(Kind::Unverified, format!("`{into}` takes no records")).because(why))
}
