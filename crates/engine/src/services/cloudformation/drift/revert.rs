//! Drift-aware change sets: the stack as it really is, compared with what the template wants.
//!
//! A resource that drifted takes part with its actual properties, and one that is gone takes no part, so that the
//! comparison and the deployment are the ordinary ones. What AWS tells beside an ordinary change set is added after.
//! Not confirmed on AWS: that a resource that is gone is shown as an addition.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::changes::{Detail, IgnoredAttribute, LiveResourceDrift, ResourceChange, Target};
use super::super::registry::Edit;
use super::super::secrets::Secrets;
use super::super::stack::Stack;
use super::super::stack_resource::StackResource;
use super::super::status::ResourceStatus;
use super::record::{DriftStatus, ResourceDrift};
use super::{PropertyDifference, detect, is_checked, unreadable};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;

/// What a drift-aware change set found when it was made.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Reality {
    pub drifts: BTreeMap<String, ResourceDrift>,
}

impl Reality {
    /// Reads every resource of a stack that can be read.
    pub async fn of(aws: &Arc<Aws>, caller: &Caller, stack: &Stack) -> Self {
        let mut drifts = BTreeMap::new();
        for (logical_id, resource) in &stack.resources {
            if let Some(drift) = detect(aws, caller, stack, resource).await {
                drifts.insert(logical_id.clone(), drift);
            }
        }
        Self { drifts }
    }

    /// Returns the drift status of the whole stack.
    pub fn status(&self) -> &'static str {
        let has = |judge: fn(DriftStatus) -> bool| self.drifts.values().any(|drift| judge(drift.status));
        if has(DriftStatus::is_drift) {
            "DRIFTED"
        } else if has(|status| status == DriftStatus::Unknown) {
            "UNKNOWN"
        } else {
            "IN_SYNC"
        }
    }

    /// Returns the stack with its resources as they really are.
    pub fn stack(&self, stack: &Stack) -> Stack {
        let mut actual = stack.clone();
        for (logical_id, drift) in &self.drifts {
            if let Some(resource) = actual.resources.get_mut(logical_id) {
                adopt(Arc::make_mut(resource), drift);
            }
        }
        actual
    }

    /// Makes what there really is what the stack knows, so that a deployment starts from it and goes back to it.
    pub fn take_over(&self, edit: &mut Edit<'_>) -> Result<(), AwsError> {
        for (logical_id, drift) in self.drifts.iter().filter(|(_, drift)| drift.status.is_drift()) {
            if edit.stack().resources.contains_key(logical_id) {
                adopt(edit.resource(logical_id)?, drift);
            }
        }
        Ok(())
    }

    /// Adds to changes what only a drift-aware change set tells, and changes that it alone has.
    pub fn annotate(&self, changes: &mut Vec<ResourceChange>, stack: &Stack, secrets: &Secrets) {
        for change in changes.iter_mut() {
            let Some(resource) = stack.resources.get(&change.logical_resource_id) else { continue };
            self.tell(change, resource, secrets);
        }
        for (logical_id, drift) in &self.drifts {
            let is_told = changes.iter().any(|change| change.logical_resource_id == *logical_id);
            if drift.status == DriftStatus::Modified
                && !is_told
                && let Some(resource) = stack.resources.get(logical_id)
            {
                changes.push(acceptance(resource, drift, secrets));
            }
        }
        changes.sort_by(|one, other| one.logical_resource_id.cmp(&other.logical_resource_id));
    }

    fn tell(&self, change: &mut ResourceChange, resource: &StackResource, secrets: &Secrets) {
        if !is_checked(&resource.resource_type) {
            change.resource_drift_status = Some("UNSUPPORTED".to_owned());
            return;
        }
        let Some(drift) = self.drifts.get(&resource.logical_id) else { return };
        change.resource_drift_status = Some(drift.status.as_str().to_owned());
        change.resource_drift_ignored_attributes = unreadable(resource).into_iter().map(ignored).collect();
        let Some(expected) = &drift.expected else { return };
        change.previous_deployment_context = Some(context(expected, secrets));
        let details = change.details.iter_mut().filter(|detail| detail.target.attribute == "Properties");
        for target in details.map(|detail| &mut detail.target) {
            let Some(path) = target.path.as_deref().map(parts) else { continue };
            target.before_value_from = Some("ACTUAL_STATE".to_owned());
            target.after_value_from = target.after_value.as_ref().map(|_| "TEMPLATE".to_owned());
            if drift.differences.iter().any(|difference| overlaps(&difference.path, &path)) {
                target.drift = Some(LiveResourceDrift {
                    previous_value: value_at(expected, &path).map(|value| shown(value, secrets)),
                    actual_value: target.before_value.clone(),
                    drift_detection_timestamp: drift.checked_at.iso8601(),
                });
            }
        }
        let changed: Vec<Vec<String>> =
            change.details.iter().filter_map(|detail| detail.target.path.as_deref().map(parts)).collect();
        let accepted = drift.differences.iter().filter(|difference| {
            change.action == "Modify" && !changed.iter().any(|path| overlaps(&difference.path, path))
        });
        change
            .details
            .extend(accepted.map(|difference| sync(difference, drift, secrets)).collect::<Vec<_>>());
    }
}

fn adopt(resource: &mut StackResource, drift: &ResourceDrift) {
    match (drift.status, &drift.actual) {
        (DriftStatus::Modified, Some(actual)) => resource.current.properties = actual.clone(),
        (DriftStatus::Deleted, _) => {
            resource.current.physical_id = None;
            resource.status = ResourceStatus::DeleteComplete;
        }
        (DriftStatus::Modified | DriftStatus::InSync | DriftStatus::Unknown, _) => {}
    }
    resource.drift = None;
}

/// Returns the change of a resource whose template now says what there is: nothing but its drift status changes.
fn acceptance(resource: &StackResource, drift: &ResourceDrift, secrets: &Secrets) -> ResourceChange {
    let actual = drift.actual.as_ref().map(|actual| context(actual, secrets));
    ResourceChange {
        action: "SyncWithActual".to_owned(),
        logical_resource_id: resource.logical_id.clone(),
        physical_resource_id: resource.current.physical_id.clone(),
        resource_type: resource.resource_type.clone(),
        scope: vec!["Properties".to_owned()],
        details: drift.differences.iter().map(|difference| sync(difference, drift, secrets)).collect(),
        before_context: actual.clone(),
        after_context: actual,
        previous_deployment_context: drift.expected.as_ref().map(|expected| context(expected, secrets)),
        resource_drift_status: Some(drift.status.as_str().to_owned()),
        resource_drift_ignored_attributes: unreadable(resource).into_iter().map(ignored).collect(),
        ..ResourceChange::default()
    }
}

fn sync(difference: &PropertyDifference, drift: &ResourceDrift, secrets: &Secrets) -> Detail {
    let text = |value: &Option<Value>| value.as_ref().map(|value| shown(value, secrets));
    let actual = text(&difference.actual);
    Detail {
        target: Target {
            attribute: "Properties".to_owned(),
            name: difference.path.first().cloned(),
            requires_recreation: "Never".to_owned(),
            path: Some(format!("/Properties/{}", difference.path.join("/"))),
            before_value: actual.clone(),
            after_value: actual.clone(),
            attribute_change_type: Some("SyncWithActual".to_owned()),
            before_value_from: Some("ACTUAL_STATE".to_owned()),
            after_value_from: Some("TEMPLATE".to_owned()),
            drift: Some(LiveResourceDrift {
                previous_value: text(&difference.expected),
                actual_value: actual,
                drift_detection_timestamp: drift.checked_at.iso8601(),
            }),
        },
        evaluation: "Static".to_owned(),
        change_source: "NoModification".to_owned(),
        causing_entity: None,
    }
}

fn ignored(path: String) -> IgnoredAttribute {
    IgnoredAttribute { path, reason: "WRITE_ONLY_PROPERTY".to_owned() }
}

fn context(properties: &Value, secrets: &Secrets) -> String {
    json!({"Properties": secrets.masked(properties)}).to_string()
}

fn shown(value: &Value, secrets: &Secrets) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    secrets.masked_text(&text)
}

/// Returns the names in a path such as `/Properties/Tags/0/Value`, without the first.
fn parts(path: &str) -> Vec<String> {
    path.trim_start_matches("/Properties")
        .split('/')
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

fn overlaps(one: &[String], other: &[String]) -> bool {
    one.starts_with(other) || other.starts_with(one)
}

fn value_at<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, part| match value {
        Value::Array(items) => items.get(part.parse::<usize>().ok()?),
        value => value.get(part),
    })
}
