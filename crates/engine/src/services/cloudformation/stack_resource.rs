//! A resource of a stack: what stands for its logical id now, and what stood for it before the operation.
//!
//! An operation that fails is undone from `before`; one that succeeds forgets it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::custom::is_custom;
use super::drift::ResourceDrift;
use super::status::ResourceStatus;
use super::suffix;
use crate::clock::Timestamp;

/// A logical id of a stack and what exists for it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StackResource {
    pub logical_id: String,
    pub resource_type: String,
    pub status: ResourceStatus,
    pub status_reason: Option<String>,
    pub updated_at: Timestamp,
    pub current: Instance,
    /// What stood here before the running operation touched it; `None` when it did not.
    pub before: Option<Before>,
    /// Instances that the stack no longer needs; deleted when the operation cleans up.
    pub discarded: Vec<Discarded>,
    /// Set when the resource itself is to go when the operation cleans up.
    pub leaving: Option<Leaving>,
    /// Whether the running operation took it in as it was, so that undoing the operation leaves it alone.
    #[serde(default)]
    pub is_taken_in: bool,
    /// What the last check for drift found; `None` when there was none since the resource was last changed.
    #[serde(default)]
    pub drift: Option<ResourceDrift>,
}

/// An instance that gave up its place.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Discarded {
    pub instance: Instance,
    /// Its policy lets it stay, outside the stack.
    pub is_kept: bool,
}

/// Why a resource leaves its stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Leaving {
    /// The new template does not have it, or its condition is false now.
    Removed,
    /// The operation that made it is undone.
    CreationUndone,
}

/// What an operation found before it touched a resource.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Before {
    /// Nothing: the operation made the resource.
    Absent,
    /// This instance, changed in place (same physical id) or replaced (another one).
    Instance(Box<Instance>),
}

/// One incarnation of a resource, as it was asked for and as it came out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    /// What `Ref` gives; `None` until the create call has answered.
    pub physical_id: Option<String>,
    pub attributes: Map<String, Value>,
    /// What is said of the attributes must not be shown.
    #[serde(default)]
    pub is_secret: bool,
    /// Resolved properties that were asked for last.
    pub properties: Value,
    /// Makes a generated name unique; chosen before the create call so that a repeat is the same.
    pub suffix: String,
    pub tags: BTreeMap<String, String>,
    pub deletion_policy: RemovalPolicy,
    pub update_replace_policy: RemovalPolicy,
    /// Logical ids that must exist as long as this does.
    pub depends_on: BTreeSet<String>,
    pub metadata: Option<Value>,
    pub description: Option<String>,
}

/// What happens to a resource that leaves its stack, or its place in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RemovalPolicy {
    #[default]
    Delete,
    Retain,
    RetainExceptOnCreate,
}

impl RemovalPolicy {
    /// Reads a template's `DeletionPolicy` or `UpdateReplacePolicy`; `None` for an unknown one.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "Delete" => Some(Self::Delete),
            "Retain" => Some(Self::Retain),
            "RetainExceptOnCreate" => Some(Self::RetainExceptOnCreate),
            _ => None,
        }
    }

    /// Returns AWS's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "Delete",
            Self::Retain => "Retain",
            Self::RetainExceptOnCreate => "RetainExceptOnCreate",
        }
    }

    /// Whether the resource stays; `undoes_create` when its creation is being rolled back.
    pub fn keeps(self, undoes_create: bool) -> bool {
        match self {
            Self::Delete => false,
            Self::Retain => true,
            Self::RetainExceptOnCreate => !undoes_create,
        }
    }
}

impl StackResource {
    /// Whether there is something that `Ref` can name.
    pub fn exists(&self) -> bool {
        let is_gone = matches!(self.status, ResourceStatus::DeleteComplete | ResourceStatus::DeleteSkipped);
        self.current.physical_id.is_some() && !is_gone
    }

    /// Whether a create call was made of which nobody has seen the answer.
    pub fn is_interrupted_create(&self) -> bool {
        let was_begun =
            matches!(self.status, ResourceStatus::CreateInProgress | ResourceStatus::UpdateInProgress);
        self.current.physical_id.is_none() && was_begun
    }

    /// Whether it was looked for, to be taken in, and nobody has seen what was found.
    pub fn is_interrupted_import(&self) -> bool {
        self.current.physical_id.is_none() && self.status == ResourceStatus::ImportInProgress
    }

    /// Whether the last thing that was asked of the resource was done.
    pub fn is_settled(&self) -> bool {
        use ResourceStatus::{CreateComplete, ImportComplete, UpdateComplete};
        matches!(self.status, CreateComplete | ImportComplete | UpdateComplete)
    }

    /// Whether the cleanup of the operation has something to delete.
    pub fn has_leftovers(&self) -> bool {
        self.leaving.is_some() || !self.discarded.is_empty()
    }

    /// Whether an update in place has made another resource: the function of a custom one says so by a new name.
    pub fn became_another(&self, physical_id: &str) -> bool {
        let is_other = self.current.physical_id.as_ref().is_some_and(|id| id != physical_id);
        is_other && is_custom(&self.resource_type)
    }

    /// Notes that an update in place has made another resource, which takes the place of the one that was there.
    pub fn gives_way(&mut self) {
        let is_known = match &self.before {
            Some(Before::Instance(before)) => before.suffix == self.current.suffix,
            Some(Before::Absent) | None => false,
        };
        if !is_known {
            self.discarded.push(Discarded { instance: self.current.clone(), is_kept: false });
        }
        self.current.suffix = suffix();
    }

    /// Whether the running operation put another instance in the place of the one that was there.
    pub fn is_replaced(&self) -> bool {
        match &self.before {
            Some(Before::Instance(before)) => before.suffix != self.current.suffix,
            Some(Before::Absent) | None => false,
        }
    }
}
