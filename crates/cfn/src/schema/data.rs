//! The file of AWS's resource schemas, as `cargo xtask schemas` writes it.

use super::ResourceSchema;
use crate::frozen::{Frozen, List, Object};

/// Frozen: an object with the members that the functions here read.
static BYTES: &[u8] = include_bytes!("../../data/aws.frozen");

/// Where the data come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// What was downloaded, such as `cfn-lint==1.58.0`.
    pub requirement: &'static str,
    /// SHA-256 of the downloaded file, in hexadecimal.
    pub sha256: &'static str,
    /// When the schemas were taken from AWS, as `2026-10-20T22:11:15Z`.
    pub date: &'static str,
}

/// Returns where the data come from.
pub fn source() -> Source {
    let text = |name: &str| section("source").and_then(|source| source.get(name)?.text()).unwrap_or_default();
    Source { requirement: text("requirement"), sha256: text("sha256"), date: text("date") }
}

/// Returns a part of the data by its name.
pub(crate) fn section(name: &str) -> Option<Object<'static>> {
    root(name)?.object()
}

/// Returns a part of the data that is a schema by its name.
pub(crate) fn root(name: &str) -> Option<Frozen<'static>> {
    Frozen::root(BYTES).object()?.get(name)
}

/// Returns AWS's schema of a resource type, or nothing for a type that AWS does not have.
pub fn of(type_name: &str) -> Option<ResourceSchema> {
    of_section("types", type_name)
}

/// Returns the schema of a type that AWS's serverless transform turns into others.
pub fn of_serverless(type_name: &str) -> Option<ResourceSchema> {
    of_section("serverless", type_name)
}

fn of_section(name: &str, type_name: &str) -> Option<ResourceSchema> {
    section(name)?.entry(type_name).map(|(name, members)| ResourceSchema::new(name, members))
}

/// Returns the names of all types that [`of`] knows, in order.
pub fn type_names() -> impl Iterator<Item = &'static str> {
    section("types").into_iter().flat_map(Object::iter).map(|(name, _)| name)
}

/// Returns the regions that the schemas know, in the order of their names.
pub fn region_names() -> impl Iterator<Item = &'static str> {
    let regions = Frozen::root(BYTES).object().and_then(|root| root.get("regions")?.list());
    regions.into_iter().flat_map(List::texts)
}
