//! The bucket in which a stack's code lies before CloudFormation fetches it.
//!
//! Objects are named by their content, so an upload that is there already is the same and is not repeated.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketLocationConstraint, CreateBucketConfiguration, Delete, ObjectIdentifier,
    PublicAccessBlockConfiguration,
};

use crate::aws::{Clients, code, failure};
use crate::error::{Error, Result};
use crate::package::Artifact;

/// Returns the name of the bucket for an account and region.
pub fn bucket_name(clients: &Clients) -> String {
    format!("hydrant-artifacts-{}-{}", clients.account, clients.region)
}

/// Makes the bucket unless it exists, closed to the public.
pub async fn ensure_bucket(clients: &Clients) -> Result<()> {
    let bucket = bucket_name(clients);
    let what = || format!("make the bucket `{bucket}` for the functions' code");
    match clients.s3.head_bucket().bucket(&bucket).expected_bucket_owner(&clients.account).send().await {
        Ok(_) => return Ok(()),
        Err(error) if error.raw_response().is_some_and(|response| response.status().as_u16() == 404) => {}
        Err(error) => return Err(failure(format!("look at the bucket `{bucket}`"), error)),
    }
    // us-east-1 is the one region that must not be named.
    let location = (clients.region != "us-east-1").then(|| {
        let constraint = BucketLocationConstraint::from(clients.region.as_str());
        CreateBucketConfiguration::builder().location_constraint(constraint).build()
    });
    match clients.s3.create_bucket().bucket(&bucket).set_create_bucket_configuration(location).send().await {
        Ok(_) => {}
        // Made by a call whose answer was lost, or by somebody at the same time.
        Err(error) if code(&error) == Some("BucketAlreadyOwnedByYou") => {}
        Err(error) => return Err(failure(what(), error)),
    }
    let closed = PublicAccessBlockConfiguration::builder()
        .block_public_acls(true)
        .block_public_policy(true)
        .ignore_public_acls(true)
        .restrict_public_buckets(true)
        .build();
    let request =
        clients.s3.put_public_access_block().bucket(&bucket).public_access_block_configuration(closed);
    request.send().await.map(drop).map_err(|error| failure(what(), error))
}

/// Uploads `body` under `key` unless it is there; returns whether it was uploaded.
pub async fn upload(clients: &Clients, key: &str, body: Vec<u8>) -> Result<bool> {
    let bucket = bucket_name(clients);
    match clients.s3.head_object().bucket(&bucket).key(key).send().await {
        Ok(_) => return Ok(false),
        Err(error) if error.raw_response().is_some_and(|response| response.status().as_u16() == 404) => {}
        Err(error) => return Err(failure(format!("look for {key} in `{bucket}`"), error)),
    }
    let request = clients.s3.put_object().bucket(&bucket).key(key).body(ByteStream::from(body));
    request.send().await.map_err(|error| failure(format!("upload {key} to `{bucket}`"), error))?;
    Ok(true)
}

/// Uploads a template under `key` and returns the URL by which CloudFormation finds it.
pub async fn upload_template(clients: &Clients, key: &str, body: Vec<u8>) -> Result<String> {
    ensure_bucket(clients).await?;
    upload(clients, key, body).await?;
    let bucket = bucket_name(clients);
    Ok(match &clients.endpoint_url {
        Some(endpoint) => format!("{}/{bucket}/{key}", endpoint.trim_end_matches('/')),
        None => format!("https://{bucket}.s3.{}.amazonaws.com/{key}", clients.region),
    })
}

/// Uploads the code that is not there yet and returns the names of the blocks whose code was uploaded.
pub async fn upload_code<'a>(
    clients: &Clients,
    stack_name: &str,
    artifacts: &'a [Artifact],
) -> Result<Vec<&'a str>> {
    let uploads = artifacts.iter().map(|artifact| async move {
        let is_new = upload(clients, &artifact.key(stack_name), artifact.archive.clone()).await?;
        Ok::<_, crate::error::Error>(is_new.then_some(artifact.name.as_str()))
    });
    Ok(futures::future::try_join_all(uploads).await?.into_iter().flatten().collect())
}

/// Removes a stack's code, and the bucket when nothing else is in it.
pub async fn remove(clients: &Clients, stack_name: &str) -> Result<()> {
    let keys = list(clients, stack_name).await?;
    remove_listed(clients, stack_name, keys).await
}

/// Returns the keys of a stack's code; nothing when there is no bucket for code.
pub async fn list(clients: &Clients, stack_name: &str) -> Result<Option<Vec<String>>> {
    let bucket = bucket_name(clients);
    let prefix = format!("{stack_name}/");
    let mut keys = Vec::new();
    let mut pages = clients.s3.list_objects_v2().bucket(&bucket).prefix(&prefix).into_paginator().send();
    while let Some(page) = pages.next().await {
        match page {
            Ok(page) => {
                keys.extend(page.contents().iter().filter_map(|object| object.key().map(str::to_owned)))
            }
            Err(error) if code(&error) == Some("NoSuchBucket") => return Ok(None),
            Err(error) => return Err(failure(format!("list the code in `{bucket}`"), error)),
        }
    }
    Ok(Some(keys))
}

/// Removes code that was listed, and the bucket when nothing else is in it.
pub async fn remove_listed(clients: &Clients, stack_name: &str, keys: Option<Vec<String>>) -> Result<()> {
    let Some(keys) = keys else { return Ok(()) };
    let bucket = bucket_name(clients);
    for chunk in keys.chunks(1000) {
        let what = || format!("remove the code of `{stack_name}` from `{bucket}`");
        let objects = chunk.iter().map(|key| ObjectIdentifier::builder().key(key).build());
        let objects: Vec<_> = objects
            .collect::<std::result::Result<_, _>>()
            .map_err(|error| Error::failed_to(what()).because(error))?;
        let delete = Delete::builder().set_objects(Some(objects)).quiet(true).build();
        let delete = delete.map_err(|error| Error::failed_to(what()).because(error))?;
        clients
            .s3
            .delete_objects()
            .bucket(&bucket)
            .delete(delete)
            .send()
            .await
            .map_err(|error| failure(what(), error))?;
    }
    match clients.s3.delete_bucket().bucket(&bucket).send().await {
        Ok(_) => Ok(()),
        // Another stack's code is in it.
        Err(error) if matches!(code(&error), Some("BucketNotEmpty" | "NoSuchBucket")) => Ok(()),
        Err(error) => Err(failure(format!("remove the empty bucket `{bucket}`"), error)),
    }
}
