//! Drift of deployed stacks: what CloudFormation finds, and what only the services themselves can tell.
//!
//! CloudFormation checks neither delivery streams nor the code of functions. Both are read from their services and
//! compared with the deployed template, as far as its values can be worked out from outside.

mod code;
mod delivery;
mod deployed;
mod detection;
pub mod reversion;

use aws_sdk_cloudformation::types::StackResourceSummary;
use serde::Serialize;
use serde_json::Value;

use super::stacks;
use crate::aws::Clients;
use crate::error::{Error, Result};
use deployed::Deployed;

pub use detection::is_not_there;

/// What became of a stack behind its template's back.
#[derive(Debug, Serialize)]
pub struct StackDrift {
    pub stack: String,
    pub region: String,
    /// How many resources were looked at.
    pub checked: usize,
    /// Those that are not as they were deployed, or of which that cannot be said.
    pub resources: Vec<ResourceDrift>,
    /// Those that nobody looked at.
    pub not_checked: Vec<NotChecked>,
    /// Whether CloudFormation took part; some servers do not know drift.
    pub by_cloudformation: bool,
}

/// What became of one resource.
#[derive(Debug, Clone, Serialize)]
pub struct ResourceDrift {
    pub logical_id: String,
    #[serde(rename = "type")]
    pub resource_type: String,
    pub physical_id: Option<String>,
    pub status: Status,
    pub found_by: FoundBy,
    pub differences: Vec<Difference>,
    /// Why the status is not known.
    pub reason: Option<String>,
}

/// Whether a resource is as it was deployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    Deleted,
    Modified,
    Unknown,
}

/// Who found a drift, and with that who can take it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FoundBy {
    Cloudformation,
    /// The resource's own service: CloudFormation does not look there.
    Service,
}

/// A property that is not as it was deployed; `null` stands for one that is not there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Names from the properties down, joined by dots.
    pub path: String,
    pub template: Value,
    pub live: Value,
}

/// A resource that nobody looked at.
#[derive(Debug, Serialize)]
pub struct NotChecked {
    pub logical_id: String,
    #[serde(rename = "type")]
    pub resource_type: String,
}

impl StackDrift {
    /// Returns whether anything is not as it was deployed.
    pub fn is_drifted(&self) -> bool {
        self.resources.iter().any(|resource| resource.status != Status::Unknown)
    }

    /// Returns whether a change set can take something back.
    pub fn is_for_cloudformation(&self) -> bool {
        let is_its = |one: &ResourceDrift| one.found_by == FoundBy::Cloudformation;
        self.resources.iter().any(|one| is_its(one) && one.status != Status::Unknown)
    }

    /// Returns what CloudFormation would not take back, since it does not see it.
    pub fn for_services(&self) -> impl Iterator<Item = &ResourceDrift> {
        self.resources.iter().filter(|resource| resource.found_by == FoundBy::Service)
    }
}

/// Checks every resource of a stack that anybody can check.
pub async fn detect(clients: &Clients, name: &str) -> Result<StackDrift> {
    let Some(stack) = stacks::find(clients, name).await? else {
        return Err(Error::usage(format!("the stack `{name}` is not deployed")));
    };
    let detected = detection::run(clients, name).await?;
    let by_cloudformation = detected.is_some();
    let mut seen = detected.unwrap_or_default();
    let resources = stacks::resources(clients, name).await?;
    let deployed = Deployed::read(clients, &stack, &resources).await?;
    let mut found = Vec::new();
    let mut not_checked = Vec::new();
    let mut checked = 0;
    for resource in &resources {
        let of_service = read_from_service(clients, &deployed, resource).await?;
        let logical_id = resource.logical_resource_id().unwrap_or_default();
        match (seen.remove(logical_id), of_service) {
            (None, None) => not_checked.push(NotChecked {
                logical_id: logical_id.to_owned(),
                resource_type: resource.resource_type().unwrap_or_default().to_owned(),
            }),
            (of_cloudformation, of_service) => {
                checked += 1;
                let is_gone = of_cloudformation.iter().flatten().any(|one| one.status == Status::Deleted);
                found.extend(of_cloudformation.flatten());
                found.extend(of_service.flatten().filter(|_| !is_gone));
            }
        }
    }
    found.sort_by(|one, other| (one.status, &one.logical_id).cmp(&(other.status, &other.logical_id)));
    let region = clients.region.clone();
    Ok(StackDrift {
        stack: name.to_owned(),
        region,
        checked,
        resources: found,
        not_checked,
        by_cloudformation,
    })
}

/// Checks only what CloudFormation does not look at.
pub async fn unseen_by_cloudformation(clients: &Clients, name: &str) -> Result<Vec<ResourceDrift>> {
    let Some(stack) = stacks::find(clients, name).await? else { return Ok(Vec::new()) };
    let resources = stacks::resources(clients, name).await?;
    let deployed = Deployed::read(clients, &stack, &resources).await?;
    let mut found = Vec::new();
    for resource in &resources {
        found.extend(read_from_service(clients, &deployed, resource).await?.flatten());
    }
    Ok(found)
}

/// Asks a resource's own service where CloudFormation does not look; nothing for types that it does look at.
async fn read_from_service(
    clients: &Clients,
    deployed: &Deployed,
    resource: &StackResourceSummary,
) -> Result<Option<Option<ResourceDrift>>> {
    let (Some(logical_id), Some(physical_id)) =
        (resource.logical_resource_id(), resource.physical_resource_id())
    else {
        return Ok(None);
    };
    match resource.resource_type() {
        Some(delivery::TYPE) => delivery::compare(clients, deployed, logical_id, physical_id).await.map(Some),
        Some(code::TYPE) => code::compare(clients, deployed, logical_id, physical_id).await,
        _ => Ok(None),
    }
}

/// Takes back, by the services' own operations, what CloudFormation does not see; returns what it did, and what is
/// left with the reason.
pub async fn revert_by_services(clients: &Clients, drift: &StackDrift) -> Result<Vec<Reverted>> {
    let Some(stack) = stacks::find(clients, &drift.stack).await? else { return Ok(Vec::new()) };
    let resources = stacks::resources(clients, &drift.stack).await?;
    let deployed = Deployed::read(clients, &stack, &resources).await?;
    let mut reverted = Vec::new();
    for resource in drift.for_services() {
        let how = match (resource.resource_type.as_str(), resource.status) {
            (_, Status::Unknown) => continue,
            (delivery::TYPE, Status::Modified) => delivery::revert(clients, &deployed, resource).await?,
            (code::TYPE, Status::Modified) => code::revert(clients, &deployed, resource).await?,
            _ => Err(
                "it is gone, and CloudFormation does not see that: take it out of the stack file, deploy, \
                      and put it back"
                    .to_owned(),
            ),
        };
        reverted.push(Reverted { logical_id: resource.logical_id.clone(), how });
    }
    Ok(reverted)
}

/// What became of a resource that CloudFormation does not take back.
#[derive(Debug)]
pub struct Reverted {
    pub logical_id: String,
    /// The operation that did it, or why there is none.
    pub how: std::result::Result<&'static str, String>,
}
