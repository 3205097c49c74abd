//! AWS for streaming pipelines, on one machine.
//!
//! [`Engine::start`] opens a state folder and answers CloudFormation, Kinesis, Firehose, S3, Lambda,
//! IAM, STS and Logs on one loopback port, over the wire protocols that every AWS SDK speaks. It knows
//! CloudFormation through `hydrant_cfn` and nothing of the `hydrant` program, so any Rust test can use it.
//!
//! The way of a request: `http` accepts it and works out the [`Caller`], `wire` decodes the protocol,
//! a folder in `services` decides, and `store` keeps what was acknowledged. What happens by itself
//! (delivery, polling, expiry) runs as tasks on the engine's [`Clock`].

mod aws;
mod clock;
mod config;
mod delivery;
mod engine;
mod error;
mod faults;
mod http;
mod identity;
mod pattern;
mod resource;
mod schedule;
pub mod services;
mod store;
mod supported;
mod wire;

pub use aws::Aws;
pub use clock::{Clock, Timestamp};
pub use config::{Config, Limits};
pub use engine::{Engine, StartError};
pub use error::AwsError;
pub use faults::{FaultPlan, PlanError, Strike};
pub use identity::{Caller, Principal};
pub use supported::Supported;
