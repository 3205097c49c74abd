//! PutMetricAlarm, DescribeAlarms, DeleteAlarms and SetAlarmState.

use serde::Deserialize;
use serde_json::{Value, json};

use super::alarm::{Alarm, State};
use super::data::{Dimension, check_period, check_statistic, dimensions, show_dimensions};
use super::input::{Number, flag, read, whole};
use super::metric::Metric;
use super::{CloudWatch, moment};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::query::loose::list;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PutMetricAlarm {
    pub alarm_name: String,
    alarm_description: Option<String>,
    #[serde(deserialize_with = "flag")]
    actions_enabled: Option<bool>,
    #[serde(rename = "OKActions", deserialize_with = "list")]
    ok_actions: Vec<String>,
    #[serde(deserialize_with = "list")]
    alarm_actions: Vec<String>,
    #[serde(deserialize_with = "list")]
    insufficient_data_actions: Vec<String>,
    metric_name: Option<String>,
    namespace: Option<String>,
    statistic: Option<String>,
    extended_statistic: Option<String>,
    #[serde(deserialize_with = "list")]
    dimensions: Vec<Dimension>,
    #[serde(deserialize_with = "whole")]
    period: Option<i64>,
    unit: Option<String>,
    #[serde(deserialize_with = "whole")]
    evaluation_periods: Option<i64>,
    #[serde(deserialize_with = "whole")]
    datapoints_to_alarm: Option<i64>,
    threshold: Option<Number>,
    comparison_operator: Option<String>,
    treat_missing_data: Option<String>,
    evaluate_low_sample_count_percentile: Option<String>,
    metrics: Option<Value>,
    threshold_metric_id: Option<String>,
    evaluation_criteria: Option<Value>,
    evaluation_window: Option<Value>,
    #[serde(deserialize_with = "list")]
    pub tags: Vec<Tag>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    pub key: String,
    pub value: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Chosen {
    #[serde(deserialize_with = "list")]
    alarm_names: Vec<String>,
    alarm_name_prefix: Option<String>,
    state_value: Option<String>,
    action_prefix: Option<String>,
    #[serde(deserialize_with = "whole")]
    max_records: Option<i64>,
    next_token: Option<String>,
    alarm_name: String,
    state_reason: String,
}

const COMPARISONS: [&str; 4] = [
    "GreaterThanThreshold",
    "GreaterThanOrEqualToThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
];

fn validation(message: impl Into<String>) -> AwsError {
    AwsError::new("ValidationError", message)
}

fn authorize(aws: &Aws, caller: &Caller, action: &str, name: &str) -> Result<(), AwsError> {
    let arn = caller.arn("cloudwatch", format_args!("alarm:{name}"));
    aws.services.iam.authorize(caller, action, &arn, None, &[])
}

impl PutMetricAlarm {
    fn refuse_unsupported(&self) -> Result<(), AwsError> {
        let unsupported = [
            ("Metrics", self.metrics.as_ref().is_some_and(|metrics| *metrics != json!(""))),
            ("ThresholdMetricId", self.threshold_metric_id.is_some()),
            ("ExtendedStatistic", self.extended_statistic.is_some()),
            ("EvaluateLowSampleCountPercentile", self.evaluate_low_sample_count_percentile.is_some()),
            ("EvaluationCriteria", self.evaluation_criteria.is_some()),
            ("EvaluationWindow", self.evaluation_window.is_some()),
        ];
        match unsupported.iter().find(|(_, is_given)| *is_given) {
            Some((name, _)) => Err(AwsError::not_supported(format_args!("`{name}` of an alarm"))),
            None => Ok(()),
        }
    }

    fn check_actions(&self) -> Result<(), AwsError> {
        let actions =
            self.ok_actions.iter().chain(&self.alarm_actions).chain(&self.insufficient_data_actions);
        for action in actions {
            if !action.starts_with("arn:") {
                return Err(validation(format!("Invalid arn syntax: {action}")));
            }
            if action.split(':').nth(2) != Some("sns") {
                return Err(AwsError::not_supported(format_args!("the action `{action}` of an alarm")));
            }
        }
        Ok(())
    }

    /// Returns the alarm, with a state that nothing is known for.
    fn alarm(self, aws: &Aws, caller: &Caller) -> Result<Alarm, AwsError> {
        self.refuse_unsupported()?;
        self.check_actions()?;
        let required =
            |name: &str| AwsError::new("MissingParameter", format!("The parameter {name} is required."));
        if self.alarm_name.is_empty() || self.alarm_name.chars().count() > 255 {
            return Err(validation("AlarmName must have a length from 1 to 255."));
        }
        let statistic = self.statistic.ok_or_else(|| required("Statistic"))?;
        check_statistic(&statistic)?;
        let comparison = self.comparison_operator.ok_or_else(|| required("ComparisonOperator"))?;
        if !COMPARISONS.contains(&comparison.as_str()) {
            if comparison.contains("Range") || comparison.ends_with("UpperThreshold") {
                return Err(AwsError::not_supported("an alarm on anomalies"));
            }
            return Err(validation(format!(
                "Value '{comparison}' at 'comparisonOperator' failed to satisfy constraint: Member must satisfy enum value set: [{}]",
                COMPARISONS.join(", ")
            )));
        }
        let treat = self.treat_missing_data.as_deref();
        if treat.is_some_and(|treat| !["missing", "ignore", "breaching", "notBreaching"].contains(&treat)) {
            return Err(validation(
                "TreatMissingData must be one of breaching, notBreaching, ignore, missing.",
            ));
        }
        let periods = self.evaluation_periods.ok_or_else(|| required("EvaluationPeriods"))?;
        let period = check_period(self.period)?;
        // A day, or a week for periods of an hour and longer.
        let longest = if period >= 3_600_000 { 604_800_000 } else { 86_400_000 };
        if periods < 1 || periods.saturating_mul(period) > longest {
            return Err(validation(
                "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).",
            ));
        }
        if self.datapoints_to_alarm.is_some_and(|points| points < 1 || points > periods) {
            return Err(validation("DatapointsToAlarm must not be greater than EvaluationPeriods."));
        }
        let namespace = self.namespace.ok_or_else(|| required("Namespace"))?;
        let metric_name = self.metric_name.ok_or_else(|| required("MetricName"))?;
        let now = aws.clock.now();
        Ok(Alarm {
            name: self.alarm_name,
            description: self.alarm_description,
            metric: Metric::new(caller, &namespace, &metric_name, dimensions(&self.dimensions)),
            statistic,
            period,
            unit: self.unit,
            evaluation_periods: usize::try_from(periods).unwrap_or(1),
            datapoints_to_alarm: self.datapoints_to_alarm.and_then(|points| usize::try_from(points).ok()),
            threshold: self.threshold.ok_or_else(|| required("Threshold"))?.0,
            comparison,
            treat_missing_data: self.treat_missing_data,
            actions_enabled: self.actions_enabled.unwrap_or(true),
            ok_actions: self.ok_actions,
            alarm_actions: self.alarm_actions,
            insufficient_data_actions: self.insufficient_data_actions,
            tags: self.tags.into_iter().map(|tag| (tag.key, tag.value)).collect(),
            configured: now,
            state: State::InsufficientData,
            reason: "Unchecked: Initial alarm creation".to_owned(),
            since: now,
        })
    }
}

impl CloudWatch {
    /// Makes or replaces an alarm and returns its ARN; its state stays. Needs `cloudwatch:PutMetricAlarm`.
    pub(super) fn put_alarm(
        &self,
        aws: &Aws,
        caller: &Caller,
        input: PutMetricAlarm,
    ) -> Result<String, AwsError> {
        authorize(aws, caller, "cloudwatch:PutMetricAlarm", &input.alarm_name)?;
        let mut alarm = input.alarm(aws, caller)?;
        let mut alarms = self.alarms();
        let mut what = "created";
        if let Some(existing) = alarms.get(&alarm.path()) {
            what = "updated";
            (alarm.state, alarm.since) = (existing.state, existing.since);
            alarm.reason.clone_from(&existing.reason);
            alarm.tags.clone_from(&existing.tags);
        }
        let arn = alarm.arn();
        self.alarm_table.put(&alarm.path(), &alarm)?;
        self.note_configuration(&alarm, alarm.configured, what)?;
        alarms.insert(alarm.path(), alarm);
        Ok(arn)
    }

    pub(super) fn put_metric_alarm(
        &self,
        aws: &Aws,
        caller: &Caller,
        input: Value,
    ) -> Result<Value, AwsError> {
        self.put_alarm(aws, caller, read(input)?).map(|_| Value::Null)
    }

    pub(super) fn describe_alarms(
        &self,
        aws: &Aws,
        caller: &Caller,
        input: Value,
    ) -> Result<Value, AwsError> {
        let input: Chosen = read(input)?;
        authorize(aws, caller, "cloudwatch:DescribeAlarms", "*")?;
        let scope = caller.scope();
        let after = input.next_token.clone().unwrap_or_default();
        let is_asked = |alarm: &Alarm| {
            let mut actions =
                alarm.ok_actions.iter().chain(&alarm.alarm_actions).chain(&alarm.insufficient_data_actions);
            (input.alarm_names.is_empty() || input.alarm_names.contains(&alarm.name))
                && input.alarm_name_prefix.as_ref().is_none_or(|prefix| alarm.name.starts_with(prefix))
                && input.state_value.as_ref().is_none_or(|state| state == alarm.state.name())
                && input
                    .action_prefix
                    .as_ref()
                    .is_none_or(|prefix| actions.any(|action| action.starts_with(prefix)))
                && alarm.name > after
        };
        let limit = usize::try_from(input.max_records.unwrap_or(50).clamp(1, 100)).unwrap_or(50);
        let alarms = self.alarms();
        let own = alarms.range(scope.clone()..).take_while(|(key, _)| key.starts_with(&scope));
        let mut found = own.map(|(_, alarm)| alarm).filter(|alarm| is_asked(alarm));
        let page: Vec<&Alarm> = found.by_ref().take(limit).collect();
        let next = found.next().and(page.last()).map(|alarm| alarm.name.clone());
        let shown: Vec<Value> = page.iter().map(|alarm| show(alarm)).collect();
        Ok(json!({"MetricAlarms": shown, "CompositeAlarms": [], "NextToken": next}))
    }

    pub(super) fn delete_alarms(&self, aws: &Aws, caller: &Caller, input: Value) -> Result<Value, AwsError> {
        let input: Chosen = read(input)?;
        for name in &input.alarm_names {
            authorize(aws, caller, "cloudwatch:DeleteAlarms", name)?;
        }
        for name in &input.alarm_names {
            self.delete_alarm(aws, caller, name)?;
        }
        Ok(Value::Null)
    }

    pub(super) fn delete_alarm(&self, aws: &Aws, caller: &Caller, name: &str) -> Result<(), AwsError> {
        let key = format!("{}{name}", caller.scope());
        let mut alarms = self.alarms();
        self.alarm_table.remove(&key)?;
        if let Some(alarm) = alarms.remove(&key) {
            self.note_configuration(&alarm, aws.clock.now(), "deleted")?;
        }
        Ok(())
    }

    pub(super) fn set_alarm_state(
        &self,
        aws: &Aws,
        caller: &Caller,
        input: Value,
    ) -> Result<Value, AwsError> {
        let input: Chosen = read(input)?;
        authorize(aws, caller, "cloudwatch:SetAlarmState", &input.alarm_name)?;
        let state = input.state_value.as_deref().and_then(State::parse).ok_or_else(|| {
            validation("Value at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]")
        })?;
        let alarm = self.alarms().get(&format!("{}{}", caller.scope(), input.alarm_name)).cloned();
        let alarm =
            alarm.ok_or_else(|| AwsError::new("ResourceNotFound", "Alarm does not exist").status(404))?;
        self.change_state(&alarm, state, input.state_reason, aws.clock.now())?;
        Ok(Value::Null)
    }
}

/// Returns an alarm as `DescribeAlarms` shows it.
fn show(alarm: &Alarm) -> Value {
    json!({
        "AlarmName": alarm.name,
        "AlarmArn": alarm.arn(),
        "AlarmDescription": alarm.description,
        "AlarmConfigurationUpdatedTimestamp": moment(alarm.configured),
        "ActionsEnabled": alarm.actions_enabled,
        "OKActions": alarm.ok_actions,
        "AlarmActions": alarm.alarm_actions,
        "InsufficientDataActions": alarm.insufficient_data_actions,
        "StateValue": alarm.state.name(),
        "StateReason": alarm.reason,
        "StateUpdatedTimestamp": moment(alarm.since),
        "StateTransitionedTimestamp": moment(alarm.since),
        "MetricName": alarm.metric.name,
        "Namespace": alarm.metric.namespace,
        "Statistic": alarm.statistic,
        "Dimensions": show_dimensions(&alarm.metric.dimensions),
        "Period": alarm.period / 1000,
        "Unit": alarm.unit,
        "EvaluationPeriods": alarm.evaluation_periods,
        "DatapointsToAlarm": alarm.datapoints_to_alarm,
        "Threshold": alarm.threshold,
        "ComparisonOperator": alarm.comparison,
        "TreatMissingData": alarm.treat_missing_data,
    })
}
