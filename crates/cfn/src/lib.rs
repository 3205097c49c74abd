//! CloudFormation as data.
//!
//! Text becomes a tree whose every key and value knows its place ([`yaml`]), a tree becomes a [`template`]
//! with parameters, conditions, resources and outputs, and from it follow dependencies, resolved values,
//! findings ([`lint`]) and decisions about who may do what ([`iam`]). Resource types are described by AWS's own
//! schemas ([`schema`]), and by what services ask of properties together ([`invariants`]). Nothing here opens a socket, reads a clock or knows an async runtime.

pub mod access;
pub mod frozen;
pub mod iam;
pub mod invariants;
pub mod lint;
pub mod runtimes;
pub mod schema;
pub mod serverless;
pub mod template;
pub mod yaml;
