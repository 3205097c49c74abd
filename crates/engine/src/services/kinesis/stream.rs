//! A stream: its settings, its shards, and the one place where records get their sequence numbers.
//!
//! What must be remembered of a stream is [`Description`]; how far each shard has been written is read from
//! its records when the engine opens.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::hash_key::HashKeyRange;
use super::records::{Chunk, Records, ShardKey};
use super::sequence::{Decimal, Digits, LAST_INDEX, SequenceNumber};
use super::throttle::{ReadLimit, WriteLimit};
use crate::clock::Timestamp;
use crate::config::Limits;
use crate::store::StoreError;

/// How a stream's capacity is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StreamMode {
    Provisioned,
    OnDemand,
}

/// What is remembered of a stream.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Description {
    /// Never used twice, so that the records of a deleted stream are not those of its successor.
    pub id: u64,
    pub name: String,
    pub account: String,
    pub region: String,
    pub created_at: Timestamp,
    pub mode: StreamMode,
    pub retention_hours: u32,
    /// Key of server-side encryption, as it was named; records are not encrypted.
    pub key_id: Option<String>,
    pub tags: BTreeMap<String, String>,
    /// Open and closed shards, oldest first.
    pub shards: Vec<ShardDescription>,
    pub next_shard_index: u32,
    /// When the shard count was updated in the last 24 hours.
    pub shard_count_updates: Vec<Timestamp>,
    /// When the mode was switched in the last 24 hours.
    pub mode_updates: Vec<Timestamp>,
}

/// What is remembered of a shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardDescription {
    pub index: u32,
    pub hash_keys: HashKeyRange,
    pub created_at: Timestamp,
    pub closed_at: Option<Timestamp>,
    /// Indexes of the shard that was split, or of the two that were merged.
    pub parents: Vec<u32>,
}

impl ShardDescription {
    pub fn id(&self) -> String {
        shard_id(self.index)
    }

    pub fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }

    /// Returns the digits of a record's sequence number.
    pub fn sequence_number(&self, index: u64, arrived_at: Timestamp) -> String {
        self.number(index, arrived_at).digits()
    }

    /// Returns the sequence number of the record with the given index.
    fn number(&self, index: u64, arrived_at: Timestamp) -> SequenceNumber {
        let seconds = |moment: Timestamp| u64::try_from(moment.0.div_euclid(1000)).unwrap_or(0);
        let shard_created = seconds(self.created_at);
        SequenceNumber { shard_created, shard_index: self.index, index, arrived: seconds(arrived_at) }
    }

    pub fn starting_sequence_number(&self) -> String {
        self.sequence_number(0, self.created_at)
    }

    pub fn ending_sequence_number(&self) -> Option<String> {
        Some(self.sequence_number(LAST_INDEX, self.closed_at?))
    }
}

/// Returns the id of the shard with the given index.
pub fn shard_id(index: u32) -> String {
    format!("shardId-{index:012}")
}

/// Returns the index that a shard id names.
pub fn shard_index(shard_id: &str) -> Option<u32> {
    let digits = shard_id.strip_prefix("shardId-")?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

impl Description {
    pub fn arn(&self) -> String {
        format!("arn:aws:kinesis:{}:{}:stream/{}", self.region, self.account, self.name)
    }

    /// Returns the key under which the stream is stored.
    pub fn key(&self) -> String {
        format!("{}/{}/{}", self.account, self.region, self.name)
    }

    pub fn open_shards(&self) -> impl Iterator<Item = &ShardDescription> {
        self.shards.iter().filter(|shard| shard.is_open())
    }

    pub fn shard(&self, index: u32) -> Option<&ShardDescription> {
        self.shards.iter().find(|shard| shard.index == index)
    }

    /// Returns the moment before which records are gone.
    pub fn trim_horizon(&self, now: Timestamp) -> Timestamp {
        Timestamp(now.0.saturating_sub(i64::from(self.retention_hours) * 3_600_000))
    }
}

/// How far a shard has been written, and how much it takes and gives at present.
#[derive(Debug)]
pub struct Tail {
    /// Index that the next record gets.
    pub next_index: u64,
    /// Index before which everything has been trimmed, as far as is known.
    pub first_index: u64,
    pub arrived_at: Timestamp,
    pub writes: WriteLimit,
    pub reads: ReadLimit,
}

impl Tail {
    fn open(records: &Records, shard: ShardKey) -> Result<Arc<Mutex<Self>>, StoreError> {
        let (next_index, arrived_at) = records.tail(shard)?;
        // Index 0 belongs to the shard's starting sequence number.
        let next_index = next_index.max(1);
        let (writes, reads) = (WriteLimit::new(), ReadLimit::new());
        Ok(Arc::new(Mutex::new(Self { next_index, first_index: 0, arrived_at, writes, reads })))
    }
}

/// A stream in a running engine.
#[derive(Debug)]
pub struct Stream {
    state: RwLock<State>,
    changed: watch::Sender<()>,
}

#[derive(Debug)]
pub struct State {
    pub description: Description,
    /// One for each shard of the description, in the same order.
    tails: Vec<Arc<Mutex<Tail>>>,
    /// First hash key and place of each open shard, ordered by hash key.
    open: Vec<(u128, usize)>,
}

impl State {
    fn new(description: Description, records: &Records) -> Result<Self, StoreError> {
        let key = |shard: &ShardDescription| ShardKey { stream: description.id, shard: shard.index };
        let tails: Result<_, _> =
            description.shards.iter().map(|shard| Tail::open(records, key(shard))).collect();
        let mut state = Self { tails: tails?, open: Vec::new(), description };
        state.index();
        Ok(state)
    }

    fn index(&mut self) {
        let shards = self.description.shards.iter().enumerate();
        self.open =
            shards.filter(|(_, shard)| shard.is_open()).map(|(at, s)| (s.hash_keys.start, at)).collect();
        self.open.sort_unstable();
    }

    /// Returns the place of the open shard that takes a hash key.
    fn place_of(&self, hash_key: u128) -> usize {
        let after = self.open.partition_point(|(start, _)| *start <= hash_key);
        self.open.get(after.saturating_sub(1)).map_or(0, |(_, place)| *place)
    }

    /// Returns the tail of the shard with the given index.
    pub fn tail(&self, index: u32) -> Option<MutexGuard<'_, Tail>> {
        let place = self.description.shards.iter().position(|shard| shard.index == index)?;
        Some(lock(self.tails.get(place)?))
    }
}

fn lock(tail: &Mutex<Tail>) -> MutexGuard<'_, Tail> {
    tail.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A record that a producer wants written.
#[derive(Debug, Clone, Copy)]
pub struct NewRecord<'a> {
    pub partition_key: &'a str,
    pub hash_key: u128,
    pub data: &'a [u8],
}

/// What became of one record of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    Accepted { shard_index: u32, sequence_number: Digits },
    Throttled { shard_index: u32 },
}

/// One shard's part of a write.
struct Part<'a> {
    shard: &'a ShardDescription,
    tail: MutexGuard<'a, Tail>,
    arrived_at: Timestamp,
    chunk: Chunk,
    next_number: Decimal,
}

impl Stream {
    pub fn open(description: Description, records: &Records) -> Result<Self, StoreError> {
        Ok(Self { state: RwLock::new(State::new(description, records)?), changed: watch::Sender::new(()) })
    }

    pub fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn state_mut(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the description: `change` decides, `remember` stores what it decided, and only then it holds.
    pub fn update<T, E: From<StoreError>>(
        &self,
        records: &Records,
        change: impl FnOnce(&mut Description) -> Result<T, E>,
        remember: impl FnOnce(&Description) -> Result<(), StoreError>,
    ) -> Result<T, E> {
        let mut state = self.state_mut();
        let mut description = state.description.clone();
        let outcome = change(&mut description)?;
        remember(&description)?;
        let mut next = State::new(description, records)?;
        // Shards that remain keep their tails, with what is left of their limits.
        for place in 0..next.tails.len() {
            let index = next.description.shards[place].index;
            let previous = state.description.shards.iter().position(|shard| shard.index == index);
            if let Some(previous) = previous {
                next.tails[place] = Arc::clone(&state.tails[previous]);
            }
        }
        *state = next;
        drop(state);
        self.notify();
        Ok(outcome)
    }

    /// Writes records; the answer has one entry for each, in the same order.
    pub fn write(
        &self,
        records: &Records,
        now: Timestamp,
        limits: Limits,
        new: &[NewRecord<'_>],
    ) -> Result<Vec<Written>, StoreError> {
        let state = self.state();
        let places: Vec<usize> = new.iter().map(|record| state.place_of(record.hash_key)).collect();
        let bytes = new.iter().map(|record| record.data.len() + record.partition_key.len()).sum();
        let mut parts = state.lock_parts(&places, now, bytes);
        let mut written = Vec::with_capacity(new.len());
        for (record, place) in new.iter().zip(&places) {
            let Some(part) = parts.get_mut(place) else { continue };
            written.push(part.take(record, now, limits));
        }
        let mut batch = records.batch()?;
        for part in parts.values_mut().filter(|part| part.chunk.count() > 0) {
            let key = ShardKey { stream: state.description.id, shard: part.shard.index };
            let chunk = std::mem::replace(&mut part.chunk, Chunk::new(now, 0, 0));
            let (first, count) = (part.tail.next_index, chunk.count());
            records.append(&mut batch, key, first, chunk)?;
            // Should the write fail, these indexes are left out, which no reader notices.
            part.tail.next_index += u64::from(count);
            part.tail.arrived_at = part.arrived_at;
        }
        batch.commit()?;
        drop(parts);
        drop(state);
        self.notify();
        Ok(written)
    }

    fn notify(&self) {
        self.changed.send_replace(());
    }

    /// Returns a future that ends when something changes after this call.
    pub fn changed(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        let mut changed = self.changed.subscribe();
        async move {
            // An error means that the stream is gone, which is a change as well.
            let _ = changed.changed().await;
        }
    }

    /// Removes what arrived before the retention period; says whether there are closed shards that are empty
    /// now and can be forgotten.
    pub fn trim(&self, records: &Records, now: Timestamp) -> Result<bool, StoreError> {
        let state = self.state();
        let horizon = state.description.trim_horizon(now);
        let mut has_empty = false;
        for shard in &state.description.shards {
            let key = ShardKey { stream: state.description.id, shard: shard.index };
            // Locked anew for each step, so that writers get their turn.
            while let Some(mut tail) = state.tail(shard.index) {
                let (first, may_have_more) = records.trim(key, tail.first_index, horizon, tail.next_index)?;
                tail.first_index = first;
                if !may_have_more {
                    break;
                }
            }
            has_empty |= shard.closed_at.is_some_and(|closed| closed < horizon);
        }
        Ok(has_empty)
    }
}

impl State {
    /// Locks the tails of the shards at `places`, always in the same order, so that writers never wait in a ring.
    fn lock_parts(&self, places: &[usize], now: Timestamp, bytes: usize) -> BTreeMap<usize, Part<'_>> {
        let mut sorted: Vec<usize> = places.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let (records, bytes) = (places.len() / sorted.len().max(1), bytes / sorted.len().max(1));
        let part = |place: usize| {
            let shard = self.description.shards.get(place)?;
            let tail = lock(self.tails.get(place)?);
            // A clock that was set back must not disturb the order by time.
            let arrived_at = now.max(tail.arrived_at);
            let next_number = shard.number(tail.next_index, arrived_at).decimal();
            let chunk = Chunk::new(arrived_at, records, bytes);
            Some((place, Part { shard, tail, arrived_at, chunk, next_number }))
        };
        sorted.into_iter().filter_map(part).collect()
    }
}

impl Part<'_> {
    fn take(&mut self, record: &NewRecord<'_>, now: Timestamp, limits: Limits) -> Written {
        let shard_index = self.shard.index;
        let size = record.data.len() + record.partition_key.len();
        if limits.kinesis && !self.tail.writes.admit(now, size) {
            return Written::Throttled { shard_index };
        }
        self.chunk.push(record.partition_key, record.data);
        let sequence_number = self.next_number.digits();
        self.next_number = self.next_number.next();
        Written::Accepted { shard_index, sequence_number }
    }
}
