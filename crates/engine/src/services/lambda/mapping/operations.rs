//! CreateEventSourceMapping, Get…, Update…, Delete… and List….

use std::sync::{Arc, PoisonError};

use serde_json::{Map, Value};

use super::{Checkpoint, Mapping, MappingSettings, StartingPosition};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::kinesis::{Position, ShardSummary};
use crate::services::lambda::Lambda;
use crate::services::lambda::name::FunctionKey;
use crate::services::lambda::paging::page;
use crate::wire::rest_json::Call;

/// What a function's role must be allowed on the stream.
const NEEDED: [&str; 4] =
    ["kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:DescribeStream", "kinesis:ListShards"];

impl Lambda {
    pub(in super::super) fn create_event_source_mapping(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        settings: MappingSettings,
    ) -> Result<Mapping, AwsError> {
        let key = FunctionKey::read(caller, settings.function_name.as_deref().unwrap_or_default())?;
        let context = [("lambda:FunctionArn", key.arn())];
        let context = context.each_ref().map(|(name, value)| (*name, value.as_str()));
        aws.services.iam.authorize(caller, "lambda:CreateEventSourceMapping", "*", None, &context)?;
        settings.check()?;
        let stream_arn = stream_arn(settings.event_source_arn.as_deref())?;
        let starting_position = settings.position()?;
        self.function(&key)?;
        let shards = self.readable_shards(aws, &key, &stream_arn)?;

        let _changing = self.mappings.changes.lock().unwrap_or_else(PoisonError::into_inner);
        self.refuse_second(&key, &stream_arn)?;
        let mut mapping = Mapping {
            uuid: uuid::Uuid::new_v4().to_string(),
            function: key,
            stream_arn,
            enabled: true,
            deleting: false,
            starting_position,
            batch_size: 100,
            batching_window: 0,
            maximum_retry_attempts: -1,
            maximum_record_age: -1,
            bisect: false,
            reports_item_failures: false,
            last_modified: aws.clock.now(),
            last_processing_result: "No records processed".to_owned(),
            tags: settings.tags.clone(),
        };
        settings.apply(&mut mapping);
        // Where to begin is settled now, so that what is written from here on is read.
        for shard in &shards {
            if let Some(checkpoint) = self.beginning(aws, &mapping, shard)? {
                self.put_checkpoint(&mapping.uuid, &shard.shard_id, &checkpoint)?;
            }
        }
        self.mappings.table.put(&mapping.path(), &mapping)?;
        self.restart(aws, &mapping);
        Ok(mapping)
    }

    /// Returns where a mapping begins to read a shard; `None` for its oldest record.
    fn beginning(
        &self,
        aws: &Aws,
        mapping: &Mapping,
        shard: &ShardSummary,
    ) -> Result<Option<Checkpoint>, AwsError> {
        match mapping.starting_position {
            StartingPosition::TrimHorizon => Ok(None),
            StartingPosition::AtTimestamp(timestamp) => {
                Ok(Some(Checkpoint::At(Position::AtTimestamp(timestamp))))
            }
            StartingPosition::Latest if shard.is_closed => Ok(Some(Checkpoint::Finished)),
            StartingPosition::Latest => {
                let session = self.reader(aws, &mapping.function)?;
                let kinesis = &aws.services.kinesis;
                let tip = kinesis.read(
                    aws,
                    &session,
                    &mapping.stream_arn,
                    &shard.shard_id,
                    &Position::Latest,
                    1,
                )?;
                Ok(Some(tip.next.map_or(Checkpoint::Finished, Checkpoint::At)))
            }
        }
    }

    /// Returns the shards of a stream that the function's role can read.
    fn readable_shards(
        &self,
        aws: &Aws,
        key: &FunctionKey,
        stream_arn: &str,
    ) -> Result<Vec<ShardSummary>, AwsError> {
        let no_access = || {
            let message = format!(
                "Cannot access stream {stream_arn}. Please ensure the role can perform the GetRecords, \
                 GetShardIterator, DescribeStream, ListShards, and ListStreams Actions on your stream in IAM."
            );
            AwsError::new("InvalidParameterValueException", message)
        };
        let session = self.reader(aws, key)?;
        for action in NEEDED {
            aws.services.iam.authorize(&session, action, stream_arn, None, &[]).map_err(|_| no_access())?;
        }
        aws.services.kinesis.shards(aws, &session, stream_arn).map_err(|error| match error.code.as_str() {
            "AccessDeniedException" => no_access(),
            // Not confirmed on AWS.
            "ResourceNotFoundException" => {
                AwsError::new("InvalidParameterValueException", format!("Stream not found: {stream_arn}"))
            }
            _ => error,
        })
    }

    fn refuse_second(&self, key: &FunctionKey, stream_arn: &str) -> Result<(), AwsError> {
        let mappings = self.mappings.table.scan(&format!("{}/{}/", key.account, key.region))?;
        let is_same = |mapping: &Mapping| {
            mapping.function == *key && mapping.stream_arn == stream_arn && !mapping.deleting
        };
        let Some((_, same)) = mappings.into_iter().find(|(_, mapping)| is_same(mapping)) else {
            return Ok(());
        };
        let message = format!(
            "The event source arn (\" {stream_arn} \") and function (\" {} \") provided mapping already \
             exists. Please update or delete the existing mapping with UUID {}",
            key.name, same.uuid
        );
        Err(AwsError::new("ResourceConflictException", message).status(409))
    }

    /// Returns a mapping of the caller's account and region.
    pub(in super::super) fn mapping(&self, caller: &Caller, uuid: &str) -> Result<Mapping, AwsError> {
        self.mappings.table.get(&format!("{}{uuid}", caller.scope()))?.ok_or_else(|| {
            let message = "The resource you requested does not exist.";
            AwsError::new("ResourceNotFoundException", message).status(404)
        })
    }

    /// Returns every mapping of the caller's account and region.
    pub(in super::super) fn mappings_of(&self, caller: &Caller) -> Result<Vec<Mapping>, AwsError> {
        let mappings = self.mappings.table.scan(&caller.scope())?;
        Ok(mappings.into_iter().map(|(_, mapping)| mapping).collect())
    }

    pub(in super::super) fn get_event_source_mapping(
        &self,
        aws: &Aws,
        caller: &Caller,
        uuid: &str,
    ) -> Result<Mapping, AwsError> {
        authorize(aws, caller, "lambda:GetEventSourceMapping", uuid)?;
        self.mapping(caller, uuid)
    }

    /// Changes a mapping and returns it with the state that it passes through.
    pub(in super::super) fn update_event_source_mapping(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        uuid: &str,
        settings: MappingSettings,
    ) -> Result<(Mapping, &'static str), AwsError> {
        authorize(aws, caller, "lambda:UpdateEventSourceMapping", uuid)?;
        settings.check()?;
        let function =
            settings.function_name.as_deref().map(|name| FunctionKey::read(caller, name)).transpose()?;
        let before = self.mapping(caller, uuid)?;
        if let Some(key) = function.as_ref().filter(|key| **key != before.function) {
            self.function(key)?;
            self.readable_shards(aws, key, &before.stream_arn)?;
        }
        let mapping = self.change_mapping(caller, uuid, |mapping| {
            if mapping.deleting {
                let message = "Cannot update the event source mapping because it is not in the enabled or disabled state.";
                return Err(AwsError::new("ResourceInUseException", message));
            }
            if let Some(function) = function {
                mapping.function = function;
            }
            settings.apply(mapping);
            mapping.last_modified = aws.clock.now();
            Ok(())
        })?;
        self.restart(aws, &mapping);
        let state = match (before.enabled, mapping.enabled) {
            (false, true) => "Enabling",
            (true, false) => "Disabling",
            _ => "Updating",
        };
        Ok((mapping, state))
    }

    /// Begins to delete a mapping; it is gone once an invocation that is under way has ended.
    pub(in super::super) fn delete_event_source_mapping(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        uuid: &str,
    ) -> Result<Mapping, AwsError> {
        authorize(aws, caller, "lambda:DeleteEventSourceMapping", uuid)?;
        let mapping = self.change_mapping(caller, uuid, |mapping| {
            mapping.deleting = true;
            mapping.last_modified = aws.clock.now();
            Ok(())
        })?;
        self.restart(aws, &mapping);
        Ok(mapping)
    }

    pub(in super::super) fn list_event_source_mappings(
        &self,
        aws: &Aws,
        caller: &Caller,
        call: &Call,
    ) -> Result<Value, AwsError> {
        aws.services.iam.authorize(caller, "lambda:ListEventSourceMappings", "*", None, &[])?;
        let function = call.query("FunctionName").map(|name| FunctionKey::read(caller, name)).transpose()?;
        let stream_arn = call.query("EventSourceArn");
        let mut mappings = self.mappings.table.scan(&caller.scope())?;
        mappings.retain(|(_, mapping)| {
            function.as_ref().is_none_or(|key| *key == mapping.function)
                && stream_arn.is_none_or(|arn| arn == mapping.stream_arn)
        });
        let page = page(mappings, call.query("Marker"), call.query("MaxItems"))?;
        let mappings = page.entries.iter().map(|mapping| mapping.configuration(mapping.state())).collect();
        let mut output = Map::from_iter([("EventSourceMappings".to_owned(), Value::Array(mappings))]);
        if let Some(marker) = page.next_marker {
            output.insert("NextMarker".to_owned(), marker.into());
        }
        Ok(output.into())
    }

    /// Changes a mapping; changes happen one after the other.
    pub(in super::super) fn change_mapping(
        &self,
        caller: &Caller,
        uuid: &str,
        change: impl FnOnce(&mut Mapping) -> Result<(), AwsError>,
    ) -> Result<Mapping, AwsError> {
        let _changing = self.mappings.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut mapping = self.mapping(caller, uuid)?;
        change(&mut mapping)?;
        self.mappings.table.put(&mapping.path(), &mapping)?;
        Ok(mapping)
    }

    /// Notes what came of the last batch of a mapping.
    pub(super) fn note_result(&self, mapping: &Mapping, result: &str) {
        let owner = mapping.owner();
        let is_news = |known: &Mapping| known.last_processing_result != result;
        if !self.mapping(&owner, &mapping.uuid).is_ok_and(|known| is_news(&known)) {
            return;
        }
        let noted = self.change_mapping(&owner, &mapping.uuid, |mapping| {
            result.clone_into(&mut mapping.last_processing_result);
            Ok(())
        });
        if let Err(error) = noted {
            tracing::debug!(%error, "the result of a batch could not be noted");
        }
    }
}

fn authorize(aws: &Aws, caller: &Caller, action: &str, uuid: &str) -> Result<(), AwsError> {
    let arn = caller.arn("lambda", format_args!("event-source-mapping:{uuid}"));
    aws.services.iam.authorize(caller, action, &arn, None, &[])
}

/// Returns the ARN of a Kinesis stream; other sources are refused by name.
fn stream_arn(arn: Option<&str>) -> Result<String, AwsError> {
    let invalid = || {
        let message = "Unrecognized event source. Please provide an EventSourceArn.";
        AwsError::new("InvalidParameterValueException", message)
    };
    let arn = arn.ok_or_else(invalid)?;
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, service, _, _, resource] = parts[..] else { return Err(invalid()) };
    match (service, resource.strip_prefix("stream/")) {
        ("kinesis", Some(name)) if !name.contains('/') => Ok(arn.to_owned()),
        ("kinesis", _) => Err(AwsError::not_supported("an enhanced fan-out consumer as an event source")),
        (service, _) => Err(AwsError::not_supported(format_args!("an event source of `{service}`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_only_streams() {
        let stream = "arn:aws:kinesis:us-east-1:111122223333:stream/s";
        assert_eq!(stream_arn(Some(stream)).as_deref(), Ok(stream));
        assert_eq!(stream_arn(None).unwrap_err().code, "InvalidParameterValueException");
        let queue = stream_arn(Some("arn:aws:sqs:us-east-1:111122223333:q")).unwrap_err();
        assert!(queue.message.contains("`sqs`"));
        assert_eq!(stream_arn(Some(&format!("{stream}/consumer/c:1"))).unwrap_err().status, 501);
    }
}
