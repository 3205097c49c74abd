//! What a change set would do, in terms of the pipeline: which properties change, what is replaced, what is lost.
//!
//! The change set says which resources change. Old and new values come from it too, or from comparing the two
//! templates where a server leaves them out; AWS's resource schemas settle what a server calls `Conditional`.

pub(super) mod code;
pub(super) mod echo;
pub(super) mod effects;
pub mod file;
pub mod last_deployed;
pub(super) mod loss;
pub mod offline;
pub(super) mod reach;
pub(super) mod template_diff;

use std::borrow::Cow;

use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types::{
    ChangeAction, EvaluationType, Replacement as AwsReplacement, RequiresRecreation, ResourceAttribute,
    ResourceChange, ResourceChangeDetail, StackResourceDriftStatus,
};
use hydrant_cfn::access::widening::Widening;
use hydrant_cfn::schema;
use hydrant_cfn::template::Template;
use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use self::echo::{Draft, Parameters};
use crate::aws::Clients;
use crate::deploy::change_set::property_value;
use crate::deploy::destruction::inventory;
use crate::deploy::destruction::inventory::Content;
use crate::package::Artifact;

/// What a deployment would change, the destructive part first.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Plan {
    pub changes: Vec<Change>,
}

/// What a plan is explained with.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    pub deployed: Option<&'a Template>,
    pub new: Option<&'a Template>,
    pub parameters: &'a Parameters,
    pub artifacts: &'a [Artifact],
    pub account: &'a str,
    pub region: &'a str,
    pub stack_name: &'a str,
}

/// What would happen to one resource.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    pub action: Action,
    pub replacement: Replacement,
    pub logical_id: String,
    #[serde(rename = "type")]
    pub resource_type: String,
    pub physical_id: Option<String>,
    /// The logical id under which the resource stood before, when only that and its name changed.
    pub renamed_from: Option<String>,
    /// Changed properties and attributes, by path, as they are.
    pub before: Map<String, Value>,
    /// The same as they would be.
    pub after: Map<String, Value>,
    /// Which of them cause the replacement.
    pub replaced_because_of: Vec<String>,
    /// What would be gone for good.
    pub loses: Option<Cow<'static, str>>,
    /// What changed properties were deployed as, where somebody changed them since; only known to a drift-aware plan.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub drifted_from: Map<String, Value>,
    /// Whether somebody deleted the resource, which is to be made anew.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub was_deleted: bool,
    /// What is in it now, as far as that can be counted, when it goes.
    #[serde(default)]
    pub holds: Option<Content>,
    /// What else comes of it, in sentences.
    #[serde(default)]
    pub effects: Vec<String>,
    /// Crates whose code changed.
    #[serde(default)]
    pub crates: Vec<String>,
    /// Folders of layers whose files changed.
    #[serde(default)]
    pub folders: Vec<String>,
    /// Who may do more by it.
    #[serde(default)]
    pub widens: Vec<Widening>,
}

/// What happens to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    Remove,
    Replace,
    Modify,
    Add,
    Import,
}

/// Whether a resource is made anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replacement {
    No,
    Yes,
    /// It depends on a value that is only known during the deployment.
    Maybe,
}

impl Serialize for Replacement {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::No => serializer.serialize_bool(false),
            Self::Yes => serializer.serialize_bool(true),
            Self::Maybe => serializer.serialize_str("conditional"),
        }
    }
}

impl<'de> Deserialize<'de> for Replacement {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Bool(false) => Ok(Self::No),
            Value::Bool(true) => Ok(Self::Yes),
            Value::String(text) if text == "conditional" => Ok(Self::Maybe),
            other => Err(de::Error::custom(format!("`{other}` is neither true, false nor \"conditional\""))),
        }
    }
}

impl Plan {
    /// Reads a change set; `deployed` is the template that the stack has now, `parameters` are what it is given.
    pub fn of(
        description: &DescribeChangeSetOutput,
        deployed: Option<&Template>,
        new: Option<&Template>,
        parameters: &Parameters,
    ) -> Self {
        let resource_changes = description.changes().iter().filter_map(|change| change.resource_change());
        let drafts = resource_changes.filter_map(|change| Change::draft(change, deployed, new));
        let mut changes = echo::settle(drafts.collect(), parameters);
        for change in &mut changes {
            change.loses = loss::of(change, deployed, new);
        }
        pair_renames(&mut changes, deployed, new);
        let order = |change: &Change| (change.loses.is_none(), change.action);
        changes.sort_by(|a, b| order(a).cmp(&order(b)).then_with(|| a.logical_id.cmp(&b.logical_id)));
        Self { changes }
    }

    /// Counts what is in resources that go.
    pub async fn count(&mut self, clients: &Clients) {
        let going = self.changes.iter_mut().filter(|change| change.goes());
        let counts = going.filter_map(|change| {
            let name = change.physical_id.clone().filter(|name| !name.is_empty())?;
            Some(async move {
                change.holds = inventory::glance(clients, &change.resource_type, &name).await;
            })
        });
        futures::future::join_all(counts).await;
        for change in &mut self.changes {
            if change.holds == Some(inventory::Content::Messages { count: 0 }) {
                change.loses = None;
            }
        }
    }

    /// Says of each change what comes of it, whose code it is and who may do more by it.
    pub fn explain(&mut self, setting: &Setting<'_>) {
        let Setting { deployed, new, artifacts, .. } = *setting;
        if let Some(new) = new {
            code::name(&mut self.changes, new, artifacts);
            reach::tell(&mut self.changes, deployed, new, setting);
        }
        effects::tell(&mut self.changes, deployed, new);
    }

    /// Returns the changes that lose data.
    pub fn losses(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.loses.is_some())
    }
}

impl Change {
    /// Reads one resource's change; nothing when its properties turn out to stay as they are.
    fn draft(change: &ResourceChange, deployed: Option<&Template>, new: Option<&Template>) -> Option<Draft> {
        let logical_id = change.logical_resource_id().unwrap_or_default().to_owned();
        let resource_type = change.resource_type().unwrap_or_default().to_owned();
        let mut result = Self {
            action: match change.action() {
                Some(ChangeAction::Add) => Action::Add,
                Some(ChangeAction::Remove) => Action::Remove,
                Some(ChangeAction::Import) => Action::Import,
                _ => Action::Modify,
            },
            replacement: Replacement::No,
            physical_id: change.physical_resource_id().map(str::to_owned),
            renamed_from: None,
            before: Map::new(),
            after: Map::new(),
            replaced_because_of: Vec::new(),
            loses: None,
            drifted_from: drifted_from(change.details()),
            was_deleted: change.resource_drift_status() == Some(&StackResourceDriftStatus::Deleted),
            holds: None,
            effects: Vec::new(),
            crates: Vec::new(),
            folders: Vec::new(),
            widens: Vec::new(),
            logical_id,
            resource_type,
        };
        if result.action == Action::Modify {
            let values = Values::of(change.details());
            let compared = template_diff::properties(deployed, new, &result.logical_id);
            let is_announced = !change.details().is_empty();
            if values.is_empty() && compared.is_empty() && values.were_equal && is_announced {
                return None;
            }
            let rows = if values.is_empty() { compared } else { values.rows };
            for row in rows {
                result.before.insert(row.path.clone(), row.before);
                result.after.insert(row.path.clone(), row.after);
            }
            result.settle_replacement(change);
        }
        let details = if result.action == Action::Modify { change.details() } else { &[] };
        let echoes = echo::echoes(details, &result.logical_id, deployed, new);
        // Without values, a reference to something else that changes is no change yet.
        let is_only_echoes = !details.is_empty() && details.iter().all(echo::is_reference);
        let is_told = !result.before.is_empty() || result.replacement == Replacement::Yes;
        let is_certain = is_told || !is_only_echoes;
        Some(Draft { change: result, echoes, is_certain })
    }

    /// Decides whether the resource is replaced: as the change set says, or where that is vague, as AWS's schema says.
    fn settle_replacement(&mut self, change: &ResourceChange) {
        let schema = schema::of(&self.resource_type);
        let paths = self.before.keys();
        let is_create_only = |path: &&String| {
            let parts: Vec<&str> = path.split('.').collect();
            schema.is_some_and(|schema| schema.is_create_only(&parts))
        };
        self.replaced_because_of = paths.filter(is_create_only).cloned().collect();
        let is_open = change.details().iter().any(|detail| {
            detail.evaluation() == Some(&EvaluationType::Dynamic)
                && !echo::is_reference(detail)
                && detail.target().and_then(|target| target.requires_recreation())
                    == Some(&RequiresRecreation::Always)
                && detail.target().is_some_and(|target| target.after_value().is_none())
        });
        self.replacement = match change.replacement() {
            Some(AwsReplacement::True) => Replacement::Yes,
            Some(AwsReplacement::Conditional) if !self.replaced_because_of.is_empty() => Replacement::Yes,
            Some(AwsReplacement::Conditional) if is_open => Replacement::Maybe,
            Some(AwsReplacement::Conditional) if schema.is_none() => Replacement::Maybe,
            _ => Replacement::No,
        };
        if self.replacement == Replacement::Yes {
            self.action = Action::Replace;
        }
    }

    /// Returns whether the resource that there is now goes, or may go.
    pub fn goes(&self) -> bool {
        matches!(self.action, Action::Remove | Action::Replace) || self.replacement == Replacement::Maybe
    }
}

/// The property values that a change set tells.
struct Values {
    rows: Vec<template_diff::Row>,
    /// Whether values were told and none of them differs.
    were_equal: bool,
}

impl Values {
    fn of(details: &[ResourceChangeDetail]) -> Self {
        let mut rows: Vec<template_diff::Row> = Vec::new();
        let mut were_equal = false;
        for target in details.iter().filter_map(ResourceChangeDetail::target) {
            let (before, after) = (target.before_value(), target.after_value());
            if before.is_none() && after.is_none() {
                continue;
            }
            if before == after {
                were_equal = true;
                continue;
            }
            let path = match (target.attribute(), target.path(), target.name()) {
                (Some(ResourceAttribute::Properties), Some(path), _) => dotted(path),
                (Some(ResourceAttribute::Properties), None, Some(name)) => name.to_owned(),
                (Some(attribute), _, _) => attribute.as_str().to_owned(),
                _ => continue,
            };
            let value = |text: Option<&str>| text.map_or(Value::Null, property_value);
            for row in template_diff::values(path, &value(before), &value(after)) {
                if !rows.iter().any(|known| known.path == row.path) {
                    rows.push(row);
                }
            }
        }
        Self { were_equal: were_equal && rows.is_empty(), rows }
    }

    fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// Returns what drifted properties were deployed as, by path.
fn drifted_from(details: &[ResourceChangeDetail]) -> Map<String, Value> {
    let mut deployed = Map::new();
    for target in details.iter().filter_map(ResourceChangeDetail::target) {
        let (Some(drift), Some(path)) = (target.drift(), target.path()) else { continue };
        let value = |text: Option<&str>| text.map_or(Value::Null, property_value);
        let (previous, actual) = (value(drift.previous_value()), value(drift.actual_value()));
        for row in template_diff::values(dotted(path), &previous, &actual) {
            deployed.insert(row.path, row.before);
        }
    }
    deployed
}

/// Turns `/Properties/StreamModeDetails/StreamMode` into `StreamModeDetails.StreamMode`.
fn dotted(path: &str) -> String {
    path.trim_start_matches("/Properties").trim_matches('/').replace('/', ".")
}

/// Joins a removed and an added resource that are the same but for their name: to the pipeline, a replacement.
fn pair_renames(changes: &mut Vec<Change>, deployed: Option<&Template>, new: Option<&Template>) {
    let (Some(deployed), Some(new)) = (deployed, new) else { return };
    let added: Vec<usize> =
        (0..changes.len()).filter(|&index| changes[index].action == Action::Add).collect();
    let mut gone = Vec::new();
    for index in added {
        let partner = (0..changes.len()).find(|&other| {
            changes[other].action == Action::Remove
                && !gone.contains(&other)
                && changes[other].loses.is_some()
                && template_diff::differ_only_by_name(
                    deployed,
                    &changes[other].logical_id,
                    new,
                    &changes[index].logical_id,
                )
        });
        let Some(partner) = partner else { continue };
        gone.push(partner);
        let removed = changes[partner].clone();
        let change = &mut changes[index];
        for row in template_diff::between(deployed, &removed.logical_id, new, &change.logical_id) {
            change.replaced_because_of.push(row.path.clone());
            change.before.insert(row.path.clone(), row.before);
            change.after.insert(row.path, row.after);
        }
        change.action = Action::Replace;
        change.replacement = Replacement::Yes;
        change.physical_id = removed.physical_id;
        change.renamed_from = Some(removed.logical_id);
        change.loses = removed.loses;
    }
    let mut index = 0;
    changes.retain(|_| {
        index += 1;
        !gone.contains(&(index - 1))
    });
}
