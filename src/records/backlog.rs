//! Records that wait: for their shard's turn, or to be tried again. Time is given, never asked.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use super::entry::Entry;
use super::pacing::Pace;
use super::shards::Shards;

/// Queues of all shards, and what is to be tried again later.
#[derive(Debug)]
pub struct Backlog {
    shards: Shards,
    queues: Vec<(Pace, VecDeque<Entry>)>,
    later: BinaryHeap<Reverse<Later>>,
    count: usize,
    bytes: usize,
    /// The shard whose turn is next.
    turn: usize,
    serial: u64,
}

#[derive(Debug)]
struct Later {
    due: Duration,
    serial: u64,
    entry: Entry,
}

impl PartialEq for Later {
    fn eq(&self, other: &Self) -> bool {
        (self.due, self.serial) == (other.due, other.serial)
    }
}

impl Eq for Later {}

impl PartialOrd for Later {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Later {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.due, self.serial).cmp(&(other.due, other.serial))
    }
}

impl Backlog {
    pub fn new(shards: Shards, pace: &Pace) -> Self {
        let queues = (0..shards.count()).map(|_| (pace.clone(), VecDeque::new())).collect();
        Self { shards, queues, later: BinaryHeap::new(), count: 0, bytes: 0, turn: 0, serial: 0 }
    }

    pub fn shards(&self) -> &Shards {
        &self.shards
    }

    /// Returns how many records wait, and their bytes.
    pub fn held(&self) -> (usize, usize) {
        (self.count, self.bytes)
    }

    /// Adds a record to its shard's queue.
    pub fn push(&mut self, entry: Entry) {
        self.count += 1;
        self.bytes += entry.size();
        let shard = self.shards.of_hash(entry.hash);
        self.queues[shard].1.push_back(entry);
    }

    /// Adds a record that is to be tried again at `due`.
    pub fn push_later(&mut self, entry: Entry, due: Duration) {
        self.count += 1;
        self.bytes += entry.size();
        self.serial += 1;
        self.later.push(Reverse(Later { due, serial: self.serial, entry }));
    }

    /// Moves what is due now to the head of its shard's queue.
    pub fn wake(&mut self, now: Duration) {
        while self.later.peek().is_some_and(|Reverse(later)| later.due <= now) {
            let Some(Reverse(later)) = self.later.pop() else { return };
            let shard = self.shards.of_hash(later.entry.hash);
            self.queues[shard].1.push_front(later.entry);
        }
    }

    /// Takes the next record whose shard has room and that has at most `room` bytes, from each shard in turn.
    pub fn take(&mut self, now: Duration, room: usize) -> Option<Entry> {
        for _ in 0..self.queues.len() {
            let place = self.turn;
            self.turn = (self.turn + 1) % self.queues.len();
            let (pace, queue) = &mut self.queues[place];
            let Some(size) = queue.front().map(Entry::size) else { continue };
            if size <= room && pace.take(now, size).is_ok() {
                self.count -= 1;
                self.bytes -= size;
                return queue.pop_front();
            }
        }
        None
    }

    /// Returns how long until [`Self::take`] may find a record that it does not find now.
    pub fn wait(&self, now: Duration) -> Option<Duration> {
        let paces = self.queues.iter().filter_map(|(pace, queue)| {
            // Asks a copy, since asking takes the room.
            queue.front().map(|entry| pace.clone().take(now, entry.size()).err().unwrap_or_default())
        });
        let later = self.later.peek().map(|Reverse(later)| later.due.saturating_sub(now));
        paces.chain(later).min()
    }

    /// Notes that the shard on which a record falls refused it.
    pub fn refused(&mut self, entry: &Entry) {
        let shard = self.shards.of_hash(entry.hash);
        self.queues[shard].0.refused();
    }

    /// Divides what waits among other shards.
    pub fn reshard(&mut self, shards: Shards, pace: &Pace) {
        let waiting = std::mem::take(&mut self.queues);
        self.queues = (0..shards.count()).map(|_| (pace.clone(), VecDeque::new())).collect();
        self.shards = shards;
        self.turn = 0;
        for entry in waiting.into_iter().flat_map(|(_, queue)| queue) {
            let shard = self.shards.of_hash(entry.hash);
            self.queues[shard].1.push_back(entry);
        }
    }

    /// Takes everything that waits.
    pub fn drain(&mut self) -> Vec<Entry> {
        let mut entries: Vec<Entry> =
            self.queues.iter_mut().flat_map(|(_, queue)| std::mem::take(queue)).collect();
        entries.extend(std::mem::take(&mut self.later).into_iter().map(|Reverse(later)| later.entry));
        (self.count, self.bytes) = (0, 0);
        entries.sort_by_key(|entry| entry.first);
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: u64) -> Entry {
        Entry::new(number, vec![b'x'; 100], Some("same key".into()))
    }

    #[test]
    fn gives_no_more_than_the_pace_allows() {
        let mut backlog = Backlog::new(Shards::single(), &Pace::of_shard(1.0));
        (0..400).for_each(|number| backlog.push(entry(number)));
        let now = Duration::from_secs(1);
        let taken = std::iter::from_fn(|| backlog.take(now, 1 << 20)).count();
        assert_eq!((taken, backlog.held()), (250, (150, 150 * 108)));
        let wait = backlog.wait(now).unwrap();
        assert!(wait > Duration::ZERO && wait <= Duration::from_millis(1), "{wait:?}");
        assert!(backlog.take(now + wait, 1 << 20).is_some());
        assert!(backlog.take(now * 2, 50).is_none());
    }

    #[test]
    fn tries_again_when_it_is_due_and_first() {
        let mut backlog = Backlog::new(Shards::single(), &Pace::unlimited());
        backlog.push(entry(1));
        backlog.push_later(entry(2), Duration::from_millis(300));
        backlog.push_later(entry(3), Duration::from_millis(200));
        assert_eq!(backlog.wait(Duration::ZERO), Some(Duration::ZERO));
        backlog.wake(Duration::from_millis(250));
        let order: Vec<u64> =
            std::iter::from_fn(|| backlog.take(Duration::ZERO, 1 << 20)).map(|entry| entry.first).collect();
        assert_eq!(order, [3, 1]);
        assert_eq!(backlog.wait(Duration::from_millis(250)), Some(Duration::from_millis(50)));
        backlog.reshard(Shards::single(), &Pace::unlimited());
        assert_eq!(backlog.held().0, 1);
        assert_eq!(backlog.drain().len(), 1);
        assert_eq!(backlog.held(), (0, 0));
    }
}
