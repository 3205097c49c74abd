//! EventBridge Scheduler: schedules that invoke a target with a role of their own.
//!
//! The default group is there, with functions, queues and topics as targets. A moment that passes while the
//! engine does not run is passed over, unless it is the only one.

mod firing;
mod operations;
mod resource;
mod schedule;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use http::{Request, Response};
use hyper::body::Incoming;
use tokio::sync::Notify;

use self::schedule::Schedule;
use crate::aws::Aws;
use crate::delivery::Deliveries;
use crate::identity::Caller;
use crate::resource::ResourceType;
use crate::services::Service;
use crate::store::{Store, StoreError, Table};
use crate::wire::{Body, rest_json};

/// The service's handle.
pub struct Scheduler {
    table: Table<Schedule>,
    schedules: Mutex<BTreeMap<String, Schedule>>,
    deliveries: Deliveries,
    /// Told when a schedule may have changed.
    changed: Notify,
}

impl Scheduler {
    pub(crate) fn open(store: &Store) -> Result<Self, StoreError> {
        let table: Table<Schedule> = store.table("scheduler-schedule");
        Ok(Self {
            schedules: Mutex::new(table.scan("")?.into_iter().collect()),
            table,
            deliveries: Deliveries::open(store, "scheduler-delivery"),
            changed: Notify::new(),
        })
    }

    fn schedules(&self) -> MutexGuard<'_, BTreeMap<String, Schedule>> {
        self.schedules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Service for Scheduler {
    fn signing_name(&self) -> &'static str {
        "scheduler"
    }

    fn operations(&self) -> &'static [&'static str] {
        &["CreateSchedule", "DeleteSchedule", "GetSchedule", "ListSchedules", "UpdateSchedule"]
    }

    async fn handle(&self, aws: &Arc<Aws>, caller: &Caller, request: Request<Incoming>) -> Response<Body> {
        rest_json::serve(request, async |call| self.answer(aws, caller, &call)).await
    }

    fn resource_types(&self) -> Vec<Box<dyn ResourceType>> {
        vec![Box::new(resource::ScheduleResource)]
    }

    fn start(&self, aws: &Arc<Aws>) {
        self.deliveries.start(aws);
        self.keep(aws);
    }
}
