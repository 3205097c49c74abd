//! Parameter Store of Systems Manager: parameters with versions and tags, secure ones among them.
//!
//! Requests in AWS JSON become operations in [`operations`]. A secure value is shown as it is only to who asks for
//! its decryption; keys of KMS other than AWS's own are refused by name, as are policies and labels. Nothing else
//! of Systems Manager is here.

mod listing;
mod name;
mod operations;
mod parameter;
mod reading;
mod resource;
mod tags;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use http::{Request, Response};
use hyper::body::Incoming;

use self::parameter::Parameter;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::resource::ResourceType;
use crate::services::Service;
use crate::store::{Store, StoreError, Table};
use crate::wire::{self, Body};

pub use parameter::{Kind, Stored};

/// The service's handle.
pub struct Ssm {
    table: Table<Parameter>,
    parameters: Mutex<BTreeMap<String, Parameter>>,
}

impl Ssm {
    pub(crate) fn open(store: &Store) -> Result<Self, StoreError> {
        let table: Table<Parameter> = store.table("ssm-parameter");
        Ok(Self { parameters: Mutex::new(table.scan("")?.into_iter().collect()), table })
    }

    fn parameters(&self) -> MutexGuard<'_, BTreeMap<String, Parameter>> {
        self.parameters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes a parameter that exists; it is written before anybody sees it.
    fn change<T>(
        &self,
        caller: &Caller,
        name: &str,
        absent: impl FnOnce() -> AwsError,
        change: impl FnOnce(&mut Parameter) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        let mut parameters = self.parameters();
        let key = key(caller, name);
        let mut parameter = parameters.get(&key).cloned().ok_or_else(absent)?;
        let result = change(&mut parameter)?;
        self.table.put(&key, &parameter)?;
        parameters.insert(key, parameter);
        Ok(result)
    }

    fn parameter(&self, caller: &Caller, name: &str) -> Option<Parameter> {
        self.parameters().get(&key(caller, name)).cloned()
    }
}

fn key(caller: &Caller, name: &str) -> String {
    format!("{}{name}", caller.scope())
}

/// Refuses a parameter that is not there; AWS says no more than the code.
fn not_found() -> AwsError {
    AwsError::new("ParameterNotFound", "")
}

#[async_trait]
impl Service for Ssm {
    fn signing_name(&self) -> &'static str {
        "ssm"
    }

    fn operations(&self) -> &'static [&'static str] {
        operations::OPERATIONS
    }

    async fn handle(&self, aws: &Arc<Aws>, caller: &Caller, request: Request<Incoming>) -> Response<Body> {
        wire::json::serve(request, async |call| operations::answer(self, aws, caller, &call)).await
    }

    fn resource_types(&self) -> Vec<Box<dyn ResourceType>> {
        vec![Box::new(resource::ParameterResource)]
    }
}
