//! Delivery streams are described and listed, and go.

use std::sync::{Arc, PoisonError};

use serde::Deserialize;
use serde_json::json;

use super::StreamOnly;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::firehose::Firehose;
use crate::services::firehose::source;
use crate::services::firehose::stream::DeliveryStream;
use crate::wire::constraints::Constraints;
use crate::wire::json::Reply;

const KINDS: [&str; 4] = ["DirectPut", "KinesisStreamAsSource", "MSKAsSource", "DatabaseAsSource"];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListDeliveryStreams {
    limit: Option<i64>,
    delivery_stream_type: Option<String>,
    exclusive_start_delivery_stream_name: Option<String>,
}

impl Firehose {
    pub fn describe_delivery_stream(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: &StreamOnly,
    ) -> Result<Reply, AwsError> {
        let name = input.delivery_stream_name.as_deref();
        let stream = self.target(aws, caller, "firehose:DescribeDeliveryStream", name)?;
        Reply::of(&json!({"DeliveryStreamDescription": stream.description().describe()}))
    }

    pub fn list_delivery_streams(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: &ListDeliveryStreams,
    ) -> Result<Reply, AwsError> {
        let mut check = Constraints::default();
        check.range("limit", input.limit, 1, 10_000);
        check.one_of("deliveryStreamType", input.delivery_stream_type.as_deref(), &KINDS);
        check.name(
            "exclusiveStartDeliveryStreamName",
            input.exclusive_start_delivery_stream_name.as_deref(),
            64,
        );
        check.finish()?;
        aws.services.iam.authorize(caller, "firehose:ListDeliveryStreams", "*", None, &[])?;
        let limit = usize::try_from(input.limit.unwrap_or(10)).unwrap_or(1);
        let scope = caller.scope();
        let streams = self.streams.read().unwrap_or_else(PoisonError::into_inner);
        let own = streams.range(scope.clone()..).take_while(|(key, _)| key.starts_with(&scope));
        let descriptions = own.map(|(_, stream)| stream.description());
        let mut names: Vec<String> = descriptions
            .filter(|one| input.delivery_stream_type.as_deref().is_none_or(|kind| kind == one.kind()))
            .map(|one| one.name)
            .filter(|name| {
                input.exclusive_start_delivery_stream_name.as_ref().is_none_or(|after| name > after)
            })
            .take(limit + 1)
            .collect();
        let has_more = names.len() > limit;
        names.truncate(limit);
        Reply::of(&json!({"DeliveryStreamNames": names, "HasMoreDeliveryStreams": has_more}))
    }

    pub fn delete_delivery_stream(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: &StreamOnly,
    ) -> Result<Reply, AwsError> {
        let name = input.delivery_stream_name.as_deref();
        let stream = self.target(aws, caller, "firehose:DeleteDeliveryStream", name)?;
        self.delete(&stream)?;
        Ok(Reply::empty())
    }

    /// Removes a delivery stream at once, with what it has not delivered.
    pub fn delete(&self, stream: &DeliveryStream) -> Result<(), AwsError> {
        let description = stream.description();
        {
            let mut streams = self.streams.write().unwrap_or_else(PoisonError::into_inner);
            self.table.remove(&description.key())?;
            streams.remove(&description.key());
        }
        stream.deleted.cancel();
        self.backlog.purge(description.id)?;
        source::forget(&self.checkpoints, description.id)?;
        Ok(())
    }
}
