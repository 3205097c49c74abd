//! Looks for records where they should come out, until they are all there or the time is over.

use std::io::Read;
use std::time::{Duration, Instant};

use aws_sdk_s3::types::Object;
use serde_json::Value;

use super::{Arrival, Exit, PhysicalNames, Sent, name_in_aws};
use crate::aws::{Clients, failure};
use crate::error::{Error, Result};
use crate::stack::Delivery;
use crate::stack::logical_id;

/// How far the clocks of two services may be apart, in milliseconds.
const CLOCKS_APART: i64 = 60_000;

/// Rows that are kept to be looked at.
const SAMPLE: usize = 3;

/// What was found at an exit so far.
#[derive(Default)]
struct Found {
    text: String,
    places: Vec<String>,
}

/// Waits until all records of `sent` are at the exit, at most for `limit`.
pub async fn await_arrival(
    clients: &Clients,
    names: &PhysicalNames,
    exit: &Exit<'_>,
    sent: &Sent,
    started: Instant,
    limit: Duration,
) -> Result<Arrival> {
    let pause = Duration::from_millis(if clients.is_nearby() { 200 } else { 3000 });
    let mut search = Search::new(clients, names, exit, sent.since)?;
    loop {
        search.look().await?;
        let missing: Vec<String> = sent
            .rows
            .iter()
            .map(|row| mark(row))
            .filter(|mark| !search.found.text.contains(mark.as_str()))
            .collect();
        if missing.is_empty() || started.elapsed() > limit {
            let trouble = if missing.is_empty() { None } else { search.trouble().await };
            return Ok(Arrival {
                exit: exit.describe(),
                place: search.place(),
                arrived: sent.rows.len() - missing.len(),
                sample: search.sample(sent),
                missing,
                after: started.elapsed(),
                trouble,
            });
        }
        tokio::time::sleep(pause).await;
    }
}

/// Returns what a record is recognised by: its `id`, or all of it when it has none.
fn mark(row: &str) -> String {
    let value: Value = serde_json::from_str(row).unwrap_or_default();
    value.get("id").and_then(Value::as_str).map_or_else(|| row.to_owned(), str::to_owned)
}

/// One exit, and what was read of it.
struct Search<'a> {
    clients: &'a Clients,
    /// What is older, in milliseconds since the epoch, is not of this run.
    since: i64,
    source: Source<'a>,
    found: Found,
}

enum Source<'a> {
    Objects { bucket: &'a str, prefix: String, seen: Vec<String>, log_group: String },
    Log { group: String },
}

impl<'a> Search<'a> {
    fn new(clients: &'a Clients, names: &'a PhysicalNames, exit: &Exit<'_>, since: i64) -> Result<Self> {
        let source = match exit {
            Exit::Delivery { name, delivery } => Source::Objects {
                bucket: name_in_aws(names, &format!("{}-bucket", delivery.to.bucket.value))?,
                prefix: fixed_prefix(delivery),
                seen: Vec::new(),
                log_group: name_in_aws(names, &format!("{}-logs", logical_id(name)))?.to_owned(),
            },
            Exit::Log { name, .. } => {
                Source::Log { group: name_in_aws(names, &format!("{}-logs", logical_id(name)))?.to_owned() }
            }
        };
        Ok(Self { clients, since: since.saturating_sub(CLOCKS_APART), source, found: Found::default() })
    }

    async fn look(&mut self) -> Result<()> {
        match &mut self.source {
            Source::Log { group } => self.found.text = read_log(self.clients, group, self.since).await?,
            Source::Objects { bucket, prefix, seen, .. } => {
                for key in new_objects(self.clients, bucket, prefix, self.since, seen).await? {
                    self.found.text.push_str(&read_object(self.clients, bucket, &key).await?);
                    self.found.places.push(key.clone());
                    seen.push(key);
                }
            }
        }
        Ok(())
    }

    fn place(&self) -> String {
        match &self.source {
            Source::Log { group } => group.clone(),
            Source::Objects { bucket, prefix, .. } => match self.found.places.last() {
                Some(key) => format!("s3://{bucket}/{key}"),
                None => format!("s3://{bucket}/{prefix}"),
            },
        }
    }

    /// Returns some of the rows that were found.
    fn sample(&self, sent: &Sent) -> Vec<String> {
        let found = sent.rows.iter().filter(|row| self.found.text.contains(&mark(row)));
        found.take(SAMPLE).cloned().collect()
    }

    /// Returns the last complaint in the delivery's log, or what the function last wrote.
    async fn trouble(&self) -> Option<String> {
        let (Source::Log { group } | Source::Objects { log_group: group, .. }) = &self.source;
        let log = read_log(self.clients, group, self.since).await.ok()?;
        log.lines().rev().find(|line| !line.trim().is_empty()).map(str::to_owned)
    }
}

/// Returns the part of a delivery's prefix that is the same for all objects.
fn fixed_prefix(delivery: &Delivery) -> String {
    let prefix = delivery.to.prefix.as_ref().map_or("", |prefix| prefix.value.as_str());
    prefix.split("!{").next().unwrap_or_default().to_owned()
}

async fn read_log(clients: &Clients, group: &str, since: i64) -> Result<String> {
    let mut pages = clients
        .logs
        .filter_log_events()
        .log_group_name(group)
        .start_time(since.max(0))
        .into_paginator()
        .send();
    let mut text = String::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| failure(format!("read the log `{group}`"), error))?;
        for event in page.events() {
            text.push_str(event.message().unwrap_or_default());
            text.push('\n');
        }
    }
    Ok(text)
}

async fn new_objects(
    clients: &Clients,
    bucket: &str,
    prefix: &str,
    since: i64,
    seen: &[String],
) -> Result<Vec<String>> {
    let mut keys = Vec::new();
    let mut pages = clients.s3.list_objects_v2().bucket(bucket).prefix(prefix).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| failure(format!("list the objects in `{bucket}`"), error))?;
        let is_new = |object: &&Object| {
            let modified = object.last_modified().and_then(|time| time.to_millis().ok());
            modified.is_none_or(|modified| modified >= since)
        };
        let new = page.contents().iter().filter(is_new).filter_map(|object| object.key());
        keys.extend(new.filter(|key| !seen.iter().any(|known| known == key)).map(str::to_owned));
    }
    Ok(keys)
}

async fn read_object(clients: &Clients, bucket: &str, key: &str) -> Result<String> {
    let what = || format!("read s3://{bucket}/{key}");
    let object = clients.s3.get_object().bucket(bucket).key(key).send().await;
    let object = object.map_err(|error| failure(what(), error))?;
    let bytes =
        object.body.collect().await.map_err(|error| Error::failed_to(what()).because(error))?.into_bytes();
    let text = unpack(&bytes).map_err(|error| Error::failed_to(what()).because(error))?;
    Ok(text)
}

/// Returns an object's text, decompressed as its first bytes say.
fn unpack(bytes: &[u8]) -> std::io::Result<String> {
    let mut text = Vec::new();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut text)?;
    } else if bytes.starts_with(b"PK\x03\x04") {
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes))?;
        for index in 0..archive.len() {
            archive.by_index(index)?.read_to_end(&mut text)?;
        }
    } else {
        text = bytes.to_vec();
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn recognises_a_record_by_its_id() {
        assert_eq!(mark(r#"{"id":"7f","latitude":1}"#), "7f");
        assert_eq!(mark("plain text"), "plain text");
    }

    #[test]
    fn unpacks_by_content() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(b"row").unwrap();
        assert_eq!(unpack(&gzip.finish().unwrap()).unwrap(), "row");
        assert_eq!(unpack(b"row").unwrap(), "row");
    }
}
