//! ECR: private repositories for container images, with their policies and tags.
//!
//! A repository is there as a resource that other tools make and look up, such as the one of the CDK's bootstrap
//! stack. Images can be neither pushed nor pulled: every operation on them is refused by its name.

mod operations;
mod repository;
mod resource;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use http::{Request, Response};
use hyper::body::Incoming;

use self::repository::Repository;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::resource::ResourceType;
use crate::services::Service;
use crate::store::{Store, StoreError, Table};
use crate::wire::{self, Body};

/// The service's handle.
pub struct Ecr {
    table: Table<Repository>,
    repositories: Mutex<BTreeMap<String, Repository>>,
}

impl Ecr {
    pub(crate) fn open(store: &Store) -> Result<Self, StoreError> {
        let table: Table<Repository> = store.table("ecr-repository");
        Ok(Self { repositories: Mutex::new(table.scan("")?.into_iter().collect()), table })
    }

    fn repositories(&self) -> MutexGuard<'_, BTreeMap<String, Repository>> {
        self.repositories.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn repository(&self, caller: &Caller, name: &str) -> Result<Repository, AwsError> {
        let found = self.repositories().get(&key(caller, name)).cloned();
        found.ok_or_else(|| repository::not_found(caller, name))
    }

    /// Stores a repository that is new.
    fn add(&self, caller: &Caller, repository: Repository) -> Result<(), AwsError> {
        let mut repositories = self.repositories();
        let key = key(caller, &repository.name);
        if repositories.contains_key(&key) {
            return Err(repository::exists(caller, &repository.name));
        }
        self.table.put(&key, &repository)?;
        repositories.insert(key, repository);
        Ok(())
    }

    /// Changes a repository that exists; it is written before anybody sees it.
    fn change<T>(
        &self,
        caller: &Caller,
        name: &str,
        change: impl FnOnce(&mut Repository) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        let mut repositories = self.repositories();
        let key = key(caller, name);
        let found = repositories.get(&key).cloned();
        let mut repository = found.ok_or_else(|| repository::not_found(caller, name))?;
        let result = change(&mut repository)?;
        self.table.put(&key, &repository)?;
        repositories.insert(key, repository);
        Ok(result)
    }

    /// Changes what cannot be refused.
    fn set(&self, caller: &Caller, name: &str, set: impl FnOnce(&mut Repository)) -> Result<(), AwsError> {
        self.change(caller, name, |repository| {
            set(repository);
            Ok(())
        })
    }

    /// Forgets a repository and returns it.
    fn remove(&self, caller: &Caller, name: &str) -> Result<Repository, AwsError> {
        let mut repositories = self.repositories();
        let key = key(caller, name);
        if !repositories.contains_key(&key) {
            return Err(repository::not_found(caller, name));
        }
        self.table.remove(&key)?;
        repositories.remove(&key).ok_or_else(|| repository::not_found(caller, name))
    }
}

fn key(caller: &Caller, name: &str) -> String {
    format!("{}{name}", caller.scope())
}

#[async_trait]
impl Service for Ecr {
    fn signing_name(&self) -> &'static str {
        "ecr"
    }

    fn operations(&self) -> &'static [&'static str] {
        operations::OPERATIONS
    }

    async fn handle(&self, aws: &Arc<Aws>, caller: &Caller, request: Request<Incoming>) -> Response<Body> {
        wire::json::serve(request, async |call| operations::answer(self, aws, caller, &call)).await
    }

    fn resource_types(&self) -> Vec<Box<dyn ResourceType>> {
        vec![Box::new(resource::RepositoryType)]
    }
}
