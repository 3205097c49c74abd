//! Empties buckets: a thousand versions and delete markers a call, several calls at a time, while listing goes on; then
//! uploads in parts that nobody has completed.

use std::cell::RefCell;

use aws_sdk_cloudformation::types::StackResourceSummary;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use futures::{StreamExt, TryStreamExt, stream};

use crate::aws::{Clients, code, failure};
use crate::error::{Error, Result};

/// Buckets that are emptied at a time.
const BUCKETS: usize = 4;

/// Deletions under way at a time, in one bucket; S3 takes 3,500 keys a second of one prefix and says when it is too much.
const IN_FLIGHT: usize = 8;

/// How often a bucket is gone through in which nothing could be deleted for reasons that pass.
const FRUITLESS: usize = 5;

/// What S3 says of a key that may be deleted a moment later.
const PASSING: [&str; 4] = ["InternalError", "SlowDown", "ServiceUnavailable", "OperationAborted"];

/// Where in a bucket the next page of versions begins.
#[derive(Debug, Clone, Default)]
struct Place {
    key: Option<String>,
    version: Option<String>,
}

/// What one call deleted.
#[derive(Debug, Default)]
struct Deleted {
    count: u64,
    /// The first refusal, for a reason that passes.
    refused: Option<String>,
}

/// Deletes every object version and delete marker in the buckets among `resources`; returns how many.
pub async fn empty_buckets(
    clients: &Clients,
    resources: &[StackResourceSummary],
    progress: impl FnMut(&str, u64),
) -> Result<u64> {
    // The buckets share one count, which is told as it grows.
    let told = RefCell::new((0, progress));
    let buckets = resources.iter().filter(|resource| resource.resource_type() == Some("AWS::S3::Bucket"));
    let buckets = buckets.filter_map(|resource| resource.physical_resource_id());
    let emptied = buckets.map(|bucket| {
        empty(clients, bucket, |count| {
            let (total, progress) = &mut *told.borrow_mut();
            *total += count;
            progress(bucket, *total);
        })
    });
    stream::iter(emptied).buffer_unordered(BUCKETS).try_collect::<()>().await?;
    Ok(told.into_inner().0)
}

/// Empties one bucket, going through it until there is nothing in it.
async fn empty(clients: &Clients, bucket: &str, mut deleted: impl FnMut(u64)) -> Result<()> {
    let mut fruitless = 0;
    loop {
        let pages =
            stream::try_unfold(
                Some(Place::default()),
                |place| async move { page(clients, bucket, place).await },
            );
        let calls = pages.map_ok(|objects| delete(clients, bucket, objects));
        let mut calls = std::pin::pin!(calls.try_buffer_unordered(IN_FLIGHT));
        let (mut count, mut refused) = (0, None);
        while let Some(one) = calls.try_next().await? {
            count += one.count;
            refused = refused.or(one.refused);
            if one.count > 0 {
                deleted(one.count);
            }
        }
        match refused {
            None if count == 0 => return abort_uploads(clients, bucket).await,
            Some(why) if count == 0 && fruitless == FRUITLESS => {
                return Err(Error::failed_to(what(bucket)).because(why));
            }
            _ => fruitless = if count == 0 { fruitless + 1 } else { 0 },
        }
    }
}

/// Aborts every upload in parts. Who may not list them may delete the bucket all the same.
async fn abort_uploads(clients: &Clients, bucket: &str) -> Result<()> {
    loop {
        let page = match clients.s3.list_multipart_uploads().bucket(bucket).send().await {
            Ok(page) => page,
            Err(error) if matches!(code(&error), Some("NoSuchBucket" | "AccessDenied")) => return Ok(()),
            Err(error) => return Err(failure(what(bucket), error)),
        };
        let calls = page.uploads().iter().map(|upload| async move {
            let request = clients.s3.abort_multipart_upload().bucket(bucket);
            let request = request.set_key(upload.key.clone()).set_upload_id(upload.upload_id.clone());
            match request.send().await {
                Ok(_) => Ok(()),
                Err(error) if matches!(code(&error), Some("NoSuchUpload" | "NoSuchBucket")) => Ok(()),
                Err(error) => Err(failure(what(bucket), error)),
            }
        });
        stream::iter(calls).buffer_unordered(IN_FLIGHT).try_collect::<()>().await?;
        if page.is_truncated() != Some(true) {
            return Ok(());
        }
    }
}

fn what(bucket: &str) -> String {
    format!("empty the bucket `{bucket}`")
}

/// Lists up to a thousand versions and markers from `place` on; nothing after the last page, or without a bucket.
async fn page(
    clients: &Clients,
    bucket: &str,
    place: Option<Place>,
) -> Result<Option<(Vec<ObjectIdentifier>, Option<Place>)>> {
    let Some(place) = place else { return Ok(None) };
    let request = clients.s3.list_object_versions().bucket(bucket);
    let page = match request.set_key_marker(place.key).set_version_id_marker(place.version).send().await {
        Ok(page) => page,
        Err(error) if code(&error) == Some("NoSuchBucket") => return Ok(None),
        Err(error) => return Err(failure(what(bucket), error)),
    };
    let versions = page.versions().iter().map(|version| (version.key(), version.version_id()));
    let markers = page.delete_markers().iter().map(|marker| (marker.key(), marker.version_id()));
    let objects = versions.chain(markers).filter_map(|(key, version)| {
        ObjectIdentifier::builder().key(key?).set_version_id(version.map(str::to_owned)).build().ok()
    });
    let objects = objects.collect();
    let is_last = page.is_truncated() != Some(true) || page.next_key_marker.is_none();
    let next = Place { key: page.next_key_marker, version: page.next_version_id_marker };
    Ok(Some((objects, (!is_last).then_some(next))))
}

/// Deletes what one page listed.
async fn delete(clients: &Clients, bucket: &str, objects: Vec<ObjectIdentifier>) -> Result<Deleted> {
    if objects.is_empty() {
        return Ok(Deleted::default());
    }
    let count = objects.len() as u64;
    let delete = Delete::builder().set_objects(Some(objects)).quiet(true).build();
    let delete = delete.map_err(|error| Error::failed_to(what(bucket)).because(error))?;
    let output = match clients.s3.delete_objects().bucket(bucket).delete(delete).send().await {
        Ok(output) => output,
        Err(error) if code(&error) == Some("NoSuchBucket") => return Ok(Deleted::default()),
        Err(error) => return Err(failure(what(bucket), error)),
    };
    let said = |error: &aws_sdk_s3::types::Error| {
        format!("{}: {}", error.key().unwrap_or_default(), error.message().unwrap_or_default())
    };
    let lasts = |error: &&aws_sdk_s3::types::Error| !PASSING.contains(&error.code().unwrap_or_default());
    if let Some(error) = output.errors().iter().find(lasts) {
        return Err(Error::failed_to(what(bucket)).because(said(error)));
    }
    let refused = output.errors().len() as u64;
    Ok(Deleted { count: count.saturating_sub(refused), refused: output.errors().first().map(said) })
}
