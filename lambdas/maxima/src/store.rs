//! Where shards lie: objects in S3, each written only if it is still as it was read.
//!
//! See <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>.

use std::error::Error;
use std::fmt;

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;

use crate::Shard;

/// A shard, and what to say when it is written back.
#[derive(Debug, Default)]
pub struct Loaded {
    pub shard: Shard,
    /// The object's entity tag; none while there is no object.
    pub tag: Option<String>,
}

/// What became of an attempt to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    Done,
    /// Somebody else wrote since it was read: read again, merge again, write again.
    Overtaken,
}

/// Keeps shards, and writes them under a condition.
pub trait Store {
    /// Returns the shard with this number, an empty one if it was never written.
    fn load(&self, number: u8) -> impl Future<Output = Result<Loaded, StoreError>>;

    /// Writes the shard if it still has the tag that it was read with.
    fn save(&self, number: u8, loaded: &Loaded) -> impl Future<Output = Result<Written, StoreError>>;
}

/// A shard that could not be read or written.
#[derive(Debug)]
pub struct StoreError {
    doing: String,
    source: Box<dyn Error + Send + Sync>,
}

impl StoreError {
    /// Returns an error that reads "failed to `doing`".
    pub fn new(doing: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { doing: doing.into(), source: source.into() }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "failed to {}", self.doing)
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}

/// Shards as JSON objects `<prefix>shard-<two hex digits>.json`.
#[derive(Debug, Clone)]
pub struct S3Store {
    client: Client,
    bucket: String,
    prefix: String,
}

impl S3Store {
    /// Returns the store in the bucket and under the prefix that the functions were given.
    pub fn new(client: Client, bucket: impl Into<String>, prefix: impl Into<String>) -> Self {
        Self { client, bucket: bucket.into(), prefix: prefix.into() }
    }

    /// Returns a client for S3.
    ///
    /// Where an endpoint is given, a bucket is part of the path: a name like `bucket.localhost` may lead nowhere.
    pub fn client(config: &SdkConfig) -> Client {
        let own_endpoint = config.endpoint_url().is_some();
        Client::from_conf(Builder::from(config).force_path_style(own_endpoint).build())
    }

    fn key(&self, number: u8) -> String {
        format!("{}shard-{number:02x}.json", self.prefix)
    }
}

impl Store for S3Store {
    async fn load(&self, number: u8) -> Result<Loaded, StoreError> {
        let key = self.key(number);
        let failed = |source| StoreError { doing: format!("read `{key}` of `{}`", self.bucket), source };
        let output = match self.client.get_object().bucket(&self.bucket).key(&key).send().await {
            Ok(output) => output,
            Err(error) if error.as_service_error().is_some_and(|error| error.is_no_such_key()) => {
                return Ok(Loaded::default());
            }
            Err(error) => return Err(failed(error.into())),
        };
        let tag = output.e_tag;
        let bytes = output.body.collect().await.map_err(|error| failed(error.into()))?.into_bytes();
        // An object that is not a shard is left alone: writing over it would lose what it was.
        let shard = serde_json::from_slice(&bytes).map_err(|error| failed(error.into()))?;
        Ok(Loaded { shard, tag })
    }

    async fn save(&self, number: u8, loaded: &Loaded) -> Result<Written, StoreError> {
        let key = self.key(number);
        let failed = |source| StoreError { doing: format!("write `{key}` of `{}`", self.bucket), source };
        let bytes = serde_json::to_vec(&loaded.shard).map_err(|error| failed(error.into()))?;
        let put = self.client.put_object().bucket(&self.bucket).key(&key).content_type("application/json");
        let put = match &loaded.tag {
            Some(tag) => put.if_match(tag),
            None => put.if_none_match("*"),
        };
        match put.body(ByteStream::from(bytes)).send().await {
            Ok(_) => Ok(Written::Done),
            Err(error) if is_overtaken(&error) => Ok(Written::Overtaken),
            Err(error) => Err(failed(error.into())),
        }
    }
}

/// Returns whether a write failed because of its condition: the object is another one now (412), another write
/// is under way (409), or it is gone (404).
fn is_overtaken<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    matches!(code, Some("PreconditionFailed" | "ConditionalRequestConflict" | "NoSuchKey"))
}
