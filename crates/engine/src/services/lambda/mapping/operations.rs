//! CreateEventSourceMapping, Get…, Update…, Delete… and List….

use std::sync::{Arc, PoisonError};

use serde_json::{Map, Value};

use super::source::Source;
use super::{Checkpoint, Mapping, MappingSettings, StartingPosition};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::kinesis::{Position, ShardSummary};
use crate::services::lambda::Lambda;
use crate::services::lambda::name::FunctionKey;
use crate::services::lambda::paging::page;
use crate::wire::rest_json::Call;

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
        let source_arn = settings.event_source_arn.clone();
        let source = Source::of(source_arn.as_deref())?;
        let source_arn = source_arn.unwrap_or_default();
        settings.check_for(source)?;
        let starting_position = match source {
            Source::Stream => Some(settings.position()?),
            Source::Queue => None,
        };
        let mut mapping = Mapping {
            uuid: uuid::Uuid::new_v4().to_string(),
            function: key,
            source_arn,
            enabled: true,
            deleting: false,
            starting_position,
            batch_size: source.batch_size(),
            batching_window: 0,
            maximum_retry_attempts: -1,
            maximum_record_age: -1,
            bisect: false,
            reports_item_failures: false,
            parallelization_factor: 1,
            tumbling_window: 0,
            filters: Vec::new(),
            on_failure: None,
            maximum_concurrency: None,
            last_modified: aws.clock.now(),
            last_processing_result: "No records processed".to_owned(),
            tags: settings.tags.clone(),
        };
        settings.apply(&mut mapping);
        mapping.check_together()?;
        let shards = self.check_access(aws, &mapping)?;

        let _changing = self.mappings.changes.lock().unwrap_or_else(PoisonError::into_inner);
        self.refuse_second(&mapping)?;
        // Where to begin is settled now, so that what is written from here on is read.
        for shard in &shards {
            if let Some(checkpoint) = self.beginning(aws, &mapping, shard)? {
                self.put_checkpoint(&mapping.uuid, &shard.shard_id, None, &checkpoint)?;
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
            Some(StartingPosition::TrimHorizon) | None => Ok(None),
            Some(StartingPosition::AtTimestamp(timestamp)) => {
                Ok(Some(Checkpoint::At(Position::AtTimestamp(timestamp))))
            }
            Some(StartingPosition::Latest) if shard.is_closed => Ok(Some(Checkpoint::Finished)),
            Some(StartingPosition::Latest) => {
                let session = self.reader(aws, &mapping.function)?;
                let kinesis = &aws.services.kinesis;
                let tip = kinesis.read(
                    aws,
                    &session,
                    &mapping.source_arn,
                    &shard.shard_id,
                    &Position::Latest,
                    1,
                )?;
                Ok(Some(tip.next.map_or(Checkpoint::Finished, Checkpoint::At)))
            }
        }
    }

    fn refuse_second(&self, new: &Mapping) -> Result<(), AwsError> {
        let FunctionKey { account, region, .. } = &new.function;
        let mappings = self.mappings.table.scan(&format!("{account}/{region}/"))?;
        let is_same = |mapping: &Mapping| {
            mapping.function == new.function && mapping.source_arn == new.source_arn && !mapping.deleting
        };
        let Some((_, same)) = mappings.into_iter().find(|(_, mapping)| is_same(mapping)) else {
            return Ok(());
        };
        let Mapping { source_arn, function, .. } = new;
        let what = match new.source() {
            Source::Stream => format!(
                "The event source arn (\" {source_arn} \") and function (\" {} \") provided mapping already exists.",
                function.name
            ),
            Source::Queue => format!(
                "An event source mapping with SQS arn (\" {source_arn} \") and function (\" {} \") already exists.",
                function.name
            ),
        };
        let message = format!("{what} Please update or delete the existing mapping with UUID {}", same.uuid);
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
        settings.check_for(before.source())?;
        let mut after = before.clone();
        after.function = function.unwrap_or(after.function);
        settings.apply(&mut after);
        after.check_together()?;
        // One that changes nothing of this must be possible even where access was lost.
        if after.function != before.function || after.on_failure != before.on_failure {
            self.check_access(aws, &after)?;
        }
        let function = after.function;
        let mapping = self.change_mapping(caller, uuid, |mapping| {
            if mapping.deleting {
                let message = "Cannot update the event source mapping because it is not in the enabled or disabled state.";
                return Err(AwsError::new("ResourceInUseException", message));
            }
            mapping.function = function;
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
        let source_arn = call.query("EventSourceArn");
        let mut mappings = self.mappings.table.scan(&caller.scope())?;
        mappings.retain(|(_, mapping)| {
            function.as_ref().is_none_or(|key| *key == mapping.function)
                && source_arn.is_none_or(|arn| arn == mapping.source_arn)
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
