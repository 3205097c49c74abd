//! The stack file's own words, typed: each struct is one kind of block, each field one key.

use std::path::PathBuf;

use hydrant_cfn::yaml::Spanned;
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

use super::environment::Environment;
use super::units::{ByteSize, Seconds};

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
}

impl Stack {
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
    #[serde(default)]
    pub streams: Named<Stream>,
    #[serde(default)]
    pub deliveries: Named<Delivery>,
    #[serde(default)]
    pub functions: Named<Function>,
    #[serde(default)]
    pub environments: Named<Environment>,
}

/// A Kinesis data stream.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stream {
    /// The stream's name in AWS; the block's own name when absent.
    pub name: Option<Spanned<String>>,
    /// Number of shards of a provisioned stream; on-demand capacity when absent.
    pub shards: Option<Spanned<u64>>,
    /// How long records are kept.
    pub retention: Option<Spanned<Seconds>>,
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

/// When Firehose writes an object: at the first of size and interval.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Buffer {
    pub size: Option<Spanned<ByteSize>>,
    pub interval: Option<Spanned<Seconds>>,
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

/// A Lambda function, written as a Rust crate of the project.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// The function's name in AWS; the block's own name when absent.
    pub name: Option<Spanned<String>>,
    /// The package whose binary is the function's `bootstrap`.
    #[serde(rename = "crate")]
    pub package: Spanned<String>,
    pub timeout: Option<Spanned<Seconds>>,
    pub memory: Option<Spanned<ByteSize>>,
    #[serde(default)]
    pub architecture: Architecture,
    /// The stream whose records invoke the function.
    pub reads: Option<Reads>,
    /// The streams and delivery streams into which the function may put records.
    #[serde(default)]
    pub writes: Vec<Spanned<String>>,
    /// Environment variables.
    #[serde(default)]
    pub environment: IndexMap<Spanned<String>, String>,
    /// The event with which `verify` invokes a function that produces records.
    pub event: Option<Value>,
}

/// How a function reads a stream.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reads {
    pub stream: Spanned<String>,
    #[serde(default)]
    pub from: StartingPosition,
    /// Most records in one invocation.
    pub batch: Option<Spanned<u64>>,
    /// How long to gather records before an invocation.
    pub window: Option<Spanned<Seconds>>,
    /// How often a failing batch is tried again before its records are given up.
    pub retries: Option<Spanned<u64>>,
}

/// Where reading a stream begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StartingPosition {
    /// At the oldest record that the stream still has.
    #[default]
    TrimHorizon,
    /// After the newest record.
    Latest,
}

/// The instruction set that a function is built for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize)]
pub enum Architecture {
    #[default]
    #[serde(rename = "x86_64")]
    X86_64,
    #[serde(rename = "arm64")]
    Arm64,
}

impl Architecture {
    /// Returns AWS's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }
}
