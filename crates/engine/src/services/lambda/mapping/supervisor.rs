//! Keeps one poller per lane of a shard running for each enabled mapping of a stream: children of a shard after
//! their parents.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::checkpoint::Checkpoint;
use super::filter::Filters;
use super::lane::Lane;
use super::poller::Poller;
use super::source::Source;
use super::{Mapping, queue};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::kinesis::{Position, ShardSummary};
use crate::services::lambda::Lambda;
use crate::services::lambda::name::FunctionKey;

/// Time until a stream that could not be listed is listed again.
const LISTING_PAUSE: Duration = Duration::from_secs(1);

/// The task that works for a mapping.
pub struct Running {
    stop: CancellationToken,
    ended: CancellationToken,
}

impl Lambda {
    /// Takes up the mappings that the state knows.
    pub(in super::super) fn resume_mappings(&self, aws: &Arc<Aws>) -> Result<(), AwsError> {
        for (_, mapping) in self.mappings.table.scan("")? {
            self.restart(aws, &mapping);
        }
        Ok(())
    }

    /// Ends the task of a mapping, once an invocation that is under way has ended, and starts it anew as the
    /// mapping then is: polling, not polling, or on its way out.
    pub(super) fn restart(&self, aws: &Arc<Aws>, mapping: &Mapping) {
        let (stop, ended) = (CancellationToken::new(), CancellationToken::new());
        let running = Running { stop: stop.clone(), ended: ended.clone() };
        let mut tasks = self.mappings.running.lock().unwrap_or_else(PoisonError::into_inner);
        let before = tasks.insert(mapping.uuid.clone(), running);
        drop(tasks);
        let (aws_of_task, path) = (Arc::clone(aws), mapping.path());
        let guard = ended.drop_guard();
        if let Some(before) = &before {
            before.stop.cancel();
        }
        aws.spawn(async move {
            if let Some(before) = before {
                before.ended.cancelled().await;
            }
            aws_of_task.services.lambda.attend(&aws_of_task, &path, stop, guard).await;
        });
    }

    async fn attend(&self, aws: &Arc<Aws>, path: &str, stop: CancellationToken, _ended: DropGuard) {
        let mapping = match self.mappings.table.get(path) {
            Ok(Some(mapping)) => mapping,
            Ok(None) => return,
            Err(error) => return tracing::error!(%error, "an event source mapping cannot be read"),
        };
        if mapping.deleting {
            if let Err(error) = self.forget(&mapping) {
                tracing::error!(%error, "an event source mapping could not be removed");
            }
        } else if mapping.enabled {
            let mapping = Arc::new(mapping);
            match mapping.source() {
                Source::Stream => supervise(aws, mapping, &stop).await,
                Source::Queue => queue::attend(aws, mapping, &stop).await,
            }
        }
    }

    /// Removes all that is known of a mapping.
    fn forget(&self, mapping: &Mapping) -> Result<(), AwsError> {
        for (key, _) in self.mappings.checkpoints.scan(&format!("{}/", mapping.uuid))? {
            self.mappings.checkpoints.remove(&key)?;
        }
        self.mappings.table.remove(&mapping.path())?;
        self.mappings.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&mapping.uuid);
        Ok(())
    }

    /// Returns the session as which the event sources of a function's mappings are read.
    pub(in super::super) fn reader(&self, aws: &Aws, function: &FunctionKey) -> Result<Caller, AwsError> {
        let role = self.function(function)?.role;
        aws.services.iam.assume_role(&role, "lambda.amazonaws.com", &function.name, &function.region, &[])
    }
}

/// Works for a mapping until it is told to stop.
async fn supervise(aws: &Arc<Aws>, mapping: Arc<Mapping>, stop: &CancellationToken) {
    let filters = Arc::new(Filters::of(&mapping));
    let mut shards: JoinSet<()> = JoinSet::new();
    let mut begun: HashSet<String> = HashSet::new();
    while !stop.is_cancelled() {
        let changed = aws.services.kinesis.changed(&mapping.source_arn);
        let listed = list(aws, &mapping, &begun);
        let failed = listed.is_err();
        match listed {
            Ok(due) => {
                for (shard_id, begin) in due {
                    begun.insert(shard_id.clone());
                    let shard = Shard {
                        aws: Arc::clone(aws),
                        mapping: Arc::clone(&mapping),
                        filters: Arc::clone(&filters),
                        shard_id,
                        stop: stop.clone(),
                    };
                    shards.spawn(shard.read(begin));
                }
            }
            Err(error) => aws.services.lambda.note_result(&mapping, &format!("PROBLEM: {}", error.message)),
        }
        let nothing_runs = shards.is_empty();
        tokio::select! {
            // Where a shard ends, others begin.
            Some(_) = shards.join_next() => {}
            () = changed, if nothing_runs && !failed => {}
            () = aws.clock.sleep(LISTING_PAUSE), if failed => {}
            () = stop.cancelled() => {}
        }
    }
    while shards.join_next().await.is_some() {}
}

/// A shard that is read for a mapping.
struct Shard {
    aws: Arc<Aws>,
    mapping: Arc<Mapping>,
    filters: Arc<Filters>,
    shard_id: String,
    stop: CancellationToken,
}

impl Shard {
    /// Reads all lanes of the shard until they end or the mapping changes.
    async fn read(self, begin: Checkpoint) {
        let lambda = &self.aws.services.lambda;
        let Mapping { uuid, parallelization_factor, .. } = &*self.mapping;
        let lanes = match lambda.lanes(uuid, &self.shard_id, *parallelization_factor, begin) {
            Ok(lanes) => lanes,
            Err(error) => return tracing::error!(%error, "how far a shard was read cannot be read"),
        };
        let mut pollers = JoinSet::new();
        for (lane, checkpoint) in lanes {
            if let Some(poller) = self.poller(lane, checkpoint) {
                pollers.spawn(poller.run());
            }
        }
        let ended = pollers.join_all().await.iter().all(Result::is_ok);
        if ended && let Err(error) = lambda.finish_shard(uuid, &self.shard_id) {
            tracing::error!(%error, "that a shard was read to its end could not be noted");
        }
    }

    /// Returns a poller for a lane, unless the lane is at its end.
    fn poller(&self, lane: Lane, checkpoint: Checkpoint) -> Option<Poller> {
        let (position, window) = match checkpoint {
            Checkpoint::At(position) => (position, None),
            Checkpoint::InWindow(position, window) => (position, Some(window)),
            Checkpoint::Finished => return None,
        };
        Some(Poller {
            aws: Arc::clone(&self.aws),
            mapping: Arc::clone(&self.mapping),
            filters: Arc::clone(&self.filters),
            shard_id: self.shard_id.clone(),
            lane,
            position,
            // A mapping that has no windows any more forgets the one that was open.
            window: window.filter(|_| self.mapping.tumbling_window > 0),
            has_dropped: false,
            stop: self.stop.clone(),
        })
    }
}

/// Returns the shards that are to be read now and are not yet, with where to begin.
fn list(
    aws: &Arc<Aws>,
    mapping: &Mapping,
    begun: &HashSet<String>,
) -> Result<Vec<(String, Checkpoint)>, AwsError> {
    let lambda = &aws.services.lambda;
    let session = lambda.reader(aws, &mapping.function)?;
    let shards = aws.services.kinesis.shards(aws, &session, &mapping.source_arn)?;
    let mut finished = HashSet::new();
    let mut positions = Vec::new();
    for shard in &shards {
        match lambda.checkpoint(&mapping.uuid, &shard.shard_id)? {
            Some(Checkpoint::Finished) => {
                finished.insert(shard.shard_id.as_str());
            }
            Some(checkpoint) => positions.push((shard, checkpoint)),
            // A shard that came after the mapping is read from its first record.
            None => positions.push((shard, Checkpoint::At(Position::TrimHorizon))),
        }
    }
    let due = |shard: &ShardSummary| !begun.contains(&shard.shard_id) && is_due(shard, &shards, &finished);
    Ok(positions
        .into_iter()
        .filter(|(shard, _)| due(shard))
        .map(|(shard, checkpoint)| (shard.shard_id.clone(), checkpoint))
        .collect())
}

/// Tells whether a shard may be read: its parents were read to the end, or are not in the stream any more.
fn is_due(shard: &ShardSummary, shards: &[ShardSummary], finished: &HashSet<&str>) -> bool {
    let is_open_question = |parent: &String| {
        shards.iter().any(|shard| shard.shard_id == *parent) && !finished.contains(parent.as_str())
    };
    !shard.parent_shard_ids.iter().any(is_open_question)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(id: &str, parents: &[&str]) -> ShardSummary {
        let parent_shard_ids = parents.iter().map(|parent| (*parent).to_owned()).collect();
        ShardSummary { shard_id: id.to_owned(), parent_shard_ids, is_closed: false }
    }

    #[test]
    fn reads_children_after_all_their_parents() {
        let shards = [shard("a", &[]), shard("b", &["expired"]), shard("c", &["a", "b"])];
        let due = |finished: &[&str]| -> Vec<&str> {
            let finished = finished.iter().copied().collect();
            let due = shards.iter().filter(|shard| is_due(shard, &shards, &finished));
            due.map(|shard| shard.shard_id.as_str()).collect()
        };
        assert_eq!(due(&[]), ["a", "b"]);
        assert_eq!(due(&["a"]), ["a", "b"]);
        assert_eq!(due(&["a", "b"]), ["a", "b", "c"]);
    }
}
