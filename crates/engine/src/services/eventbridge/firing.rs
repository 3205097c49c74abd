//! From a moment or an event to the deliveries that rules owe to their targets.

use std::sync::Arc;

use serde_json::{Value, json};

use super::EventBridge;
use super::rule::Rule;
use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::delivery::{Delivery, Retry};
use crate::error::AwsError;
use crate::identity::{Caller, Principal};
use crate::wire::request_id;

impl EventBridge {
    /// Gives an event to the default bus of the caller's account and region; its deliveries are durable when
    /// this returns. Returns the event's id.
    pub fn accept(
        &self,
        aws: &Aws,
        caller: &Caller,
        source: &str,
        detail_type: &str,
        resources: &[String],
        detail: Value,
    ) -> Result<String, AwsError> {
        let now = aws.clock.now();
        let event = envelope(caller, source, detail_type, resources, detail, now);
        self.route(caller, &event, now)
    }

    /// Sends an event to the targets of every rule that it matches.
    pub(super) fn route(&self, caller: &Caller, event: &Value, now: Timestamp) -> Result<String, AwsError> {
        let id = event["id"].as_str().unwrap_or_default();
        let matching: Vec<Rule> =
            self.rules().values().filter(|rule| rule.is_for(caller, event)).cloned().collect();
        for rule in matching {
            self.deliver(&rule, event, id, now)?;
        }
        Ok(id.to_owned())
    }

    fn deliver(&self, rule: &Rule, event: &Value, id: &str, now: Timestamp) -> Result<(), AwsError> {
        for target in &rule.targets {
            let caller = Caller {
                account: rule.account.clone(),
                region: rule.region.clone(),
                principal: Principal::Service("events.amazonaws.com".to_owned()),
            };
            let policy = target.retry_policy.as_ref();
            let retry = Retry {
                retries: policy.and_then(|policy| policy.maximum_retry_attempts).unwrap_or(185),
                seconds: policy.and_then(|policy| policy.maximum_event_age_in_seconds).unwrap_or(86_400),
                dead_letters: target.dead_letter_config.as_ref().and_then(|config| config.arn.clone()),
            };
            let delivery = Delivery::new(caller, &target.arn, target.body(event), &rule.arn(), now);
            let delivery = Delivery { role_arn: target.role_arn.clone(), retry, ..delivery };
            self.deliveries.send(&format!("{}/{}/{id}", rule.path(), target.id), delivery)?;
        }
        Ok(())
    }

    /// Fires rules on schedules from now on.
    pub(super) fn keep_schedules(&self, aws: &Arc<Aws>) {
        self.pass_over(aws.clock.now());
        let task = Arc::clone(aws);
        aws.spawn(async move {
            let bus = &task.services.eventbridge;
            loop {
                let changed = bus.changed.notified();
                if let Err(error) = bus.fire(task.clock.now()) {
                    tracing::error!(%error, "rules on schedules could not fire");
                    task.clock.sleep(std::time::Duration::from_secs(60)).await;
                }
                let due = bus.rules().values().filter_map(Rule::due).min();
                match due {
                    None => changed.await,
                    Some(due) => tokio::select! {
                        () = changed => {}
                        () = task.clock.sleep_until(due) => {}
                    },
                }
            }
        });
    }

    /// Forgets the moments that passed while the engine did not run.
    fn pass_over(&self, now: Timestamp) {
        self.rules().values_mut().for_each(|rule| rule.fired = rule.fired.max(now));
    }

    /// Fires every rule for each moment until `now` that it has not fired for.
    fn fire(&self, now: Timestamp) -> Result<(), AwsError> {
        loop {
            let next = {
                let rules = self.rules();
                let due = rules.values().filter_map(|rule| Some((rule.due()?, rule)));
                due.filter(|(due, _)| *due <= now)
                    .min_by_key(|(due, _)| *due)
                    .map(|(due, rule)| (due, rule.clone()))
            };
            let Some((due, mut rule)) = next else { return Ok(()) };
            let caller = Caller::administrator(&rule.account, &rule.region);
            let event = envelope(&caller, "aws.events", "Scheduled Event", &[rule.arn()], json!({}), due);
            // The same moment gives the same id, so that one that was interrupted is not owed twice.
            self.deliver(&rule, &event, &due.0.to_string(), due)?;
            rule.fired = due;
            let mut rules = self.rules();
            // A rule that was changed or deleted meanwhile keeps what it is now.
            if let Some(current) = rules.get_mut(&rule.path()) {
                current.fired = current.fired.max(due);
                self.table.put(&rule.path(), current)?;
            }
        }
    }
}

/// Returns an event as targets get it.
pub fn envelope(
    caller: &Caller,
    source: &str,
    detail_type: &str,
    resources: &[String],
    detail: Value,
    time: Timestamp,
) -> Value {
    json!({
        "version": "0",
        "id": request_id(),
        "detail-type": detail_type,
        "source": source,
        "account": caller.account,
        "time": time.format("%Y-%m-%dT%H:%M:%SZ"),
        "region": caller.region,
        "resources": resources,
        "detail": detail,
    })
}
