//! A change set as it is remembered: what it would make of its stack, and what would change by that.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::changes::ResourceChange;
use super::drift::revert::Reality;
use super::stack::{Blueprint, OnFailure};
use super::status::{ChangeSetStatus, ExecutionStatus};
use crate::clock::Timestamp;

/// A change set of one stack.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ChangeSet {
    /// ARN, unique even among change sets of the same name.
    pub id: String,
    pub name: String,
    pub stack_id: String,
    pub kind: ChangeSetKind,
    pub description: Option<String>,
    pub created_at: Timestamp,
    pub status: ChangeSetStatus,
    pub status_reason: Option<String>,
    pub execution_status: ExecutionStatus,
    pub token: Option<String>,
    pub blueprint: Blueprint,
    pub on_stack_failure: Option<OnFailure>,
    pub import_existing_resources: bool,
    /// What it would take into the stack: physical ids by logical ids.
    #[serde(default)]
    pub taken_in: BTreeMap<String, String>,
    pub role_arn: Option<String>,
    pub changes: Vec<ResourceChange>,
    /// Request token with which it was executed.
    pub execution_token: Option<String>,
    /// What it found of the stack; only a drift-aware change set looks.
    #[serde(default)]
    pub reality: Option<Reality>,
}

/// Whether a change set makes a stack or changes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ChangeSetKind {
    Create,
    Update,
}

impl ChangeSet {
    /// Returns the last part of the ARN, which is unique and short enough for keys.
    pub fn uuid(&self) -> &str {
        self.id.rsplit('/').next().unwrap_or(&self.id)
    }
}
