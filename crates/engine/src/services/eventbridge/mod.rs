//! EventBridge: rules that fire on a schedule or on an event, and their targets.
//!
//! The default event bus of each account and region is there, with functions, queues and topics as targets.
//! A moment that passes while the engine does not run is passed over.

mod firing;
mod operations;
mod resource;
mod rule;
mod tags;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use http::{Request, Response};
use hyper::body::Incoming;
use tokio::sync::Notify;

use self::rule::Rule;
use crate::aws::Aws;
use crate::delivery::Deliveries;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::resource::ResourceType;
use crate::services::Service;
use crate::store::{Store, StoreError, Table};
use crate::wire::{self, Body};

/// The service's handle.
pub struct EventBridge {
    table: Table<Rule>,
    rules: Mutex<BTreeMap<String, Rule>>,
    deliveries: Deliveries,
    /// Told when a schedule may have changed.
    changed: Notify,
}

impl EventBridge {
    pub(crate) fn open(store: &Store) -> Result<Self, StoreError> {
        let table: Table<Rule> = store.table("events-rule");
        Ok(Self {
            rules: Mutex::new(table.scan("")?.into_iter().collect()),
            table,
            deliveries: Deliveries::open(store, "events-delivery"),
            changed: Notify::new(),
        })
    }

    fn rules(&self) -> MutexGuard<'_, BTreeMap<String, Rule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes a rule that exists; it is written before anybody sees it.
    fn change<T>(
        &self,
        caller: &Caller,
        name: &str,
        change: impl FnOnce(&mut Rule) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        let mut rules = self.rules();
        let key = format!("{}{name}", caller.scope());
        let mut rule = rules.get(&key).cloned().ok_or_else(|| not_found(name))?;
        let result = change(&mut rule)?;
        self.table.put(&key, &rule)?;
        rules.insert(key, rule);
        drop(rules);
        self.changed.notify_one();
        Ok(result)
    }

    fn rule(&self, caller: &Caller, name: &str) -> Result<Rule, AwsError> {
        let key = format!("{}{name}", caller.scope());
        self.rules().get(&key).cloned().ok_or_else(|| not_found(name))
    }
}

fn not_found(name: &str) -> AwsError {
    AwsError::new("ResourceNotFoundException", format!("Rule {name} does not exist on EventBus default."))
}

#[async_trait]
impl Service for EventBridge {
    fn signing_name(&self) -> &'static str {
        "events"
    }

    fn operations(&self) -> &'static [&'static str] {
        operations::OPERATIONS
    }

    async fn handle(&self, aws: &Arc<Aws>, caller: &Caller, request: Request<Incoming>) -> Response<Body> {
        wire::json::serve(request, async |call| operations::answer(self, aws, caller, &call)).await
    }

    fn resource_types(&self) -> Vec<Box<dyn ResourceType>> {
        vec![Box::new(resource::RuleResource)]
    }

    fn start(&self, aws: &Arc<Aws>) {
        self.deliveries.start(aws);
        self.keep_schedules(aws);
    }
}
