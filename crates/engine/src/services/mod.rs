//! The services, one folder each, and the one list that names them.
//!
//! A service owns its state; others use the operations on its handle. Adding a service adds a folder and
//! a line in each of the lists below, and touches no other service.

pub mod apigateway;
pub mod cloudformation;
pub mod cloudwatch;
pub mod ecr;
pub mod eventbridge;
pub mod firehose;
pub mod iam;
pub mod kinesis;
pub mod lambda;
pub mod logs;
pub mod s3;
pub mod scheduler;
pub mod sns;
pub mod sqs;
pub mod ssm;
pub mod sts;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use http::{Request, Response};
use hyper::body::Incoming;

use crate::aws::Aws;
use crate::identity::Caller;
use crate::resource::ResourceType;
use crate::store::{Store, StoreError};
use crate::wire::Body;

/// What every service offers to the engine.
#[async_trait]
pub trait Service: Send + Sync {
    /// Returns the name that requests for this service are signed with, such as `kinesis`.
    fn signing_name(&self) -> &'static str;

    /// Answers a request.
    async fn handle(&self, aws: &Arc<Aws>, caller: &Caller, request: Request<Incoming>) -> Response<Body>;

    /// Returns the operations that the service answers, by AWS's names; every other one is refused as
    /// [`AwsError::not_supported`](crate::AwsError::not_supported).
    fn operations(&self) -> &'static [&'static str] {
        &[]
    }

    /// Returns the resource types that CloudFormation can provision here.
    fn resource_types(&self) -> Vec<Box<dyn ResourceType>> {
        Vec::new()
    }

    /// Begins what the service does by itself, and resumes what was under way when the engine last ended.
    fn start(&self, _aws: &Arc<Aws>) {}
}

/// The handles of all services.
pub struct Services {
    pub apigateway: apigateway::ApiGateway,
    pub cloudformation: cloudformation::CloudFormation,
    pub cloudwatch: cloudwatch::CloudWatch,
    pub ecr: ecr::Ecr,
    pub eventbridge: eventbridge::EventBridge,
    pub firehose: firehose::Firehose,
    pub iam: iam::Iam,
    pub kinesis: kinesis::Kinesis,
    pub lambda: lambda::Lambda,
    pub logs: logs::Logs,
    pub s3: s3::S3,
    pub scheduler: scheduler::Scheduler,
    pub sns: sns::Sns,
    pub sqs: sqs::Sqs,
    pub ssm: ssm::Ssm,
    pub sts: sts::Sts,
}

impl Services {
    pub(crate) fn open(store: &Store, data_dir: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            apigateway: apigateway::ApiGateway::open(store)?,
            cloudformation: cloudformation::CloudFormation::open(store)?,
            cloudwatch: cloudwatch::CloudWatch::open(store)?,
            ecr: ecr::Ecr::open(store)?,
            eventbridge: eventbridge::EventBridge::open(store)?,
            firehose: firehose::Firehose::open(store)?,
            iam: iam::Iam::open(store)?,
            kinesis: kinesis::Kinesis::open(store)?,
            lambda: lambda::Lambda::open(store, &data_dir.join("lambda"))?,
            logs: logs::Logs::open(store)?,
            s3: s3::S3::open(store, &data_dir.join("s3"))?,
            scheduler: scheduler::Scheduler::open(store)?,
            sns: sns::Sns::open(store)?,
            sqs: sqs::Sqs::open(store)?,
            ssm: ssm::Ssm::open(store)?,
            sts: sts::Sts,
        })
    }

    /// Returns every service.
    pub fn all(&self) -> [&dyn Service; 16] {
        [
            &self.apigateway,
            &self.cloudformation,
            &self.cloudwatch,
            &self.ecr,
            &self.eventbridge,
            &self.firehose,
            &self.iam,
            &self.kinesis,
            &self.lambda,
            &self.logs,
            &self.s3,
            &self.scheduler,
            &self.sns,
            &self.sqs,
            &self.ssm,
            &self.sts,
        ]
    }
}
