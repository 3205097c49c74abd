//! How far a mapping has read its stream: kept per shard, and per lane of a shard where there are several.

use serde::{Deserialize, Serialize};

use super::lane::{self, Lane};
use super::tumbling::OpenWindow;
use crate::error::AwsError;
use crate::services::kinesis::Position;
use crate::services::lambda::Lambda;

/// How far a shard was read for a mapping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Checkpoint {
    At(Position),
    /// The same, with a tumbling window that is open there and what the function made of its records.
    InWindow(Position, OpenWindow),
    /// The shard is closed and every record was handled.
    Finished,
}

impl Lambda {
    pub(super) fn checkpoint(&self, uuid: &str, shard_id: &str) -> Result<Option<Checkpoint>, AwsError> {
        Ok(self.mappings.checkpoints.get(&path(uuid, shard_id, None))?)
    }

    pub(super) fn put_checkpoint(
        &self,
        uuid: &str,
        shard_id: &str,
        lane: Option<Lane>,
        checkpoint: &Checkpoint,
    ) -> Result<(), AwsError> {
        Ok(self.mappings.checkpoints.put(&path(uuid, shard_id, lane), checkpoint)?)
    }

    /// Returns where each lane of a shard goes on; `start` is where the shard as a whole does.
    pub(super) fn lanes(
        &self,
        uuid: &str,
        shard_id: &str,
        factor: u32,
        start: Checkpoint,
    ) -> Result<Vec<(Lane, Checkpoint)>, AwsError> {
        let known = self.known_lanes(uuid, shard_id)?;
        if known.iter().all(|(lane, _)| lane.of == factor) {
            let of_lane = |lane: Lane| known.iter().find(|(other, _)| *other == lane);
            let begin =
                |lane| (lane, of_lane(lane).map_or_else(|| start.clone(), |(_, known)| known.clone()));
            return Ok(Lane::all(factor).map(begin).collect());
        }
        let common = lane::common(&known, &start);
        // In this order, so that no record is passed over if the engine is killed in between.
        self.put_checkpoint(uuid, shard_id, None, &common)?;
        self.forget_lanes(uuid, shard_id)?;
        Ok(Lane::all(factor).map(|lane| (lane, common.clone())).collect())
    }

    /// Notes that a shard was read to its end.
    pub(super) fn finish_shard(&self, uuid: &str, shard_id: &str) -> Result<(), AwsError> {
        self.put_checkpoint(uuid, shard_id, None, &Checkpoint::Finished)?;
        self.forget_lanes(uuid, shard_id)
    }

    fn known_lanes(&self, uuid: &str, shard_id: &str) -> Result<Vec<(Lane, Checkpoint)>, AwsError> {
        let prefix = format!("{}/", path(uuid, shard_id, None));
        let known = self.mappings.checkpoints.scan(&prefix)?;
        let lane = |(key, checkpoint): (String, Checkpoint)| {
            Some((Lane::named(key.strip_prefix(prefix.as_str())?)?, checkpoint))
        };
        Ok(known.into_iter().filter_map(lane).collect())
    }

    fn forget_lanes(&self, uuid: &str, shard_id: &str) -> Result<(), AwsError> {
        for (key, _) in self.mappings.checkpoints.scan(&format!("{}/", path(uuid, shard_id, None)))? {
            self.mappings.checkpoints.remove(&key)?;
        }
        Ok(())
    }
}

fn path(uuid: &str, shard_id: &str, lane: Option<Lane>) -> String {
    match lane {
        // A shard that is not split has one checkpoint of its own.
        Some(lane) if lane.of > 1 => format!("{uuid}/{shard_id}/{}", lane.name()),
        _ => format!("{uuid}/{shard_id}"),
    }
}
