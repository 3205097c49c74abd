//! Packs several rows into one record: lines into a Firehose record, or rows into an aggregate of the Kinesis Producer
//! Library.
//!
//! Firehose bills each record rounded up to 5 KB; a shard takes 1,000 records a second, however small they are.

use std::collections::HashMap;

use md5::{Digest, Md5};

use super::entry::Entry;

/// What Firehose rounds the size of a record up to when it bills it.
pub const BILLED_STEP: usize = 5 * 1024;

/// The size at which the Kinesis Producer Library ends an aggregate.
const AGGREGATE: usize = 51_200;

/// <https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md>
const MAGIC: [u8; 4] = [0xf3, 0x89, 0x9a, 0xc2];

/// Takes rows and gives records.
#[derive(Debug)]
pub enum Gatherer {
    /// Each row is a record.
    Plain,
    /// As many whole rows as fit into one billed step.
    Pack(Option<Entry>),
    /// An aggregate for each shard.
    Aggregate(HashMap<usize, Aggregate>),
}

impl Gatherer {
    /// Adds a row that falls on `shard`, and returns the record that is full, if one is.
    pub fn add(&mut self, entry: Entry, shard: usize) -> Option<Entry> {
        match self {
            Self::Plain => Some(entry),
            Self::Pack(open) => match open {
                Some(packed) if packed.data.len() + entry.data.len() <= BILLED_STEP => {
                    packed.data.extend_from_slice(&entry.data);
                    packed.others.push(entry.first);
                    None
                }
                _ => open.replace(entry),
            },
            Self::Aggregate(open) => {
                if entry.data.len() >= AGGREGATE {
                    return Some(entry);
                }
                let full = open
                    .get(&shard)
                    .is_some_and(|aggregate| aggregate.size + Aggregate::cost(&entry) > AGGREGATE);
                let finished = if full { open.remove(&shard).map(Aggregate::finish) } else { None };
                open.entry(shard).or_default().rows.push(entry);
                if let Some(aggregate) = open.get_mut(&shard) {
                    aggregate.size += aggregate.rows.last().map_or(0, Aggregate::cost);
                }
                finished
            }
        }
    }

    /// Returns what is not full, since nothing more comes for now.
    pub fn flush(&mut self) -> Vec<Entry> {
        match self {
            Self::Plain => Vec::new(),
            Self::Pack(open) => open.take().into_iter().collect(),
            Self::Aggregate(open) => open.drain().map(|(_, aggregate)| aggregate.finish()).collect(),
        }
    }
}

/// Rows of one shard that will be one record.
#[derive(Debug, Default)]
pub struct Aggregate {
    rows: Vec<Entry>,
    size: usize,
}

impl Aggregate {
    /// Returns the most that a row can add: data, a key of its own, and a few bytes around each.
    fn cost(entry: &Entry) -> usize {
        entry.size() + 24
    }

    fn finish(mut self) -> Entry {
        if self.rows.len() == 1
            && let Some(only) = self.rows.pop()
        {
            return only;
        }
        let mut keys: Vec<&str> = Vec::new();
        let mut places: HashMap<&str, u64> = HashMap::new();
        let mut records = Vec::with_capacity(self.size);
        for row in &self.rows {
            let place = *places.entry(&row.key).or_insert_with(|| {
                keys.push(&row.key);
                keys.len() as u64 - 1
            });
            let mut record = vec![0x08];
            varint(&mut record, place);
            field(&mut record, 0x1a, &row.data);
            field(&mut records, 0x1a, &record);
        }
        let mut message = Vec::with_capacity(records.len() + self.size / 4);
        for key in keys {
            field(&mut message, 0x0a, key.as_bytes());
        }
        message.extend_from_slice(&records);
        let mut data = MAGIC.to_vec();
        data.extend_from_slice(&message);
        data.extend_from_slice(&Md5::digest(&message));
        let plain = self.rows.iter().flat_map(|row| row.data.iter().copied()).collect();
        let mut rows = self.rows.into_iter();
        let Some(mut entry) = rows.next() else { return Entry::new(0, data, None) };
        entry.others = rows.map(|row| row.first).collect();
        entry.data = data;
        entry.rows = Some(plain);
        entry
    }
}

/// Writes a protobuf field of bytes.
fn field(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    out.push(tag);
    varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: u64, data: &str, key: &str) -> Entry {
        Entry::new(number, data.into(), Some(key.into()))
    }

    #[test]
    fn packs_whole_rows_up_to_the_billed_step() {
        let mut gatherer = Gatherer::Pack(None);
        let mut records: Vec<Entry> =
            (0..100).filter_map(|number| gatherer.add(row(number, &"x".repeat(93), ""), 0)).collect();
        records.extend(gatherer.flush());
        assert_eq!(records.iter().map(|record| record.data.len()).collect::<Vec<_>>(), [55 * 93, 45 * 93]);
        assert_eq!(records[1].row_numbers().collect::<Vec<_>>(), (55..100).collect::<Vec<_>>());
        // A row that is larger by itself goes alone.
        assert_eq!(gatherer.add(row(0, &"x".repeat(9000), ""), 0), None);
        assert_eq!(gatherer.add(row(1, "y", ""), 0).unwrap().data.len(), 9000);
    }

    #[test]
    fn writes_aggregates_as_the_producer_library_does() {
        let mut gatherer = Gatherer::Aggregate(HashMap::new());
        for (number, data, key) in [(1, "hi", "b"), (2, "", "a"), (3, "yo", "b")] {
            assert_eq!(gatherer.add(row(number, data, key), 0), None);
        }
        let records = gatherer.flush();
        let message =
            b"\x0a\x01b\x0a\x01a\x1a\x06\x08\x00\x1a\x02hi\x1a\x04\x08\x01\x1a\x00\x1a\x06\x08\x00\x1a\x02yo";
        let mut expected = MAGIC.to_vec();
        expected.extend_from_slice(message);
        expected.extend_from_slice(&Md5::digest(message));
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].data, expected);
        assert_eq!((records[0].key.as_str(), records[0].row_count()), ("b", 3));
        assert_eq!(records[0].as_rows(), b"hiyo");
    }

    #[test]
    fn keeps_shards_apart_and_aggregates_small() {
        let mut gatherer = Gatherer::Aggregate(HashMap::new());
        let mut records = Vec::new();
        for number in 0..1000_u64 {
            let shard = usize::from(number % 2 == 1);
            records.extend(gatherer.add(row(number, &"x".repeat(200), &format!("key {number}")), shard));
        }
        records.extend(gatherer.flush());
        assert!(records.iter().all(|record| record.data.len() <= AGGREGATE + 20), "{}", records.len());
        assert!(records.iter().all(|record| record.row_numbers().all(|n| n % 2 == record.first % 2)));
        assert_eq!(records.iter().map(Entry::row_count).sum::<u64>(), 1000);
        assert_eq!(gatherer.add(row(0, &"x".repeat(60_000), ""), 0).unwrap().row_count(), 1);
    }
}
