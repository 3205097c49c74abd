//! PutRecord and PutRecordBatch: into the backlog, and only then acknowledged.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::cloudwatch::Emitter;
use crate::services::firehose::Firehose;
use crate::services::firehose::refusal::invalid_argument;
use crate::services::firehose::stream::DeliveryStream;
use crate::wire::blob::{Blobs, Text};
use crate::wire::constraints::Constraints;
use crate::wire::json::Reply;

const RECORD_BYTES: usize = 1_024_000;
const BATCH_BYTES: usize = 4 << 20;
const BATCH_RECORDS: usize = 500;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutRecord<'a> {
    delivery_stream_name: Option<String>,
    #[serde(borrow)]
    record: Option<Record<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutRecordBatch<'a> {
    delivery_stream_name: Option<String>,
    #[serde(borrow)]
    records: Option<Vec<Record<'a>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Record<'a> {
    #[serde(borrow)]
    data: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Accepted {
    record_id: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct BatchOutput {
    failed_put_count: usize,
    encrypted: bool,
    request_responses: Vec<Accepted>,
}

impl Record<'_> {
    fn check(&self, check: &mut Constraints, field: &str, data: &[u8]) {
        check.present(&format!("{field}.data"), self.data.is_some());
        if data.len() > RECORD_BYTES {
            check.length(&format!("{field}.data"), "java.nio.HeapByteBuffer", data.len(), 0, RECORD_BYTES);
        }
    }
}

impl Firehose {
    pub fn put_record(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: &PutRecord<'_>,
    ) -> Result<Reply, AwsError> {
        let blobs = Blobs::decode(input.record.iter().map(|record| record.data.as_ref()))?;
        let mut check = Constraints::default();
        check.present("record", input.record.is_some());
        if let Some(record) = &input.record {
            record.check(&mut check, "record", blobs.get(0));
        }
        check.finish()?;
        let name = input.delivery_stream_name.as_deref();
        let stream = self.direct_put_target(aws, caller, "firehose:PutRecord", name)?;
        stream.put(&self.backlog, aws.clock.now(), blobs.iter())?;
        count(aws, caller, name, blobs.iter());
        let encrypted = stream.description().encryption.is_some();
        Reply::of(&json!({"RecordId": record_id(), "Encrypted": encrypted}))
    }

    pub fn put_record_batch(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: &PutRecordBatch<'_>,
    ) -> Result<Reply, AwsError> {
        let records = input.records.as_deref().unwrap_or_default();
        let blobs = Blobs::decode(records.iter().map(|record| record.data.as_ref()))?;
        let mut check = Constraints::default();
        check.length("records", "[]", records.len(), 1, BATCH_RECORDS);
        for (place, (record, data)) in records.iter().zip(blobs.iter()).enumerate() {
            if record.data.is_none() || data.len() > RECORD_BYTES {
                record.check(&mut check, &format!("records.{}.member", place + 1), data);
            }
        }
        check.finish()?;
        if blobs.len() > BATCH_BYTES {
            return Err(invalid_argument("Records size exceeds 4 MB limit"));
        }
        let name = input.delivery_stream_name.as_deref();
        let stream = self.direct_put_target(aws, caller, "firehose:PutRecordBatch", name)?;
        stream.put(&self.backlog, aws.clock.now(), blobs.iter())?;
        count(aws, caller, name, blobs.iter());
        Reply::of(&BatchOutput {
            failed_put_count: 0,
            encrypted: stream.description().encryption.is_some(),
            request_responses: records.iter().map(|_| Accepted { record_id: record_id() }).collect(),
        })
    }

    /// Puts one record as another service does; needs `firehose:PutRecord`.
    pub fn put_data(&self, aws: &Aws, caller: &Caller, name: &str, data: &[u8]) -> Result<(), AwsError> {
        let mut check = Constraints::default();
        check.length("record.data", "java.nio.HeapByteBuffer", data.len(), 0, RECORD_BYTES);
        check.finish()?;
        let stream = self.direct_put_target(aws, caller, "firehose:PutRecord", Some(name))?;
        stream.put(&self.backlog, aws.clock.now(), std::iter::once(data))?;
        count(aws, caller, Some(name), std::iter::once(data));
        Ok(())
    }

    fn direct_put_target(
        &self,
        aws: &Aws,
        caller: &Caller,
        action: &str,
        name: Option<&str>,
    ) -> Result<Arc<DeliveryStream>, AwsError> {
        let stream = self.target(aws, caller, action, name)?;
        if stream.description().source.is_some() {
            return Err(invalid_argument(
                "This operation is not permitted on KinesisStreamAsSource delivery stream type.",
            ));
        }
        Ok(stream)
    }
}

/// Tells CloudWatch what was put.
fn count<'a>(aws: &Aws, caller: &Caller, name: Option<&str>, records: impl Iterator<Item = &'a [u8]>) {
    let emitter =
        Emitter { account: &caller.account, region: &caller.region, name: name.unwrap_or_default() };
    let (count, bytes) = records.fold((0, 0), |(count, bytes), record| (count + 1, bytes + record.len()));
    aws.services.cloudwatch.firehose_put(aws.clock.now(), emitter, count, bytes);
}

/// Returns an opaque id; AWS's are base64 of 160 bytes.
fn record_id() -> String {
    let mut bytes = [0u8; 160];
    rand::fill(&mut bytes);
    STANDARD.encode(bytes)
}
