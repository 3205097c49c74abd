//! Log events in a raw keyspace, ordered by stream, timestamp and arrival.

use std::ops::Bound;

use super::Stream;
use crate::clock::Timestamp;
use crate::store::{Rows, Store, StoreError};

/// The events of all streams.
pub struct Events {
    store: Store,
    rows: Rows,
}

/// Where an event stands in its stream: by timestamp, then by arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub timestamp: Timestamp,
    pub sequence: u64,
}

impl Place {
    /// Before every event.
    pub const START: Self = Self { timestamp: Timestamp(0), sequence: 0 };

    /// Returns the place before all events of a moment.
    pub fn at(timestamp: Timestamp) -> Self {
        Self { timestamp: Timestamp(timestamp.0.max(0)), sequence: 0 }
    }
}

/// An event that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub place: Place,
    pub ingested: Timestamp,
    pub message: String,
}

impl Event {
    /// Returns an id of 56 digits, as AWS's are.
    pub fn id(&self, stream: &Stream) -> String {
        format!("{:016}{:020}{:020}", self.place.timestamp.0, stream.number, self.place.sequence)
    }
}

impl Events {
    pub fn open(store: &Store) -> Result<Self, StoreError> {
        Ok(Self { store: store.clone(), rows: store.rows("logs-events")? })
    }

    /// Appends events to a stream, as a whole, and counts its sequence on.
    pub fn append(
        &self,
        stream: &mut Stream,
        events: &[(Timestamp, String)],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut batch = self.store.batch()?;
        for (timestamp, message) in events {
            // Sequences begin at 1, so that `Place::at` stands before every event of its moment.
            stream.next += 1;
            let place = Place { timestamp: *timestamp, sequence: stream.next };
            let value = [&now.0.to_be_bytes(), message.as_bytes()].concat();
            batch.insert(self.rows.made()?, row(stream.number, place), value);
        }
        Ok(batch.commit()?)
    }

    /// Returns the events of a stream between two places, oldest first; either end can be taken from.
    pub fn between(
        &self,
        stream: u64,
        after: Bound<Place>,
        before: Place,
    ) -> impl DoubleEndedIterator<Item = Result<Event, StoreError>> + use<> {
        let low = after.map(|place| row(stream, place));
        let high = Bound::Excluded(row(stream, before));
        // A range that ends before it begins is empty; the database would not accept it.
        let start = match &after {
            Bound::Included(place) | Bound::Excluded(place) => *place,
            Bound::Unbounded => Place::START,
        };
        let rows = (start < before).then(|| self.rows.range((low, high)));
        rows.into_iter().flatten().map(|guard| {
            let (key, value) = guard.into_inner()?;
            Ok(decode(&key, &value))
        })
    }

    /// Removes a stream's events before a moment.
    pub fn remove_before(&self, stream: u64, moment: Timestamp) -> Result<(), StoreError> {
        let range = row(stream, Place::START)..row(stream, Place::at(moment));
        if range.is_empty() {
            return Ok(());
        }
        let mut batch = self.store.batch()?;
        for guard in self.rows.range(range) {
            batch.remove(self.rows.made()?, guard.key()?);
        }
        Ok(batch.commit()?)
    }

    /// Removes all events of a stream.
    pub fn remove_all(&self, stream: u64) -> Result<(), StoreError> {
        self.remove_before(stream, Timestamp(i64::MAX))
    }
}

fn row(stream: u64, place: Place) -> Vec<u8> {
    // Timestamps are not negative, so their bytes sort as their values do.
    let timestamp = place.timestamp.0.max(0).to_be_bytes();
    [stream.to_be_bytes(), timestamp, place.sequence.to_be_bytes()].concat()
}

fn decode(key: &[u8], value: &[u8]) -> Event {
    let number =
        |bytes: Option<&[u8]>| bytes.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes);
    let moment = |bytes| Timestamp(i64::try_from(number(bytes)).unwrap_or(i64::MAX));
    Event {
        place: Place { timestamp: moment(key.get(8..16)), sequence: number(key.get(16..24)) },
        ingested: moment(value.get(..8)),
        message: String::from_utf8_lossy(value.get(8..).unwrap_or_default()).into_owned(),
    }
}
