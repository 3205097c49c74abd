//! Lanes: the parts of a shard that are worked on at a time, each with the records of its own partition keys.

use md5::{Digest, Md5};

use super::checkpoint::Checkpoint;
use crate::services::kinesis::{Position, Record};

/// One of the lanes of a shard; a shard that is not split is one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lane {
    pub index: u32,
    pub of: u32,
}

impl Lane {
    /// Returns the lanes of a shard, of which there is at least one.
    pub fn all(of: u32) -> impl Iterator<Item = Self> {
        (0..of.max(1)).map(move |index| Self { index, of: of.max(1) })
    }

    /// Tells whether the lane works on a record: all records of a partition key go to the same one.
    pub fn takes(self, record: &Record) -> bool {
        let digest: [u8; 16] = Md5::digest(record.partition_key.as_bytes()).into();
        // The highest bits chose the shard, so the lowest are as good as random.
        self.of == 1 || u128::from_be_bytes(digest) % u128::from(self.of) == u128::from(self.index)
    }

    /// Returns the name under which its progress is kept.
    pub fn name(self) -> String {
        format!("{}of{}", self.index, self.of)
    }

    /// Reads a name.
    pub fn named(name: &str) -> Option<Self> {
        let (index, of) = name.split_once("of")?;
        Some(Self { index: index.parse().ok()?, of: of.parse().ok()? })
    }
}

/// Returns where all lanes have been: the place of the one that is furthest behind. A lane that nothing is known of
/// is still at `start`.
///
/// After a change of the parallelization factor every record from there comes again, those that other lanes had
/// handled too. What AWS does then is not confirmed.
pub fn common(known: &[(Lane, Checkpoint)], start: &Checkpoint) -> Checkpoint {
    let Some((first, _)) = known.first() else { return start.clone() };
    let of_lane =
        |lane: Lane| known.iter().find(|(other, _)| *other == lane).map(|(_, checkpoint)| checkpoint);
    let all: Option<Vec<_>> = Lane::all(first.of).map(of_lane).collect();
    let least = all.and_then(|all| all.into_iter().min_by_key(|checkpoint| rank(checkpoint)));
    match least {
        Some(least) if rank(least) > NOWHERE => least.clone(),
        _ => start.clone(),
    }
}

/// A rank below that of every record.
const NOWHERE: (usize, &str, bool) = (0, "", false);

/// Orders checkpoints by the sequence numbers in them, which are decimal numbers of any length.
fn rank(checkpoint: &Checkpoint) -> (usize, &str, bool) {
    let position = match checkpoint {
        Checkpoint::Finished => return (usize::MAX, "", false),
        Checkpoint::At(position) | Checkpoint::InWindow(position, _) => position,
    };
    match position {
        Position::AtSequenceNumber(number) => (number.len(), number, false),
        Position::AfterSequenceNumber(number) => (number.len(), number, true),
        Position::TrimHorizon | Position::Latest | Position::AtTimestamp(_) => NOWHERE,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::clock::Timestamp;

    fn after(number: &str) -> Checkpoint {
        Checkpoint::At(Position::AfterSequenceNumber(number.into()))
    }

    #[test]
    fn gives_every_key_one_lane() {
        let mut counts = [0; 4];
        for key in 0..400 {
            let record = Record {
                sequence_number: "1".into(),
                partition_key: format!("key-{key}"),
                data: Bytes::new(),
                arrived_at: Timestamp(0),
            };
            let lanes: Vec<Lane> = Lane::all(4).filter(|lane| lane.takes(&record)).collect();
            assert_eq!(lanes.len(), 1);
            counts[lanes[0].index as usize] += 1;
            assert!(Lane::all(1).all(|lane| lane.takes(&record)));
        }
        assert!(counts.iter().all(|count| *count > 60), "{counts:?}");
        assert_eq!(Lane::named(&Lane { index: 3, of: 10 }.name()), Some(Lane { index: 3, of: 10 }));
    }

    #[test]
    fn goes_back_to_the_lane_that_is_furthest_behind() {
        let start = Checkpoint::At(Position::TrimHorizon);
        let lane = |index| Lane { index, of: 2 };
        assert_eq!(common(&[], &start), start);
        assert_eq!(common(&[(lane(0), after("9"))], &start), start);
        assert_eq!(common(&[(lane(0), after("10")), (lane(1), after("9"))], &start), after("9"));
        assert_eq!(common(&[(lane(0), Checkpoint::Finished), (lane(1), after("9"))], &start), after("9"));
        let all = [(lane(0), Checkpoint::Finished), (lane(1), Checkpoint::Finished)];
        assert_eq!(common(&all, &start), Checkpoint::Finished);
    }
}
