//! CloudFormation's own detection: begun, waited for, and read.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudformation::types::{
    PropertyDifference, StackDriftDetectionStatus, StackResourceDrift, StackResourceDriftStatus,
};

use super::super::change_set::property_value;
use super::{Difference, FoundBy, ResourceDrift, Status};
use crate::aws::{Clients, code, failure};
use crate::error::{Error, Kind, Result};

/// How long CloudFormation may take to look at a stack.
const LIMIT: Duration = Duration::from_secs(900);

/// How servers say that they do not have an operation.
const NOT_THERE: [&str; 5] = [
    "InvalidAction",
    "NotImplemented",
    "NotImplementedException",
    "UnknownOperationException",
    "UnsupportedOperation",
];

/// What CloudFormation says of the resources that it checked, by logical id; nothing of one that is as deployed.
pub type Detected = BTreeMap<String, Option<ResourceDrift>>;

/// Has CloudFormation check a stack; nothing when the server does not know drift.
pub async fn run(clients: &Clients, name: &str) -> Result<Option<Detected>> {
    let Some(id) = begin(clients, name).await? else { return Ok(None) };
    wait(clients, name, &id).await?;
    let mut detected = Detected::new();
    let mut next_token = None;
    loop {
        let request = clients.cloudformation.describe_stack_resource_drifts().stack_name(name);
        let page = request.set_next_token(next_token).send().await;
        let mut page = page.map_err(|error| failure(format!("read the drift of `{name}`"), error))?;
        for drift in page.stack_resource_drifts.take().unwrap_or_default() {
            let logical_id = drift.logical_resource_id().unwrap_or_default().to_owned();
            detected.insert(logical_id, read(&drift));
        }
        next_token = page.next_token;
        if next_token.is_none() {
            return Ok(Some(detected));
        }
    }
}

fn pause(clients: &Clients) -> Duration {
    Duration::from_millis(if clients.is_nearby() { 50 } else { 2000 })
}

async fn begin(clients: &Clients, name: &str) -> Result<Option<String>> {
    let what = || format!("check `{name}` for drift");
    let started = Instant::now();
    loop {
        match clients.cloudformation.detect_stack_drift().stack_name(name).send().await {
            Ok(output) => return Ok(output.stack_drift_detection_id),
            Err(error) if is_not_there(&error) => return Ok(None),
            // Somebody else's detection has to end first.
            Err(error) if is_underway(&error) && started.elapsed() < LIMIT => {
                tokio::time::sleep(pause(clients)).await;
            }
            Err(error) => return Err(failure(what(), error)),
        }
    }
}

/// Returns whether a server says that it does not have what it was asked for.
pub fn is_not_there<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    code(error).is_some_and(|code| NOT_THERE.contains(&code))
}

fn is_underway<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    let message = error.as_service_error().and_then(|error| error.message()).unwrap_or_default();
    message.contains("already in progress")
}

async fn wait(clients: &Clients, name: &str, id: &str) -> Result<()> {
    let started = Instant::now();
    loop {
        let request = clients.cloudformation.describe_stack_drift_detection_status();
        let status = request.stack_drift_detection_id(id).send().await;
        let status = status.map_err(|error| failure(format!("check `{name}` for drift"), error))?;
        match status.detection_status() {
            Some(StackDriftDetectionStatus::DetectionInProgress) if started.elapsed() > LIMIT => {
                let message = format!("CloudFormation did not check `{name}` for drift within 15 minutes");
                return Err(Error::new(Kind::TimedOut, message));
            }
            Some(StackDriftDetectionStatus::DetectionInProgress) => tokio::time::sleep(pause(clients)).await,
            // What could not be read says so itself, beside what could.
            _ => return Ok(()),
        }
    }
}

fn read(drift: &StackResourceDrift) -> Option<ResourceDrift> {
    let status = match drift.stack_resource_drift_status()? {
        StackResourceDriftStatus::Modified => Status::Modified,
        StackResourceDriftStatus::Deleted => Status::Deleted,
        StackResourceDriftStatus::InSync => return None,
        _ => Status::Unknown,
    };
    Some(ResourceDrift {
        logical_id: drift.logical_resource_id().unwrap_or_default().to_owned(),
        resource_type: drift.resource_type().unwrap_or_default().to_owned(),
        physical_id: drift.physical_resource_id().map(str::to_owned),
        status,
        found_by: FoundBy::Cloudformation,
        differences: drift.property_differences().iter().map(difference).collect(),
        reason: drift.drift_status_reason().map(str::to_owned),
    })
}

fn difference(difference: &PropertyDifference) -> Difference {
    let value = |text: Option<&str>| property_value(text.unwrap_or("null"));
    Difference {
        path: difference.property_path().unwrap_or_default().trim_matches('/').replace('/', "."),
        template: value(difference.expected_value()),
        live: value(difference.actual_value()),
    }
}
