//! What an engine has, said by its services themselves: the documentation is held to this, and so are the services.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::aws::Aws;
use crate::services::Service;

/// The operations and resource types of one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Supported {
    /// Name that requests for the service are signed with, such as `kinesis`.
    pub service: &'static str,
    /// Operations that it answers, by AWS's names, sorted.
    pub operations: Vec<&'static str>,
    /// Resource types that CloudFormation provisions there, by their names.
    pub resource_types: BTreeMap<&'static str, Properties>,
}

/// What a template may say of a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Properties {
    /// Properties that have an effect.
    pub properties: &'static [&'static str],
    /// Properties that are kept and shown, and have none.
    pub remembered: &'static [&'static str],
}

/// Returns what each service has, sorted by their names; services that have nothing yet are left out.
pub fn list(aws: &Aws) -> Vec<Supported> {
    let mut services: Vec<_> = aws.services.all().into_iter().map(of).collect();
    services.retain(|service| !service.operations.is_empty() || !service.resource_types.is_empty());
    services.sort_by_key(|service| service.service);
    services
}

fn of(service: &dyn Service) -> Supported {
    let mut operations = service.operations().to_vec();
    operations.sort_unstable();
    let types = service.resource_types();
    let described = types.iter().map(|one| {
        let properties = Properties { properties: one.properties(), remembered: one.remembered() };
        (one.type_name(), properties)
    });
    let resource_types = described.collect();
    Supported { service: service.signing_name(), operations, resource_types }
}
