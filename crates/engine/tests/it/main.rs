//! The engine as its users meet it: real SDK clients against a running engine, one file per service.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod apigateway;
mod clients;
mod cloudformation;
mod cloudwatch;
mod durability;
mod eventbridge;
mod faults;
mod firehose;
mod iam;
mod kinesis;
mod lambda;
mod logs;
mod raw;
mod refusals;
mod s3;
mod s3_notifications;
mod scheduler;
mod sns;
mod sqs;
mod ssm;
mod support;
mod supported;
