//! What leads a stack out of a status that no deployment starts from, and why it is there.
//!
//! A status becomes a [`WayOut`], in words and as the call that takes it. It asks nobody and deletes nothing by itself.

use aws_sdk_cloudformation::types::{ResourceStatus, StackEvent};

use hydrant_cfn::template::Template;

use super::failure::{self, Failure};
use super::follow::{Outcome, follow};
use super::stacks::newest_event;
use crate::aws::{self, Clients};
use crate::error::Result;

/// How a stack comes to take deployments again.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WayOut {
    /// It takes them as it is.
    NotNeeded,
    /// An operation runs, whose end has to be awaited first.
    Wait,
    /// Deleting what a change set or a failed create left.
    Delete,
    /// Deleting what a failed deletion left.
    DeleteAgain,
    /// Going on with a rollback that got stuck.
    ContinueRollback,
    /// Rolling back what was left as it failed.
    RollBack,
    /// Deleting the stack alone, as long as all that it has is kept; CloudFormation has no other call for it.
    LetGo,
}

impl WayOut {
    /// Returns what leads out of a status.
    pub fn of(status: &str) -> Self {
        match status {
            "REVIEW_IN_PROGRESS" | "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED" => Self::Delete,
            "DELETE_FAILED" => Self::DeleteAgain,
            "UPDATE_ROLLBACK_FAILED" => Self::ContinueRollback,
            "UPDATE_FAILED" => Self::RollBack,
            // ContinueUpdateRollback takes UPDATE_ROLLBACK_FAILED only. Not confirmed on AWS: that DeleteStack takes this.
            "IMPORT_ROLLBACK_FAILED" => Self::LetGo,
            status if status.ends_with("_IN_PROGRESS") => Self::Wait,
            _ => Self::NotNeeded,
        }
    }

    /// Says how a stack got there.
    pub fn cause(self, status: &str) -> &'static str {
        match (self, status) {
            (Self::NotNeeded, _) => "it takes deployments",
            (Self::Wait, _) => "an operation is under way",
            (Self::Delete, "REVIEW_IN_PROGRESS") => {
                "a change set was made for a new stack and never executed; the stack is empty"
            }
            (Self::Delete, _) => "its creation failed, and CloudFormation updates no such stack",
            (Self::DeleteAgain, _) => "its deletion stopped at resources that could not be deleted",
            (Self::ContinueRollback, _) => "an update failed, and putting the old state back failed too",
            (Self::RollBack, _) => "an update failed, and was left as it was without being rolled back",
            (Self::LetGo, _) => "an import failed, and taking it back failed too",
        }
    }

    /// Says what recovering does.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::NotNeeded | Self::Wait => "nothing",
            Self::Delete => "delete what is left of it; the next deployment creates the stack anew",
            Self::DeleteAgain => "delete the stack once more",
            Self::ContinueRollback => "go on with the rollback where it got stuck",
            Self::RollBack => "put back what the update changed",
            Self::LetGo => {
                "delete the stack without what it has, for `hydrant deploy --adopt` to take in anew"
            }
        }
    }
}

/// Returns the resources at which a stack's last operation stopped, from its events, oldest first.
///
/// Of a rollback or a deletion only what stopped that: the failure before it is past.
pub fn obstacles(events: &[StackEvent], way_out: WayOut) -> Vec<Failure> {
    let begins = |event: &StackEvent| {
        let status = event.resource_status().map(ResourceStatus::as_str).unwrap_or_default();
        let begins_at_all = status.ends_with("_IN_PROGRESS") && !status.contains("CLEANUP");
        let counts =
            matches!(way_out, WayOut::ContinueRollback | WayOut::DeleteAgain) || !status.contains("ROLLBACK");
        event.physical_resource_id() == event.stack_id() && begins_at_all && counts
    };
    let start = events.iter().rposition(begins).unwrap_or_default();
    let mut obstacles: Vec<Failure> = Vec::new();
    for failure in failure::of_resources(&events[start..]) {
        if obstacles.iter().all(|known| known.logical_id != failure.logical_id) {
            obstacles.push(failure);
        }
    }
    obstacles
}

/// Returns which of a stack's resources go when it is deleted, by its template.
pub fn not_kept<'a>(template: &Template, logical_ids: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let is_kept = |logical_id: &str| {
        let policy = template.resources.get(logical_id).and_then(|one| one.deletion_policy.as_deref());
        matches!(policy, Some("Retain" | "RetainExceptOnCreate"))
    };
    logical_ids.filter(|logical_id| !is_kept(logical_id)).collect()
}

/// Goes on with a rollback, or begins it, and follows it to its end; resources in `skipped` are left as they are.
pub async fn roll_back(
    clients: &Clients,
    stack_id: &str,
    way_out: WayOut,
    skipped: &[String],
    seen: impl FnMut(&StackEvent),
) -> Result<Outcome> {
    let cursor = newest_event(clients, stack_id).await?;
    let what = || format!("roll the stack `{stack_id}` back");
    let cloudformation = &clients.cloudformation;
    match way_out {
        WayOut::RollBack => {
            let request = cloudformation.rollback_stack().stack_name(stack_id);
            request.send().await.map_err(|error| aws::failure(what(), error))?;
        }
        _ => {
            let request = cloudformation.continue_update_rollback().stack_name(stack_id);
            let skipped = (!skipped.is_empty()).then(|| skipped.to_vec());
            let request = request.set_resources_to_skip(skipped);
            request.send().await.map_err(|error| aws::failure(what(), error))?;
        }
    }
    follow(clients, stack_id, cursor, seen).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_what_would_go_with_its_stack() {
        let text = "Resources:\n  \
            Kept: {Type: AWS::S3::Bucket, DeletionPolicy: Retain}\n  \
            Gone: {Type: AWS::S3::Bucket, DeletionPolicy: Delete}\n  Other: {Type: AWS::S3::Bucket}\n";
        let template = Template::parse(text).unwrap();
        assert_eq!(not_kept(&template, ["Kept", "Gone", "Other"].into_iter()), ["Gone", "Other"]);
    }

    #[test]
    fn knows_the_way_out_of_every_status_that_is_stuck() {
        assert_eq!(WayOut::of("UPDATE_ROLLBACK_FAILED"), WayOut::ContinueRollback);
        assert_eq!(WayOut::of("UPDATE_FAILED"), WayOut::RollBack);
        assert_eq!(WayOut::of("DELETE_FAILED"), WayOut::DeleteAgain);
        assert_eq!(WayOut::of("ROLLBACK_COMPLETE"), WayOut::Delete);
        assert_eq!(WayOut::of("REVIEW_IN_PROGRESS"), WayOut::Delete);
        assert_eq!(WayOut::of("IMPORT_ROLLBACK_FAILED"), WayOut::LetGo);
        assert_eq!(WayOut::of("UPDATE_ROLLBACK_IN_PROGRESS"), WayOut::Wait);
        assert_eq!(WayOut::of("UPDATE_ROLLBACK_COMPLETE"), WayOut::NotNeeded);
    }
}
