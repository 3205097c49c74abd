//! A stack as it is remembered: what it was made from, what exists of it, and what is being done to it.
//!
//! Everything here is plain data that survives a restart; how it changes is the business of `provision`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::stack_resource::StackResource;
use super::status::StackStatus;
use crate::clock::Timestamp;
use crate::identity::Caller;

/// A stack of one account and region.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stack {
    /// ARN, which is unique even among stacks of the same name.
    pub id: String,
    pub name: String,
    pub account: String,
    pub region: String,
    pub status: StackStatus,
    pub status_reason: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Option<Timestamp>,
    pub deleted_at: Option<Timestamp>,
    pub termination_protection: bool,
    pub disable_rollback: bool,
    pub role_arn: Option<String>,
    /// Change set that made or last changed the stack.
    pub change_set_id: Option<String>,
    /// What the stack is being made into, or was; `None` while in review.
    pub blueprint: Option<Blueprint>,
    /// What the stack goes back to when its present operation fails.
    pub stable: Option<Blueprint>,
    /// What it imported as that.
    pub stable_imports: BTreeSet<String>,
    pub outputs: Vec<Output>,
    /// Names of exports of other stacks that this stack's template imports.
    pub imports: BTreeSet<String>,
    pub operation: Option<Operation>,
    /// The latest operations, newest first, as `DescribeStacks` lists them.
    pub last_operations: Vec<FinishedOperation>,
    /// Request token of the last operation, by which a repeated request is recognised.
    pub last_token: Option<String>,
    /// When it was last checked for drift.
    #[serde(default)]
    pub drift_checked_at: Option<Timestamp>,
    /// Resources by logical id; kept as entries of their own.
    #[serde(skip)]
    pub resources: BTreeMap<String, Arc<StackResource>>,
}

/// Everything from which a stack is made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Blueprint {
    /// The template's text, with macros run.
    pub template: String,
    /// The text as it was given, where macros made another of it.
    #[serde(default)]
    pub original: Option<String>,
    /// What the template says of itself.
    pub description: Option<String>,
    /// Parameters whose values nobody may see.
    pub no_echo: BTreeSet<String>,
    /// Every parameter's value, defaults included.
    pub parameters: IndexMap<String, String>,
    /// What those stand for that name a parameter of Systems Manager.
    #[serde(default)]
    pub resolved: IndexMap<String, String>,
    /// Tags of the stack, without those that CloudFormation adds.
    pub tags: BTreeMap<String, String>,
    pub capabilities: BTreeSet<String>,
}

/// An output of a stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Output {
    pub key: String,
    pub value: String,
    pub description: Option<String>,
    pub export_name: Option<String>,
}

/// What is being done to a stack.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Operation {
    pub id: String,
    pub kind: OperationKind,
    pub phase: Phase,
    /// On whose behalf resources are made.
    pub caller: Caller,
    pub token: Option<String>,
    pub on_failure: OnFailure,
    /// `Retain` does not hold for resources that this operation made and rolls back.
    pub retain_except_on_create: bool,
    /// Logical ids to leave alone: retained by a deletion, skipped by a continued rollback.
    pub spared: BTreeSet<String>,
    /// What exists already and is taken into the stack: physical ids by logical ids.
    #[serde(default)]
    pub taken_in: BTreeMap<String, String>,
    /// A deletion leaves behind what cannot be deleted.
    pub force: bool,
    /// Someone asked to give the operation up; it rolls back at the next step.
    pub cancelled: bool,
    pub started_at: Timestamp,
}

/// What kind of operation a stack undergoes, in the words of `DescribeStacks`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OperationKind {
    CreateStack,
    UpdateStack,
    DeleteStack,
    Rollback,
    ContinueRollback,
}

impl OperationKind {
    /// Returns AWS's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CreateStack => "CREATE_STACK",
            Self::UpdateStack => "UPDATE_STACK",
            Self::DeleteStack => "DELETE_STACK",
            Self::Rollback => "ROLLBACK",
            Self::ContinueRollback => "CONTINUE_ROLLBACK",
        }
    }
}

/// The part of an operation that is under way; each can be begun again after an interruption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Resources are created and updated, in dependency order.
    Deploy,
    /// A create failed: everything goes.
    UndoCreate,
    /// An update failed: what was changed is put back.
    UndoUpdate,
    /// The update, or its undoing, succeeded: what it left over is deleted.
    CleanUp,
    /// The stack's resources are deleted, in reverse order.
    Delete,
}

/// What happens when a resource fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OnFailure {
    #[default]
    Rollback,
    DoNothing,
    /// Rolls a failed create back and deletes the stack too.
    Delete,
}

impl OnFailure {
    /// Returns AWS's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rollback => "ROLLBACK",
            Self::DoNothing => "DO_NOTHING",
            Self::Delete => "DELETE",
        }
    }
}

/// An operation of a stack, as it is listed afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FinishedOperation {
    pub id: String,
    pub kind: OperationKind,
}

impl Blueprint {
    /// Returns the template as it was given.
    pub fn given(&self) -> &str {
        self.original.as_deref().unwrap_or(&self.template)
    }

    /// Returns what `Ref` of a parameter reads: its value, or the one that it names.
    pub fn effective(&self, name: &str) -> Option<&String> {
        self.resolved.get(name).or_else(|| self.parameters.get(name))
    }
}

impl Stack {
    /// Returns the last part of the ARN, which is unique and short enough for keys.
    pub fn uuid(&self) -> &str {
        self.id.rsplit('/').next().unwrap_or(&self.id)
    }

    /// Returns the tags that every resource gets: the stack's own, but not those naming the resource.
    pub fn tags(&self) -> BTreeMap<String, String> {
        self.blueprint.as_ref().map(|blueprint| blueprint.tags.clone()).unwrap_or_default()
    }

    /// Whether the stack belongs to the caller's account and region.
    pub fn is_of(&self, caller: &Caller) -> bool {
        self.account == caller.account && self.region == caller.region
    }
}
