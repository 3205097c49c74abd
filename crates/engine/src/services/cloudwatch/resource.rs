//! `AWS::CloudWatch::Alarm`: an alarm as CloudFormation makes, changes and deletes it.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::alarm::Alarm;
use super::alarm_operations::{PutMetricAlarm, Tag};
use super::input::read;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType, tag_list};

pub struct AlarmResource;

/// Makes the alarm what the template says.
fn apply(aws: &Arc<Aws>, request: &ResourceRequest<'_>, name: String) -> Result<Resource, AwsError> {
    let mut input: PutMetricAlarm = read(request.properties.clone())?;
    input.alarm_name.clone_from(&name);
    input.tags = request.all_tags().into_iter().map(|(key, value)| Tag { key, value }).collect();
    let arn = aws.services.cloudwatch.put_alarm(aws, request.caller, input)?;
    Ok(Resource::new(name, [("Arn", json!(arn))]))
}

#[async_trait]
impl ResourceType for AlarmResource {
    fn type_name(&self) -> &'static str {
        "AWS::CloudWatch::Alarm"
    }

    fn properties(&self) -> &'static [&'static str] {
        &[
            "ActionsEnabled",
            "AlarmActions",
            "AlarmDescription",
            "AlarmName",
            "ComparisonOperator",
            "DatapointsToAlarm",
            "Dimensions",
            "EvaluationPeriods",
            "InsufficientDataActions",
            "MetricName",
            "Namespace",
            "OKActions",
            "Period",
            "Statistic",
            "Tags",
            "Threshold",
            "TreatMissingData",
            "Unit",
        ]
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        let name = request.name("AlarmName", 255);
        let key = format!("{}{name}", request.caller.scope());
        let existing = aws.services.cloudwatch.alarms().get(&key).cloned();
        if existing.is_some_and(|existing| !request.has_made(&existing.tags)) {
            return Err(AwsError::new("AlreadyExists", format!("{name} already exists")));
        }
        apply(aws, request, name)
    }

    async fn update(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
        _previous: &Value,
    ) -> Result<Resource, AwsError> {
        apply(aws, request, physical_id.to_owned())
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<(), AwsError> {
        let arn = request.caller.arn("cloudwatch", format_args!("alarm:{physical_id}"));
        aws.services.iam.authorize(request.caller, "cloudwatch:DeleteAlarms", &arn, None, &[])?;
        aws.services.cloudwatch.delete_alarm(aws, request.caller, physical_id)
    }

    async fn read(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<Option<Value>, AwsError> {
        let arn = request.caller.arn("cloudwatch", format_args!("alarm:{physical_id}"));
        aws.services.iam.authorize(request.caller, "cloudwatch:DescribeAlarms", &arn, None, &[])?;
        let key = format!("{}{physical_id}", request.caller.scope());
        Ok(aws.services.cloudwatch.alarms().get(&key).map(properties))
    }
}

/// Returns what an alarm is, in a template's words.
fn properties(alarm: &Alarm) -> Value {
    let dimensions = alarm.metric.dimensions.iter();
    let dimensions: Vec<Value> =
        dimensions.map(|(name, value)| json!({"Name": name, "Value": value})).collect();
    // A whole threshold is written without a point.
    let threshold = match alarm.threshold.fract() == 0.0 && alarm.threshold.abs() < 9e15 {
        true => json!(alarm.threshold as i64),
        false => json!(alarm.threshold),
    };
    json!({
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "ActionsEnabled": alarm.actions_enabled,
        "OKActions": alarm.ok_actions,
        "AlarmActions": alarm.alarm_actions,
        "InsufficientDataActions": alarm.insufficient_data_actions,
        "MetricName": alarm.metric.name,
        "Namespace": alarm.metric.namespace,
        "Dimensions": dimensions,
        "Statistic": alarm.statistic,
        "Period": alarm.period / 1000,
        "Unit": alarm.unit,
        "EvaluationPeriods": alarm.evaluation_periods,
        "DatapointsToAlarm": alarm.datapoints_to_alarm,
        "Threshold": threshold,
        "ComparisonOperator": alarm.comparison,
        "TreatMissingData": alarm.treat_missing_data,
        "Tags": tag_list(&alarm.tags),
    })
}
