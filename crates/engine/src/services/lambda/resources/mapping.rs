//! `AWS::Lambda::EventSourceMapping`.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::read;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType};
use crate::services::lambda::mapping::{Mapping, MappingSettings, Source};

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
