//! Keeps one poller per shard running for each enabled mapping: children of a shard after their parents.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::poller::Poller;
use super::{Checkpoint, Mapping};
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
            supervise(aws, Arc::new(mapping), &stop).await;
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

    /// Returns the session as which the streams of a function's mappings are read.
    pub(in super::super) fn reader(&self, aws: &Aws, function: &FunctionKey) -> Result<Caller, AwsError> {
        let role = self.function(function)?.role;
        aws.services.iam.assume_role(&role, "lambda.amazonaws.com", &function.name, &function.region, &[])
    }

    pub(super) fn checkpoint(&self, uuid: &str, shard_id: &str) -> Result<Option<Checkpoint>, AwsError> {
        Ok(self.mappings.checkpoints.get(&format!("{uuid}/{shard_id}"))?)
    }

    pub(super) fn put_checkpoint(
        &self,
        uuid: &str,
        shard_id: &str,
        checkpoint: &Checkpoint,
    ) -> Result<(), AwsError> {
        Ok(self.mappings.checkpoints.put(&format!("{uuid}/{shard_id}"), checkpoint)?)
    }
}

/// Works for a mapping until it is told to stop.
async fn supervise(aws: &Arc<Aws>, mapping: Arc<Mapping>, stop: &CancellationToken) {
    let mut pollers: JoinSet<()> = JoinSet::new();
    let mut begun: HashSet<String> = HashSet::new();
    while !stop.is_cancelled() {
        let changed = aws.services.kinesis.changed(&mapping.stream_arn);
        let listed = list(aws, &mapping, &begun);
        let failed = listed.is_err();
        match listed {
            Ok(due) => {
                for (shard_id, position) in due {
                    begun.insert(shard_id.clone());
                    let poller = Poller {
                        aws: Arc::clone(aws),
                        mapping: Arc::clone(&mapping),
                        shard_id,
                        position,
                        stop: stop.clone(),
                    };
                    pollers.spawn(poller.run());
                }
            }
            Err(error) => aws.services.lambda.note_result(&mapping, &format!("PROBLEM: {}", error.message)),
        }
        let nothing_runs = pollers.is_empty();
        tokio::select! {
            // Where a shard ends, others begin.
            Some(_) = pollers.join_next() => {}
            () = changed, if nothing_runs && !failed => {}
            () = aws.clock.sleep(LISTING_PAUSE), if failed => {}
            () = stop.cancelled() => {}
        }
    }
    while pollers.join_next().await.is_some() {}
}

/// Returns the shards that are to be read now and are not yet, with where to begin.
fn list(
    aws: &Arc<Aws>,
    mapping: &Mapping,
    begun: &HashSet<String>,
) -> Result<Vec<(String, Position)>, AwsError> {
    let lambda = &aws.services.lambda;
    let session = lambda.reader(aws, &mapping.function)?;
    let shards = aws.services.kinesis.shards(aws, &session, &mapping.stream_arn)?;
    let mut finished = HashSet::new();
    let mut positions = Vec::new();
    for shard in &shards {
        match lambda.checkpoint(&mapping.uuid, &shard.shard_id)? {
            Some(Checkpoint::Finished) => {
                finished.insert(shard.shard_id.as_str());
            }
            Some(Checkpoint::At(position)) => positions.push((shard, position)),
            // A shard that came after the mapping is read from its first record.
            None => positions.push((shard, Position::TrimHorizon)),
        }
    }
    let due = |shard: &ShardSummary| !begun.contains(&shard.shard_id) && is_due(shard, &shards, &finished);
    Ok(positions
        .into_iter()
        .filter(|(shard, _)| due(shard))
        .map(|(shard, position)| (shard.shard_id.clone(), position))
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
