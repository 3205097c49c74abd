//! Alarms: what one watches, and what happens when its state changes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::CloudWatch;
use super::evaluation::{Question, SPARE_PERIODS};
use super::metric::{MINUTE, Metric};
use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::delivery::Delivery;
use crate::error::AwsError;
use crate::identity::{Caller, Principal};

/// An alarm over one metric.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Alarm {
    pub name: String,
    pub description: Option<String>,
    pub metric: Metric,
    pub statistic: String,
    /// Milliseconds.
    pub period: i64,
    pub unit: Option<String>,
    pub evaluation_periods: usize,
    pub datapoints_to_alarm: Option<usize>,
    pub threshold: f64,
    pub comparison: String,
    pub treat_missing_data: Option<String>,
    pub actions_enabled: bool,
    pub ok_actions: Vec<String>,
    pub alarm_actions: Vec<String>,
    pub insufficient_data_actions: Vec<String>,
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    pub configured: Timestamp,
    pub state: State,
    pub reason: String,
    pub since: Timestamp,
}

/// The state of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    Ok,
    Alarm,
    InsufficientData,
}

impl State {
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Ok, Self::Alarm, Self::InsufficientData].into_iter().find(|state| state.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

impl Alarm {
    /// Returns the alarm's ARN.
    pub fn arn(&self) -> String {
        format!("arn:aws:cloudwatch:{}:{}:alarm:{}", self.metric.region, self.metric.account, self.name)
    }

    /// Returns the key under which tables keep the alarm.
    pub fn path(&self) -> String {
        format!("{}/{}/{}", self.metric.account, self.metric.region, self.name)
    }

    fn question(&self) -> Question<'_> {
        Question {
            evaluation_periods: self.evaluation_periods,
            datapoints_to_alarm: self.datapoints_to_alarm.unwrap_or(self.evaluation_periods),
            treat_missing_data: self.treat_missing_data.as_deref().unwrap_or("missing"),
            comparison: &self.comparison,
            threshold: self.threshold,
        }
    }

    fn actions(&self) -> &[String] {
        match self.state {
            State::Ok => &self.ok_actions,
            State::Alarm => &self.alarm_actions,
            State::InsufficientData => &self.insufficient_data_actions,
        }
    }

    /// Says why the values give a state, as AWS words it.
    fn reason(&self, state: State, values: &[(i64, Option<f64>)]) -> String {
        let question = self.question();
        let real: Vec<_> = values
            .iter()
            .filter_map(|(begin, value)| Some((*begin, (*value)?)))
            .take(self.evaluation_periods)
            .collect();
        if real.is_empty() {
            let treated = match question.treat_missing_data {
                "breaching" => " treated as [Breaching]",
                "notBreaching" => " treated as [NonBreaching]",
                _ => "",
            };
            let count = self.evaluation_periods;
            if treated.is_empty() {
                return "Insufficient Data: no datapoints were received.".to_owned();
            }
            let points = if count == 1 { "datapoint was" } else { "datapoints were" };
            return format!("Threshold Crossed: no datapoints were received for {count} period(s) and {count} missing {points}{treated}.").replace("period(s)", if count == 1 { "period" } else { "periods" });
        }
        let wanted = state == State::Alarm;
        let counted: Vec<_> =
            real.iter().filter(|(_, value)| question.is_breaching(*value) == wanted).collect();
        let shown: Vec<_> = counted
            .iter()
            .map(|(begin, value)| {
                let time = Timestamp(*begin).format("%d/%m/%y %H:%M:%S");
                format!("{value:?} ({time})")
            })
            .collect();
        let comparison = match self.comparison.as_str() {
            "GreaterThanThreshold" => "greater than",
            "GreaterThanOrEqualToThreshold" => "greater than or equal to",
            "LessThanThreshold" => "less than",
            _ => "less than or equal to",
        };
        let (count, of) = (counted.len(), self.evaluation_periods);
        let negation = if wanted { "" } else { "not " };
        let verb = if count == 1 { "was" } else { "were" };
        let points = |count: usize| if count == 1 { "datapoint" } else { "datapoints" };
        let least = question.datapoints_to_alarm;
        let transition = if wanted { "OK -> ALARM" } else { "ALARM -> OK" };
        format!(
            "Threshold Crossed: {count} out of the last {of} {} [{}] {verb} {negation}{comparison} the threshold \
             ({:?}) (minimum {least} {} for {transition} transition).",
            points(of),
            shown.join(", "),
            self.threshold,
            points(least),
        )
    }

    /// Returns what actions are told, with the state from which the alarm came.
    fn message(&self, before: State) -> Value {
        let dimensions: Vec<_> = self
            .metric
            .dimensions
            .iter()
            .map(|(name, value)| json!({"value": value, "name": name}))
            .collect();
        json!({
            "AlarmName": self.name,
            "AlarmDescription": self.description,
            "AWSAccountId": self.metric.account,
            "AlarmConfigurationUpdatedTimestamp": self.configured.format("%Y-%m-%dT%H:%M:%S%.3f+0000"),
            "NewStateValue": self.state.name(),
            "NewStateReason": self.reason,
            "StateChangeTime": self.since.format("%Y-%m-%dT%H:%M:%S%.3f+0000"),
            "Region": region_name(&self.metric.region),
            "AlarmArn": self.arn(),
            "OldStateValue": before.name(),
            "OKActions": self.ok_actions,
            "AlarmActions": self.alarm_actions,
            "InsufficientDataActions": self.insufficient_data_actions,
            "Trigger": {
                "MetricName": self.metric.name,
                "Namespace": self.metric.namespace,
                "StatisticType": "Statistic",
                "Statistic": statistic_name(&self.statistic),
                "Unit": self.unit,
                "Dimensions": dimensions,
                "Period": self.period / 1000,
                "EvaluationPeriods": self.evaluation_periods,
                "DatapointsToAlarm": self.datapoints_to_alarm,
                "ComparisonOperator": self.comparison,
                "Threshold": self.threshold,
                "TreatMissingData": self.treat_missing_data.as_deref().unwrap_or_default(),
                "EvaluateLowSampleCountPercentile": "",
            },
        })
    }
}

/// Returns a statistic as messages name it: `SAMPLE_COUNT` for `SampleCount`.
fn statistic_name(name: &str) -> String {
    if name == "SampleCount" { "SAMPLE_COUNT".to_owned() } else { name.to_uppercase() }
}

/// Returns a region's name in messages; regions that are not listed keep their code.
fn region_name(code: &str) -> &str {
    match code {
        "us-east-1" => "US East (N. Virginia)",
        "us-east-2" => "US East (Ohio)",
        "us-west-1" => "US West (N. California)",
        "us-west-2" => "US West (Oregon)",
        "eu-central-1" => "EU (Frankfurt)",
        "eu-west-1" => "EU (Ireland)",
        "eu-west-2" => "EU (London)",
        "eu-west-3" => "EU (Paris)",
        "eu-north-1" => "EU (Stockholm)",
        "ap-northeast-1" => "Asia Pacific (Tokyo)",
        "ap-southeast-1" => "Asia Pacific (Singapore)",
        "ap-southeast-2" => "Asia Pacific (Sydney)",
        code => code,
    }
}

impl CloudWatch {
    /// Evaluates every alarm once a minute of the engine's time.
    pub(super) fn watch(&self, aws: &Arc<Aws>) {
        let task = Arc::clone(aws);
        aws.spawn(async move {
            let mut minutes: u64 = 0;
            loop {
                let now = task.clock.now();
                let next = Timestamp((now.0.div_euclid(MINUTE) + 1) * MINUTE);
                // A little later, so that what happens on the minute has been counted.
                task.clock.sleep_until(next + Duration::from_secs(1)).await;
                let cloudwatch = &task.services.cloudwatch;
                let mut done = cloudwatch.metrics.flush().map_err(AwsError::from);
                done = done.and_then(|()| cloudwatch.evaluate(task.clock.now()));
                minutes += 1;
                if minutes.is_multiple_of(60) {
                    done = done.and_then(|()| Ok(cloudwatch.metrics.purge(task.clock.now())?));
                    done = done.and_then(|()| cloudwatch.purge_history(task.clock.now()));
                }
                if let Err(error) = done {
                    tracing::error!(%error, "alarms could not be evaluated");
                }
            }
        });
    }

    fn evaluate(&self, now: Timestamp) -> Result<(), AwsError> {
        let alarms: Vec<Alarm> = self.alarms().values().cloned().collect();
        let end = now.0.div_euclid(MINUTE) * MINUTE;
        for alarm in alarms {
            let count = alarm.evaluation_periods + SPARE_PERIODS;
            let periods = i64::try_from(count).map_err(AwsError::internal)?;
            let start = end - periods * alarm.period;
            let found = self.metrics.read(&alarm.metric, start, end, alarm.period)?;
            let begins = (0..periods).map(|index| end - (index + 1) * alarm.period);
            let values: Vec<_> = begins
                .map(|begin| (begin, found.get(&begin).and_then(|sums| sums.statistic(&alarm.statistic))))
                .collect();
            let bare: Vec<_> = values.iter().map(|(_, value)| *value).collect();
            let Some(state) = alarm.question().answer(&bare) else { continue };
            if state != alarm.state {
                let reason = alarm.reason(state, &values);
                self.change_state(&alarm, state, reason, now)?;
            }
        }
        Ok(())
    }

    /// Puts an alarm, unless it was changed or deleted meanwhile, into a state, and tells whom it names.
    pub(super) fn change_state(
        &self,
        seen: &Alarm,
        state: State,
        reason: String,
        now: Timestamp,
    ) -> Result<(), AwsError> {
        let mut alarms = self.alarms();
        let Some(alarm) = alarms.get_mut(&seen.path()).filter(|alarm| alarm.configured == seen.configured)
        else {
            return Ok(());
        };
        let before = alarm.state;
        let mut changed = alarm.clone();
        (changed.state, changed.reason) = (state, reason);
        if before != state {
            changed.since = now;
            self.note_state(&changed, now, (before, &alarm.reason))?;
            let actions = if changed.actions_enabled { changed.actions() } else { &[] };
            for action in actions {
                let caller = Caller {
                    account: changed.metric.account.clone(),
                    region: changed.metric.region.clone(),
                    principal: Principal::Service("cloudwatch.amazonaws.com".to_owned()),
                };
                let body = changed.message(before).to_string();
                let subject = format!(
                    "{}: \"{}\" in {}",
                    state.name(),
                    changed.name,
                    region_name(&changed.metric.region)
                );
                let delivery = Delivery {
                    subject: Some(subject.chars().take(100).collect()),
                    ..Delivery::new(caller, action, body, &changed.arn(), now)
                };
                self.deliveries.send(&format!("{}/{}/{action}", changed.path(), now.0), delivery)?;
                self.note_action(&changed, now, action)?;
            }
        }
        self.alarm_table.put(&changed.path(), &changed)?;
        *alarm = changed;
        Ok(())
    }
}
