//! The objects that a delivery writes.

use std::collections::HashSet;
use std::io::Read as _;

use aws_sdk_s3::types::Object;

use crate::aws::{Clients, failure};
use crate::error::{Error, Result};
use crate::records::unpack;
use crate::stack::Delivery;
use crate::verify::mark;
use crate::verify::passages::fixed_prefix;
use crate::verify::verdict::Sent;

pub struct Objects<'a> {
    clients: &'a Clients,
    pub bucket: &'a str,
    prefix: &'a str,
    /// What is older, in milliseconds since the epoch, is not of this proof.
    since: i64,
    /// Everything that this proof sent, through whichever entrance.
    sent: &'a [Sent],
    seen: HashSet<String>,
    /// The object in which a record was found last.
    place: Option<String>,
    /// The objects that hold nothing but the proof's own records.
    pub own: Vec<String>,
}

impl<'a> Objects<'a> {
    pub fn new(
        clients: &'a Clients,
        bucket: &'a str,
        delivery: &'a Delivery,
        since: i64,
        sent: &'a [Sent],
    ) -> Self {
        let prefix = fixed_prefix(delivery);
        Self { clients, bucket, prefix, since, sent, seen: HashSet::new(), place: None, own: Vec::new() }
    }

    /// Hands the text of every new object to `note`, which says how many records it found in it.
    pub async fn look(&mut self, note: &mut impl FnMut(&str) -> usize) -> Result<()> {
        let keys = list(self.clients, self.bucket, self.prefix, self.since).await?;
        for key in keys {
            if self.seen.contains(&key) {
                continue;
            }
            let text = read(self.clients, self.bucket, &key).await?;
            if note(&text) > 0 {
                self.place = Some(key.clone());
                let rows = || self.sent.iter().flat_map(|sent| &sent.rows);
                let is_own = |line: &str| rows().any(|row| mark::is_in(line, &row.mark));
                if text.lines().all(|line| line.trim().is_empty() || is_own(line)) {
                    self.own.push(key.clone());
                }
            }
            self.seen.insert(key);
        }
        Ok(())
    }

    /// Returns where records were found, or else where they were looked for.
    pub fn place(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.place.as_deref().unwrap_or(self.prefix))
    }
}

/// Returns the keys of the objects under a prefix since a moment, in milliseconds since the epoch.
pub async fn list(clients: &Clients, bucket: &str, prefix: &str, since: i64) -> Result<Vec<String>> {
    let mut keys = Vec::new();
    let mut pages = clients.s3.list_objects_v2().bucket(bucket).prefix(prefix).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| failure(format!("list the objects in `{bucket}`"), error))?;
        let is_new = |object: &Object| {
            let modified = object.last_modified().and_then(|time| time.to_millis().ok());
            modified.is_none_or(|modified| modified >= since)
        };
        let objects = page.contents.unwrap_or_default().into_iter();
        keys.extend(objects.filter(is_new).filter_map(|object| object.key));
    }
    Ok(keys)
}

/// Returns an object's text, decompressed as its first bytes say.
pub async fn read(clients: &Clients, bucket: &str, key: &str) -> Result<String> {
    let what = || format!("read s3://{bucket}/{key}");
    let object = clients.s3.get_object().bucket(bucket).key(key).send().await;
    let object = object.map_err(|error| failure(what(), error))?;
    let body = object.body.collect().await.map_err(|error| Error::failed_to(what()).because(error))?;
    let mut text = Vec::new();
    let unpacked = unpack(body.into_bytes()).and_then(|mut reader| reader.read_to_end(&mut text));
    unpacked.map_err(|error| Error::failed_to(what()).because(error))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
