//! What happened to alarms: made, changed, deleted, other states, and actions that were told.
//!
//! Kept for thirty days, as on AWS. Not confirmed on AWS: all members of `HistoryData`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::alarm::{Alarm, State};
use super::input::{Moment, read, whole};
use super::{CloudWatch, moment};
use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::identity::Caller;

const KEPT: i64 = 30 * 86_400_000;

/// Something that happened to an alarm.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Event {
    pub alarm: String,
    pub at: Timestamp,
    /// `ConfigurationUpdate`, `StateUpdate` or `Action`.
    pub kind: String,
    pub summary: String,
    pub data: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Asked {
    alarm_name: Option<String>,
    history_item_type: Option<String>,
    start_date: Option<Moment>,
    end_date: Option<Moment>,
    scan_by: Option<String>,
    #[serde(deserialize_with = "whole")]
    max_records: Option<i64>,
    next_token: Option<String>,
}

impl CloudWatch {
    /// Forgets what is older than AWS keeps it.
    pub(super) fn purge_history(&self, now: Timestamp) -> Result<(), AwsError> {
        for (key, event) in self.history.scan("")? {
            if event.at.0 < now.0 - KEPT {
                self.history.remove(&key)?;
            }
        }
        Ok(())
    }

    fn note(
        &self,
        alarm: &Alarm,
        at: Timestamp,
        kind: &str,
        summary: String,
        data: &Value,
    ) -> Result<(), AwsError> {
        let scope = format!("{}/{}/", alarm.metric.account, alarm.metric.region);
        let event =
            Event { alarm: alarm.name.clone(), at, kind: kind.to_owned(), summary, data: data.to_string() };
        // Of what happens in one moment, an action follows its state.
        let place = match kind {
            "ConfigurationUpdate" => 0,
            "StateUpdate" => 1,
            _ => 2,
        };
        let key = format!("{scope}{:015}/{place}/{}", at.0, uuid::Uuid::new_v4().simple());
        Ok(self.history.put(&key, &event)?)
    }

    pub(super) fn note_configuration(
        &self,
        alarm: &Alarm,
        at: Timestamp,
        what: &str,
    ) -> Result<(), AwsError> {
        let data = json!({"version": "1.0", "type": title(what)});
        self.note(alarm, at, "ConfigurationUpdate", format!("Alarm \"{}\" {what}", alarm.name), &data)
    }

    pub(super) fn note_state(
        &self,
        alarm: &Alarm,
        at: Timestamp,
        before: (State, &str),
    ) -> Result<(), AwsError> {
        let data = json!({
            "version": "1.0",
            "oldState": {"stateValue": before.0.name(), "stateReason": before.1},
            "newState": {"stateValue": alarm.state.name(), "stateReason": alarm.reason},
        });
        let summary = format!("Alarm updated from {} to {}", before.0.name(), alarm.state.name());
        self.note(alarm, at, "StateUpdate", summary, &data)
    }

    pub(super) fn note_action(&self, alarm: &Alarm, at: Timestamp, action: &str) -> Result<(), AwsError> {
        let data = json!({
            "actionState": "Succeeded",
            "stateUpdateTimestamp": at.0,
            "notificationResource": action,
        });
        let summary = format!("Successfully executed action {action}");
        self.note(alarm, at, "Action", summary, &data)
    }

    pub(super) fn describe_alarm_history(
        &self,
        aws: &Aws,
        caller: &Caller,
        input: Value,
    ) -> Result<Value, AwsError> {
        let input: Asked = read(input)?;
        let name = input.alarm_name.as_deref();
        let arn = caller.arn("cloudwatch", format_args!("alarm:{}", name.unwrap_or("*")));
        aws.services.iam.authorize(caller, "cloudwatch:DescribeAlarmHistory", &arn, None, &[])?;
        let (since, until) = (input.start_date.map(|start| start.0), input.end_date.map(|end| end.0));
        let limit = usize::try_from(input.max_records.unwrap_or(100).clamp(1, 100)).unwrap_or(100);
        let is_asked = |event: &Event| {
            name.is_none_or(|name| event.alarm == name)
                && input.history_item_type.as_ref().is_none_or(|kind| *kind == event.kind)
                && since.is_none_or(|since| event.at >= since)
                && until.is_none_or(|until| event.at <= until)
        };
        let mut found = self.history.scan(&caller.scope())?;
        let is_ascending = input.scan_by.as_deref() == Some("TimestampAscending");
        if !is_ascending {
            found.reverse();
        }
        let is_after = |key: &String| {
            input.next_token.as_ref().is_none_or(|token| if is_ascending { key > token } else { key < token })
        };
        let mut left = found.into_iter().filter(|(key, event)| is_after(key) && is_asked(event));
        let page: Vec<(String, Event)> = left.by_ref().take(limit).collect();
        let next = left.next().and(page.last()).map(|(key, _)| key.clone());
        let items: Vec<Value> = page.iter().map(|(_, event)| show(event)).collect();
        Ok(json!({"AlarmHistoryItems": items, "NextToken": next}))
    }
}

fn show(event: &Event) -> Value {
    json!({
        "AlarmName": event.alarm,
        "AlarmType": "MetricAlarm",
        "Timestamp": moment(event.at),
        "HistoryItemType": event.kind,
        "HistorySummary": event.summary,
        "HistoryData": event.data,
    })
}

/// Returns `created` as `Create`.
fn title(what: &str) -> &str {
    match what {
        "created" => "Create",
        "deleted" => "Delete",
        _ => "Update",
    }
}
