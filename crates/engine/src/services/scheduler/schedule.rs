//! Schedules: what one is told, and for which moments it fires.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::schedule::{Recurrence, inside};
use crate::wire::constraints::Constraints;

/// A schedule of the default group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Schedule {
    pub name: String,
    pub account: String,
    pub region: String,
    pub settings: Settings,
    pub created: Timestamp,
    pub modified: Timestamp,
    /// Since when it counts: its start date, or when it was made or changed.
    pub anchor: Timestamp,
    /// The last moment for which it fired.
    pub fired: Option<Timestamp>,
    pub client_token: Option<String>,
}

/// What a caller says of a schedule.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Settings {
    pub schedule_expression: Option<String>,
    pub schedule_expression_timezone: Option<String>,
    #[serde(deserialize_with = "date")]
    pub start_date: Option<f64>,
    #[serde(deserialize_with = "date")]
    pub end_date: Option<f64>,
    pub flexible_time_window: Option<FlexibleTimeWindow>,
    pub state: Option<String>,
    pub description: Option<String>,
    pub group_name: Option<String>,
    pub action_after_completion: Option<String>,
    pub target: Option<Target>,
    pub kms_key_arn: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct FlexibleTimeWindow {
    pub mode: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum_window_in_minutes: Option<u32>,
}

/// What a schedule invokes, and as whom.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Target {
    pub arn: String,
    pub role_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_policy: Option<RetryPolicy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dead_letter_config: Option<DeadLetterConfig>,
    /// What this engine does not have, so that it can be refused by name.
    #[serde(flatten, skip_serializing)]
    pub other: BTreeMap<String, Value>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct RetryPolicy {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum_retry_attempts: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum_event_age_in_seconds: Option<u64>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DeadLetterConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
}

/// Reads a date: seconds since the epoch in requests, ISO 8601 in templates.
fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    use serde::de::Error;
    match Option::<Value>::deserialize(deserializer)? {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => {
            let moment: jiff::Timestamp = text.parse().map_err(D::Error::custom)?;
            Ok(Some(moment.as_millisecond() as f64 / 1000.0))
        }
        Some(other) => other.as_f64().map(Some).ok_or_else(|| D::Error::custom("expected a date")),
    }
}

/// When a schedule fires.
enum Expression {
    At(Timestamp),
    Recurring(Recurrence),
}

fn moment(seconds: f64) -> Timestamp {
    Timestamp((seconds * 1000.0) as i64)
}

fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::new("ValidationException", message)
}

impl Settings {
    fn zone(&self) -> Option<TimeZone> {
        match self.schedule_expression_timezone.as_deref() {
            None | Some("UTC") => Some(TimeZone::UTC),
            Some(name) => TimeZone::get(name).ok(),
        }
    }

    fn expression(&self) -> Option<Expression> {
        let text = self.schedule_expression.as_deref()?;
        let Some(at) = inside(text, "at") else { return Recurrence::parse(text).map(Expression::Recurring) };
        let time: jiff::civil::DateTime = at.parse().ok().filter(|_| at.len() == 19)?;
        let zoned = self.zone()?.to_ambiguous_timestamp(time).compatible().ok()?;
        Some(Expression::At(Timestamp(zoned.as_millisecond())))
    }

    /// Refuses what AWS refuses or this engine does not have.
    pub fn check(&self, now: Timestamp) -> Result<(), AwsError> {
        let mut check = Constraints::default();
        check.present("scheduleExpression", self.schedule_expression.is_some());
        check.present("flexibleTimeWindow", self.flexible_time_window.is_some());
        check.present("target", self.target.is_some());
        check.text("description", self.description.as_deref(), 0, 512);
        check.one_of("state", self.state.as_deref(), &["ENABLED", "DISABLED"]);
        check.one_of("actionAfterCompletion", self.action_after_completion.as_deref(), &["NONE", "DELETE"]);
        let mode = self.flexible_time_window.as_ref().map(|window| window.mode.as_str());
        check.one_of("flexibleTimeWindow.mode", mode, &["OFF", "FLEXIBLE"]);
        check.finish()?;
        check_group(self.group_name.as_deref())?;
        if mode == Some("FLEXIBLE") {
            return Err(AwsError::not_supported("a flexible time window of a schedule"));
        }
        if self.kms_key_arn.is_some() {
            return Err(AwsError::not_supported("`KmsKeyArn` of a schedule"));
        }
        if self.zone().is_none() {
            // Not confirmed on AWS: the wording.
            return Err(invalid("Invalid Schedule Expression Timezone."));
        }
        if self.expression().is_none() {
            let text = self.schedule_expression.as_deref().unwrap_or_default();
            return Err(invalid(format!("Invalid Schedule Expression {text}.")));
        }
        if self.start_date.is_some_and(|start| now.since(moment(start)).as_secs() > 300) {
            return Err(invalid("The StartDate you specify cannot be earlier than 5 minutes ago."));
        }
        if self.end_date.is_some_and(|end| moment(end) <= self.start_date.map_or(now, moment)) {
            // Not confirmed on AWS: the wording.
            return Err(invalid(
                "The EndDate you specify must come after the StartDate and be in the future.",
            ));
        }
        self.target.as_ref().map_or(Ok(()), Target::check)
    }
}

/// Refuses every group but the default one.
pub fn check_group(name: Option<&str>) -> Result<(), AwsError> {
    match name {
        None | Some("default") => Ok(()),
        Some(name) => {
            let message = format!("Schedule group {name} does not exist.");
            Err(AwsError::new("ResourceNotFoundException", message).status(404))
        }
    }
}

impl Target {
    fn check(&self) -> Result<(), AwsError> {
        if let Some((name, _)) = self.other.iter().find(|(_, value)| !value.is_null()) {
            return Err(AwsError::not_supported(format_args!("`{name}` of a schedule's target")));
        }
        let parts: Vec<&str> = self.arn.splitn(6, ':').collect();
        let ["arn", _, service, ..] = parts[..] else {
            return Err(invalid("Provided Arn is not in correct format."));
        };
        if parts.len() < 6 {
            return Err(invalid("Provided Arn is not in correct format."));
        }
        if !matches!(service, "lambda" | "sqs" | "sns") {
            return Err(AwsError::not_supported(format_args!("the target `{service}` of a schedule")));
        }
        if self.input.as_deref().is_some_and(|input| input.contains("<aws.scheduler.attempt-number>")) {
            return Err(AwsError::not_supported(
                "`<aws.scheduler.attempt-number>` in the input of a schedule",
            ));
        }
        Ok(())
    }
}

impl Schedule {
    /// Returns the schedule's ARN.
    pub fn arn(&self) -> String {
        arn(&self.account, &self.region, &self.name)
    }

    /// Returns the key under which tables keep the schedule.
    pub fn path(&self) -> String {
        format!("{}/{}/{}", self.account, self.region, self.name)
    }

    /// Begins to count at `now`, as after a change of when it fires.
    pub fn begin(&mut self, now: Timestamp) {
        self.anchor = self.settings.start_date.map_or(now, moment);
        self.fired = None;
    }

    /// Returns the next moment for which the schedule fires, whether or not it is switched on.
    fn next(&self) -> Option<Timestamp> {
        let zone = self.settings.zone()?;
        let next = match self.settings.expression()? {
            // A moment that had passed when the schedule was made is not made up. Not confirmed on AWS.
            Expression::At(at) => (self.fired.is_none() && at >= self.modified).then_some(at),
            Expression::Recurring(recurrence) => match (self.fired, &recurrence) {
                (None, Recurrence::Rate(_)) => Some(self.anchor),
                (None, Recurrence::Cron(_)) => {
                    recurrence.next(self.anchor, Timestamp(self.anchor.0 - 1), &zone)
                }
                (Some(fired), _) => recurrence.next(self.anchor, fired.max(self.anchor), &zone),
            },
        }?;
        self.settings.end_date.is_none_or(|end| next <= moment(end)).then_some(next)
    }

    pub fn due(&self) -> Option<Timestamp> {
        let is_enabled = self.settings.state.as_deref() != Some("DISABLED");
        self.next().filter(|_| is_enabled)
    }

    /// Returns whether the schedule has fired for the last time.
    pub fn is_complete(&self) -> bool {
        self.next().is_none()
    }

    /// Forgets the moments that passed before `now`, unless there is only one.
    pub fn pass_over(&mut self, now: Timestamp) {
        let is_once = matches!(self.settings.expression(), Some(Expression::At(_)));
        if !is_once && self.next().is_some_and(|next| next <= now) {
            self.fired = Some(now);
        }
    }
}

pub fn arn(account: &str, region: &str, name: &str) -> String {
    format!("arn:aws:scheduler:{region}:{account}:schedule/default/{name}")
}

pub fn arn_of(caller: &Caller, name: &str) -> String {
    arn(&caller.account, &caller.region, name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// 2026-01-15T10:30:00Z
    const NOW: Timestamp = Timestamp(1_768_473_000_000);

    fn schedule(settings: Value) -> Schedule {
        let mut schedule = Schedule {
            name: "s".into(),
            account: "111122223333".into(),
            region: "us-east-1".into(),
            settings: serde_json::from_value(settings).unwrap(),
            created: NOW,
            modified: NOW,
            anchor: NOW,
            fired: None,
            client_token: None,
        };
        schedule.begin(NOW);
        schedule
    }

    #[test]
    fn fires_a_rate_at_once_and_then_every_period() {
        let mut every = schedule(json!({"ScheduleExpression": "rate(5 minutes)"}));
        assert_eq!(every.due(), Some(NOW));
        every.fired = Some(NOW);
        assert_eq!(every.due(), Some(Timestamp(NOW.0 + 300_000)));
        let later =
            schedule(json!({"ScheduleExpression": "rate(1 hour)", "StartDate": "2026-01-15T11:00:00Z"}));
        assert_eq!(later.due().map(Timestamp::iso8601), Some("2026-01-15T11:00:00.000Z".into()));
    }

    #[test]
    fn fires_on_the_clocks_of_its_time_zone() {
        let noon = json!({"ScheduleExpression": "cron(0 12 * * ? *)", "ScheduleExpressionTimezone": "Europe/Berlin"});
        assert_eq!(schedule(noon).due().map(Timestamp::iso8601), Some("2026-01-15T11:00:00.000Z".into()));
        let once = json!({"ScheduleExpression": "at(2026-07-01T08:00:00)", "ScheduleExpressionTimezone": "America/New_York"});
        let mut once = schedule(once);
        assert_eq!(once.due().map(Timestamp::iso8601), Some("2026-07-01T12:00:00.000Z".into()));
        once.fired = once.due();
        assert!(once.is_complete());
    }

    #[test]
    fn ends_with_its_end_date() {
        let mut ending =
            schedule(json!({"ScheduleExpression": "rate(1 hour)", "EndDate": "2026-01-15T11:00:00Z"}));
        assert!(!ending.is_complete());
        ending.fired = Some(NOW);
        assert!(ending.is_complete());
        let off = schedule(json!({"ScheduleExpression": "rate(1 hour)", "State": "DISABLED"}));
        assert_eq!((off.due(), off.is_complete()), (None, false));
    }

    #[test]
    fn refuses_what_aws_refuses() {
        let refusal = |change: Value| {
            let mut settings = json!({
                "ScheduleExpression": "rate(1 hour)", "FlexibleTimeWindow": {"Mode": "OFF"},
                "Target": {"Arn": "arn:aws:sqs:us-east-1:111122223333:q", "RoleArn": "arn:aws:iam::111122223333:role/r"},
            });
            for (name, value) in change.as_object().unwrap() {
                settings[name] = value.clone();
            }
            serde_json::from_value::<Settings>(settings).unwrap().check(NOW).err().map(|error| error.code)
        };
        assert_eq!(refusal(json!({})), None);
        let validation = Some("ValidationException".to_owned());
        for wrong in [
            json!({"ScheduleExpression": "every day"}),
            json!({"ScheduleExpression": "at(2026-01-15)"}),
            json!({"ScheduleExpressionTimezone": "Mars/Olympus"}),
            json!({"StartDate": "2026-01-15T10:00:00Z"}),
            json!({"EndDate": "2026-01-15T10:00:00Z"}),
            json!({"FlexibleTimeWindow": null}),
            json!({"Target": {"Arn": "q", "RoleArn": "r"}}),
        ] {
            assert_eq!(refusal(wrong.clone()), validation, "{wrong}");
        }
        assert_eq!(refusal(json!({"GroupName": "mine"})).as_deref(), Some("ResourceNotFoundException"));
        assert_eq!(
            refusal(json!({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}})).as_deref(),
            Some("NotImplemented")
        );
        let queue = json!({"Arn": "arn:aws:sqs:us-east-1:1:q", "RoleArn": "r", "SqsParameters": {"MessageGroupId": "g"}});
        assert_eq!(refusal(json!({"Target": queue})).as_deref(), Some("NotImplemented"));
    }
}
