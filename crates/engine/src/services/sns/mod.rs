//! SNS: topics, subscriptions, and delivery to functions, queues and HTTP endpoints.
//!
//! Query requests become operations in [`operations`]; topics and subscriptions live in tables and in memory, and
//! what is on its way in a table of [`delivery`]. FIFO topics, SMS, mobile push, Firehose as an endpoint and delivery
//! policies are refused by name; nobody sends emails.

mod delivery;
mod endpoint;
mod filter;
mod notification;
mod operations;
mod refusal;
mod resources;
mod subscription;
mod topic;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use http::{Request, Response};
use hyper::body::Incoming;

use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::resource::ResourceType;
use crate::services::Service;
use crate::store::{Store, StoreError, Table};
use crate::wire::{self, Body};

use delivery::Delivery;
use subscription::Subscription;
use topic::{Topic, TopicKey};

pub use operations::Publication;

const NAMESPACE: &str = "http://sns.amazonaws.com/doc/2010-03-31/";

/// The service's handle.
pub struct Sns {
    state: RwLock<State>,
    topics: Table<Topic>,
    subscriptions: Table<Subscription>,
    deliveries: Table<Delivery>,
}

/// What is held in memory.
#[derive(Default)]
struct State {
    /// Topics by path.
    topics: BTreeMap<String, Topic>,
    /// Subscriptions by ARN.
    subscriptions: BTreeMap<String, Subscription>,
}

impl Sns {
    pub(crate) fn open(store: &Store) -> Result<Self, StoreError> {
        let sns = Self {
            state: RwLock::default(),
            topics: store.table("sns-topics"),
            subscriptions: store.table("sns-subscriptions"),
            deliveries: store.table("sns-deliveries"),
        };
        let state = State {
            topics: sns.topics.scan("")?.into_iter().collect(),
            subscriptions: sns.subscriptions.scan("")?.into_iter().collect(),
        };
        *sns.state.write().unwrap_or_else(PoisonError::into_inner) = state;
        Ok(sns)
    }

    /// Publishes a message to a topic; needs `sns:Publish`. Returns the message id.
    pub async fn publish(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        topic_arn: &str,
        subject: Option<&str>,
        message: &str,
    ) -> Result<String, AwsError> {
        let publication = Publication {
            subject: subject.map(str::to_owned),
            message: Some(message.to_owned()),
            ..Publication::default()
        };
        self.publish_with(aws, caller, topic_arn, publication, &[])
    }

    fn subscription(&self, arn: &str) -> Option<Subscription> {
        self.state.read().unwrap_or_else(PoisonError::into_inner).subscriptions.get(arn).cloned()
    }

    /// Returns the ARN of an endpoint's subscription to a topic.
    fn arn_of(&self, topic: &TopicKey, protocol: &str, endpoint: &str) -> Option<String> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let is_meant = |one: &&Subscription| {
            one.topic == *topic && one.protocol.name() == protocol && one.endpoint == endpoint
        };
        state.subscriptions.values().find(is_meant).map(Subscription::arn)
    }
}

#[async_trait]
impl Service for Sns {
    fn signing_name(&self) -> &'static str {
        "sns"
    }

    fn operations(&self) -> &'static [&'static str] {
        operations::OPERATIONS
    }

    async fn handle(&self, aws: &Arc<Aws>, caller: &Caller, request: Request<Incoming>) -> Response<Body> {
        wire::query::serve(request, NAMESPACE, async |call| self.operate(aws, caller, &call)).await
    }

    fn resource_types(&self) -> Vec<Box<dyn ResourceType>> {
        resources::all()
    }

    fn start(&self, aws: &Arc<Aws>) {
        if let Err(error) = self.resume_deliveries(aws) {
            tracing::error!(%error, "what SNS had on its way could not be resumed");
        }
    }
}
