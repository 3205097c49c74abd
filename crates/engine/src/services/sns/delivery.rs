//! Deliveries: messages on their way to one subscription each, until they arrive or are given up.
//!
//! An accepted message is one entry of a table per subscription before the publisher is answered, so it arrives
//! at least once whatever happens to the engine.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::notification::Notification;
use super::subscription::{Protocol, Subscription};
use super::topic::TopicKey;
use super::{Sns, endpoint};
use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::identity::{Caller, Principal};
use crate::services::sqs::Content;

/// Attempts after which a message for a function or a queue is given up, after 23 days,
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html>.
const MANAGED_ATTEMPTS: u32 = 100_015;
/// Attempts after which a message for an HTTP endpoint is given up.
const HTTP_ATTEMPTS: u32 = 4;

pub const SERVICE: &str = "sns.amazonaws.com";

/// Name of the sessions in which delivery streams are written to. Not confirmed on AWS.
const SESSION: &str = "AmazonSNS";

/// A message on its way to one subscription.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Delivery {
    subscription_arn: String,
    notification: Notification,
    /// How often it failed.
    failures: u32,
    due: Timestamp,
}

/// Why a delivery failed.
enum Failure {
    /// Another attempt may do better.
    Passing(String),
    /// The endpoint is gone or lets the topic do nothing, so AWS does not try again.
    Lasting(String),
}

impl Delivery {
    pub fn new(subscription: &Subscription, notification: Notification) -> Self {
        let due = notification.timestamp;
        Self { subscription_arn: subscription.arn(), notification, failures: 0, due }
    }

    fn id(&self) -> String {
        format!("{}/{}", self.subscription_arn, self.notification.message_id)
    }
}

impl Sns {
    /// Accepts deliveries; they are durable when this returns.
    pub(super) fn dispatch(&self, aws: &Arc<Aws>, deliveries: Vec<Delivery>) -> Result<(), AwsError> {
        for delivery in &deliveries {
            self.deliveries.put(&delivery.id(), delivery)?;
        }
        for delivery in deliveries {
            attend(aws, delivery);
        }
        Ok(())
    }

    /// Takes up what was on its way when the engine last ended.
    pub(super) fn resume_deliveries(&self, aws: &Arc<Aws>) -> Result<(), AwsError> {
        for (_, delivery) in self.deliveries.scan("")? {
            attend(aws, delivery);
        }
        Ok(())
    }

    /// Tries a delivery once; returns it with its next time when it must be tried again.
    async fn attempt(&self, aws: &Arc<Aws>, mut delivery: Delivery) -> Option<Delivery> {
        // Without its subscription nobody wants the message.
        let subscription = self.subscription(&delivery.subscription_arn)?;
        let failure = match deliver(aws, &subscription, &delivery.notification).await {
            Ok(()) => return None,
            Err(failure) => failure,
        };
        delivery.failures += 1;
        let (reason, pause) = match failure {
            Failure::Passing(reason) => (reason, pause(subscription.protocol, delivery.failures)),
            Failure::Lasting(reason) => (reason, None),
        };
        tracing::debug!(subscription = delivery.subscription_arn, reason, "a delivery failed");
        if let Some(pause) = pause {
            return Some(Delivery { due: aws.clock.now() + pause, ..delivery });
        }
        tracing::warn!(subscription = delivery.subscription_arn, reason, "a message could not be delivered");
        if let Some(queue) = &subscription.options.dead_letters {
            let buried = queue_message(aws, &subscription, queue, &delivery.notification);
            if let Err(error) = buried {
                tracing::warn!(%error, queue, "a message could not be put on the dead-letter queue");
            }
        }
        None
    }
}

/// Sees a delivery through to its end.
fn attend(aws: &Arc<Aws>, mut delivery: Delivery) {
    let task = Arc::clone(aws);
    aws.spawn(async move {
        let sns = &task.services.sns;
        let id = delivery.id();
        loop {
            task.clock.sleep_until(delivery.due).await;
            let next = sns.attempt(&task, delivery).await;
            let noted = match &next {
                Some(delivery) => sns.deliveries.put(&id, delivery),
                None => sns.deliveries.remove(&id),
            };
            if let Err(error) = noted {
                tracing::error!(%error, "a delivery could not be noted");
            }
            let Some(again) = next else { return };
            delivery = again;
        }
    });
}

async fn deliver(
    aws: &Arc<Aws>,
    subscription: &Subscription,
    notification: &Notification,
) -> Result<(), Failure> {
    match subscription.protocol {
        Protocol::Lambda => invoke(aws, subscription, notification),
        Protocol::Sqs => queue_message(aws, subscription, &subscription.endpoint, notification)
            .map_err(|error| failure(&error)),
        Protocol::Firehose => put(aws, subscription, notification).map_err(|error| failure(&error)),
        Protocol::Http => endpoint::notify(subscription, notification, aws.endpoint())
            .await
            .map_err(|error| Failure::Passing(error.to_string())),
        // Nobody confirms an email here, so it never comes to this.
        Protocol::Email | Protocol::EmailJson => Ok(()),
    }
}

fn invoke(aws: &Arc<Aws>, subscription: &Subscription, notification: &Notification) -> Result<(), Failure> {
    let function = &subscription.endpoint;
    let event = notification.event(subscription, aws.endpoint()).to_string();
    let topic = subscription.topic.arn();
    let context = [("aws:SourceArn", topic.as_str()), ("aws:SourceAccount", &subscription.topic.account)];
    let caller = service(&subscription.topic, function);
    let accepted = aws.services.lambda.invoke_event(aws, &caller, function, &Bytes::from(event), &context);
    accepted.map(drop).map_err(|error| failure(&error))
}

/// Puts a message to a delivery stream, with the rights of the subscription's role.
fn put(aws: &Arc<Aws>, subscription: &Subscription, notification: &Notification) -> Result<(), AwsError> {
    let region = service(&subscription.topic, &subscription.endpoint).region;
    let role = subscription.options.role.as_deref().unwrap_or_default();
    let caller = aws.services.iam.assume_role(role, SERVICE, SESSION, &region, &[])?;
    let data = match subscription.options.raw {
        true => notification.message.of(Protocol::Firehose).to_owned(),
        false => notification.archived(subscription, aws.endpoint()),
    };
    let name = subscription.endpoint.rsplit('/').next().unwrap_or_default();
    aws.services.firehose.put_data(aws, &caller, name, data.as_bytes())
}

fn queue_message(
    aws: &Arc<Aws>,
    subscription: &Subscription,
    queue: &str,
    notification: &Notification,
) -> Result<(), AwsError> {
    let content = if subscription.options.raw {
        Content {
            body: notification.message.of(subscription.protocol).to_owned(),
            attributes: notification.attributes.clone(),
        }
    } else {
        let body = notification.envelope(subscription, aws.endpoint()).to_string();
        Content { body, attributes: std::collections::BTreeMap::new() }
    };
    let topic = subscription.topic.arn();
    let context = [("aws:SourceArn", topic.as_str()), ("aws:SourceAccount", &subscription.topic.account)];
    let caller = service(&subscription.topic, queue);
    aws.services.sqs.send_content(aws, &caller, queue, content, &context).map(drop)
}

/// Returns SNS as the caller of a service in the region of an endpoint.
fn service(topic: &TopicKey, arn: &str) -> Caller {
    Caller {
        account: topic.account.clone(),
        region: arn.split(':').nth(3).unwrap_or(&topic.region).to_owned(),
        principal: Principal::Service(SERVICE.to_owned()),
    }
}

fn failure(error: &AwsError) -> Failure {
    let reason = error.to_string();
    if error.status >= 500 { Failure::Passing(reason) } else { Failure::Lasting(reason) }
}

/// Returns the time until the next attempt after so many failures; `None` when there is none.
fn pause(protocol: Protocol, failures: u32) -> Option<Duration> {
    if protocol == Protocol::Http {
        return (failures < HTTP_ATTEMPTS).then_some(Duration::from_secs(20));
    }
    match failures {
        0..=3 => Some(Duration::ZERO),
        4..=5 => Some(Duration::from_secs(1)),
        6..=15 => Some(Duration::from_secs(1 << (failures - 6).min(5)).min(Duration::from_secs(20))),
        _ => (failures < MANAGED_ATTEMPTS).then_some(Duration::from_secs(20)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_again_as_long_as_aws_does() {
        let seconds = |protocol, failures| pause(protocol, failures).map(|pause| pause.as_secs());
        assert_eq!(
            (1..=5).map(|n| seconds(Protocol::Http, n)).collect::<Vec<_>>(),
            [Some(20), Some(20), Some(20), None, None]
        );
        let early: Vec<_> = (1..=12).filter_map(|n| seconds(Protocol::Sqs, n)).collect();
        assert_eq!(early, [0, 0, 0, 1, 1, 1, 2, 4, 8, 16, 20, 20]);
        assert_eq!(seconds(Protocol::Lambda, 100_014), Some(20));
        assert_eq!(seconds(Protocol::Lambda, 100_015), None);
    }
}
