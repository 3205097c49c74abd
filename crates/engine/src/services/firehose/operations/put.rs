//! PutRecord and PutRecordBatch: into the backlog, and only then acknowledged.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::cloudwatch::Emitter;
use crate::services::firehose::Firehose;
use crate::services::firehose::refusal::invalid_argument;
use crate::services::firehose::stream::DeliveryStream;
use crate::wire::constraints::Constraints;
use crate::wire::json::Reply;

const RECORD_BYTES: usize = 1_024_000;
const BATCH_BYTES: usize = 4 << 20;
const BATCH_RECORDS: usize = 500;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutRecord {
    delivery_stream_name: Option<String>,
    record: Option<Record>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutRecordBatch {
    delivery_stream_name: Option<String>,
    records: Option<Vec<Record>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Record {
    data: Option<Blob>,
}

/// Bytes that are base64 on the wire, decoded while the JSON is read.
#[derive(Debug)]
struct Blob(Vec<u8>);

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

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Base64;
        impl Visitor<'_> for Base64 {
            type Value = Blob;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a base64 string")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Blob, E> {
                STANDARD.decode(text).map(Blob).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Base64)
    }
}

impl Record {
    fn bytes(&self) -> &[u8] {
        self.data.as_ref().map(|data| data.0.as_slice()).unwrap_or_default()
    }

    fn check(&self, check: &mut Constraints, field: &str) {
        check.present(&format!("{field}.data"), self.data.is_some());
        if self.bytes().len() > RECORD_BYTES {
            check.length(
                &format!("{field}.data"),
                "java.nio.HeapByteBuffer",
                self.bytes().len(),
                0,
                RECORD_BYTES,
            );
        }
    }
}

impl Firehose {
    pub fn put_record(&self, aws: &Arc<Aws>, caller: &Caller, input: &PutRecord) -> Result<Reply, AwsError> {
        let mut check = Constraints::default();
        check.present("record", input.record.is_some());
        if let Some(record) = &input.record {
            record.check(&mut check, "record");
        }
        check.finish()?;
        let name = input.delivery_stream_name.as_deref();
        let stream = self.direct_put_target(aws, caller, "firehose:PutRecord", name)?;
        let data = input.record.iter().map(Record::bytes);
        stream.put(&self.backlog, aws.clock.now(), data)?;
        count(aws, caller, name, input.record.iter());
        let encrypted = stream.description().encryption.is_some();
        Reply::of(&json!({"RecordId": record_id(), "Encrypted": encrypted}))
    }

    pub fn put_record_batch(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: &PutRecordBatch,
    ) -> Result<Reply, AwsError> {
        let records = input.records.as_deref().unwrap_or_default();
        let mut check = Constraints::default();
        check.length("records", "[]", records.len(), 1, BATCH_RECORDS);
        for (place, record) in records.iter().enumerate() {
            if record.data.is_none() || record.bytes().len() > RECORD_BYTES {
                record.check(&mut check, &format!("records.{}.member", place + 1));
            }
        }
        check.finish()?;
        if records.iter().map(|record| record.bytes().len()).sum::<usize>() > BATCH_BYTES {
            return Err(invalid_argument("Records size exceeds 4 MB limit"));
        }
        let name = input.delivery_stream_name.as_deref();
        let stream = self.direct_put_target(aws, caller, "firehose:PutRecordBatch", name)?;
        stream.put(&self.backlog, aws.clock.now(), records.iter().map(Record::bytes))?;
        count(aws, caller, name, records.iter());
        Reply::of(&BatchOutput {
            failed_put_count: 0,
            encrypted: stream.description().encryption.is_some(),
            request_responses: records.iter().map(|_| Accepted { record_id: record_id() }).collect(),
        })
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
fn count<'a>(
    aws: &Aws,
    caller: &Caller,
    name: Option<&str>,
    records: impl ExactSizeIterator<Item = &'a Record>,
) {
    let emitter =
        Emitter { account: &caller.account, region: &caller.region, name: name.unwrap_or_default() };
    let count = records.len();
    let bytes = records.map(|record| record.bytes().len()).sum();
    aws.services.cloudwatch.firehose_put(aws.clock.now(), emitter, count, bytes);
}

/// Returns an opaque id; AWS's are base64 of 160 bytes.
fn record_id() -> String {
    let mut bytes = [0u8; 160];
    rand::fill(&mut bytes);
    STANDARD.encode(bytes)
}
