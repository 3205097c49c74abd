//! The objects that a delivery writes.

use std::io::Read as _;

use bytes::Bytes;
use jiff::Timestamp;

use crate::error::{Error, Result};
use crate::records::{self, Listing, Selection, read_objects, unpack};
use crate::stack::Delivery;
use crate::verify::Proof;

/// Objects that are fetched at a time.
const IN_FLIGHT: usize = 4;

pub struct Objects<'a> {
    proof: &'a Proof<'a>,
    listing: Listing,
    /// The object in which a record was found last.
    place: Option<String>,
    /// The objects that hold nothing but the proof's own records.
    pub own: Vec<String>,
}

impl<'a> Objects<'a> {
    pub fn new(proof: &'a Proof<'a>, name: &'a str, delivery: &'a Delivery) -> Result<Self> {
        let listing = listing(proof, name, delivery, false)?;
        Ok(Self { proof, listing, place: None, own: Vec::new() })
    }

    pub fn bucket(&self) -> &str {
        &self.listing.selection().bucket
    }

    /// Hands every row of the objects that are new to `note`; `is_ours` tells a row of the proof from all others.
    pub async fn look(&mut self, is_ours: &impl Fn(&str) -> bool, note: &mut impl FnMut(&str)) -> Result<()> {
        self.listing.repeat();
        let (place, own) = (&mut self.place, &mut self.own);
        let each = |key: &str, bytes: Bytes| {
            let text = text(key, bytes)?;
            let mut rows = text.lines().filter(|line| !line.trim().is_empty());
            if rows.clone().any(is_ours) {
                *place = Some(key.to_owned());
                if rows.all(is_ours) {
                    own.push(key.to_owned());
                }
                note(&text);
            }
            Ok(())
        };
        read_objects(self.proof.clients, &mut self.listing, IN_FLIGHT, each).await.map(drop)
    }

    /// Returns where records were found, or else where they were looked for.
    pub fn place(&self) -> String {
        let Selection { bucket, prefix, .. } = self.listing.selection();
        format!("s3://{bucket}/{}", self.place.as_deref().unwrap_or(prefix))
    }
}

/// Returns the place and the first line of what Firehose wrote last of records that it could not deliver.
pub async fn last_error(
    proof: &Proof<'_>,
    name: &str,
    delivery: &Delivery,
) -> Result<Option<(String, String)>> {
    let mut listing = listing(proof, name, delivery, true)?;
    let bucket = listing.selection().bucket.clone();
    let mut last = None;
    read_objects(proof.clients, &mut listing, IN_FLIGHT, |key, bytes| {
        let first = text(key, bytes)?.lines().next().map(str::to_owned);
        last = first.map(|line| (format!("s3://{bucket}/{key}"), line)).or(last.take());
        Ok(())
    })
    .await?;
    Ok(last)
}

/// Lists what a delivery wrote since the proof began: data, or else error objects.
fn listing(proof: &Proof<'_>, name: &str, delivery: &Delivery, is_errors: bool) -> Result<Listing> {
    let since = Timestamp::from_millisecond(proof.since).ok();
    let exit = records::Exit { name, delivery, records: None };
    let selection = Selection::of(&exit, proof.stack, &proof.names, is_errors, None, since)?;
    Ok(Listing::new(selection.put_since(since), true))
}

/// Returns an object's text, decompressed as its first bytes say.
fn text(key: &str, bytes: Bytes) -> Result<String> {
    let mut text = Vec::new();
    let unpacked = unpack(bytes).and_then(|mut reader| reader.read_to_end(&mut text));
    unpacked.map_err(|error| Error::failed_to(format!("read {key}")).because(error))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
