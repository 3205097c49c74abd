//! Takes a stack down: its objects first, then the stack, and once more when Firehose was quicker.

use aws_sdk_cloudformation::types::{StackEvent, StackResourceSummary};
use aws_sdk_s3::types::{Delete, ObjectIdentifier};

use super::follow::{Outcome, follow};
use super::stacks::newest_event;
use crate::aws::{Clients, code, failure};
use crate::error::{Error, Result};

/// How often the deletion is tried: a delivery stream that was emptying its buffer may have refilled the bucket.
const ROUNDS: usize = 3;

/// Deletes every object version and delete marker in the buckets among `resources`; returns how many.
pub async fn empty_buckets(
    clients: &Clients,
    resources: &[StackResourceSummary],
    mut progress: impl FnMut(&str, u64),
) -> Result<u64> {
    let mut total = 0;
    for resource in resources.iter().filter(|resource| resource.resource_type() == Some("AWS::S3::Bucket")) {
        let Some(bucket) = resource.physical_resource_id() else { continue };
        loop {
            let deleted = delete_page(clients, bucket).await?;
            total += deleted;
            if deleted == 0 {
                break;
            }
            progress(bucket, total);
        }
    }
    Ok(total)
}

/// Deletes up to a thousand versions and markers of a bucket; returns how many.
async fn delete_page(clients: &Clients, bucket: &str) -> Result<u64> {
    let what = || format!("empty the bucket `{bucket}`");
    let page = match clients.s3.list_object_versions().bucket(bucket).send().await {
        Ok(page) => page,
        Err(error) if code(&error) == Some("NoSuchBucket") => return Ok(0),
        Err(error) => return Err(failure(what(), error)),
    };
    let versions = page.versions().iter().map(|version| (version.key(), version.version_id()));
    let markers = page.delete_markers().iter().map(|marker| (marker.key(), marker.version_id()));
    let objects: Vec<ObjectIdentifier> = versions
        .chain(markers)
        .filter_map(|(key, version)| {
            ObjectIdentifier::builder().key(key?).set_version_id(version.map(str::to_owned)).build().ok()
        })
        .collect();
    if objects.is_empty() {
        return Ok(0);
    }
    let count = objects.len() as u64;
    let delete = Delete::builder().set_objects(Some(objects)).quiet(true).build();
    let delete = delete.map_err(|error| Error::failed_to(what()).because(error))?;
    let output = clients.s3.delete_objects().bucket(bucket).delete(delete).send().await;
    let output = output.map_err(|error| failure(what(), error))?;
    match output.errors().first() {
        None => Ok(count),
        Some(error) => {
            let cause =
                format!("{}: {}", error.key().unwrap_or_default(), error.message().unwrap_or_default());
            Err(Error::failed_to(what()).because(cause))
        }
    }
}

/// Deletes a stack and follows the deletion to its end.
///
/// With `resources` whose data may go, a bucket that was refilled meanwhile is emptied again.
pub async fn delete_stack(
    clients: &Clients,
    stack_id: &str,
    resources_to_empty: &[StackResourceSummary],
    mut seen: impl FnMut(&StackEvent),
) -> Result<Outcome> {
    let mut round = 1;
    loop {
        let cursor = newest_event(clients, stack_id).await?;
        clients
            .cloudformation
            .delete_stack()
            .stack_name(stack_id)
            .send()
            .await
            .map_err(|error| failure(format!("delete the stack `{stack_id}`"), error))?;
        let outcome = follow(clients, stack_id, cursor, &mut seen).await?;
        let is_refilled = outcome.status == "DELETE_FAILED" && round < ROUNDS;
        if !is_refilled || empty_buckets(clients, resources_to_empty, |_, _| ()).await? == 0 {
            return Ok(outcome);
        }
        round += 1;
    }
}
