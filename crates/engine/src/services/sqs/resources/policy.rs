//! `AWS::SQS::QueuePolicy`: one policy on each of the queues that it names.

use std::collections::BTreeMap;

use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Policed, ResourceRequest};
use crate::services::sqs::queue::QueueKey;
use crate::services::sqs::refusal::no_queue;

/// Queues, as what a policy is put on.
pub struct Queues;

impl Policed for Queues {
    const TYPE: &'static str = "AWS::SQS::QueuePolicy";
    const PROPERTIES: &'static [&'static str] = &["PolicyDocument", "Queues"];
    const LIST: &'static str = "Queues";
    const GONE: &'static str = "QueueDoesNotExist";

    fn set(aws: &Aws, request: &ResourceRequest<'_>, name: &str, policy: &str) -> Result<(), AwsError> {
        let sqs = &aws.services.sqs;
        let key = QueueKey::from_url(request.caller, name).ok_or_else(no_queue)?;
        let queue = sqs.authorized(aws, request.caller, "sqs:SetQueueAttributes", &key, &[])?;
        sqs.set_attributes(aws, &queue, &BTreeMap::from([("Policy".to_owned(), policy.to_owned())]))
    }
}
