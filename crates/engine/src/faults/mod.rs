//! Faults on demand: what a faults file orders, done to requests, resources and deliveries.
//!
//! A [`FaultPlan`] says what goes wrong, [`Faults`] counts what could and decides. Whether a rule strikes follows
//! from the plan's seed, the rule's place in the plan, and how many calls it has matched before, so that a failure
//! can be replayed. The services know nothing of rules: the front door asks for every request, CloudFormation for
//! every call of a resource type, and the two that deliver streams for every batch.

mod delivery;
mod door;
mod draw;
mod operation;
mod plan;
mod strike;
mod throttle;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hydrant_cfn::iam::matches;

pub use door::{Late, Lost, Passage, Pending, pass_pending};
pub use plan::{FaultPlan, PlanError};
pub use strike::Strike;

use crate::error::AwsError;
use crate::resource::ResourceRequest;
use draw::Draw;
use plan::{Deliverer, DeliveryFault, ResourceRule, When};

/// What CloudFormation is about to do to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResourceAction {
    Create,
    Update,
    Delete,
}

/// A plan at work: its rules, and how many calls each has matched.
#[derive(Debug)]
pub struct Faults {
    plan: FaultPlan,
    requests: Vec<AtomicU64>,
    resources: Vec<AtomicU64>,
    deliveries: Vec<AtomicU64>,
    struck: Mutex<Vec<Strike>>,
}

impl Faults {
    pub(crate) fn new(plan: FaultPlan) -> Self {
        let counters = |count: usize| (0..count).map(|_| AtomicU64::new(0)).collect();
        Self {
            requests: counters(plan.requests.len()),
            resources: counters(plan.resources.len()),
            deliveries: counters(plan.deliveries.len()),
            struck: Mutex::default(),
            plan,
        }
    }

    /// Counts a call that a rule matches, and returns the call's draw when the rule strikes.
    fn strikes(&self, counters: &[AtomicU64], section: u64, place: usize, when: &When) -> Option<Draw> {
        let count = counters[place].fetch_add(1, Ordering::Relaxed) + 1;
        let draw = Draw::new(self.plan.seed, section, place, count);
        when.strikes(count, draw).then_some(draw)
    }

    /// Lets a call of a resource type wait, and returns how it fails, as the plan says.
    pub(crate) async fn of_resource(
        &self,
        action: ResourceAction,
        type_name: &str,
        request: &ResourceRequest<'_>,
    ) -> Result<(), AwsError> {
        let (wait, failure) = self.decide_resource(action, type_name, request);
        tokio::time::sleep(wait).await;
        let Some(rule) = failure else { return Ok(()) };
        tracing::warn!(resource = request.logical_id, ?action, "a resource fails, as the faults file says");
        Err(AwsError::new(rule.code.clone(), rule.message.clone()).status(rule.status))
    }

    /// Counts the call for every rule that matches it. Waits add up; of the rest the first that strikes decides.
    fn decide_resource(
        &self,
        action: ResourceAction,
        type_name: &str,
        request: &ResourceRequest<'_>,
    ) -> (Duration, Option<&ResourceRule>) {
        let (mut wait, mut failure) = (Duration::ZERO, None);
        for (place, rule) in self.plan.resources.iter().enumerate() {
            let fits = rule.on.is_none_or(|on| on == action)
                && matches(&rule.resource_type, type_name)
                && matches(&rule.logical_id, request.logical_id)
                && matches(&rule.stack, request.stack_name);
            let Some(draw) = fits.then(|| self.strikes(&self.resources, 2, place, &rule.when())).flatten()
            else {
                continue;
            };
            match &rule.slow {
                Some(latency) => wait += latency.of(draw.next()),
                None => failure = failure.or(Some(rule)),
            }
        }
        (wait, failure)
    }

    /// Returns the draw of a delivery that a rule for this fault strikes.
    fn of_delivery(&self, by: Deliverer, name: &str, fault: DeliveryFault) -> Option<Draw> {
        let mut struck = None;
        for (place, rule) in self.plan.deliveries.iter().enumerate() {
            if rule.by == by && rule.fault == fault && matches(&rule.name, name) {
                let draw = self.strikes(&self.deliveries, 3, place, &rule.when());
                struck = struck.or(draw);
            }
        }
        struck
    }
}
