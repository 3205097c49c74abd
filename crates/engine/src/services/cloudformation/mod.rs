//! CloudFormation: templates become stacks, in order, and back again when a resource fails.
//!
//! A request becomes a checked [`stack::Blueprint`]; `changes` compares it with the stack, and `provision` carries
//! it out through the resource types of the other services. It does not know what those types mean.

mod capabilities;
mod change_set;
mod changes;
mod coerce;
mod custom;
mod design;
mod diff;
mod drift;
mod dynamic;
mod events;
mod existing;
mod exports;
mod macros;
mod operations;
mod own_types;
mod placeholder;
mod provision;
mod recreation;
mod registry;
mod secrets;
mod ssm_parameters;
mod stack;
mod stack_resource;
mod status;
mod template;
mod template_source;
mod vocabulary;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use http::{Request, Response};
use hyper::body::Incoming;
use rand::Rng;

use crate::aws::Aws;
use crate::identity::Caller;
use crate::resource::ResourceType;
use crate::services::Service;
use crate::store::{Store, StoreError};
use crate::wire::{self, Body};
use custom::Correspondence;
pub use custom::Letter;
use registry::Registry;

const NAMESPACE: &str = "http://cloudformation.amazonaws.com/doc/2010-05-15/";

/// The service's handle.
pub struct CloudFormation {
    registry: Registry,
    correspondence: Correspondence,
    /// The resource types of all services, by name; gathered when first needed.
    resource_types: OnceLock<HashMap<&'static str, Box<dyn ResourceType>>>,
}

impl CloudFormation {
    pub(crate) fn open(store: &Store) -> Result<Self, StoreError> {
        let correspondence = Correspondence::open_store(store)?;
        Ok(Self { registry: Registry::open(store)?, correspondence, resource_types: OnceLock::new() })
    }

    /// Returns the resource type of that name, if a service has it.
    fn resource_type(&self, aws: &Aws, name: &str) -> Option<&dyn ResourceType> {
        let gather = || {
            let types = aws.services.all().into_iter().flat_map(Service::resource_types);
            types.map(|resource_type| (resource_type.type_name(), resource_type)).collect()
        };
        let types = self.resource_types.get_or_init(gather);
        types.get(custom::provided_name(name)).map(|resource_type| &**resource_type)
    }
}

#[async_trait]
impl Service for CloudFormation {
    fn signing_name(&self) -> &'static str {
        "cloudformation"
    }

    fn operations(&self) -> &'static [&'static str] {
        operations::OPERATIONS
    }

    async fn handle(&self, aws: &Arc<Aws>, caller: &Caller, request: Request<Incoming>) -> Response<Body> {
        wire::query::serve(
            request,
            NAMESPACE,
            |call| async move { operations::answer(aws, caller, &call).await },
        )
        .await
    }

    fn resource_types(&self) -> Vec<Box<dyn ResourceType>> {
        own_types::all()
    }

    fn start(&self, aws: &Arc<Aws>) {
        let interrupted: Vec<String> = self.registry.read(|state| {
            let stacks = state.stacks.values().filter(|stack| stack.operation.is_some());
            stacks.map(|stack| stack.id.clone()).collect()
        });
        for stack_id in interrupted {
            provision::start(aws, &stack_id);
        }
    }
}

/// Returns letters and digits that make a generated name unique, as many as AWS takes.
fn suffix() -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let mut random = rand::rng();
    (0..12).map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())])).collect()
}
