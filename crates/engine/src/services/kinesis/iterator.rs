//! Shard iterators: from a starting place to a record index, sealed, and back.

use serde::{Deserialize, Serialize};

use super::Kinesis;
use super::address::Address;
use super::poll::Position;
use super::records::ShardKey;
use super::refusal;
use super::sequence::SequenceNumber;
use super::stream::{State, shard_id};
use super::token::{LIFETIME_MILLIS, moment};
use crate::clock::Timestamp;
use crate::error::AwsError;

const PURPOSE: &str = "shard iterator";

/// What a shard iterator says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardIterator {
    pub issued_at: Timestamp,
    pub account: String,
    pub region: String,
    pub stream_name: String,
    pub stream_id: u64,
    pub shard_index: u32,
    /// Index of the first record to read.
    pub next_index: u64,
}

impl ShardIterator {
    pub fn address(&self) -> Address {
        Address { account: self.account.clone(), region: self.region.clone(), name: self.stream_name.clone() }
    }
}

impl Kinesis {
    pub fn seal_iterator(&self, iterator: &ShardIterator) -> String {
        self.seal().close(PURPOSE, iterator)
    }

    /// Reads an iterator that this engine has issued within the last five minutes.
    pub fn open_iterator(&self, text: &str, now: Timestamp) -> Result<ShardIterator, AwsError> {
        let iterator: Option<ShardIterator> = self.seal().open(PURPOSE, text);
        let iterator = iterator.ok_or_else(|| refusal::invalid_argument("Invalid ShardIterator."))?;
        if now.0 - iterator.issued_at.0 > LIFETIME_MILLIS {
            let message = format!(
                "Iterator expired. The iterator was created at time {} while right now it is {} which is further \
                 in the future than the tolerated delay of {LIFETIME_MILLIS} milliseconds.",
                moment(iterator.issued_at),
                moment(now)
            );
            return Err(AwsError::new("ExpiredIteratorException", message));
        }
        Ok(iterator)
    }

    /// Returns the index of the first record that a reader sees from `position` on.
    pub fn resolve(
        &self,
        state: &State,
        shard_index: u32,
        position: &Position,
        now: Timestamp,
    ) -> Result<u64, AwsError> {
        let description = &state.description;
        let gone = || refusal::shard_not_found(shard_index, &description.name, &description.account);
        let end = state.tail(shard_index).ok_or_else(gone)?.next_index;
        match position {
            Position::TrimHorizon => Ok(0),
            Position::Latest => Ok(end),
            Position::AtTimestamp(moment) => {
                let key = ShardKey { stream: description.id, shard: shard_index };
                let moment = (*moment).max(description.trim_horizon(now));
                Ok(self.records.index_at(key, moment, end)?)
            }
            Position::AtSequenceNumber(digits) => Ok(sequence_of(state, shard_index, digits)?.index),
            Position::AfterSequenceNumber(digits) => Ok(sequence_of(state, shard_index, digits)?.index + 1),
        }
    }
}

/// Reads a sequence number that must be one of the given shard.
fn sequence_of(state: &State, shard_index: u32, digits: &str) -> Result<SequenceNumber, AwsError> {
    let description = &state.description;
    let used = |outcome: &str| {
        refusal::invalid_argument(format!(
            "StartingSequenceNumber {digits} used in GetShardIterator on shard {} in stream {} under account {} is \
             invalid{outcome}.",
            shard_id(shard_index),
            description.name,
            description.account
        ))
    };
    let number = SequenceNumber::parse(digits).ok_or_else(|| used(""))?;
    if number.shard_index != shard_index {
        return Err(refusal::invalid_argument(format!(
            "Invalid StartingSequenceNumber. It encodes {}, while it was used in a call to a shard with {}",
            shard_id(number.shard_index),
            shard_id(shard_index)
        )));
    }
    let created =
        description.shard(shard_index).and_then(|shard| u64::try_from(shard.created_at.0 / 1000).ok());
    if created != Some(number.shard_created) {
        return Err(used(" because it did not come from this stream"));
    }
    Ok(number)
}
