//! A queue: how it is named, what is set on it, and the messages that lie on it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;

use super::attributes::Attributes;
use super::message::Message;
use super::shelf::Shelf;
use crate::clock::Timestamp;
use crate::identity::Caller;

/// Which queue is meant, wherever it lives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct QueueKey {
    pub account: String,
    pub region: String,
    pub name: String,
}

/// What a queue remembers beside its messages.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Settings {
    /// Tells a queue from a later one of the same name.
    pub id: String,
    pub key: QueueKey,
    pub attributes: Attributes,
    pub tags: BTreeMap<String, String>,
    pub created: Timestamp,
    pub modified: Timestamp,
    pub purged: Option<Timestamp>,
}

/// A queue at work.
pub struct Queue {
    pub id: String,
    pub key: QueueKey,
    settings: RwLock<Settings>,
    shelf: Mutex<Shelf>,
    /// Counts what might interest a waiting receiver.
    changes: watch::Sender<u64>,
}

impl QueueKey {
    /// Returns the key of a queue of the caller's account and region.
    pub fn new(caller: &Caller, name: &str) -> Self {
        Self { account: caller.account.clone(), region: caller.region.clone(), name: name.to_owned() }
    }

    pub fn from_arn(arn: &str) -> Option<Self> {
        let parts: Vec<&str> = arn.split(':').collect();
        let ["arn", _, "sqs", region, account, name] = parts[..] else { return None };
        let key = Self { account: account.into(), region: region.into(), name: name.into() };
        (!name.is_empty()).then_some(key)
    }

    /// Reads a queue's URL as the caller means it. Only its path counts: an engine that was started again listens
    /// on another port.
    pub fn from_url(caller: &Caller, url: &str) -> Option<Self> {
        let mut segments = url.rsplit('/');
        let (name, account) = (segments.next()?, segments.next()?);
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        let key = Self { account: account.into(), region: caller.region.clone(), name: name.into() };
        (is_account && !name.is_empty()).then_some(key)
    }

    pub fn arn(&self) -> String {
        format!("arn:aws:sqs:{}:{}:{}", self.region, self.account, self.name)
    }

    pub fn url(&self, endpoint: &str) -> String {
        format!("{endpoint}/{}/{}", self.account, self.name)
    }

    /// Returns the key under which tables keep the queue.
    pub fn path(&self) -> String {
        format!("{}/{}/{}", self.account, self.region, self.name)
    }
}

impl Queue {
    pub fn new(settings: Settings, messages: impl Iterator<Item = Message>) -> Self {
        Self {
            id: settings.id.clone(),
            key: settings.key.clone(),
            settings: RwLock::new(settings),
            shelf: Mutex::new(Shelf::new(messages)),
            changes: watch::Sender::new(0),
        }
    }

    pub fn settings(&self) -> Settings {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn replace_settings(&self, settings: Settings) {
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = settings;
    }

    /// Returns the queue's policy, if it has one.
    pub fn policy(&self) -> Option<Value> {
        let settings = self.settings.read().unwrap_or_else(PoisonError::into_inner);
        settings.attributes.policy.as_deref().and_then(|text| serde_json::from_str(text).ok())
    }

    pub fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes those who wait for messages.
    pub fn announce(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// Returns what becomes ready at the next [`Queue::announce`].
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Returns the key under which the table keeps a message.
    pub fn message_path(&self, sequence: u64) -> String {
        format!("{}/{sequence:020}", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_queue_from_its_arn_and_its_url() {
        let caller = Caller::administrator("111122223333", "us-east-1");
        let key = QueueKey::new(&caller, "q");
        assert_eq!(QueueKey::from_arn("arn:aws:sqs:us-east-1:111122223333:q"), Some(key.clone()));
        let url = key.url("http://127.0.0.1:1");
        assert_eq!(url, "http://127.0.0.1:1/111122223333/q");
        assert_eq!(QueueKey::from_url(&caller, &url), Some(key));
        assert_eq!(QueueKey::from_url(&caller, "q"), None);
        assert_eq!(QueueKey::from_arn("arn:aws:sns:us-east-1:111122223333:q"), None);
    }
}
