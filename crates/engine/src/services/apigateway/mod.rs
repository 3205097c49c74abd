//! API Gateway v2: HTTP APIs at a real URL on loopback, which invoke functions.
//!
//! `operations` turns requests into changes of an [`Api`](api::Api), which is kept whole under its id;
//! `visit` answers those who call the API itself. WebSocket APIs, REST APIs, authorizers and integrations
//! other than with functions are refused by name.

mod api;
mod integration;
mod operations;
mod resources;
mod route;
mod route_key;
mod settings;
mod stage;
mod throttle;
mod visit;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use async_trait::async_trait;
use http::{Request, Response};
use hyper::body::Incoming;
use sha2::{Digest, Sha256};

use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::resource::ResourceType;
use crate::services::Service;
use crate::store::{Store, StoreError, Table};
use crate::wire::{Body, rest_json};

use api::Api;
use throttle::Throttles;

/// The service's handle.
pub struct ApiGateway {
    table: Table<Api>,
    /// All APIs by id, as the table has them; an id is unique among accounts and regions.
    apis: RwLock<HashMap<String, Arc<Api>>>,
    changes: Mutex<()>,
    throttles: Throttles,
}

impl ApiGateway {
    pub(crate) fn open(store: &Store) -> Result<Self, StoreError> {
        let table: Table<Api> = store.table("apigateway-apis");
        let apis = table.scan("")?.into_iter().map(|(id, api)| (id, Arc::new(api))).collect();
        Ok(Self {
            table,
            apis: RwLock::new(apis),
            changes: Mutex::default(),
            throttles: Throttles::default(),
        })
    }

    fn by_id(&self, id: &str) -> Option<Arc<Api>> {
        self.apis.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Returns an API of the caller's account and region.
    fn api(&self, caller: &Caller, id: &str) -> Result<Arc<Api>, AwsError> {
        let own = |api: &Arc<Api>| api.account == caller.account && api.region == caller.region;
        self.by_id(id).filter(own).ok_or_else(|| {
            let message = format!("Invalid API identifier specified {}:{id}", caller.account);
            AwsError::new("NotFoundException", message).status(404)
        })
    }

    /// Returns the APIs of the caller's account and region, by id.
    fn apis_of(&self, caller: &Caller) -> Vec<Arc<Api>> {
        let apis = self.apis.read().unwrap_or_else(PoisonError::into_inner);
        let own = |api: &&Arc<Api>| api.account == caller.account && api.region == caller.region;
        let mut own: Vec<_> = apis.values().filter(own).cloned().collect();
        own.sort_by(|one, other| one.id.cmp(&other.id));
        own
    }

    fn store(&self, api: Api) -> Result<Arc<Api>, AwsError> {
        self.table.put(&api.id, &api)?;
        let api = Arc::new(api);
        let mut apis = self.apis.write().unwrap_or_else(PoisonError::into_inner);
        apis.insert(api.id.clone(), Arc::clone(&api));
        Ok(api)
    }

    /// Changes an API; changes happen one after the other.
    fn change<T>(
        &self,
        caller: &Caller,
        id: &str,
        change: impl FnOnce(&mut Api) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        let _changing = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut api = Api::clone(&*self.api(caller, id)?);
        let outcome = change(&mut api)?;
        self.store(api)?;
        Ok(outcome)
    }

    fn forget(&self, id: &str) -> Result<(), AwsError> {
        let _changing = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        self.table.remove(id)?;
        self.apis.write().unwrap_or_else(PoisonError::into_inner).remove(id);
        Ok(())
    }
}

/// Lets the caller do `method` on a path of API Gateway, which is how its actions are named.
fn permit(aws: &Aws, caller: &Caller, method: &str, path: &str) -> Result<(), AwsError> {
    let arn = format!("arn:aws:apigateway:{}::{path}", caller.region);
    aws.services.iam.authorize(caller, &format!("apigateway:{method}"), &arn, None, &[])
}

/// Returns an id of lower-case letters and digits; the same for the same `seed`.
fn id(seed: &str, length: usize) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz012345";
    let digest = Sha256::digest(seed);
    digest.iter().take(length).map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect()
}

fn random_id(length: usize) -> String {
    id(&uuid::Uuid::new_v4().to_string(), length)
}

fn bad_request(message: impl Into<String>) -> AwsError {
    AwsError::new("BadRequestException", message)
}

fn conflict(message: impl Into<String>) -> AwsError {
    AwsError::new("ConflictException", message).status(409)
}

#[async_trait]
impl Service for ApiGateway {
    fn signing_name(&self) -> &'static str {
        "apigateway"
    }

    fn operations(&self) -> &'static [&'static str] {
        operations::OPERATIONS
    }

    async fn handle(&self, aws: &Arc<Aws>, caller: &Caller, request: Request<Incoming>) -> Response<Body> {
        rest_json::serve(request, |call| async move { self.answer(aws, caller, &call) }).await
    }

    fn resource_types(&self) -> Vec<Box<dyn ResourceType>> {
        resources::all()
    }
}
