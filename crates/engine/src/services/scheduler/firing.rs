//! From a schedule's moment to the delivery that it owes to its target.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::Scheduler;
use super::schedule::Schedule;
use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::delivery::{Delivery, Retry};
use crate::error::AwsError;
use crate::identity::{Caller, Principal};
use crate::wire::request_id;

/// The service's principal, which roles of schedules must trust.
pub const PRINCIPAL: &str = "scheduler.amazonaws.com";

impl Scheduler {
    /// Fires schedules from now on.
    pub(super) fn keep(&self, aws: &Arc<Aws>) {
        let now = aws.clock.now();
        self.schedules().values_mut().for_each(|schedule| schedule.pass_over(now));
        let task = Arc::clone(aws);
        aws.spawn(async move {
            let scheduler = &task.services.scheduler;
            loop {
                let changed = scheduler.changed.notified();
                if let Err(error) = scheduler.fire(task.clock.now()) {
                    tracing::error!(%error, "schedules could not fire");
                    task.clock.sleep(Duration::from_secs(60)).await;
                }
                let due = scheduler.schedules().values().filter_map(Schedule::due).min();
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

    /// Fires every schedule for each moment until `now` that it has not fired for.
    fn fire(&self, now: Timestamp) -> Result<(), AwsError> {
        let mut schedules = self.schedules();
        loop {
            let due = schedules.iter().filter_map(|(key, schedule)| Some((schedule.due()?, key)));
            let next = due.filter(|(due, _)| *due <= now).min().map(|(due, key)| (due, key.clone()));
            let Some((due, key)) = next else { return Ok(()) };
            let Some(schedule) = schedules.get_mut(&key) else { return Ok(()) };
            // The same moment gives the same id, so that one that was interrupted is not owed twice.
            self.deliveries.send(&format!("{key}/{}", due.0), delivery(schedule, due))?;
            schedule.fired = Some(due);
            let is_over = schedule.is_complete()
                && schedule.settings.action_after_completion.as_deref() == Some("DELETE");
            if is_over {
                self.table.remove(&key)?;
                schedules.remove(&key);
            } else {
                self.table.put(&key, schedule)?;
            }
        }
    }
}

fn delivery(schedule: &Schedule, due: Timestamp) -> Delivery {
    let target = schedule.settings.target.clone().unwrap_or_default();
    let policy = target.retry_policy.unwrap_or_default();
    let caller = Caller {
        account: schedule.account.clone(),
        region: schedule.region.clone(),
        principal: Principal::Service(PRINCIPAL.to_owned()),
    };
    let time = due.format("%Y-%m-%dT%H:%M:%SZ");
    let body = match target.input {
        Some(input) => input
            .replace("<aws.scheduler.schedule-arn>", &schedule.arn())
            .replace("<aws.scheduler.scheduled-time>", &time)
            .replace("<aws.scheduler.execution-id>", &request_id()),
        None => json!({
            "version": "0",
            "id": request_id(),
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": schedule.account,
            "time": time,
            "region": schedule.region,
            "resources": [schedule.arn()],
            // A text, unlike in the events of rules.
            "detail": "{}",
        })
        .to_string(),
    };
    let source = group_arn(&schedule.account, &schedule.region);
    let retry = Retry {
        retries: policy.maximum_retry_attempts.unwrap_or(185),
        seconds: policy.maximum_event_age_in_seconds.unwrap_or(86_400),
        dead_letters: target.dead_letter_config.and_then(|config| config.arn),
    };
    Delivery {
        role_arn: Some(target.role_arn),
        retry,
        ..Delivery::new(caller, &target.arn, body, &source, due)
    }
}

/// Returns the ARN of the default group, which is what a role's trust policy sees as the source.
pub fn group_arn(account: &str, region: &str) -> String {
    format!("arn:aws:scheduler:{region}:{account}:schedule-group/default")
}
