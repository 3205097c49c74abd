//! A stream's open shards, and which of them a record falls on.

use aws_sdk_kinesis::types::Shard;

use crate::aws::{Clients, failure};
use crate::error::Result;

/// Open shards in the order of their hash keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shards {
    /// The first hash key and the id of each.
    shards: Vec<(u128, String)>,
}

impl Shards {
    /// Returns the one that stands for a destination without shards.
    pub fn single() -> Self {
        Self { shards: vec![(0, String::new())] }
    }

    /// Asks for a stream's shards, all pages of them.
    pub async fn list(clients: &Clients, stream: &str) -> Result<Self> {
        let mut shards = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let request = clients.kinesis.list_shards();
            // A page is asked for by its token alone.
            let request = match token.take() {
                Some(token) => request.next_token(token),
                None => request.stream_name(stream),
            };
            let page = request.send().await;
            let page = page.map_err(|error| failure(format!("list the shards of `{stream}`"), error))?;
            shards.extend(page.shards().iter().filter_map(open));
            match page.next_token {
                Some(next) => token = Some(next),
                None => return Ok(Self::of(shards)),
            }
        }
    }

    fn of(mut shards: Vec<(u128, String)>) -> Self {
        shards.sort();
        if shards.is_empty() { Self::single() } else { Self { shards } }
    }

    pub fn count(&self) -> usize {
        self.shards.len()
    }

    /// Returns the place of the shard that takes a hash key.
    pub fn of_hash(&self, hash: u128) -> usize {
        self.shards.partition_point(|(start, _)| *start <= hash).saturating_sub(1)
    }

    /// Returns whether a record that fell on a shard of this id was expected there.
    pub fn is(&self, place: usize, id: &str) -> bool {
        self.shards.get(place).is_some_and(|(_, known)| known == id)
    }
}

/// Returns the first hash key and the id of a shard that still takes records.
fn open(shard: &Shard) -> Option<(u128, String)> {
    let range = shard.sequence_number_range()?;
    let start = shard.hash_key_range()?.starting_hash_key().parse().ok()?;
    range.ending_sequence_number().is_none().then(|| (start, shard.shard_id().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_shard_of_a_hash() {
        let shards = Shards::of(vec![(100, "b".into()), (0, "a".into()), (200, "c".into())]);
        let places = [0, 99, 100, 199, 200, u128::MAX].map(|hash| shards.of_hash(hash));
        assert_eq!(places, [0, 0, 1, 1, 2, 2]);
        assert!(shards.is(1, "b") && !shards.is(1, "c") && !shards.is(3, "c"));
        assert_eq!(Shards::single().of_hash(u128::MAX), 0);
    }
}
