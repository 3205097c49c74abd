//! Makes the direct calls of a change: mark first, so that no interruption leaves a change without one, then code,
//! settings, and what is to be unmarked last.
//!
//! It does not know why something changes.

use std::collections::HashMap;
use std::future::Future;
use std::time::{Duration, Instant};

use aws_sdk_firehose::types::{BufferingHints, CompressionFormat, ExtendedS3DestinationUpdate};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Environment, LastUpdateStatus};
use futures::future::join_all;
use serde_json::Value;

use super::comparison::{Change, Code, MarkChange};
use super::live::Live;
use super::mark;
use super::settings::{DESTINATION, Kind, VARIABLES};
use crate::aws::{Clients, code, failure};
use crate::deploy::artifacts;
use crate::error::{Error, Kind as ErrorKind, Result};

/// How long Lambda may take to put an update into effect.
const LIMIT: Duration = Duration::from_secs(300);

/// Largest archive that Lambda takes in a request.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const INLINE_LIMIT: u64 = 50_000_000;

/// How often a delivery stream that somebody else changes meanwhile is looked at again.
const ATTEMPTS: usize = 5;

/// Makes all changes at the same time; each is brought to its end, whatever becomes of the others.
pub async fn apply(clients: &Clients, stack_name: &str, changes: &[Change]) -> Result<()> {
    let results = join_all(changes.iter().map(|change| one(clients, stack_name, change))).await;
    results.into_iter().collect()
}

async fn one(clients: &Clients, stack_name: &str, change: &Change) -> Result<()> {
    let (name, arn) = (&change.physical_id, &change.live.handle.arn);
    if let MarkChange::Set(what) = &change.mark {
        match change.kind {
            Kind::Function => mark::mark_function(clients, arn, what).await?,
            Kind::DeliveryStream => mark::mark_delivery_stream(clients, name, what).await?,
        }
    }
    match change.kind {
        Kind::Function => {
            if let Some(code) = &change.code {
                update_code(clients, stack_name, name, code).await?;
            }
            if !change.rows.is_empty() {
                update_settings(clients, change).await?;
            }
        }
        Kind::DeliveryStream if change.rows.is_empty() => {}
        Kind::DeliveryStream => update_destination(clients, change).await?,
    }
    match (&change.mark, change.kind) {
        (MarkChange::Goes, Kind::Function) => mark::unmark_function(clients, arn).await,
        (MarkChange::Goes, Kind::DeliveryStream) => mark::unmark_delivery_stream(clients, name).await,
        _ => Ok(()),
    }
}

async fn update_code(clients: &Clients, stack_name: &str, name: &str, source: &Code) -> Result<()> {
    let place = match source {
        Code::Archive(artifact) if artifact.bytes > INLINE_LIMIT => {
            artifacts::ensure_bucket(clients).await?;
            let key = artifact.key(stack_name);
            artifacts::upload(clients, &key, artifact.archive.clone()).await?;
            Some((artifacts::bucket_name(clients), key))
        }
        Code::Archive(_) => None,
        Code::Object { bucket, key } => Some((bucket.clone(), key.clone())),
    };
    when_free(clients, name, || {
        let mut request = clients.lambda.update_function_code().function_name(name);
        request = match (&place, source) {
            (Some((bucket, key)), _) => request.s3_bucket(bucket).s3_key(key),
            (None, Code::Archive(artifact)) => request.zip_file(Blob::new(artifact.archive.clone())),
            (None, Code::Object { .. }) => request,
        };
        async move {
            match request.send().await {
                Ok(output) => Ok(Some(output.last_update_status().cloned())),
                Err(error) if is_busy(&error) => Ok(None),
                Err(error) => Err(failure(format!("update the code of `{name}`"), error)),
            }
        }
    })
    .await
}

async fn update_settings(clients: &Clients, change: &Change) -> Result<()> {
    let name = &change.physical_id;
    let is_changed = |path: &str| change.rows.iter().any(|row| row.path == path);
    let value = |path: &str| change.after.get(path).filter(|_| is_changed(path));
    let number = |path: &str| Some(i32::try_from(value(path)?.as_i64()?).unwrap_or(i32::MAX));
    // Lambda takes all variables or none.
    let variables = change.rows.iter().any(|row| row.path.starts_with(VARIABLES)).then(|| {
        let variables = change.after.iter().filter_map(|(path, value)| {
            Some((path.strip_prefix(VARIABLES)?.to_owned(), value.as_str()?.to_owned()))
        });
        Environment::builder().set_variables(Some(variables.collect::<HashMap<_, _>>())).build()
    });
    let request = clients
        .lambda
        .update_function_configuration()
        .function_name(name)
        .set_description(value("Description").and_then(Value::as_str).map(str::to_owned))
        .set_memory_size(number("MemorySize"))
        .set_timeout(number("Timeout"))
        .set_environment(variables);
    when_free(clients, name, || {
        let request = request.clone();
        async move {
            match request.send().await {
                Ok(output) => Ok(Some(output.last_update_status().cloned())),
                Err(error) if is_busy(&error) => Ok(None),
                Err(error) => Err(failure(format!("update the settings of `{name}`"), error)),
            }
        }
    })
    .await
}

/// Returns whether a function refuses a call because an update is under way.
fn is_busy<E: aws_sdk_lambda::error::ProvideErrorMetadata, R>(
    error: &aws_sdk_lambda::error::SdkError<E, R>,
) -> bool {
    code(error) == Some("ResourceConflictException")
}

/// Makes a call as soon as the function takes it, which `None` says it does not yet, and waits until it is in effect.
async fn when_free<F, Fut>(clients: &Clients, name: &str, call: F) -> Result<()>
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<Option<Option<LastUpdateStatus>>>>,
{
    let started = Instant::now();
    loop {
        if let Some(status) = call().await? {
            return match status {
                Some(LastUpdateStatus::Successful) => Ok(()),
                _ => settled(clients, name, started).await,
            };
        }
        settled(clients, name, started).await?;
    }
}

/// Waits until no update of a function is under way.
/// <https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>
async fn settled(clients: &Clients, name: &str, started: Instant) -> Result<()> {
    let pause = Duration::from_millis(if clients.is_nearby() { 50 } else { 500 });
    loop {
        let request = clients.lambda.get_function_configuration().function_name(name).send();
        let output = request.await.map_err(|error| failure(format!("read the function `{name}`"), error))?;
        match output.last_update_status() {
            Some(LastUpdateStatus::InProgress) if started.elapsed() > LIMIT => {
                let message = format!("the update of `{name}` did not end in five minutes");
                return Err(Error::new(ErrorKind::TimedOut, message));
            }
            Some(LastUpdateStatus::InProgress) => tokio::time::sleep(pause).await,
            Some(LastUpdateStatus::Failed) => {
                let reason = output.last_update_status_reason().unwrap_or("no reason given").to_owned();
                return Err(Error::failed_to(format!("update the function `{name}`")).because(reason));
            }
            _ => return Ok(()),
        }
    }
}

async fn update_destination(clients: &Clients, change: &Change) -> Result<()> {
    let name = &change.physical_id;
    let mut handle = change.live.handle.clone();
    for attempt in 1.. {
        let request = clients
            .firehose
            .update_destination()
            .delivery_stream_name(name)
            .current_delivery_stream_version_id(&handle.version)
            .destination_id(&handle.destination)
            .extended_s3_destination_update(destination(change));
        match request.send().await {
            Ok(_) => break,
            Err(error) if code(&error) == Some("ConcurrentModificationException") && attempt < ATTEMPTS => {
                handle = Live::read(clients, change.kind, name).await?.handle;
            }
            Err(error) => return Err(failure(format!("update the delivery stream `{name}`"), error)),
        }
    }
    Ok(())
}

/// Returns what changes of a destination; Firehose keeps what is not given.
///
/// Not confirmed on AWS: that an empty prefix takes one away that was there.
fn destination(change: &Change) -> ExtendedS3DestinationUpdate {
    let path = |name: &str| format!("{DESTINATION}.{name}");
    let is_changed = |name: &str| change.rows.iter().any(|row| row.path == path(name));
    let value = |name: &str| change.after.get(&path(name));
    let text = |name: &str| value(name).and_then(Value::as_str).filter(|_| is_changed(name));
    let number =
        |name: &str| value(name).and_then(Value::as_i64).and_then(|number| i32::try_from(number).ok());
    let (seconds, mebibytes) = ("BufferingHints.IntervalInSeconds", "BufferingHints.SizeInMBs");
    // Firehose wants both hints or neither.
    let hints = (is_changed(seconds) || is_changed(mebibytes)).then(|| {
        BufferingHints::builder()
            .set_interval_in_seconds(number(seconds))
            .set_size_in_mbs(number(mebibytes))
            .build()
    });
    ExtendedS3DestinationUpdate::builder()
        .set_buffering_hints(hints)
        .set_prefix(text("Prefix").map(str::to_owned))
        .set_error_output_prefix(text("ErrorOutputPrefix").map(str::to_owned))
        .set_compression_format(text("CompressionFormat").map(CompressionFormat::from))
        .build()
}
