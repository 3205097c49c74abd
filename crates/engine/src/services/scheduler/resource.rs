//! `AWS::Scheduler::Schedule`: a schedule as CloudFormation makes, changes and deletes it.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::schedule::{Settings, arn_of};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType, gone_is_fine, live};

pub struct ScheduleResource;

fn settings(request: &ResourceRequest<'_>) -> Result<Settings, AwsError> {
    serde_json::from_value(request.properties.clone())
        .map_err(|error| AwsError::new("ValidationException", error.to_string()))
}

fn describe(request: &ResourceRequest<'_>, name: &str) -> Resource {
    Resource::new(name, [("Arn", json!(arn_of(request.caller, name)))])
}

#[async_trait]
impl ResourceType for ScheduleResource {
    fn type_name(&self) -> &'static str {
        "AWS::Scheduler::Schedule"
    }

    fn properties(&self) -> &'static [&'static str] {
        &[
            "Description",
            "EndDate",
            "FlexibleTimeWindow",
            "GroupName",
            "Name",
            "ScheduleExpression",
            "ScheduleExpressionTimezone",
            "StartDate",
            "State",
            "Target",
        ]
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        let name = request.name("Name", 64);
        // A create that was interrupted comes again with the same token.
        let token = Some(format!("{}/{}/{}", request.stack_id, request.logical_id, request.suffix));
        aws.services.scheduler.create(aws, request.caller, &name, settings(request)?, token)?;
        Ok(describe(request, &name))
    }

    async fn update(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
        _previous: &Value,
    ) -> Result<Resource, AwsError> {
        aws.services.scheduler.update(aws, request.caller, physical_id, settings(request)?)?;
        Ok(describe(request, physical_id))
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<(), AwsError> {
        let deleted = aws.services.scheduler.delete(aws, request.caller, physical_id);
        gone_is_fine(deleted, "ResourceNotFoundException")
    }

    async fn read(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<Option<Value>, AwsError> {
        let arn = arn_of(request.caller, physical_id);
        aws.services.iam.authorize(request.caller, "scheduler:GetSchedule", &arn, None, &[])?;
        let schedule = aws.services.scheduler.schedule(request.caller, physical_id);
        let Some(schedule) = live(schedule, "ResourceNotFoundException")? else { return Ok(None) };
        let given = settings(request)?;
        let mut live = serde_json::to_value(&schedule.settings).map_err(AwsError::internal)?;
        live["Name"] = json!(schedule.name);
        // The same moment may be written in several ways.
        for (name, is_same) in [
            ("StartDate", given.start_date == schedule.settings.start_date),
            ("EndDate", given.end_date == schedule.settings.end_date),
        ] {
            if is_same {
                live[name] = request.properties[name].clone();
            }
        }
        Ok(Some(live))
    }
}
