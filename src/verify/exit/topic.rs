//! The messages of a topic, caught in a queue that exists as long as the proof does.

use std::collections::BTreeMap;

use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::json;

use crate::aws::{Clients, failure};
use crate::deploy::names::name_in_aws;
use crate::error::{Error, Result};
use crate::verify::passages::Exit;
use crate::verify::{Proof, mark};

/// A mailbox for every topic that is an exit.
pub struct Mailboxes {
    clients: Clients,
    by_topic: BTreeMap<String, Mailbox>,
}

struct Mailbox {
    queue_url: String,
    subscription: Option<String>,
}

/// What is read of a mailbox.
pub struct Inbox<'a> {
    clients: &'a Clients,
    pub topic: &'a str,
    mailbox: Option<&'a Mailbox>,
}

impl Mailboxes {
    /// Subscribes to every topic among `exits`.
    pub async fn open<'a>(proof: &Proof<'_>, exits: impl Iterator<Item = &'a Exit<'a>>) -> Result<Self> {
        let mut mailboxes = Self { clients: proof.clients.clone(), by_topic: BTreeMap::new() };
        for exit in exits {
            let Exit::Topic { name, .. } = exit else { continue };
            let topic = name_in_aws(&proof.names, name)?.to_owned();
            if mailboxes.by_topic.contains_key(&topic) {
                continue;
            }
            if let Err(error) = mailboxes.subscribe(topic).await {
                mailboxes.close().await;
                return Err(error);
            }
        }
        Ok(mailboxes)
    }

    async fn subscribe(&mut self, topic: String) -> Result<()> {
        let what = || format!("listen to the topic {topic}");
        let clients = &self.clients;
        let name = format!("{}{}", mark::PREFIX, uuid::Uuid::new_v4().simple());
        let queue = clients.sqs.create_queue().queue_name(&name).send().await;
        let queue_url = queue.map_err(|error| failure(what(), error))?.queue_url.unwrap_or_default();
        // Kept from here on, so that it is closed whatever goes wrong.
        self.by_topic.insert(topic.clone(), Mailbox { queue_url: queue_url.clone(), subscription: None });
        let attributes = clients
            .sqs
            .get_queue_attributes()
            .queue_url(&queue_url)
            .attribute_names(QueueAttributeName::QueueArn)
            .send()
            .await
            .map_err(|error| failure(what(), error))?;
        let arn = attributes.attributes().and_then(|found| found.get(&QueueAttributeName::QueueArn));
        let arn = arn.ok_or_else(|| Error::failed_to(what()))?;
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
            }],
        });
        let request = clients.sqs.set_queue_attributes().queue_url(&queue_url);
        let request = request.attributes(QueueAttributeName::Policy, policy.to_string());
        request.send().await.map_err(|error| failure(what(), error))?;
        let request = clients.sns.subscribe().topic_arn(&topic).protocol("sqs").endpoint(arn);
        let subscription = request.return_subscription_arn(true).send().await;
        let subscription = subscription.map_err(|error| failure(what(), error))?.subscription_arn;
        if let Some(mailbox) = self.by_topic.get_mut(&topic) {
            mailbox.subscription = subscription;
        }
        Ok(())
    }

    pub fn inbox<'a>(&'a self, topic: &'a str) -> Inbox<'a> {
        Inbox { clients: &self.clients, topic, mailbox: self.by_topic.get(topic) }
    }

    /// Removes what was made for listening. What cannot be removed bears its purpose in its name.
    pub async fn close(&self) {
        for mailbox in self.by_topic.values() {
            if let Some(subscription) = &mailbox.subscription {
                let _ = self.clients.sns.unsubscribe().subscription_arn(subscription).send().await;
            }
            let _ = self.clients.sqs.delete_queue().queue_url(&mailbox.queue_url).send().await;
        }
    }
}

impl Inbox<'_> {
    /// Takes new messages and hands them to `note`.
    pub async fn look(&self, note: &mut impl FnMut(&str)) -> Result<()> {
        let Some(mailbox) = self.mailbox else { return Ok(()) };
        let sqs = &self.clients.sqs;
        let request = sqs.receive_message().queue_url(&mailbox.queue_url).max_number_of_messages(10);
        let received = request.wait_time_seconds(0).send().await;
        let received = received.map_err(|error| failure("read a topic's messages", error))?;
        for message in received.messages.unwrap_or_default() {
            note(message.body().unwrap_or_default());
            if let Some(handle) = message.receipt_handle {
                // One that is not deleted comes again, which does no harm.
                let _ =
                    sqs.delete_message().queue_url(&mailbox.queue_url).receipt_handle(handle).send().await;
            }
        }
        Ok(())
    }
}
