//! The four calls of Firehose that a purge needs, each at its own pace and tried again by itself.
//!
//! The SDK's own retries are switched off: a call that nobody counted would break the pace.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_firehose::Client;
use aws_sdk_firehose::config::retry::RetryConfig;
use aws_sdk_firehose::config::timeout::TimeoutConfig;
use aws_sdk_firehose::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_firehose::types::{DeliveryStreamDescription, DestinationDescription, S3DestinationDescription};

use super::choice::OWNER_TAG;
use super::pace::Gate;
use super::step::{Meaning, is_worth_another, meaning};
use crate::aws::{Clients, code, failure};
use crate::error::{Error, Result};
use crate::records::jitter;

/// How long a call may take before it counts as unanswered.
const CALL_LIMIT: Duration = Duration::from_secs(30);

/// As many names as one call lists; left out, it lists ten.
const NAMES: i32 = 10_000;

/// As many tags as one call lists.
const TAGS: i32 = 50;

/// Firehose in one account and region, called no faster than it allows.
#[derive(Debug)]
pub struct Firehose {
    client: Client,
    list: Gate,
    describe: Gate,
    tags: Gate,
    delete: Gate,
    /// How many times faster than on AWS time goes by there.
    scale: f64,
}

/// What Firehose says of a delivery stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    pub status: String,
    /// Why it failed, if it did.
    pub why: Option<String>,
    /// Where its objects lie, by name, in order.
    pub buckets: Vec<String>,
}

/// What became of a deletion.
#[derive(Debug)]
pub enum Deletion {
    Accepted,
    /// There was nothing to delete any more.
    Gone {
        /// An earlier try got no answer, so it may have been the one.
        is_ours: bool,
    },
    /// Its state does not allow it now.
    InUse,
}

/// Why a call ended without what it asked for.
#[derive(Debug)]
struct Refusal {
    meaning: Meaning,
    tries: u32,
    error: Error,
}

impl Firehose {
    /// Returns Firehose where `clients` lead, `scale` times as fast as AWS.
    pub fn new(clients: &Clients, scale: f64) -> Self {
        let limits = TimeoutConfig::builder()
            .operation_timeout(CALL_LIMIT)
            .connect_timeout(Duration::from_secs(5))
            .build();
        let config = clients.firehose.config().to_builder();
        let config = config.retry_config(RetryConfig::disabled()).timeout_config(limits);
        let gate = || Gate::new(scale);
        Self {
            client: Client::from_conf(config.build()),
            list: gate(),
            describe: gate(),
            tags: gate(),
            delete: gate(),
            scale,
        }
    }

    /// Lets as much time go by as `wait` is on AWS.
    pub async fn sleep(&self, wait: Duration) {
        tokio::time::sleep(wait.div_f64(self.scale)).await;
    }

    /// Returns the names of all delivery streams, in order. There is no paginator for this in any SDK.
    pub async fn list(&self) -> Result<BTreeSet<String>> {
        let mut names = BTreeSet::new();
        let mut after: Option<String> = None;
        loop {
            let what = || "list the delivery streams".to_owned();
            let call = || {
                self.client
                    .list_delivery_streams()
                    .limit(NAMES)
                    .set_exclusive_start_delivery_stream_name(after.clone())
                    .send()
            };
            let page = self.persist(&self.list, what, call).await.map_err(|refusal| refusal.error)?;
            after = page.delivery_stream_names().last().cloned();
            names.extend(page.delivery_stream_names);
            if !page.has_more_delivery_streams || after.is_none() {
                return Ok(names);
            }
        }
    }

    /// Returns what a delivery stream is; nothing when it is not there.
    pub async fn describe(&self, name: &str) -> Result<Option<Description>> {
        let what = || format!("describe the delivery stream `{name}`");
        let call = || self.client.describe_delivery_stream().delivery_stream_name(name).send();
        match self.persist(&self.describe, what, call).await {
            Ok(output) => {
                let described = output.delivery_stream_description.as_ref();
                described.map(|described| Some(description(described))).ok_or_else(|| {
                    Error::failed_to(what()).because("the answer says nothing of the delivery stream")
                })
            }
            Err(refusal) => refusal.gone(),
        }
    }

    /// Returns the stack that owns a delivery stream, if its tags name one; nothing when it is not there.
    pub async fn owner(&self, name: &str) -> Result<Option<String>> {
        let mut after: Option<String> = None;
        loop {
            let what = || format!("list the tags of the delivery stream `{name}`");
            let call = || {
                let request = self.client.list_tags_for_delivery_stream().delivery_stream_name(name);
                request.limit(TAGS).set_exclusive_start_tag_key(after.clone()).send()
            };
            let page = match self.persist(&self.tags, what, call).await {
                Ok(page) => page,
                Err(refusal) => return refusal.gone(),
            };
            if let Some(tag) = page.tags().iter().find(|tag| tag.key() == OWNER_TAG) {
                return Ok(Some(tag.value().unwrap_or("without a name").to_owned()));
            }
            after = page.tags().last().map(|tag| tag.key().to_owned());
            if !page.has_more_tags || after.is_none() {
                return Ok(None);
            }
        }
    }

    /// Deletes a delivery stream, by force if Firehose cannot give back the grant of its key.
    pub async fn delete(&self, name: &str, by_force: bool) -> Result<Deletion> {
        let what = || format!("delete the delivery stream `{name}`");
        let call = || {
            let request = self.client.delete_delivery_stream().delivery_stream_name(name);
            request.set_allow_force_delete(by_force.then_some(true)).send()
        };
        match self.persist(&self.delete, what, call).await {
            Ok(_) => Ok(Deletion::Accepted),
            Err(Refusal { meaning: Meaning::Gone, tries, .. }) => Ok(Deletion::Gone { is_ours: tries > 1 }),
            Err(Refusal { meaning: Meaning::InUse, .. }) => Ok(Deletion::InUse),
            Err(refusal) => Err(refusal.error),
        }
    }

    /// Calls through the operation's gate until an answer is final.
    async fn persist<T, E, R, F>(
        &self,
        gate: &Gate,
        what: impl Fn() -> String,
        call: impl Fn() -> F,
    ) -> Result<T, Refusal>
    where
        F: Future<Output = Result<T, SdkError<E, R>>>,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        R: Answered + std::fmt::Debug + Send + Sync + 'static,
    {
        let mut tries = 0;
        loop {
            let is_throttled = |answer: &Result<T, SdkError<E, R>>| {
                answer.as_ref().is_err_and(|error| sense(error) == Meaning::Throttled)
            };
            let error = match gate.pass(call(), is_throttled).await {
                Ok(output) => return Ok(output),
                Err(error) => error,
            };
            tries += 1;
            let meaning = sense(&error);
            if !is_worth_another(meaning, tries) {
                return Err(Refusal { meaning, tries, error: failure(what(), error) });
            }
            tracing::debug!(?meaning, tries, "{} again", what());
            let wait = jitter(tries, &mut rand::rng());
            self.sleep(wait).await;
        }
    }
}

impl Refusal {
    /// Makes nothing of what is not there; everything else stays a failure.
    fn gone<T>(self) -> Result<Option<T>> {
        if self.meaning == Meaning::Gone { Ok(None) } else { Err(self.error) }
    }
}

/// An answer with an HTTP status.
trait Answered {
    fn status(&self) -> u16;
}

impl Answered for aws_sdk_firehose::config::http::HttpResponse {
    fn status(&self) -> u16 {
        self.status().as_u16()
    }
}

fn sense<E: ProvideErrorMetadata, R: Answered>(error: &SdkError<E, R>) -> Meaning {
    if matches!(error, SdkError::ConstructionFailure(_)) {
        // Nothing was sent, and nothing will be: credentials, for example, are missing.
        return Meaning::Refused;
    }
    meaning(code(error), error.raw_response().map(Answered::status))
}

fn description(described: &DeliveryStreamDescription) -> Description {
    let mut buckets: Vec<String> = described.destinations().iter().flat_map(buckets).collect();
    buckets.sort();
    buckets.dedup();
    Description {
        status: described.delivery_stream_status().as_str().to_owned(),
        why: described.failure_description().map(|failure| failure.details().to_owned()),
        buckets,
    }
}

/// Returns the buckets that a destination writes objects or backups into.
fn buckets(destination: &DestinationDescription) -> Vec<String> {
    let extended = destination.extended_s3_destination_description();
    let redshift = destination.redshift_destination_description();
    let plain: [Option<&S3DestinationDescription>; 11] = [
        destination.s3_destination_description(),
        extended.and_then(|one| one.s3_backup_description()),
        redshift.and_then(|one| one.s3_destination_description()),
        redshift.and_then(|one| one.s3_backup_description()),
        destination.elasticsearch_destination_description().and_then(|one| one.s3_destination_description()),
        destination
            .amazonopensearchservice_destination_description()
            .and_then(|one| one.s3_destination_description()),
        destination
            .amazon_open_search_serverless_destination_description()
            .and_then(|one| one.s3_destination_description()),
        destination.splunk_destination_description().and_then(|one| one.s3_destination_description()),
        destination.http_endpoint_destination_description().and_then(|one| one.s3_destination_description()),
        destination.snowflake_destination_description().and_then(|one| one.s3_destination_description()),
        destination.iceberg_destination_description().and_then(|one| one.s3_destination_description()),
    ];
    let arns = plain.into_iter().flatten().map(S3DestinationDescription::bucket_arn);
    let arns = arns.chain(extended.map(|one| one.bucket_arn()));
    arns.map(|arn| arn.rsplit(':').next().unwrap_or(arn).to_owned()).collect()
}
