//! Turns the events that Lambda functions are invoked with into plain values, and values into log lines.
//!
//! The crate `aws_lambda_events` has such types, too, but fails a whole batch over one member that it did not
//! expect (a `subsequenceNumber` of `""`, which AWS's own samples have), knows no numbers in the state of a
//! tumbling window, and copies every text. Here an event is read where it lies, members that no function needs
//! are not read at all, and a record that is not as it should be is handed on as far as it goes: what to do with
//! it is the function's decision. Rows that a producer packed into one record are taken out of it. Nothing here
//! knows the Lambda runtime or an SDK.

mod aggregate;
mod firehose;
mod http;
mod kinesis;
pub mod log;
mod s3;
mod tolerant;

pub use aggregate::Rows;
pub use firehose::{FirehoseAnswer, FirehoseEvent, FirehoseRecord, Outcome, Transformed};
pub use http::{HttpRequest, HttpResponse};
pub use kinesis::{BatchItemFailure, BatchResponse, KinesisEvent, KinesisRecord, Undecodable};
pub use s3::{ObjectCreated, S3Event};
pub use tolerant::{Event, FromPayload, Made};
