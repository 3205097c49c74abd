//! IAM: roles, users and policies, and the decision who may do what.
//!
//! Query operations and CloudFormation's resource types change roles, users, access keys and managed policies here; every service
//! asks [`Iam::authorize`], and services that act for a role ask [`Iam::assume_role`]. How policies decide is
//! `hydrant_cfn::iam`'s. Groups, instance profiles and permission boundaries are not here. IAM is global: what it
//! knows belongs to an account, not to a region.

mod access_keys;
mod authorize;
mod documents;
mod holders;
mod managed;
mod names;
mod operations;
mod page;
mod policies;
mod resources;
mod roles;
mod sessions;
mod state;
#[cfg(test)]
mod tests;
mod users;

use std::sync::{Arc, OnceLock, RwLock};

use async_trait::async_trait;
use http::{Request, Response};
use hyper::body::Incoming;

use crate::aws::Aws;
use crate::clock::{Clock, Timestamp};
use crate::identity::Caller;
use crate::resource::ResourceType;
use crate::services::Service;
use crate::store::{Store, StoreError};
use crate::wire::{self, Body};

pub use sessions::SessionCredentials;

const NAMESPACE: &str = "https://iam.amazonaws.com/doc/2010-05-08/";

/// The service's handle.
pub struct Iam {
    state: RwLock<state::State>,
    tables: state::Tables,
    clock: OnceLock<Clock>,
}

impl Iam {
    pub(crate) fn open(store: &Store) -> Result<Self, StoreError> {
        let tables = state::Tables {
            roles: store.table("iam-roles"),
            users: store.table("iam-users"),
            policies: store.table("iam-policies"),
            sessions: store.table("iam-sessions"),
            access_keys: store.table("iam-access-keys"),
        };
        let state = RwLock::new(state::State::load(&tables)?);
        Ok(Self { state, tables, clock: OnceLock::new() })
    }

    /// Returns the time, which the engine gives when it starts the service.
    fn now(&self) -> Timestamp {
        self.clock.get().map_or(Timestamp(0), Clock::now)
    }
}

#[async_trait]
impl Service for Iam {
    fn signing_name(&self) -> &'static str {
        "iam"
    }

    fn operations(&self) -> &'static [&'static str] {
        operations::OPERATIONS
    }

    async fn handle(&self, _aws: &Arc<Aws>, caller: &Caller, request: Request<Incoming>) -> Response<Body> {
        wire::query::serve(request, NAMESPACE, async |call| self.operate(caller, &call)).await
    }

    fn resource_types(&self) -> Vec<Box<dyn ResourceType>> {
        resources::all()
    }

    fn start(&self, aws: &Arc<Aws>) {
        // An engine starts its services once.
        let _ = self.clock.set(aws.clock.clone());
    }
}
