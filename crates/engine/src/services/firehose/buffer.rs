//! The two buffers of a delivery: records that wait for their function, and bytes that wait to be stored.
//!
//! Both are full when their size or their interval is reached, whichever is first; the interval counts from
//! the first record in the buffer.

use std::time::Duration;

use bytes::Bytes;

use super::source::{Delivered, Item};
use crate::clock::Timestamp;

/// When a buffer is full.
#[derive(Debug, Clone, Copy)]
pub struct Hints {
    pub bytes: usize,
    pub interval: Duration,
}

/// Records that wait for their function.
#[derive(Debug, Default)]
pub struct Incoming {
    pub items: Vec<Item>,
    bytes: usize,
    since: Option<Timestamp>,
}

/// Bytes that wait to be stored.
#[derive(Debug, Default)]
pub struct Outgoing {
    pub data: Part,
    pub errors: Part,
    /// Records as they came in, for the backup.
    pub backup: Part,
    backup_since: Option<Timestamp>,
    /// What has been delivered when all this is stored.
    pub delivered: Delivered,
    since: Option<Timestamp>,
}

/// Most bytes in one piece of an object. In one piece alone, an object would take twice its size while it grows.
const PIECE: usize = 1 << 20;

/// The bytes of one object, in pieces.
#[derive(Debug, Default)]
pub struct Part {
    pieces: Vec<Vec<u8>>,
    pub bytes: usize,
    /// When the oldest record in it arrived.
    pub oldest: Option<Timestamp>,
    /// How many records it holds.
    pub records: usize,
}

impl Part {
    fn push(&mut self, bytes: &[u8], delimiter: &[u8], arrived_at: Timestamp) {
        self.records += 1;
        let size = bytes.len() + delimiter.len();
        self.bytes += size;
        match self.pieces.last_mut().filter(|piece| piece.len() + size <= PIECE) {
            Some(piece) => {
                piece.extend_from_slice(bytes);
                piece.extend_from_slice(delimiter);
            }
            None => {
                // Small to begin with, since most objects are.
                let mut piece =
                    Vec::with_capacity(if self.pieces.is_empty() { size } else { size.max(PIECE) });
                piece.extend_from_slice(bytes);
                piece.extend_from_slice(delimiter);
                self.pieces.push(piece);
            }
        }
        self.oldest = Some(self.oldest.map_or(arrived_at, |oldest| oldest.min(arrived_at)));
    }

    /// Returns the pieces and the time of the oldest record, if there are any records.
    pub fn take(&mut self) -> Option<(Vec<Bytes>, Timestamp)> {
        let part = std::mem::take(self);
        part.oldest.map(|oldest| (part.pieces.into_iter().map(Bytes::from).collect(), oldest))
    }
}

fn is_full(hints: Hints, bytes: usize, since: Option<Timestamp>, now: Timestamp) -> bool {
    since.is_some_and(|since| bytes >= hints.bytes || now >= since + hints.interval)
}

impl Incoming {
    /// Adds a record that came in at `since`, or a mark.
    pub fn push(&mut self, item: Item, since: Timestamp) {
        self.bytes += item.data.len();
        if !item.is_mark {
            self.since = self.since.or(Some(since));
        }
        self.items.push(item);
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Says whether the size is reached, whatever the time.
    pub fn has(&self, bytes: usize) -> bool {
        self.bytes >= bytes
    }

    pub fn is_full(&self, hints: Hints, now: Timestamp) -> bool {
        is_full(hints, self.bytes, self.since, now)
    }

    /// Returns when the interval ends.
    pub fn deadline(&self, hints: Hints) -> Option<Timestamp> {
        Some(self.since? + hints.interval)
    }
}

impl Outgoing {
    /// Adds a record that is to be stored.
    pub fn push_data(&mut self, bytes: &[u8], delimiter: &[u8], arrived_at: Timestamp, since: Timestamp) {
        self.data.push(bytes, delimiter, arrived_at);
        self.since = self.since.or(Some(since));
    }

    /// Adds the line of a record that failed.
    pub fn push_error(&mut self, line: &str, arrived_at: Timestamp, since: Timestamp) {
        self.errors.push(line.as_bytes(), b"", arrived_at);
        self.since = self.since.or(Some(since));
    }

    /// Adds a record that is to be kept as it came in.
    pub fn push_backup(&mut self, bytes: &[u8], arrived_at: Timestamp, since: Timestamp) {
        self.backup.push(bytes, b"", arrived_at);
        self.backup_since = self.backup_since.or(Some(since));
    }

    /// Takes the backup out, if there is any.
    pub fn take_backup(&mut self) -> Option<(Vec<Bytes>, Timestamp)> {
        self.backup_since = None;
        self.backup.take()
    }

    /// Says whether the backup has to be stored.
    pub fn has_full_backup(&self, hints: Hints, now: Timestamp) -> bool {
        is_full(hints, self.backup.bytes, self.backup_since, now)
    }

    /// Returns when the backup's interval ends.
    pub fn backup_deadline(&self, hints: Hints) -> Option<Timestamp> {
        Some(self.backup_since? + hints.interval)
    }

    /// Says whether there is nothing to store.
    pub fn is_empty(&self) -> bool {
        self.since.is_none() && self.backup_since.is_none()
    }

    /// Says whether a size is reached, whatever the time.
    pub fn has(&self, bytes: usize, backup_bytes: usize) -> bool {
        self.backup.bytes >= backup_bytes || self.data.bytes >= bytes || self.errors.bytes >= bytes
    }

    pub fn is_full(&self, hints: Hints, now: Timestamp) -> bool {
        is_full(hints, self.data.bytes.max(self.errors.bytes), self.since, now)
    }

    /// Returns when the interval ends.
    pub fn deadline(&self, hints: Hints) -> Option<Timestamp> {
        Some(self.since? + hints.interval)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HINTS: Hints = Hints { bytes: 10, interval: Duration::from_secs(60) };

    #[test]
    fn is_full_by_size_or_by_time_whichever_is_first() {
        let mut outgoing = Outgoing::default();
        assert!(!outgoing.is_full(HINTS, Timestamp(1_000_000)));
        outgoing.push_data(b"abc", b"\n", Timestamp(500), Timestamp(1_000));
        outgoing.push_data(b"abc", b"\n", Timestamp(400), Timestamp(2_000));
        assert_eq!(outgoing.deadline(HINTS), Some(Timestamp(61_000)));
        assert!(!outgoing.is_full(HINTS, Timestamp(60_999)));
        assert!(outgoing.is_full(HINTS, Timestamp(61_000)));
        outgoing.push_data(b"c", b"\n", Timestamp(600), Timestamp(2_000));
        assert!(outgoing.is_full(HINTS, Timestamp(2_000)));
        assert_eq!(outgoing.data.take().unwrap(), (vec![Bytes::from("abc\nabc\nc\n")], Timestamp(400)));
    }

    #[test]
    fn keeps_the_order_of_records_over_its_pieces() {
        let mut outgoing = Outgoing::default();
        let records: Vec<Vec<u8>> = (1..=6).map(|place: u8| vec![place; 400_000]).collect();
        for record in &records {
            outgoing.push_data(record, b"\n", Timestamp(0), Timestamp(0));
        }
        assert!(outgoing.has(2_400_006, 1) && !outgoing.has(2_400_007, 1));
        outgoing.push_backup(b"x", Timestamp(0), Timestamp(0));
        assert!(outgoing.has(2_400_007, 1));
        let (pieces, _) = outgoing.data.take().unwrap();
        assert_eq!(pieces.len(), 3);
        let expected: Vec<u8> = records.iter().flat_map(|record| [record, &b"\n"[..]].concat()).collect();
        assert!(pieces.concat() == expected);
    }

    #[test]
    fn is_full_at_once_without_an_interval() {
        let mut outgoing = Outgoing::default();
        let hints = Hints { interval: Duration::ZERO, ..HINTS };
        assert!(!outgoing.is_full(hints, Timestamp(5)));
        outgoing.push_data(b"", b"", Timestamp(5), Timestamp(5));
        assert!(outgoing.is_full(hints, Timestamp(5)));
    }
}
