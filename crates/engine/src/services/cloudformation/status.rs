//! The statuses of stacks, resources and change sets, and what each permits.
//!
//! What an operation may start from is judged here and nowhere else.

use serde::{Deserialize, Serialize};

/// Where a stack stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StackStatus {
    ReviewInProgress,
    CreateInProgress,
    CreateFailed,
    CreateComplete,
    RollbackInProgress,
    RollbackFailed,
    RollbackComplete,
    UpdateInProgress,
    UpdateCompleteCleanupInProgress,
    UpdateComplete,
    UpdateFailed,
    UpdateRollbackInProgress,
    UpdateRollbackFailed,
    UpdateRollbackCompleteCleanupInProgress,
    UpdateRollbackComplete,
    DeleteInProgress,
    DeleteFailed,
    DeleteComplete,
}

impl StackStatus {
    /// Returns AWS's spelling, such as `CREATE_COMPLETE`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReviewInProgress => "REVIEW_IN_PROGRESS",
            Self::CreateInProgress => "CREATE_IN_PROGRESS",
            Self::CreateFailed => "CREATE_FAILED",
            Self::CreateComplete => "CREATE_COMPLETE",
            Self::RollbackInProgress => "ROLLBACK_IN_PROGRESS",
            Self::RollbackFailed => "ROLLBACK_FAILED",
            Self::RollbackComplete => "ROLLBACK_COMPLETE",
            Self::UpdateInProgress => "UPDATE_IN_PROGRESS",
            Self::UpdateCompleteCleanupInProgress => "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            Self::UpdateComplete => "UPDATE_COMPLETE",
            Self::UpdateFailed => "UPDATE_FAILED",
            Self::UpdateRollbackInProgress => "UPDATE_ROLLBACK_IN_PROGRESS",
            Self::UpdateRollbackFailed => "UPDATE_ROLLBACK_FAILED",
            Self::UpdateRollbackCompleteCleanupInProgress => "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
            Self::UpdateRollbackComplete => "UPDATE_ROLLBACK_COMPLETE",
            Self::DeleteInProgress => "DELETE_IN_PROGRESS",
            Self::DeleteFailed => "DELETE_FAILED",
            Self::DeleteComplete => "DELETE_COMPLETE",
        }
    }

    /// Whether the stack is gone and its name free again.
    pub fn is_gone(self) -> bool {
        self == Self::DeleteComplete
    }

    /// Whether an update may start from here; the two failed ones only when the update does not roll back.
    pub fn can_update(self, disables_rollback: bool) -> bool {
        match self {
            Self::CreateComplete | Self::UpdateComplete | Self::UpdateRollbackComplete => true,
            Self::CreateFailed | Self::UpdateFailed => disables_rollback,
            Self::ReviewInProgress
            | Self::CreateInProgress
            | Self::RollbackInProgress
            | Self::RollbackFailed
            | Self::RollbackComplete
            | Self::UpdateInProgress
            | Self::UpdateCompleteCleanupInProgress
            | Self::UpdateRollbackInProgress
            | Self::UpdateRollbackFailed
            | Self::UpdateRollbackCompleteCleanupInProgress
            | Self::DeleteInProgress
            | Self::DeleteFailed
            | Self::DeleteComplete => false,
        }
    }

    /// Whether an update change set may be described from here, whichever way it will be executed.
    pub fn can_be_compared(self) -> bool {
        self.can_update(true)
    }

    /// Whether a deletion may start from here. A create under way is given up for it, an update is not.
    pub fn can_delete(self) -> bool {
        !matches!(
            self,
            Self::UpdateInProgress
                | Self::UpdateCompleteCleanupInProgress
                | Self::UpdateRollbackInProgress
                | Self::UpdateRollbackCompleteCleanupInProgress
        )
    }

    /// Whether `RollbackStack` may start from here.
    pub fn can_roll_back(self) -> bool {
        matches!(self, Self::CreateFailed | Self::UpdateFailed)
    }

    /// Whether the stack ended its last operation without success.
    pub fn is_failure(self) -> bool {
        matches!(
            self,
            Self::CreateFailed
                | Self::UpdateFailed
                | Self::DeleteFailed
                | Self::RollbackFailed
                | Self::RollbackComplete
                | Self::UpdateRollbackFailed
                | Self::UpdateRollbackComplete
        )
    }
}

/// Where a resource stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ResourceStatus {
    CreateInProgress,
    CreateFailed,
    CreateComplete,
    UpdateInProgress,
    UpdateFailed,
    UpdateComplete,
    DeleteInProgress,
    DeleteFailed,
    DeleteComplete,
    DeleteSkipped,
    ImportInProgress,
    ImportFailed,
    ImportComplete,
}

impl ResourceStatus {
    /// Returns AWS's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CreateInProgress => "CREATE_IN_PROGRESS",
            Self::CreateFailed => "CREATE_FAILED",
            Self::CreateComplete => "CREATE_COMPLETE",
            Self::UpdateInProgress => "UPDATE_IN_PROGRESS",
            Self::UpdateFailed => "UPDATE_FAILED",
            Self::UpdateComplete => "UPDATE_COMPLETE",
            Self::DeleteInProgress => "DELETE_IN_PROGRESS",
            Self::DeleteFailed => "DELETE_FAILED",
            Self::DeleteComplete => "DELETE_COMPLETE",
            Self::DeleteSkipped => "DELETE_SKIPPED",
            Self::ImportInProgress => "IMPORT_IN_PROGRESS",
            Self::ImportFailed => "IMPORT_FAILED",
            Self::ImportComplete => "IMPORT_COMPLETE",
        }
    }
}

/// Whether a change set could be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ChangeSetStatus {
    CreateComplete,
    Failed,
}

impl ChangeSetStatus {
    /// Returns AWS's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CreateComplete => "CREATE_COMPLETE",
            Self::Failed => "FAILED",
        }
    }
}

/// Whether a change set can be executed, or was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExecutionStatus {
    Unavailable,
    Available,
    ExecuteInProgress,
    ExecuteComplete,
    ExecuteFailed,
    Obsolete,
}

impl ExecutionStatus {
    /// Returns AWS's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unavailable => "UNAVAILABLE",
            Self::Available => "AVAILABLE",
            Self::ExecuteInProgress => "EXECUTE_IN_PROGRESS",
            Self::ExecuteComplete => "EXECUTE_COMPLETE",
            Self::ExecuteFailed => "EXECUTE_FAILED",
            Self::Obsolete => "OBSOLETE",
        }
    }

    /// Whether the change set has begun to be executed.
    pub fn has_begun(self) -> bool {
        matches!(self, Self::ExecuteInProgress | Self::ExecuteComplete | Self::ExecuteFailed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lets_a_rolled_back_create_only_be_deleted() {
        assert!(!StackStatus::RollbackComplete.can_update(true));
        assert!(!StackStatus::RollbackComplete.can_roll_back());
        assert!(StackStatus::RollbackComplete.can_delete());
    }

    #[test]
    fn lets_a_failed_create_be_resumed_only_without_rollback() {
        assert!(StackStatus::CreateFailed.can_update(true));
        assert!(!StackStatus::CreateFailed.can_update(false));
    }

    #[test]
    fn spells_statuses_the_same_in_the_store_and_on_the_wire() {
        for status in [
            StackStatus::ReviewInProgress,
            StackStatus::UpdateCompleteCleanupInProgress,
            StackStatus::UpdateRollbackCompleteCleanupInProgress,
            StackStatus::DeleteComplete,
        ] {
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
    }
}
