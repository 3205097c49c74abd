//! Resharding: splits and merges that lead from the open shards of a stream to other ones.
//!
//! Every step is one that AWS has: a split closes one parent, a merge closes two. Uniform scaling is a row
//! of such steps, so that each new shard knows its parents.

use super::hash_key::{HashKeyRange, even_ranges};
use super::stream::{Description, ShardDescription};
use crate::clock::Timestamp;

/// Hash keys by which two equal divisions may differ through rounding; such a sliver is not worth a shard.
const ROUNDING: u128 = 1 << 32;

impl Description {
    /// Makes the first shards of a stream.
    pub fn open_first_shards(&mut self, count: usize, now: Timestamp) {
        for hash_keys in even_ranges(count) {
            self.open_shard(hash_keys, now, Vec::new());
        }
    }

    fn open_shard(&mut self, hash_keys: HashKeyRange, created_at: Timestamp, parents: Vec<u32>) -> u32 {
        let index = self.next_shard_index;
        self.next_shard_index += 1;
        self.shards.push(ShardDescription { index, hash_keys, created_at, closed_at: None, parents });
        index
    }

    /// Closes a shard; returns the moment at which its children begin, at least a second after its own
    /// beginning, so that their sequence numbers are greater.
    fn close_shard(&mut self, index: u32, now: Timestamp) -> Timestamp {
        let shard = self.shards.iter_mut().find(|shard| shard.index == index);
        shard.map_or(now, |shard| {
            shard.closed_at = Some(now.max(shard.created_at));
            now.max(Timestamp(shard.created_at.0 + 1000))
        })
    }

    /// Splits an open shard so that its second child begins at `start`.
    pub fn split(&mut self, index: u32, start: u128, now: Timestamp) {
        let Some(range) = self.shard(index).map(|shard| shard.hash_keys) else { return };
        let created_at = self.close_shard(index, now);
        self.open_shard(HashKeyRange { end: start - 1, ..range }, created_at, vec![index]);
        self.open_shard(HashKeyRange { start, ..range }, created_at, vec![index]);
    }

    /// Merges two open shards, of which the second begins where the first ends; returns their child.
    pub fn merge(&mut self, first: u32, second: u32, now: Timestamp) -> Option<u32> {
        let start = self.shard(first)?.hash_keys.start;
        let end = self.shard(second)?.hash_keys.end;
        let created_at = self.close_shard(first, now).max(self.close_shard(second, now));
        Some(self.open_shard(HashKeyRange { start, end }, created_at, vec![first, second]))
    }

    /// Splits and merges until `count` shards of equal size are open.
    pub fn scale_uniformly(&mut self, count: usize, now: Timestamp) {
        let boundaries: Vec<u128> = even_ranges(count).into_iter().skip(1).map(|range| range.start).collect();
        for boundary in &boundaries {
            let inside = |shard: &&ShardDescription| {
                let HashKeyRange { start, end } = shard.hash_keys;
                shard.hash_keys.contains(*boundary)
                    && boundary - start > ROUNDING
                    && end - boundary > ROUNDING
            };
            let crossed = self.open_shards().find(inside).map(|shard| shard.index);
            if let Some(index) = crossed {
                self.split(index, *boundary, now);
            }
        }
        while let Some((first, second)) = self.pair_within(&boundaries) {
            self.merge(first, second, now);
        }
    }

    /// Returns two adjacent open shards between which there is no boundary.
    fn pair_within(&self, boundaries: &[u128]) -> Option<(u32, u32)> {
        let mut open: Vec<&ShardDescription> = self.open_shards().collect();
        open.sort_unstable_by_key(|shard| shard.hash_keys.start);
        let is_boundary =
            |start: u128| boundaries.iter().any(|boundary| boundary.abs_diff(start) <= ROUNDING);
        let pair = open.windows(2).find(|pair| !is_boundary(pair[1].hash_keys.start))?;
        Some((pair[0].index, pair[1].index))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::services::kinesis::stream::StreamMode;

    const NOW: Timestamp = Timestamp(1_768_473_000_000);

    fn stream(shards: usize) -> Description {
        let mut description = Description {
            id: 1,
            name: "s".into(),
            account: "111122223333".into(),
            region: "us-east-1".into(),
            created_at: NOW,
            mode: StreamMode::Provisioned,
            retention_hours: 24,
            key_id: None,
            tags: BTreeMap::new(),
            shards: Vec::new(),
            next_shard_index: 0,
            shard_count_updates: Vec::new(),
            mode_updates: Vec::new(),
        };
        description.open_first_shards(shards, NOW);
        description
    }

    fn check_open(description: &Description, count: usize) {
        let mut open: Vec<_> = description.open_shards().map(|shard| shard.hash_keys).collect();
        open.sort_unstable_by_key(|range| range.start);
        assert_eq!(open.len(), count);
        assert_eq!((open[0].start, open[count - 1].end), (0, u128::MAX));
        for pair in open.windows(2) {
            assert_eq!(pair[0].end + 1, pair[1].start);
        }
        for (range, even) in open.iter().zip(even_ranges(count)) {
            assert!(range.start.abs_diff(even.start) <= ROUNDING);
        }
    }

    #[test]
    fn splits_each_shard_once_when_doubling() {
        for count in [1, 2, 3, 5, 7] {
            let mut description = stream(count);
            description.scale_uniformly(count * 2, NOW);
            check_open(&description, count * 2);
            assert_eq!(description.shards.len(), count * 3);
        }
    }

    #[test]
    fn merges_each_pair_once_when_halving() {
        let mut description = stream(6);
        description.scale_uniformly(3, NOW);
        check_open(&description, 3);
        assert_eq!(description.shards.len(), 9);
        assert_eq!(description.shards[6].parents, [0, 1]);
    }

    #[test]
    fn reaches_any_count_with_every_child_knowing_its_parents() {
        for (from, to) in [(2, 3), (3, 2), (4, 6), (5, 3), (10, 7), (7, 13)] {
            let mut description = stream(from);
            description.scale_uniformly(to, NOW);
            check_open(&description, to);
            for shard in description.shards.iter().skip(from) {
                assert!(!shard.parents.is_empty());
                for parent in &shard.parents {
                    let parent = description.shard(*parent).unwrap();
                    assert!(!parent.is_open() && parent.created_at < shard.created_at);
                }
            }
        }
    }
}
