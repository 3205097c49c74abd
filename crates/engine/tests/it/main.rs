//! The engine as its users meet it: real SDK clients against a running engine, one file per service.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod apigateway;
mod cloudformation;
mod cloudwatch;
mod eventbridge;
mod firehose;
mod iam;
mod kinesis;
mod lambda;
mod logs;
mod raw;
mod s3;
mod s3_notifications;
mod scheduler;
mod sns;
mod sqs;
mod support;
