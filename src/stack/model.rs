//! The stack file's own words, typed: each struct is one kind of block, each field one key.

use std::path::PathBuf;
use std::sync::Arc;

use hydrant_cfn::yaml::{Node, Spanned};
use indexmap::IndexMap;
use serde::Deserialize;

use super::environment::Environment;
use super::function::Function;
use super::layout::Records;
use super::units::{ByteSize, Rate, Seconds};
use super::value::{self, Value};

/// A stack file, read for one environment.
#[derive(Debug, Clone)]
pub struct Stack {
    /// The file's name without its ending, such as `telemetric`.
    pub name: String,
    pub path: PathBuf,
    /// The name of the environment that was chosen, such as `dev`.
    pub environment_name: String,
    pub environment: Environment,
    pub file: StackFile,
    /// The file's text.
    pub source: Arc<str>,
    /// The file as it is written, without the environment's overrides in place.
    pub tree: Arc<Node>,
}

impl Stack {
    /// Returns the word by which commands find the stack file: its name, or its path when it lies elsewhere.
    pub fn word(&self) -> String {
        let folder = self.path.parent().and_then(|folder| folder.file_name());
        match folder.is_some_and(|folder| folder == "stacks") {
            true => self.name.clone(),
            false => self.path.display().to_string(),
        }
    }

    /// Returns the names of the stacks that are to be there before this one: those that it says, and those from which it
    /// takes values.
    pub fn prerequisites(&self) -> impl Iterator<Item = &Spanned<String>> {
        self.file.depends_on.iter().chain(value::stacks(&self.file))
    }

    /// Returns the region that the environment names, when it names one and not several.
    pub fn region(&self) -> Option<&str> {
        self.environment.region.as_ref().map(|region| region.value.as_str())
    }

    /// Returns the stack once for each region of its environment, or once for `chosen` alone.
    pub fn in_regions(self, chosen: Option<&str>) -> Vec<Self> {
        if chosen.is_some() || self.environment.regions.is_empty() {
            return vec![self];
        }
        let regions = self.environment.regions.clone();
        let at = |region: Spanned<String>| {
            let mut stack = self.clone();
            stack.environment.region = Some(region);
            stack.environment.regions = Vec::new();
            stack
        };
        regions.into_iter().map(at).collect()
    }

    /// Returns the CloudFormation stack's name: the file's and the environment's, such as `telemetric-dev`.
    pub fn stack_name(&self) -> String {
        format!("{}-{}", self.name, self.environment_name)
    }
}

/// Named blocks in the order in which they were written.
pub type Named<T> = IndexMap<Spanned<String>, T>;

/// A stack file with its environment's overrides applied.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StackFile {
    pub description: Option<String>,
    /// Stacks of the project that are deployed before this one, when several are.
    #[serde(default)]
    pub depends_on: Vec<Spanned<String>>,
    /// What comes from elsewhere, by the name under which texts use it.
    #[serde(default)]
    pub values: Named<Value>,
    /// Blocks whose names and ARNs other stacks may import.
    #[serde(default)]
    pub exports: Vec<Spanned<String>>,
    #[serde(default)]
    pub streams: Named<Stream>,
    #[serde(default)]
    pub deliveries: Named<Delivery>,
    /// What is to be said of buckets that other blocks name.
    #[serde(default)]
    pub buckets: Named<Bucket>,
    #[serde(default)]
    pub functions: Named<Function>,
    #[serde(default)]
    pub topics: Named<Topic>,
    #[serde(default)]
    pub layers: Named<Layer>,
    #[serde(default)]
    pub users: Named<User>,
    /// Alarms on what the stack runs; none when absent.
    pub alarms: Option<Alarms>,
    #[serde(default)]
    pub environments: Named<Environment>,
}

impl StackFile {
    /// Returns the names of all buckets that blocks use, each once.
    pub fn bucket_names(&self) -> impl Iterator<Item = &str> {
        let delivered = self.deliveries.values().map(|delivery| delivery.to.bucket.value.as_str());
        let used = self.functions.values().flat_map(|function| {
            let watched = function.watches.as_ref().map(|watches| watches.bucket.value.as_str());
            let kept = function.state.as_ref().map(|state| state.bucket.value.as_str());
            watched.into_iter().chain(kept)
        });
        let names: indexmap::IndexSet<&str> = delivered.chain(used).collect();
        names.into_iter()
    }

    /// Returns the deliveries that a topic fills, because they subscribe to it or are told of a function's success.
    pub fn filled_by_topics(&self) -> impl Iterator<Item = &str> {
        let subscribers = self.topics.values().flat_map(|topic| &topic.subscribers);
        let told = self.functions.values().filter_map(|function| function.on_success.as_ref());
        let names = subscribers.chain(told).map(|name| name.value.as_str());
        names.filter(|name| self.deliveries.contains_key(*name))
    }

    /// Returns how a bucket's name in AWS follows from `bucket`.
    pub fn naming(&self, bucket: &str) -> Naming {
        self.buckets.get(bucket).map(|bucket| bucket.naming).unwrap_or_default()
    }
}

/// A Kinesis data stream.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stream {
    /// The ARN of a stream that exists already, so that none is made.
    pub arn: Option<Spanned<String>>,
    /// The stream's name in AWS; the block's own name when absent.
    pub name: Option<Spanned<String>>,
    /// Number of shards of a provisioned stream; on-demand capacity when absent.
    pub shards: Option<Spanned<u64>>,
    /// How long records are kept.
    pub retention: Option<Spanned<Seconds>>,
    /// What its records are.
    pub records: Option<Records>,
    /// How many records are expected, at the busiest time that counts.
    pub rate: Option<Spanned<Rate>>,
    /// How large a record is.
    pub record_size: Option<Spanned<ByteSize>>,
}

/// A Firehose delivery stream that delivers to S3.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// The delivery stream's name in AWS. When absent, one that producers write to has the block's name, and one
    /// that reads a stream a generated name.
    pub name: Option<Spanned<String>>,
    /// The stream to read; producers put records directly when absent.
    pub from: Option<Spanned<String>>,
    pub to: Destination,
    #[serde(default)]
    pub buffer: Buffer,
    #[serde(default)]
    pub compression: Compression,
    /// The function through which every record goes before it is delivered.
    pub transform: Option<Spanned<String>>,
    /// What Firehose puts after each record.
    pub delimiter: Option<Delimiter>,
    /// The role's name in AWS; a generated one when absent.
    pub role: Option<Spanned<String>>,
    /// What its records are; those of the stream that it reads when absent.
    pub records: Option<Records>,
    /// How many records are expected to be put into it, at the busiest time that counts.
    pub rate: Option<Spanned<Rate>>,
    /// How large a record is.
    pub record_size: Option<Spanned<ByteSize>>,
}

/// What Firehose puts after each record, for producers that do not end theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delimiter {
    Newline,
}

/// Where a delivery stream puts its objects.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Destination {
    /// The bucket's name, to which account and region are added to make it unique.
    pub bucket: Spanned<String>,
    pub prefix: Option<Spanned<String>>,
    pub error_prefix: Option<Spanned<String>>,
}

impl Destination {
    /// Returns the part of the prefix that is the same for all objects.
    pub fn fixed_prefix(&self) -> &str {
        fixed(self.prefix.as_ref()).unwrap_or_default()
    }

    /// Returns the part of the error prefix that is the same for all error objects, when there is one.
    pub fn fixed_error_prefix(&self) -> Option<&str> {
        fixed(self.error_prefix.as_ref())
    }

    /// Returns whether Firehose puts the time into the keys by itself, since the prefix says nothing of it.
    pub fn is_dated_by_firehose(&self) -> bool {
        self.prefix.as_ref().is_none_or(|prefix| !prefix.value.contains("!{"))
    }
}

fn fixed(prefix: Option<&Spanned<String>>) -> Option<&str> {
    prefix.map(|prefix| prefix.value.split("!{").next().unwrap_or_default())
}

/// How long Firehose gathers records for a transform, in seconds.
pub const TRANSFORM_SECONDS: u64 = 60;

/// When Firehose writes an object: at the first of size and interval.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Buffer {
    pub size: Option<Spanned<ByteSize>>,
    pub interval: Option<Spanned<Seconds>>,
}

impl Buffer {
    /// Returns the size; without one, Firehose's own, since it wants to be given both or neither.
    pub fn mebibytes(&self) -> u64 {
        self.size.as_ref().and_then(|size| size.value.mebibytes()).unwrap_or(5)
    }

    /// Returns the interval, or Firehose's own.
    pub fn seconds(&self) -> u64 {
        self.interval.as_ref().map_or(300, |interval| interval.value.0)
    }
}

/// How delivered objects are compressed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compression {
    #[default]
    None,
    Gzip,
    Zip,
}

/// What is particular about a bucket.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    #[serde(default)]
    pub naming: Naming,
}

/// How a bucket's name in AWS follows from its name in the stack file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Naming {
    /// With account and region added, so that nobody else can have taken it.
    #[default]
    Regional,
    /// As it is written; it must be free in all of AWS.
    Plain,
}

/// An SNS topic.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    /// The topic's name in AWS; the block's own name when absent.
    pub name: Option<Spanned<String>>,
    /// Mail addresses, `https://` URLs, and functions and deliveries of the stack.
    #[serde(default)]
    pub subscribers: Vec<Spanned<String>>,
}

/// A Lambda layer: a folder of files that functions find under `/opt`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    /// The folder, from the project's root.
    pub folder: Spanned<String>,
}

/// An IAM user for a producer outside AWS.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The user's name in AWS; the block's own name when absent.
    pub name: Option<Spanned<String>>,
    /// The streams and delivery streams into which the user may put records.
    pub writes: Vec<Spanned<String>>,
}

/// Alarms on every function, mapping and delivery of the stack.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alarms {
    /// The topic that hears of them.
    pub notify: Spanned<String>,
}
