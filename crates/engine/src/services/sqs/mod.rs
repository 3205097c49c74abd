//! SQS: standard queues with visibility, delays, long polling and dead letters.
//!
//! Requests in AWS JSON become operations in [`operations`]; a queue's settings live in one table and its messages
//! in another, both also in memory. FIFO queues and the Query protocol of old clients are refused by name.

mod attributes;
mod content;
mod message;
mod operations;
mod queue;
mod redrive;
mod refusal;
mod resources;
mod shelf;

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use http::{HeaderValue, Request, Response};
use hyper::body::Incoming;

use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::resource::ResourceType;
use crate::services::Service;
use crate::store::{Store, StoreError, Table};
use crate::wire::{self, Body};

use message::Message;
use queue::{Queue, QueueKey};

pub use content::{Content, MessageAttribute, md5_of_attributes, md5_of_body};
pub use operations::Received;

/// Time between two looks for messages that are older than their queue keeps them.
const SWEEP: Duration = Duration::from_secs(60);

/// The service's handle.
pub struct Sqs {
    queues: RwLock<BTreeMap<String, Arc<Queue>>>,
    settings: Table<queue::Settings>,
    messages: Table<Message>,
}

impl Sqs {
    pub(crate) fn open(store: &Store) -> Result<Self, StoreError> {
        let settings: Table<queue::Settings> = store.table("sqs-queues");
        let messages: Table<Message> = store.table("sqs-messages");
        let mut queues = BTreeMap::new();
        for (path, one) in settings.scan("")? {
            let known = messages.scan(&format!("{}/", one.id))?;
            let known = known.into_iter().map(|(_, message)| message);
            queues.insert(path, Arc::new(Queue::new(one, known)));
        }
        Ok(Self { queues: RwLock::new(queues), settings, messages })
    }

    /// Sends a message to a queue; needs `sqs:SendMessage`. Returns the message id.
    pub fn send_message(
        &self,
        aws: &Aws,
        caller: &Caller,
        queue_arn: &str,
        body: &str,
        context: &[(&str, &str)],
    ) -> Result<String, AwsError> {
        let content = Content { body: body.to_owned(), attributes: BTreeMap::new() };
        self.send_content(aws, caller, queue_arn, content, context)
    }

    /// Sends a message with attributes to a queue; needs `sqs:SendMessage`. Returns the message id.
    pub fn send_content(
        &self,
        aws: &Aws,
        caller: &Caller,
        queue_arn: &str,
        content: Content,
        context: &[(&str, &str)],
    ) -> Result<String, AwsError> {
        let key = QueueKey::from_arn(queue_arn).ok_or_else(refusal::no_queue)?;
        let queue = self.authorized(aws, caller, "sqs:SendMessage", &key, context)?;
        Ok(self.send(aws, caller, &queue, content, None, None)?.id)
    }

    /// Refuses a caller who may not do `action` on a queue, and a queue that is not there.
    pub fn check(&self, aws: &Aws, caller: &Caller, action: &str, queue_arn: &str) -> Result<(), AwsError> {
        let key = QueueKey::from_arn(queue_arn).ok_or_else(refusal::no_queue)?;
        self.authorized(aws, caller, action, &key, &[]).map(drop)
    }

    /// Returns the seconds for which a queue hides a message that was received; needs `sqs:GetQueueAttributes`.
    pub fn visibility_timeout(&self, aws: &Aws, caller: &Caller, queue_arn: &str) -> Result<u32, AwsError> {
        let key = QueueKey::from_arn(queue_arn).ok_or_else(refusal::no_queue)?;
        let queue = self.authorized(aws, caller, "sqs:GetQueueAttributes", &key, &[])?;
        Ok(queue.settings().attributes.visibility_timeout)
    }
}

#[async_trait]
impl Service for Sqs {
    fn signing_name(&self) -> &'static str {
        "sqs"
    }

    fn operations(&self) -> &'static [&'static str] {
        operations::OPERATIONS
    }

    async fn handle(&self, aws: &Arc<Aws>, caller: &Caller, request: Request<Incoming>) -> Response<Body> {
        let is_json = request.headers().contains_key("x-amz-target");
        if !is_json {
            return wire::json::error(&AwsError::not_supported("the Query protocol of SQS"));
        }
        let response = wire::json::serve(request, |call| self.operate(aws, caller, call)).await;
        as_sqs_answers(response)
    }

    fn resource_types(&self) -> Vec<Box<dyn ResourceType>> {
        resources::all()
    }

    fn start(&self, aws: &Arc<Aws>) {
        let task = Arc::clone(aws);
        aws.spawn(async move {
            loop {
                task.clock.sleep(SWEEP).await;
                task.services.sqs.sweep(&task);
            }
        });
    }
}

/// Makes an answer one of SQS: JSON 1.0, and with each refusal the code that clients of the Query protocol knew,
/// <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#x-amzn-query-error>.
fn as_sqs_answers(mut response: Response<Body>) -> Response<Body> {
    let code = response.headers().get("x-amzn-errortype").and_then(|code| code.to_str().ok());
    let fault = if response.status().is_server_error() { "Receiver" } else { "Sender" };
    let query_error = code.map(|code| format!("{};{fault}", refusal::query_code(code)));
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.0"));
    if let Some(value) = query_error.and_then(|text| HeaderValue::from_str(&text).ok()) {
        headers.insert("x-amzn-query-error", value);
    }
    response
}
