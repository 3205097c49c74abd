//! The records of all shards in one ordered keyspace, several records of a shard in one entry.
//!
//! What one call writes to one shard is one chunk. Its key is stream id, shard index and index of its first
//! record, all big-endian; its value is the time of arrival and the records one after another. Nothing is
//! held in memory, and nothing here knows sequence numbers, limits or streams' names.

use bytes::Bytes;
use fjall::{OwnedWriteBatch, UserValue};

use crate::clock::Timestamp;
use crate::store::{Rows, Store, StoreError};

/// Where the records of one shard are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShardKey {
    pub stream: u64,
    pub shard: u32,
}

impl ShardKey {
    fn at(self, index: u64) -> [u8; 20] {
        let mut key = [0; 20];
        key[..8].copy_from_slice(&self.stream.to_be_bytes());
        key[8..12].copy_from_slice(&self.shard.to_be_bytes());
        key[12..].copy_from_slice(&index.to_be_bytes());
        key
    }
}

/// A record as it was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    pub index: u64,
    pub arrived_at: Timestamp,
    pub partition_key: String,
    pub data: Bytes,
}

/// How much one read may give.
#[derive(Debug, Clone, Copy)]
pub struct ReadSize {
    pub records: usize,
    pub bytes: usize,
}

/// Records on their way into one entry.
#[derive(Debug)]
pub struct Chunk {
    value: Vec<u8>,
    count: u32,
}

const HEADER: usize = 12;
const RECORD_HEADER: usize = 6;

impl Chunk {
    /// Returns an empty chunk with room for about so many records and bytes.
    pub fn new(arrived_at: Timestamp, records: usize, bytes: usize) -> Self {
        let mut value = Vec::with_capacity(HEADER + records * RECORD_HEADER + bytes);
        value.extend_from_slice(&arrived_at.0.to_le_bytes());
        value.extend_from_slice(&0u32.to_le_bytes());
        Self { value, count: 0 }
    }

    /// Adds a record; its partition key is known to have at most 256 characters.
    pub fn push(&mut self, partition_key: &str, data: &[u8]) {
        self.value.extend_from_slice(&(partition_key.len() as u16).to_le_bytes());
        self.value.extend_from_slice(&(data.len() as u32).to_le_bytes());
        self.value.extend_from_slice(partition_key.as_bytes());
        self.value.extend_from_slice(data);
        self.count += 1;
    }

    pub fn count(&self) -> u32 {
        self.count
    }

    fn finish(mut self) -> Vec<u8> {
        self.value[8..HEADER].copy_from_slice(&self.count.to_le_bytes());
        self.value
    }
}

/// An entry as it lies in the keyspace.
struct Entry {
    first: u64,
    arrived_at: Timestamp,
    count: u32,
    value: UserValue,
}

impl Entry {
    fn read(guard: fjall::Guard) -> Result<Option<Self>, StoreError> {
        let (key, value) = guard.into_inner()?;
        let entry = || {
            Some(Self {
                first: u64::from_be_bytes(key.get(12..20)?.try_into().ok()?),
                arrived_at: Timestamp(i64::from_le_bytes(value.get(..8)?.try_into().ok()?)),
                count: u32::from_le_bytes(value.get(8..HEADER)?.try_into().ok()?),
                value: value.clone(),
            })
        };
        Ok(entry())
    }

    fn end(&self) -> u64 {
        self.first + u64::from(self.count)
    }

    fn records(self) -> impl Iterator<Item = StoredRecord> {
        let (first, arrived_at) = (self.first, self.arrived_at);
        let value = Bytes::from_owner(self.value);
        let mut at = HEADER;
        (0..u64::from(self.count)).map_while(move |place| {
            let key_length = usize::from(u16::from_le_bytes(value.get(at..at + 2)?.try_into().ok()?));
            let data_length = u32::from_le_bytes(value.get(at + 2..at + 6)?.try_into().ok()?) as usize;
            let key_end = at + 6 + key_length;
            let partition_key = String::from_utf8_lossy(value.get(at + 6..key_end)?).into_owned();
            at = key_end + data_length;
            let data = (at <= value.len()).then(|| value.slice(key_end..at))?;
            Some(StoredRecord { index: first + place, arrived_at, partition_key, data })
        })
    }
}

/// The keyspace of all records.
#[derive(Clone)]
pub struct Records {
    store: Store,
    rows: Rows,
}

impl Records {
    pub fn open(store: &Store) -> Result<Self, StoreError> {
        Ok(Self { store: store.clone(), rows: store.records("kinesis-records")? })
    }

    pub fn batch(&self) -> Result<OwnedWriteBatch, StoreError> {
        self.store.batch()
    }

    /// Adds a chunk, whose first record has the index `first`, to a batch of writes.
    pub fn append(
        &self,
        batch: &mut OwnedWriteBatch,
        shard: ShardKey,
        first: u64,
        chunk: Chunk,
    ) -> Result<(), StoreError> {
        batch.insert(self.rows.made()?, shard.at(first), chunk.finish());
        Ok(())
    }

    /// Returns the index that the next record of a shard gets, and when the latest one arrived.
    pub fn tail(&self, shard: ShardKey) -> Result<(u64, Timestamp), StoreError> {
        let last = self.rows.range(shard.at(0)..=shard.at(u64::MAX)).next_back();
        let entry = last.map(Entry::read).transpose()?.flatten();
        Ok(entry.map_or((0, Timestamp(0)), |entry| (entry.end(), entry.arrived_at)))
    }

    /// Returns the entry that holds the record `index`, or else the one before it.
    fn entry_at_or_before(&self, shard: ShardKey, index: u64) -> Result<Option<Entry>, StoreError> {
        let entry = self.rows.range(shard.at(0)..=shard.at(index)).next_back();
        Ok(entry.map(Entry::read).transpose()?.flatten())
    }

    /// Returns records from `from` on that did not arrive before `cutoff`; always at least one if there is one.
    pub fn read(
        &self,
        shard: ShardKey,
        from: u64,
        cutoff: Timestamp,
        size: ReadSize,
    ) -> Result<Vec<StoredRecord>, StoreError> {
        let start = self.entry_at_or_before(shard, from)?.filter(|entry| entry.end() > from);
        let start = start.map_or(from, |entry| entry.first);
        let mut records: Vec<StoredRecord> = Vec::new();
        let mut bytes = 0;
        for guard in self.rows.range(shard.at(start)..=shard.at(u64::MAX)) {
            let Some(entry) = Entry::read(guard)? else { continue };
            if entry.arrived_at < cutoff {
                continue;
            }
            for record in entry.records().filter(|record| record.index >= from) {
                bytes += record.data.len() + record.partition_key.len();
                let is_full = records.len() >= size.records || (bytes > size.bytes && !records.is_empty());
                if is_full {
                    return Ok(records);
                }
                records.push(record);
            }
        }
        Ok(records)
    }

    /// Returns the index of the first record, before `end`, that arrived at `moment` or later.
    pub fn index_at(&self, shard: ShardKey, moment: Timestamp, end: u64) -> Result<u64, StoreError> {
        let (mut low, mut high) = (0, end);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.entry_at_or_before(shard, middle)? {
                Some(entry) if entry.arrived_at >= moment => high = entry.first,
                Some(entry) => low = entry.end().max(middle + 1),
                // Everything up to here has been trimmed.
                None => low = middle + 1,
            }
        }
        Ok(low.min(end))
    }

    /// Removes up to 512 entries, from the index `first` on, that arrived before `cutoff`; returns the index
    /// before which there are none left, and whether more may have to go.
    ///
    /// `end` is the index of the shard's next record. It must not grow meanwhile: when the last entry goes,
    /// an empty one at `end` takes its place, so that indexes are never given twice.
    pub fn trim(
        &self,
        shard: ShardKey,
        mut first: u64,
        cutoff: Timestamp,
        end: u64,
    ) -> Result<(u64, bool), StoreError> {
        let mut batch = self.batch()?;
        if first >= end {
            return Ok((first, false));
        }
        for guard in self.rows.range(shard.at(first)..shard.at(end)).take(512) {
            let Some(entry) = Entry::read(guard)? else { continue };
            if entry.arrived_at >= cutoff {
                break;
            }
            batch.remove(self.rows.made()?, shard.at(entry.first));
            first = entry.end();
            if first == end {
                self.append(&mut batch, shard, end, Chunk::new(entry.arrived_at, 0, 0))?;
            }
        }
        let may_have_more = batch.len() >= 512;
        batch.commit().map_err(StoreError::from)?;
        Ok((first, may_have_more))
    }

    /// Removes up to 1,024 entries of a stream; says whether there may be more.
    pub fn purge(&self, stream: u64) -> Result<bool, StoreError> {
        let mut batch = self.batch()?;
        for guard in self.rows.prefix(stream.to_be_bytes()).take(1024) {
            batch.remove(self.rows.made()?, guard.key()?);
        }
        let may_have_more = batch.len() >= 1024;
        batch.commit().map_err(StoreError::from)?;
        Ok(may_have_more)
    }

    /// Returns the ids of all streams that have entries.
    pub fn streams(&self) -> Result<Vec<u64>, StoreError> {
        let mut streams = Vec::new();
        let mut from = Some(0u64);
        while let Some(start) = from {
            let Some(guard) = self.rows.range(start.to_be_bytes()..).next() else { break };
            let key = guard.key()?;
            let Some(Ok(id)) = key.get(..8).map(<[u8; 8]>::try_from) else { break };
            let id = u64::from_be_bytes(id);
            streams.push(id);
            from = id.checked_add(1);
        }
        Ok(streams)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARD: ShardKey = ShardKey { stream: 7, shard: 0 };
    const ALL: ReadSize = ReadSize { records: 10_000, bytes: 10 << 20 };

    fn records() -> (tempfile::TempDir, Records) {
        let folder = tempfile::tempdir().unwrap();
        let records = Records::open(&Store::open(folder.path()).unwrap()).unwrap();
        (folder, records)
    }

    fn write(records: &Records, shard: ShardKey, first: u64, arrived_at: i64, data: &[&str]) {
        let mut chunk = Chunk::new(Timestamp(arrived_at), 0, 0);
        for data in data {
            chunk.push("key", data.as_bytes());
        }
        let mut batch = records.batch().unwrap();
        records.append(&mut batch, shard, first, chunk).unwrap();
        batch.commit().unwrap();
    }

    fn indexes(records: &Records, from: u64, cutoff: i64, size: ReadSize) -> Vec<u64> {
        let read = records.read(SHARD, from, Timestamp(cutoff), size).unwrap();
        read.into_iter().map(|record| record.index).collect()
    }

    #[test]
    fn reads_from_the_middle_of_a_chunk_on() {
        let (_folder, records) = records();
        write(&records, SHARD, 0, 10, &["a", "b", "c"]);
        write(&records, SHARD, 3, 20, &["d"]);
        write(&records, ShardKey { shard: 1, ..SHARD }, 0, 10, &["x"]);
        assert_eq!(indexes(&records, 1, 0, ALL), [1, 2, 3]);
        assert_eq!(indexes(&records, 0, 0, ReadSize { records: 2, ..ALL }), [0, 1]);
        assert_eq!(indexes(&records, 0, 11, ALL), [3]);
        assert!(indexes(&records, 4, 0, ALL).is_empty());
        // A record larger than the limit still comes, alone.
        assert_eq!(indexes(&records, 0, 0, ReadSize { bytes: 1, ..ALL }), [0]);
        assert_eq!(records.tail(SHARD).unwrap(), (4, Timestamp(20)));
    }

    #[test]
    fn finds_the_first_record_of_a_moment() {
        let (_folder, records) = records();
        for place in 0..20 {
            let first = u64::try_from(place).unwrap() * 2;
            write(&records, SHARD, first, place * 10, &["a", "b"]);
        }
        for (moment, index) in [(0, 0), (1, 2), (10, 2), (95, 20), (190, 38), (191, 40)] {
            assert_eq!(records.index_at(SHARD, Timestamp(moment), 40).unwrap(), index, "{moment}");
        }
        assert_eq!(records.trim(SHARD, 0, Timestamp(100), 40).unwrap(), (20, false));
        assert_eq!(records.index_at(SHARD, Timestamp(5), 40).unwrap(), 20);
    }

    #[test]
    fn never_gives_an_index_twice_after_everything_was_trimmed() {
        let (_folder, records) = records();
        write(&records, SHARD, 0, 10, &["a", "b"]);
        write(&records, SHARD, 2, 20, &["c"]);
        records.trim(SHARD, 0, Timestamp(15), 3).unwrap();
        assert_eq!(indexes(&records, 0, 0, ALL), [2]);
        records.trim(SHARD, 0, Timestamp(100), 3).unwrap();
        records.trim(SHARD, 0, Timestamp(100), 3).unwrap();
        assert!(indexes(&records, 0, 0, ALL).is_empty());
        assert_eq!(records.tail(SHARD).unwrap().0, 3);
        write(&records, SHARD, 3, 200, &["d"]);
        assert_eq!(indexes(&records, 0, 0, ALL), [3]);
    }

    #[test]
    fn removes_a_stream_and_leaves_its_neighbours() {
        let (_folder, records) = records();
        for stream in [6, 7, u64::MAX] {
            write(&records, ShardKey { stream, shard: 0 }, 0, 1, &["a"]);
        }
        assert!(!records.purge(7).unwrap());
        assert_eq!(records.streams().unwrap(), [6, u64::MAX]);
    }
}
