//! The messages of one queue in memory, ordered by when they may be received next.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::message::Message;
use crate::clock::Timestamp;

/// The messages of a queue.
#[derive(Debug, Default)]
pub struct Shelf {
    messages: BTreeMap<u64, Message>,
    due: BTreeSet<(Timestamp, u64)>,
    next_sequence: u64,
}

/// How many messages are in which condition.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub visible: usize,
    pub in_flight: usize,
    pub delayed: usize,
}

impl Shelf {
    pub fn new(messages: impl Iterator<Item = Message>) -> Self {
        let mut shelf = Self::default();
        for message in messages {
            shelf.put(message);
        }
        shelf
    }

    /// Returns a number that no message of the queue has had.
    pub fn next_sequence(&mut self) -> u64 {
        self.next_sequence += 1;
        self.next_sequence
    }

    /// Adds a message or replaces the one with its number.
    pub fn put(&mut self, message: Message) {
        self.remove(message.sequence);
        self.next_sequence = self.next_sequence.max(message.sequence);
        self.due.insert((message.visible, message.sequence));
        self.messages.insert(message.sequence, message);
    }

    pub fn remove(&mut self, sequence: u64) -> Option<Message> {
        let message = self.messages.remove(&sequence)?;
        self.due.remove(&(message.visible, sequence));
        Some(message)
    }

    pub fn get(&self, sequence: u64) -> Option<&Message> {
        self.messages.get(&sequence)
    }

    /// Returns the message that has been receivable for longest.
    pub fn first_visible(&self, now: Timestamp) -> Option<&Message> {
        let (visible, sequence) = self.due.first()?;
        (*visible <= now).then(|| self.messages.get(sequence))?
    }

    /// Returns when the next message becomes receivable.
    pub fn next_visible(&self) -> Option<Timestamp> {
        self.due.first().map(|(visible, _)| *visible)
    }

    /// Returns the numbers of the messages that were sent longer than `retention` ago.
    pub fn expired(&self, now: Timestamp, retention: Duration) -> Vec<u64> {
        let is_old = |message: &&Message| message.sent + retention <= now;
        self.messages.values().filter(is_old).map(|message| message.sequence).collect()
    }

    pub fn sequences(&self) -> Vec<u64> {
        self.messages.keys().copied().collect()
    }

    pub fn counts(&self, now: Timestamp) -> Counts {
        let mut counts = Counts::default();
        for message in self.messages.values() {
            match (message.visible <= now, message.receives) {
                (true, _) => counts.visible += 1,
                (false, 0) => counts.delayed += 1,
                (false, _) => counts.in_flight += 1,
            }
        }
        counts
    }
}
