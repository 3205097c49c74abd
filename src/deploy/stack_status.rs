//! CloudFormation's stack statuses, and what each one means for what can be done next.

use aws_sdk_cloudformation::types::StackStatus;

/// How a status feels to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sentiment {
    Good,
    Underway,
    Bad,
}

/// What a deployment has to do with a stack in a given state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Situation {
    /// There is no stack, or only the empty shell that a change set left.
    Absent,
    /// The stack takes an update.
    Ready,
    /// An operation runs; wait for it.
    Underway,
    /// A first create failed; the stack can only be deleted and made again.
    Dead,
    /// A rollback or delete got stuck.
    Stuck,
}

/// Returns what can be done with a stack in `status`.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html>
pub fn situation(status: &StackStatus) -> Situation {
    match status.as_str() {
        "REVIEW_IN_PROGRESS" | "DELETE_COMPLETE" => Situation::Absent,
        "CREATE_COMPLETE"
        | "UPDATE_COMPLETE"
        | "UPDATE_ROLLBACK_COMPLETE"
        | "IMPORT_COMPLETE"
        | "IMPORT_ROLLBACK_COMPLETE" => Situation::Ready,
        "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED" => Situation::Dead,
        status if status.ends_with("_IN_PROGRESS") => Situation::Underway,
        _ => Situation::Stuck,
    }
}

/// Returns whether an operation has come to its end in `status`.
pub fn is_settled(status: &str) -> bool {
    !status.ends_with("_IN_PROGRESS") || status == "REVIEW_IN_PROGRESS"
}

/// Returns whether `status` is where an operation ends that did what it was asked for.
pub fn is_success(status: &str) -> bool {
    matches!(status, "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "DELETE_COMPLETE" | "IMPORT_COMPLETE")
}

/// Returns how the status of a stack or of a resource feels.
pub fn sentiment(status: &str) -> Sentiment {
    if status.contains("FAILED") || status.contains("ROLLBACK") {
        Sentiment::Bad
    } else if status.ends_with("_COMPLETE") {
        Sentiment::Good
    } else {
        Sentiment::Underway
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_each_status_allows() {
        let situation = |status: &str| situation(&StackStatus::from(status));
        assert_eq!(situation("REVIEW_IN_PROGRESS"), Situation::Absent);
        assert_eq!(situation("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"), Situation::Underway);
        assert_eq!(situation("UPDATE_ROLLBACK_COMPLETE"), Situation::Ready);
        assert_eq!(situation("ROLLBACK_COMPLETE"), Situation::Dead);
        assert_eq!(situation("UPDATE_ROLLBACK_FAILED"), Situation::Stuck);
        assert_eq!(situation("DELETE_FAILED"), Situation::Stuck);
    }

    #[test]
    fn is_not_done_while_it_cleans_up() {
        assert!(!is_settled("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"));
        assert!(is_settled("UPDATE_ROLLBACK_COMPLETE"));
        assert!(!is_success("UPDATE_ROLLBACK_COMPLETE"));
    }
}
