//! Events that a service owes to a function, a queue or a topic: kept until the target took them or they are
//! given up.
//!
//! A service says for whom it acts and what the target's policy may ask about; why there is an event, and
//! what is in it, is the service's own business.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::identity::{Caller, Principal};
use crate::services::sns::Publication;
use crate::store::{Store, StoreError, Table};

/// Pause before an attempt is repeated; it doubles up to the second. AWS does not say how it backs off.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));

/// An event on its way to one target.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Delivery {
    /// Who delivers, unless a role does: a service, in the account and region of what the event is about.
    pub caller: Caller,
    /// Role that the service assumes for this.
    pub role_arn: Option<String>,
    /// ARN of a Lambda function, an SQS queue or an SNS topic.
    pub target: String,
    pub body: String,
    /// Subject, where the target is a topic.
    pub subject: Option<String>,
    /// Condition keys such as `aws:SourceArn`.
    pub context: Vec<(String, String)>,
    pub retry: Retry,
    /// When the event arose; its age counts from here.
    pub received: Timestamp,
    /// When it is tried next.
    pub due: Timestamp,
    pub attempts: u32,
}

/// How long an event is tried, and where it goes then.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Retry {
    pub retries: u32,
    pub seconds: u64,
    /// ARN of a queue for events that were given up.
    pub dead_letters: Option<String>,
}

impl Delivery {
    /// Returns a delivery by `caller` that is due at once.
    pub fn new(caller: Caller, target: &str, body: String, source_arn: &str, now: Timestamp) -> Self {
        let context = [("aws:SourceArn", source_arn), ("aws:SourceAccount", &caller.account)];
        Self {
            context: context.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
            caller,
            role_arn: None,
            target: target.to_owned(),
            body,
            subject: None,
            retry: Retry { retries: 185, seconds: 86_400, dead_letters: None },
            received: now,
            due: now,
            attempts: 0,
        }
    }

    fn context(&self) -> Vec<(&str, &str)> {
        self.context.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
    }

    /// Hands the event to its target once.
    fn attempt(&self, aws: &Arc<Aws>) -> Result<(), AwsError> {
        self.hand_over(aws, &self.actor(aws)?)
    }

    /// Returns who hands over: the service itself, or a session of its role.
    fn actor(&self, aws: &Aws) -> Result<Caller, AwsError> {
        let (Some(role_arn), Principal::Service(service)) = (&self.role_arn, &self.caller.principal) else {
            return Ok(self.caller.clone());
        };
        let session = uuid::Uuid::new_v4().simple().to_string();
        aws.services.iam.assume_role(role_arn, service, &session, &self.caller.region, &self.context())
    }

    fn hand_over(&self, aws: &Arc<Aws>, caller: &Caller) -> Result<(), AwsError> {
        let services = &aws.services;
        let target = self.target.as_str();
        // A role's session is not a service that acts for a resource, so it brings no source.
        let context = if self.role_arn.is_some() { Vec::new() } else { self.context() };
        match target.split(':').nth(2) {
            Some("lambda") => {
                let body = self.body.as_bytes();
                services.lambda.invoke_event(aws, caller, target, body, &context).map(drop)
            }
            Some("sqs") => services.sqs.send_message(aws, caller, target, &self.body, &context).map(drop),
            Some("sns") => {
                let publication = Publication {
                    subject: self.subject.clone(),
                    message: Some(self.body.clone()),
                    ..Publication::default()
                };
                services.sns.publish_with(aws, caller, target, publication, &context).map(drop)
            }
            _ => Err(AwsError::not_supported(format_args!("the target `{target}`"))),
        }
    }

    /// Returns when to try again after a refusal, unless the event is given up.
    fn next(&self, refusal: &AwsError, now: Timestamp) -> Option<Timestamp> {
        // A missing permission or target stays missing; AWS does not try again either.
        let is_transient = refusal.status >= 500 && refusal.code != "NotImplemented"
            || refusal.status == 429
            || refusal.code.contains("Throttl");
        let pause = PAUSES.0.saturating_mul(1 << self.attempts.min(16)).min(PAUSES.1);
        let is_young = now.since(self.received) + pause <= Duration::from_secs(self.retry.seconds);
        (is_transient && self.attempts < self.retry.retries && is_young).then(|| now + pause)
    }
}

/// The deliveries that one service owes.
pub struct Deliveries {
    waiting: Table<Delivery>,
    sender: UnboundedSender<(String, Delivery)>,
    receiver: Mutex<Option<UnboundedReceiver<(String, Delivery)>>>,
}

impl Deliveries {
    /// Opens the deliveries that are kept in the table called `name`.
    pub fn open(store: &Store, name: &'static str) -> Self {
        let (sender, receiver) = unbounded_channel();
        Self { waiting: store.table(name), sender, receiver: Mutex::new(Some(receiver)) }
    }

    /// Accepts a delivery; it is durable when this returns. One with an id that still waits is the same one.
    pub fn send(&self, id: &str, delivery: Delivery) -> Result<(), StoreError> {
        self.waiting.put(id, &delivery)?;
        // Nobody receives before the engine has started: then the table is read.
        let _ = self.sender.send((id.to_owned(), delivery));
        Ok(())
    }

    /// Takes up what was accepted before the engine last ended, and delivers what comes.
    pub fn start(&self, aws: &Arc<Aws>) {
        let receiver = self.receiver.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut receiver) = receiver else { return };
        match self.waiting.scan("") {
            Ok(waiting) => waiting.into_iter().for_each(|(id, delivery)| self.attend(aws, id, delivery)),
            Err(error) => tracing::error!(%error, "deliveries that were under way could not be read"),
        }
        let (task, waiting) = (Arc::clone(aws), self.waiting.clone());
        aws.spawn(async move {
            while let Some((id, delivery)) = receiver.recv().await {
                task.spawn(see_through(Arc::clone(&task), waiting.clone(), id, delivery));
            }
        });
    }

    fn attend(&self, aws: &Arc<Aws>, id: String, delivery: Delivery) {
        aws.spawn(see_through(Arc::clone(aws), self.waiting.clone(), id, delivery));
    }
}

/// Sees a delivery to its end.
async fn see_through(aws: Arc<Aws>, waiting: Table<Delivery>, id: String, mut delivery: Delivery) {
    loop {
        aws.clock.sleep_until(delivery.due).await;
        let Err(refusal) = delivery.attempt(&aws) else { break };
        let Some(due) = delivery.next(&refusal, aws.clock.now()) else {
            give_up(&aws, &delivery, &refusal);
            break;
        };
        delivery.attempts += 1;
        delivery.due = due;
        if let Err(error) = waiting.put(&id, &delivery) {
            tracing::error!(%error, "a delivery could not be noted");
        }
    }
    if let Err(error) = waiting.remove(&id) {
        tracing::error!(%error, "a delivery could not be noted as done");
    }
}

fn give_up(aws: &Arc<Aws>, delivery: &Delivery, refusal: &AwsError) {
    tracing::warn!(target_arn = delivery.target, %refusal, "an event was not delivered");
    let Some(queue) = &delivery.retry.dead_letters else { return };
    let kept = delivery.actor(aws).and_then(|actor| {
        aws.services.sqs.send_message(aws, &actor, queue, &delivery.body, &delivery.context())
    });
    if let Err(refusal) = kept {
        tracing::warn!(queue, %refusal, "an event that was given up was not kept either");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery() -> Delivery {
        let caller = Caller {
            account: "111122223333".into(),
            region: "us-east-1".into(),
            principal: Principal::Service("s3.amazonaws.com".into()),
        };
        Delivery::new(caller, "arn:aws:sqs:us-east-1:111122223333:q", "{}".into(), "arn", Timestamp(0))
    }

    #[test]
    fn tries_again_only_what_may_pass() {
        let denied = AwsError::new("AccessDeniedException", "no").status(403);
        let busy = AwsError::new("ServiceException", "busy").status(500);
        assert_eq!(delivery().next(&denied, Timestamp(0)), None);
        assert_eq!(delivery().next(&AwsError::not_supported("x"), Timestamp(0)), None);
        assert_eq!(delivery().next(&busy, Timestamp(0)), Some(Timestamp(1000)));
        let later = Delivery { attempts: 3, ..delivery() };
        assert_eq!(later.next(&busy, Timestamp(0)), Some(Timestamp(8000)));
    }

    #[test]
    fn gives_up_after_the_last_retry_and_beyond_the_age() {
        let busy = AwsError::new("ServiceException", "busy").status(500);
        let mut tried = Delivery { attempts: 2, ..delivery() };
        tried.retry.retries = 2;
        assert_eq!(tried.next(&busy, Timestamp(0)), None);
        assert_eq!(delivery().next(&busy, Timestamp(86_400_000)), None);
    }
}
