//! PutMetricData, GetMetricData, GetMetricStatistics and ListMetrics.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::input::{Moment, Number, flag, read, whole};
use super::metric::{MINUTE, Metric, Sums};
use super::{CloudWatch, moment};
use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::query::loose::list;

const STATISTICS: [&str; 5] = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"];

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Dimension {
    pub name: String,
    pub value: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct PutMetricData {
    namespace: String,
    #[serde(deserialize_with = "list")]
    metric_data: Vec<Datum>,
    entity_metric_data: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Datum {
    metric_name: String,
    #[serde(deserialize_with = "list")]
    dimensions: Vec<Dimension>,
    timestamp: Option<Moment>,
    value: Option<Number>,
    #[serde(deserialize_with = "list")]
    values: Vec<Number>,
    #[serde(deserialize_with = "list")]
    counts: Vec<Number>,
    statistic_values: Option<StatisticValues>,
    storage_resolution: Option<Number>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StatisticValues {
    sample_count: Number,
    sum: Number,
    minimum: Number,
    maximum: Number,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct GetMetricStatistics {
    namespace: String,
    metric_name: String,
    #[serde(deserialize_with = "list")]
    dimensions: Vec<Dimension>,
    start_time: Option<Moment>,
    end_time: Option<Moment>,
    #[serde(deserialize_with = "whole")]
    period: Option<i64>,
    #[serde(deserialize_with = "list")]
    statistics: Vec<String>,
    #[serde(deserialize_with = "list")]
    extended_statistics: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct GetMetricData {
    #[serde(deserialize_with = "list")]
    metric_data_queries: Vec<DataQuery>,
    start_time: Option<Moment>,
    end_time: Option<Moment>,
    scan_by: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct DataQuery {
    id: String,
    metric_stat: Option<MetricStat>,
    expression: Option<String>,
    label: Option<String>,
    #[serde(deserialize_with = "flag")]
    return_data: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct MetricStat {
    metric: NamedMetric,
    #[serde(deserialize_with = "whole")]
    period: Option<i64>,
    stat: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct NamedMetric {
    namespace: String,
    metric_name: String,
    #[serde(deserialize_with = "list")]
    dimensions: Vec<Dimension>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ListMetrics {
    namespace: Option<String>,
    metric_name: Option<String>,
    #[serde(deserialize_with = "list")]
    dimensions: Vec<Dimension>,
    next_token: Option<String>,
}

pub fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidParameterValue", message)
}

pub fn dimensions(given: &[Dimension]) -> BTreeMap<String, String> {
    given.iter().map(|one| (one.name.clone(), one.value.clone().unwrap_or_default())).collect()
}

/// Refuses a period that is no whole number of minutes.
pub fn check_period(period: Option<i64>) -> Result<i64, AwsError> {
    match period {
        Some(seconds @ (1 | 5 | 10 | 20 | 30)) => {
            Err(AwsError::not_supported(format_args!("the period of {seconds} seconds")))
        }
        Some(seconds) if seconds > 0 && seconds % 60 == 0 => Ok(seconds.saturating_mul(1000)),
        _ => Err(invalid("The parameter Period must be a multiple of 60")),
    }
}

/// Refuses a statistic that is none, or that this engine does not keep.
pub fn check_statistic(name: &str) -> Result<(), AwsError> {
    if STATISTICS.contains(&name) {
        return Ok(());
    }
    let is_extended = ["p", "tm", "wm", "tc", "ts", "PR", "TM", "WM", "TC", "TS", "IQM"]
        .iter()
        .any(|prefix| name.starts_with(prefix));
    if is_extended {
        return Err(AwsError::not_supported(format_args!("the statistic `{name}`")));
    }
    Err(invalid(format!("The value {name} for parameter Stat is not supported.")))
}

impl Datum {
    fn sums(&self) -> Result<Sums, AwsError> {
        if self.storage_resolution.is_some_and(|resolution| resolution.0 != 60.0) {
            return Err(AwsError::not_supported("a storage resolution other than 60 seconds"));
        }
        if let Some(set) = &self.statistic_values {
            let (count, sum) = (set.sample_count.0, set.sum.0);
            return Ok(Sums { count, sum, minimum: set.minimum.0, maximum: set.maximum.0 });
        }
        if let Some(value) = self.value {
            return Ok(Sums::of(value.0, 1.0));
        }
        if !self.counts.is_empty() && self.counts.len() != self.values.len() {
            return Err(invalid("The parameters Values and Counts must be of the same size"));
        }
        let counts = self.counts.iter().map(|count| count.0).chain(std::iter::repeat(1.0));
        let mut sums = self.values.iter().zip(counts).map(|(value, count)| Sums::of(value.0, count));
        let Some(mut all) = sums.next() else {
            let message = format!("The parameter MetricData.member.{}.Value is required.", self.metric_name);
            return Err(AwsError::new("MissingParameter", message));
        };
        sums.for_each(|one| all.add(one));
        Ok(all)
    }
}

impl CloudWatch {
    pub(super) fn put_data(&self, aws: &Aws, caller: &Caller, input: Value) -> Result<Value, AwsError> {
        let input: PutMetricData = read(input)?;
        let context = [("cloudwatch:namespace", input.namespace.as_str())];
        aws.services.iam.authorize(caller, "cloudwatch:PutMetricData", "*", None, &context)?;
        if input.entity_metric_data.is_some() {
            return Err(AwsError::not_supported("`EntityMetricData` of PutMetricData"));
        }
        if input.namespace.is_empty() {
            let message = "The parameter Namespace is required.";
            return Err(AwsError::new("MissingParameter", message));
        }
        if input.namespace.starts_with("AWS/") {
            return Err(invalid("The value AWS/ for parameter Namespace is invalid."));
        }
        let now = aws.clock.now();
        let mut data = Vec::new();
        for datum in &input.metric_data {
            if datum.metric_name.is_empty() {
                let message = "The parameter MetricData.member.1.MetricName is required.";
                return Err(AwsError::new("MissingParameter", message));
            }
            let at = datum.timestamp.map_or(now, |moment| moment.0);
            let (oldest, newest) = (now.0 - 14 * 24 * 60 * MINUTE, now.0 + 120 * MINUTE);
            if !(oldest..=newest).contains(&at.0) {
                let message = "The parameter MetricData.member.1.Timestamp must specify a time within the past two \
                               weeks, and no more than two hours in the future.";
                return Err(invalid(message));
            }
            let sums = datum.sums()?;
            let values = [sums.sum, sums.minimum, sums.maximum];
            if !values.iter().all(|value| value.is_finite() && value.abs() <= 2f64.powi(360)) {
                return Err(invalid("The value for parameter MetricData.member.1.Value is out of range."));
            }
            let dimensions = dimensions(&datum.dimensions);
            if dimensions.len() > 30 {
                return Err(invalid(
                    "The collection MetricData.member.1.Dimensions must not have a size greater than 30.",
                ));
            }
            data.push((Metric::new(caller, &input.namespace, &datum.metric_name, dimensions), at, sums));
        }
        for (metric, at, sums) in data {
            self.metrics.add(metric, at, sums);
        }
        self.metrics.flush()?;
        Ok(Value::Null)
    }

    pub(super) fn get_statistics(&self, aws: &Aws, caller: &Caller, input: Value) -> Result<Value, AwsError> {
        let input: GetMetricStatistics = read(input)?;
        aws.services.iam.authorize(caller, "cloudwatch:GetMetricStatistics", "*", None, &[])?;
        let period = check_period(input.period)?;
        let all = input.statistics.iter().chain(&input.extended_statistics);
        all.clone().try_for_each(|name| check_statistic(name))?;
        if all.count() == 0 {
            let message =
                "At least one of the parameters Statistics and ExtendedStatistics must be specified.";
            return Err(AwsError::new("MissingParameter", message));
        }
        let (start, end) = span(input.start_time, input.end_time, period)?;
        if (end - start) / period > 1440 {
            let message = "You have requested up to 1,441 or more datapoints, which exceeds the limit of 1,440. You \
                           may reduce the datapoints requested by increasing Period, or decreasing the time range.";
            return Err(AwsError::new("InvalidParameterCombination", message));
        }
        let metric = Metric::new(caller, &input.namespace, &input.metric_name, dimensions(&input.dimensions));
        let points = self.metrics.read(&metric, start, end, period)?.into_iter().map(|(begin, sums)| {
            let mut point = json!({"Timestamp": moment(Timestamp(begin)), "Unit": unit(&input.metric_name)});
            for name in &input.statistics {
                point[name] = sums.statistic(name).into();
            }
            point
        });
        Ok(json!({"Label": input.metric_name, "Datapoints": points.collect::<Vec<_>>()}))
    }

    pub(super) fn get_data(&self, aws: &Aws, caller: &Caller, input: Value) -> Result<Value, AwsError> {
        let input: GetMetricData = read(input)?;
        aws.services.iam.authorize(caller, "cloudwatch:GetMetricData", "*", None, &[])?;
        let is_ascending = input.scan_by.as_deref() == Some("TimestampAscending");
        let mut results = Vec::new();
        for query in &input.metric_data_queries {
            if query.expression.is_some() {
                return Err(AwsError::not_supported("a metric math expression"));
            }
            let Some(stat) = &query.metric_stat else {
                let message = "Exactly one of MetricStat and Expression must be specified.";
                return Err(AwsError::new("ValidationError", message));
            };
            let period = check_period(stat.period)?;
            check_statistic(&stat.stat)?;
            if query.return_data == Some(false) {
                continue;
            }
            let (start, end) = span(input.start_time, input.end_time, period)?;
            if (end - start) / period > 100_800 {
                return Err(AwsError::new("ValidationError", "The maximum number of datapoints is 100,800."));
            }
            let named = &stat.metric;
            let metric =
                Metric::new(caller, &named.namespace, &named.metric_name, dimensions(&named.dimensions));
            let mut points: Vec<_> = self.metrics.read(&metric, start, end, period)?.into_iter().collect();
            if !is_ascending {
                points.reverse();
            }
            let moments: Vec<Value> = points.iter().map(|(begin, _)| moment(Timestamp(*begin))).collect();
            let values: Vec<_> = points.iter().filter_map(|(_, sums)| sums.statistic(&stat.stat)).collect();
            results.push(json!({
                "Id": query.id,
                "Label": query.label.as_ref().unwrap_or(&named.metric_name),
                "Timestamps": moments,
                "Values": values,
                "StatusCode": "Complete",
            }));
        }
        Ok(json!({"MetricDataResults": results, "Messages": []}))
    }

    pub(super) fn list_metrics(&self, aws: &Aws, caller: &Caller, input: Value) -> Result<Value, AwsError> {
        const PAGE: usize = 500;
        let input: ListMetrics = read(input)?;
        aws.services.iam.authorize(caller, "cloudwatch:ListMetrics", "*", None, &[])?;
        let is_asked = |metric: &Metric| {
            input.namespace.as_ref().is_none_or(|wanted| *wanted == metric.namespace)
                && input.metric_name.as_ref().is_none_or(|wanted| *wanted == metric.name)
                && input.dimensions.iter().all(|wanted| {
                    let found = metric.dimensions.get(&wanted.name);
                    found.is_some_and(|found| wanted.value.as_ref().is_none_or(|value| value == found))
                })
        };
        let skip: usize = input.next_token.as_deref().and_then(|token| token.parse().ok()).unwrap_or(0);
        let known = self.metrics.list(caller)?;
        let mut found = known.iter().map(|(metric, _)| metric).filter(|metric| is_asked(metric)).skip(skip);
        let page: Vec<Value> = found.by_ref().take(PAGE).map(show).collect();
        let next = found.next().map(|_| (skip + PAGE).to_string());
        Ok(json!({"Metrics": page, "NextToken": next}))
    }
}

/// Returns the time that is asked about, from the beginning of a period.
fn span(start: Option<Moment>, end: Option<Moment>, period: i64) -> Result<(i64, i64), AwsError> {
    let (Some(start), Some(end)) = (start, end) else {
        return Err(AwsError::new("MissingParameter", "The parameters StartTime and EndTime are required."));
    };
    let (start, end) = (start.0.0, end.0.0);
    if start >= end {
        return Err(invalid("The parameter StartTime must be less than the parameter EndTime."));
    }
    Ok((start.div_euclid(period) * period, end))
}

fn show(metric: &Metric) -> Value {
    json!({
        "Namespace": metric.namespace,
        "MetricName": metric.name,
        "Dimensions": show_dimensions(&metric.dimensions),
    })
}

pub fn show_dimensions(dimensions: &BTreeMap<String, String>) -> Vec<Value> {
    dimensions.iter().map(|(name, value)| json!({"Name": name, "Value": value})).collect()
}

/// Returns the unit of the metrics that services emit; callers' units are not kept.
fn unit(metric: &str) -> &'static str {
    match metric {
        "Duration" | "IteratorAge" | "GetRecords.IteratorAgeMilliseconds" => "Milliseconds",
        "DeliveryToS3.DataFreshness" => "Seconds",
        name if name.ends_with("Bytes") => "Bytes",
        name if name.starts_with("Incoming") || name.starts_with("DeliveryToS3.") => "Count",
        "Invocations" | "Errors" | "Throttles" | "ConcurrentExecutions" => "Count",
        "WriteProvisionedThroughputExceeded" | "ReadProvisionedThroughputExceeded" => "Count",
        _ => "None",
    }
}
