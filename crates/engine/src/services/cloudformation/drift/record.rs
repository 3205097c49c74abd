//! What is remembered of a check for drift: per resource, and of the detection as a whole.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::stack::Stack;
use super::compare::{Compared, PropertyDifference};
use crate::clock::Timestamp;

/// What a check found of one resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResourceDrift {
    pub status: DriftStatus,
    pub checked_at: Timestamp,
    /// What the template gave, and what of it there is; neither for a resource that could not be read.
    pub expected: Option<Value>,
    pub actual: Option<Value>,
    pub differences: Vec<PropertyDifference>,
    /// Why the status is not known.
    pub reason: Option<String>,
}

/// The outcome of a check, in the words of `DescribeStackResourceDrifts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DriftStatus {
    InSync,
    Modified,
    Deleted,
    Unknown,
}

/// One run of `DetectStackDrift`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Detection {
    pub id: String,
    pub stack_id: String,
    /// Why it could not check every resource; `None` when it could.
    pub failure: Option<String>,
    pub drifted: usize,
    pub stack_status: String,
    pub started_at: Timestamp,
}

impl DriftStatus {
    /// Returns AWS's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InSync => "IN_SYNC",
            Self::Modified => "MODIFIED",
            Self::Deleted => "DELETED",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// Whether the resource is not what the template says.
    pub fn is_drift(self) -> bool {
        matches!(self, Self::Modified | Self::Deleted)
    }
}

impl ResourceDrift {
    pub fn deleted(checked_at: Timestamp) -> Self {
        Self::bare(DriftStatus::Deleted, checked_at, None)
    }

    pub fn unknown(checked_at: Timestamp, reason: String) -> Self {
        Self::bare(DriftStatus::Unknown, checked_at, Some(reason))
    }

    pub fn compared(checked_at: Timestamp, expected: Value, compared: Compared) -> Self {
        let status = match compared.differences.is_empty() {
            true => DriftStatus::InSync,
            false => DriftStatus::Modified,
        };
        Self {
            expected: Some(expected),
            actual: Some(compared.actual),
            differences: compared.differences,
            ..Self::bare(status, checked_at, None)
        }
    }

    fn bare(status: DriftStatus, checked_at: Timestamp, reason: Option<String>) -> Self {
        Self { status, checked_at, expected: None, actual: None, differences: Vec::new(), reason }
    }
}

/// Returns the drift status of a stack, which is that of its resources taken together.
pub fn status_of(stack: &Stack) -> &'static str {
    let mut drifts = stack.resources.values().filter_map(|resource| resource.drift.as_ref()).peekable();
    if drifts.peek().is_none() {
        // A stack of types that are not checked is in sync once it was checked. Not confirmed on AWS.
        return if stack.drift_checked_at.is_some() { "IN_SYNC" } else { "NOT_CHECKED" };
    }
    let statuses: Vec<DriftStatus> = drifts.map(|drift| drift.status).collect();
    if statuses.iter().any(|status| status.is_drift()) {
        "DRIFTED"
    } else if statuses.contains(&DriftStatus::Unknown) {
        "UNKNOWN"
    } else {
        "IN_SYNC"
    }
}
