//! Records that were put and are not delivered yet, in one ordered keyspace.
//!
//! Each call is one entry, under the delivery stream's id and a number that grows; an entry goes when the
//! object with its records is stored, so what was acknowledged is delivered at least once.

use bytes::Bytes;

use crate::clock::Timestamp;
use crate::store::{Rows, Store, StoreError};

/// A record in the backlog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub place: Place,
    pub arrived_at: Timestamp,
    pub data: Bytes,
}

/// Where a record is: the number of its entry and its place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub entry: u64,
    pub record: u32,
}

/// The backlogs of all delivery streams.
#[derive(Clone)]
pub struct Backlog {
    store: Store,
    rows: Rows,
}

const HEADER: usize = 12;

fn key(stream: u64, entry: u64) -> [u8; 16] {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&stream.to_be_bytes());
    key[8..].copy_from_slice(&entry.to_be_bytes());
    key
}

/// Encodes records of which the first `done` have been delivered.
fn encode<'a>(arrived_at: Timestamp, done: u32, records: impl Iterator<Item = &'a [u8]> + Clone) -> Vec<u8> {
    let size: usize = records.clone().map(|record| 4 + record.len()).sum();
    let mut value = Vec::with_capacity(HEADER + size);
    value.extend_from_slice(&arrived_at.0.to_le_bytes());
    value.extend_from_slice(&done.to_le_bytes());
    for record in records {
        value.extend_from_slice(&(record.len() as u32).to_le_bytes());
        value.extend_from_slice(record);
    }
    value
}

fn decode(entry: u64, value: fjall::UserValue) -> Option<Vec<Waiting>> {
    let arrived_at = Timestamp(i64::from_le_bytes(value.get(..8)?.try_into().ok()?));
    let done = u32::from_le_bytes(value.get(8..HEADER)?.try_into().ok()?);
    let value = Bytes::from_owner(value);
    let mut at = HEADER;
    let mut records = Vec::new();
    while at < value.len() {
        let length = u32::from_le_bytes(value.get(at..at + 4)?.try_into().ok()?) as usize;
        let end = at + 4 + length;
        if end > value.len() {
            return None;
        }
        let place = Place { entry, record: done + u32::try_from(records.len()).ok()? };
        records.push(Waiting { place, arrived_at, data: value.slice(at + 4..end) });
        at = end;
    }
    Some(records)
}

impl Backlog {
    pub fn open(store: &Store) -> Result<Self, StoreError> {
        Ok(Self { store: store.clone(), rows: store.records("firehose-backlog")? })
    }

    /// Adds the records of one call; `entry` is greater than that of any earlier call.
    pub fn add<'a>(
        &self,
        stream: u64,
        entry: u64,
        arrived_at: Timestamp,
        records: impl Iterator<Item = &'a [u8]> + Clone,
    ) -> Result<(), StoreError> {
        self.rows.insert(key(stream, entry), encode(arrived_at, 0, records))
    }

    /// Returns the number that the next entry gets.
    pub fn next_entry(&self, stream: u64) -> Result<u64, StoreError> {
        let last = self.rows.range(key(stream, 0)..=key(stream, u64::MAX)).next_back();
        let last = last.map(fjall::Guard::key).transpose()?;
        let entry = last.and_then(|key| Some(u64::from_be_bytes(key.get(8..16)?.try_into().ok()?)));
        Ok(entry.map_or(0, |entry| entry + 1))
    }

    /// Returns the records of the first entry from `from` on.
    pub fn read(&self, stream: u64, from: u64) -> Result<Option<(u64, Vec<Waiting>)>, StoreError> {
        for guard in self.rows.range(key(stream, from)..=key(stream, u64::MAX)) {
            let (key, value) = guard.into_inner()?;
            let Some(Ok(entry)) = key.get(8..16).map(<[u8; 8]>::try_from) else { continue };
            let entry = u64::from_be_bytes(entry);
            return Ok(Some((entry, decode(entry, value).unwrap_or_default())));
        }
        Ok(None)
    }

    /// Removes everything from the entry `first` up to the record at `last`, which has been delivered.
    pub fn delivered(&self, stream: u64, first: u64, last: Place) -> Result<(), StoreError> {
        let mut batch = self.store.batch()?;
        for guard in self.rows.range(key(stream, first.min(last.entry))..key(stream, last.entry)) {
            batch.remove(self.rows.made()?, guard.key()?);
        }
        if let Some((entry, records)) =
            self.read(stream, last.entry)?.filter(|(entry, _)| *entry == last.entry)
        {
            let rest: Vec<&Waiting> = records.iter().filter(|record| record.place > last).collect();
            match rest.first() {
                None => batch.remove(self.rows.made()?, key(stream, entry)),
                Some(first) => {
                    let data = rest.iter().map(|record| &*record.data);
                    batch.insert(
                        self.rows.made()?,
                        key(stream, entry),
                        encode(first.arrived_at, first.place.record, data),
                    );
                }
            }
        }
        Ok(batch.commit()?)
    }

    /// Returns how many bytes wait for delivery, roughly.
    pub fn bytes(&self, stream: u64) -> Result<u64, StoreError> {
        let sizes = self.rows.prefix(stream.to_be_bytes()).map(fjall::Guard::size);
        sizes.map(|size| Ok(u64::from(size?))).sum()
    }

    /// Removes everything of a delivery stream.
    pub fn purge(&self, stream: u64) -> Result<(), StoreError> {
        loop {
            let mut batch = self.store.batch()?;
            for guard in self.rows.prefix(stream.to_be_bytes()).take(1024) {
                batch.remove(self.rows.made()?, guard.key()?);
            }
            if batch.is_empty() {
                return Ok(());
            }
            batch.commit()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(backlog: &Backlog, entry: u64, records: &[&str]) {
        backlog.add(7, entry, Timestamp(5), records.iter().map(|record| record.as_bytes())).unwrap();
    }

    fn all(backlog: &Backlog) -> Vec<(u64, u32, String)> {
        let mut found = Vec::new();
        let mut from = 0;
        while let Some((entry, records)) = backlog.read(7, from).unwrap() {
            from = entry + 1;
            for record in records {
                assert_eq!(record.arrived_at, Timestamp(5));
                let text = String::from_utf8(record.data.to_vec()).unwrap();
                found.push((record.place.entry, record.place.record, text));
            }
        }
        found
    }

    #[test]
    fn keeps_what_was_not_delivered() {
        let folder = tempfile::tempdir().unwrap();
        let backlog = Backlog::open(&Store::open(folder.path()).unwrap()).unwrap();
        add(&backlog, 0, &["a", ""]);
        add(&backlog, 1, &["b", "c", "d"]);
        add(&backlog, 2, &["e"]);
        assert_eq!(backlog.next_entry(7).unwrap(), 3);
        backlog.delivered(7, 0, Place { entry: 1, record: 0 }).unwrap();
        let rest = [(1, 1, "c".into()), (1, 2, "d".into()), (2, 0, "e".into())];
        assert_eq!(all(&backlog), rest);
        backlog.delivered(7, 0, Place { entry: 1, record: 1 }).unwrap();
        assert_eq!(all(&backlog), rest[1..]);
        backlog.delivered(7, 0, Place { entry: 2, record: 0 }).unwrap();
        assert_eq!(all(&backlog), []);
        assert_eq!(backlog.next_entry(8).unwrap(), 0);
    }
}
