//! Lambda: functions as child processes of their real `bootstrap`, and what invokes them.
//!
//! Requests become operations in [`route`], functions live in a table and their code in a folder, `execution`
//! runs them, `queue` holds asynchronous events, and `mapping` feeds them from Kinesis. `version`, `alias`,
//! `layer` and `url` are what their names say. Images are refused by name.

mod accept;
mod alias;
mod change;
mod code;
mod concurrency;
mod create;
mod describe;
mod destination;
mod event;
mod execution;
mod function;
mod invoke;
mod invoke_config;
mod layer;
mod mapping;
mod name;
mod package;
mod paging;
mod permission;
mod queue;
mod resources;
mod route;
mod route_published;
mod settings;
mod tags;
mod url;
mod version;
mod visit;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use http::{Request, Response};
use hyper::body::Incoming;

pub use self::package::Download;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::resource::ResourceType;
use crate::services::Service;
use crate::store::{Store, StoreError, Table};
use crate::wire::{Body, rest_json};

use execution::Pools;
use function::Function;
use name::FunctionKey;

pub use invoke::Invocation;

/// The service's handle.
pub struct Lambda {
    functions: Table<Function>,
    versions: Table<Function>,
    aliases: Table<alias::Alias>,
    layers: Table<layer::LayerVersion>,
    urls: Table<url::FunctionUrl>,
    events: Table<queue::Event>,
    invoke_configs: Table<invoke_config::InvokeConfig>,
    mappings: mapping::Mappings,
    folder: PathBuf,
    pools: Pools,
    links: package::Links,
    changes: Mutex<()>,
}

impl Lambda {
    pub(crate) fn open(store: &Store, folder: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            functions: store.table("lambda-functions"),
            versions: store.table("lambda-versions"),
            aliases: store.table("lambda-aliases"),
            layers: store.table("lambda-layers"),
            urls: store.table("lambda-urls"),
            events: store.table("lambda-events"),
            invoke_configs: store.table("lambda-invoke-configs"),
            mappings: mapping::Mappings::open(store),
            folder: folder.to_owned(),
            pools: Pools::new(folder.to_owned()).map_err(fjall::Error::from)?,
            links: package::Links::new(),
            changes: Mutex::default(),
        })
    }

    /// Returns a function.
    fn function(&self, key: &FunctionKey) -> Result<Function, AwsError> {
        self.find(key)?.ok_or_else(|| key.not_found())
    }

    /// Returns a function, a version, or what an alias stands for, if there is one.
    fn find(&self, key: &FunctionKey) -> Result<Option<Function>, AwsError> {
        match &key.qualifier {
            None => Ok(self.functions.get(&key.path())?),
            Some(qualifier) => self.find_qualified(key, qualifier),
        }
    }

    /// Returns a function on which the caller may do `action`.
    fn authorized(
        &self,
        aws: &Aws,
        caller: &Caller,
        action: &str,
        key: &FunctionKey,
    ) -> Result<Function, AwsError> {
        self.authorized_for(aws, caller, action, key, &[])
    }

    /// Returns a function on which the caller may do `action`, given what is known of the request.
    fn authorized_for(
        &self,
        aws: &Aws,
        caller: &Caller,
        action: &str,
        key: &FunctionKey,
        context: &[(&str, &str)],
    ) -> Result<Function, AwsError> {
        let function = self.find(key)?;
        let policy = function.as_ref().and_then(Function::policy);
        aws.services.iam.authorize(caller, action, &key.arn(), policy.as_ref(), context)?;
        function.ok_or_else(|| key.not_found())
    }

    /// Changes a function; changes happen one after the other.
    fn change(
        &self,
        key: &FunctionKey,
        change: impl FnOnce(&mut Function) -> Result<(), AwsError>,
    ) -> Result<Function, AwsError> {
        let _changing = self.changing();
        // What is published does not change any more.
        let mut function = self.functions.get(&key.path())?.ok_or_else(|| key.not_found())?;
        change(&mut function)?;
        self.functions.put(&key.path(), &function)?;
        Ok(function)
    }

    fn changing(&self) -> MutexGuard<'_, ()> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Service for Lambda {
    fn signing_name(&self) -> &'static str {
        "lambda"
    }

    fn operations(&self) -> &'static [&'static str] {
        route::OPERATIONS
    }

    async fn handle(&self, aws: &Arc<Aws>, caller: &Caller, request: Request<Incoming>) -> Response<Body> {
        rest_json::serve(request, |call| self.answer(aws, caller, call)).await
    }

    fn resource_types(&self) -> Vec<Box<dyn ResourceType>> {
        resources::all()
    }

    fn start(&self, aws: &Arc<Aws>) {
        // Nothing runs yet, so nothing uses an earlier package.
        for (_, function) in self.functions.scan("").unwrap_or_default() {
            let versions = self.versions_of(&function.key).unwrap_or_default();
            let used: Vec<_> = versions.iter().chain([&function]).map(|one| &one.code).collect();
            code::sweep(&self.folder, &function.key, &used);
        }
        self.sweep_layers();
        if let Err(error) = self.resume_events(aws).and_then(|()| self.resume_mappings(aws)) {
            tracing::error!(%error, "what Lambda had under way could not be resumed");
        }
        let ending = Arc::downgrade(aws);
        let shutdown = aws.shutdown_token();
        tokio::spawn(async move {
            loop {
                let stopping =
                    tokio::time::timeout(Duration::from_secs(30), shutdown.cancelled()).await.is_ok();
                let Some(aws) = ending.upgrade() else { return };
                if stopping {
                    return aws.services.lambda.pools.end_all();
                }
                aws.services.lambda.pools.end_idle();
            }
        });
    }
}
