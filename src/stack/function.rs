//! Functions in the stack file: what they run, what invokes them, what they may do.

use hydrant_cfn::yaml::Spanned;
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

use super::route::Route;
use super::schedule::Schedule;
use super::units::{ByteSize, Seconds};

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
    /// Most invocations at a time; the account's limit when absent.
    pub concurrency: Option<Spanned<u64>>,
    /// The layers whose files the function finds.
    #[serde(default)]
    pub layers: Vec<Spanned<String>>,
    /// Environment variables, in which `${name}` stands for a value.
    #[serde(default)]
    pub environment: IndexMap<Spanned<String>, Spanned<String>>,

    /// The stream whose records invoke the function.
    pub reads: Option<Reads>,
    /// The new objects that invoke the function.
    pub watches: Option<Watches>,
    /// When the function runs by the clock.
    pub schedule: Option<Spanned<Schedule>>,
    /// The requests that the function answers.
    pub http: Option<Http>,

    /// The streams and delivery streams into which the function may put records.
    #[serde(default)]
    pub writes: Vec<Spanned<String>>,
    /// The topics to which the function may publish.
    #[serde(default)]
    pub publishes: Vec<Spanned<String>>,
    /// Objects in which the function keeps what it knows.
    pub state: Option<State>,
    /// What is told of each asynchronous invocation that succeeds: a topic, a function or a delivery.
    pub on_success: Option<Spanned<String>>,

    /// The event with which `verify` invokes a function that produces records.
    pub event: Option<Value>,
}

impl Function {
    /// Returns the memory, or Lambda's own.
    pub fn mebibytes(&self) -> u64 {
        self.memory.as_ref().and_then(|memory| memory.value.mebibytes()).unwrap_or(128)
    }

    /// Returns whether something invokes the function without waiting for its answer.
    pub fn is_invoked_asynchronously(&self) -> bool {
        self.watches.is_some() || self.schedule.is_some()
    }

    /// Returns whether its failures have to go somewhere, since nobody waits for its answer.
    pub fn reports_failures(&self) -> bool {
        self.reads.is_some() || self.is_invoked_asynchronously()
    }
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
    /// How long the windows are over which the function aggregates, one after the other.
    pub tumbling: Option<Spanned<Seconds>>,
    /// How many batches of one shard run at a time.
    pub parallel: Option<Spanned<u64>>,
    /// How often a failing batch is tried again before its records are given up.
    pub retries: Option<Spanned<u64>>,
}

impl Reads {
    /// Returns the most records in one invocation, or Lambda's own.
    pub fn batch(&self) -> u64 {
        self.batch.as_ref().map_or(100, |batch| batch.value)
    }
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

/// The new objects of a bucket, of which a function is told.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Watches {
    pub bucket: Spanned<String>,
    /// How their keys begin.
    pub prefix: Option<Spanned<String>>,
    /// How their keys end.
    pub suffix: Option<Spanned<String>>,
}

/// The requests that a function answers through the stack's HTTP API.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    pub route: Spanned<Route>,
    /// Who may call it. It has no default, so that nothing is open without somebody having written so.
    pub auth: Auth,
    /// Requests a second that the route takes for long.
    pub rate: Option<Spanned<u64>>,
    /// Requests that it takes at once.
    pub burst: Option<Spanned<u64>>,
}

/// Requests a second, and at once, that a route takes unless the stack file says otherwise: enough to try it,
/// too few to be an expensive surprise.
pub const HTTP_RATE: u64 = 10;
pub const HTTP_BURST: u64 = 20;

impl Http {
    /// Returns how many requests a second the route takes for long.
    pub fn rate(&self) -> u64 {
        self.rate.as_ref().map_or(HTTP_RATE, |rate| rate.value)
    }
}

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Auth {
    /// Everyone.
    None,
    /// Callers who sign their requests and whose policies allow it.
    Iam,
}

/// Objects in which a function keeps what it knows from one invocation to the next.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    pub bucket: Spanned<String>,
    pub prefix: Spanned<String>,
    #[serde(default)]
    pub access: Access,
}

/// What a function may do with objects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    Read,
    #[default]
    ReadWrite,
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
