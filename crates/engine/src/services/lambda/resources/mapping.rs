//! `AWS::Lambda::EventSourceMapping`.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::read;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType, live, tag_list};
use crate::services::lambda::mapping::{Mapping, MappingSettings, Source, StartingPosition};
use crate::services::lambda::name::FunctionKey;

pub struct EventSourceMappingResource;

/// What a setting is when a template does not give it; an update goes back to it.
fn defaults(source: Source) -> Value {
    let mut defaults = json!({
        "Enabled": true, "BatchSize": source.batch_size(), "MaximumBatchingWindowInSeconds": 0,
        "FunctionResponseTypes": [], "FilterCriteria": {},
    });
    let of_source = match source {
        Source::Stream => json!({
            "MaximumRetryAttempts": -1, "MaximumRecordAgeInSeconds": -1, "BisectBatchOnFunctionError": false,
            "ParallelizationFactor": 1, "TumblingWindowInSeconds": 0, "DestinationConfig": {},
        }),
        Source::Queue => json!({"ScalingConfig": {}}),
    };
    if let (Value::Object(defaults), Value::Object(of_source)) = (&mut defaults, of_source) {
        defaults.extend(of_source);
    }
    defaults
}

#[async_trait]
impl ResourceType for EventSourceMappingResource {
    fn type_name(&self) -> &'static str {
        "AWS::Lambda::EventSourceMapping"
    }

    fn properties(&self) -> &'static [&'static str] {
        &[
            "BatchSize",
            "BisectBatchOnFunctionError",
            "DestinationConfig",
            "Enabled",
            "EventSourceArn",
            "FilterCriteria",
            "FunctionName",
            "FunctionResponseTypes",
            "MaximumBatchingWindowInSeconds",
            "MaximumRecordAgeInSeconds",
            "MaximumRetryAttempts",
            "ParallelizationFactor",
            "ScalingConfig",
            "StartingPosition",
            "StartingPositionTimestamp",
            "Tags",
            "TumblingWindowInSeconds",
        ]
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        let lambda = &aws.services.lambda;
        let settings = settings(request)?;
        match lambda.create_event_source_mapping(aws, request.caller, settings) {
            Err(error) if error.code == "ResourceConflictException" => {
                let own = lambda.mappings_of(request.caller)?;
                let own =
                    own.into_iter().find(|mapping| !mapping.deleting && request.has_made(&mapping.tags));
                own.as_ref().map(resource).ok_or(error)
            }
            outcome => outcome.as_ref().map(resource).map_err(Clone::clone),
        }
    }

    async fn update(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
        _previous: &Value,
    ) -> Result<Resource, AwsError> {
        let lambda = &aws.services.lambda;
        let settings = settings(request)?;
        lambda.update_event_source_mapping(aws, request.caller, physical_id, settings)?;
        let mapping = lambda.change_mapping(request.caller, physical_id, |mapping| {
            mapping.tags = request.all_tags();
            Ok(())
        })?;
        Ok(resource(&mapping))
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<(), AwsError> {
        let lambda = &aws.services.lambda;
        match lambda.delete_event_source_mapping(aws, request.caller, physical_id) {
            Err(error) if error.code == "ResourceNotFoundException" => return Ok(()),
            outcome => drop(outcome?),
        }
        // What an invocation under way takes is real time.
        while lambda.mapping(request.caller, physical_id).is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    async fn read(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<Option<Value>, AwsError> {
        let lambda = &aws.services.lambda;
        let arn = request.caller.arn("lambda", format_args!("event-source-mapping:{physical_id}"));
        let action = "lambda:GetEventSourceMapping";
        aws.services.iam.authorize(request.caller, action, &arn, None, &[])?;
        let mapping = live(lambda.mapping(request.caller, physical_id), "ResourceNotFoundException")?;
        let Some(mapping) = mapping.filter(|mapping| !mapping.deleting) else { return Ok(None) };
        let given = request.text("FunctionName").unwrap_or_default();
        let is_same = FunctionKey::read(request.caller, given).is_ok_and(|key| key == mapping.function);
        let mut live = properties(&mapping);
        if is_same {
            // A name and an ARN name the same function.
            live["FunctionName"] = json!(given);
        }
        if let Some(position) = request.properties.get("StartingPositionTimestamp") {
            live["StartingPositionTimestamp"] = position.clone();
        }
        Ok(Some(live))
    }
}

/// Returns what a mapping is, in a template's words.
fn properties(mapping: &Mapping) -> Value {
    let position = mapping.starting_position.map(|position| match position {
        StartingPosition::TrimHorizon => "TRIM_HORIZON",
        StartingPosition::Latest => "LATEST",
        StartingPosition::AtTimestamp(_) => "AT_TIMESTAMP",
    });
    let filters: Vec<Value> = mapping.filters.iter().map(|pattern| json!({"Pattern": pattern})).collect();
    let responses = if mapping.reports_item_failures { vec!["ReportBatchItemFailures"] } else { Vec::new() };
    let mut properties = json!({
        "EventSourceArn": mapping.source_arn,
        "FunctionName": mapping.function.arn(),
        "Enabled": mapping.enabled,
        "StartingPosition": position,
        "BatchSize": mapping.batch_size,
        "MaximumBatchingWindowInSeconds": mapping.batching_window,
        "MaximumRetryAttempts": mapping.maximum_retry_attempts,
        "MaximumRecordAgeInSeconds": mapping.maximum_record_age,
        "BisectBatchOnFunctionError": mapping.bisect,
        "FunctionResponseTypes": responses,
        "ParallelizationFactor": mapping.parallelization_factor,
        "TumblingWindowInSeconds": mapping.tumbling_window,
        "FilterCriteria": {"Filters": filters},
        "Tags": tag_list(&mapping.tags),
    });
    if let Some(destination) = &mapping.on_failure {
        properties["DestinationConfig"] = json!({"OnFailure": {"Destination": destination}});
    }
    if let Some(concurrency) = mapping.maximum_concurrency {
        properties["ScalingConfig"] = json!({"MaximumConcurrency": concurrency});
    }
    properties
}

fn settings(request: &ResourceRequest<'_>) -> Result<MappingSettings, AwsError> {
    let source = Source::of(request.text("EventSourceArn"))?;
    let mut properties = defaults(source);
    for (name, value) in request.properties.as_object().into_iter().flatten() {
        properties[name] = value.clone();
    }
    properties["Tags"] = json!(request.all_tags());
    read(properties)
}

fn resource(mapping: &Mapping) -> Resource {
    let attributes = [("Id", json!(mapping.uuid)), ("EventSourceMappingArn", json!(mapping.arn()))];
    Resource::new(&mapping.uuid, attributes)
}
