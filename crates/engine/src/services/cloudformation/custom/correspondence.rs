//! Requests to functions that are under way, and what came back: stored, so that a restart goes on waiting.
//!
//! One request at a time concerns an instance of a resource; a new one takes the place of the last. What an answer
//! means is not known here.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::store::{Store, StoreError, Table};
use crate::wire::request_id;

/// All requests, by the instance that they concern.
pub struct Correspondence {
    table: Table<Inquiry>,
    inquiries: Mutex<BTreeMap<String, Inquiry>>,
    news: Notify,
}

/// A request to a function.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Inquiry {
    pub request_id: String,
    /// What an answer has to name; nobody can guess it.
    pub token: String,
    subject: Subject,
    /// The engine's address when the function took the request.
    sent_from: Option<String>,
    deadline: Timestamp,
    outcome: Option<Outcome>,
}

/// What a request is about: a repeat after an interruption is about the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    kind: String,
    occasion: String,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    Answered(String),
    TooLong,
    TimedOut,
}

/// What is done with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    Taken,
    /// There was an answer already, or it comes too late.
    Ignored,
    Unknown,
}

impl Subject {
    pub fn new(kind: &str, occasion: &str) -> Self {
        Self { kind: kind.to_owned(), occasion: occasion.to_owned() }
    }
}

impl Inquiry {
    /// Whether the function got the request, with an address at which the engine still is.
    pub fn is_sent_from(&self, endpoint: &str) -> bool {
        self.outcome.is_some() || self.sent_from.as_deref() == Some(endpoint)
    }
}

impl Correspondence {
    pub fn open_store(store: &Store) -> Result<Self, StoreError> {
        let table = store.table("cloudformation-custom-resources");
        let inquiries = Mutex::new(table.scan("")?.into_iter().collect());
        Ok(Self { table, inquiries, news: Notify::new() })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Inquiry>> {
        self.inquiries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the request on a subject, a new one unless it was opened before an interruption.
    pub fn open(&self, key: &str, subject: Subject, deadline: Timestamp) -> Result<Inquiry, AwsError> {
        let mut inquiries = self.lock();
        if let Some(known) = inquiries.get(key).filter(|inquiry| inquiry.subject == subject) {
            return Ok(known.clone());
        }
        let token = hex_token();
        let inquiry =
            Inquiry { request_id: request_id(), token, subject, sent_from: None, deadline, outcome: None };
        self.table.put(key, &inquiry)?;
        inquiries.insert(key.to_owned(), inquiry.clone());
        Ok(inquiry)
    }

    /// Notes that the function got the request.
    pub fn sent(&self, key: &str, endpoint: &str) -> Result<(), AwsError> {
        self.change(key, |inquiry| inquiry.sent_from = Some(endpoint.to_owned()))
    }

    /// Forgets the request.
    pub fn forget(&self, key: &str) -> Result<(), AwsError> {
        let mut inquiries = self.lock();
        self.table.remove(key)?;
        inquiries.remove(key);
        Ok(())
    }

    /// Takes an answer in; the one who waits for it gets it once it is stored.
    pub fn take(&self, token: &str, outcome: Outcome) -> Result<Receipt, AwsError> {
        let found = {
            let inquiries = self.lock();
            let found = inquiries.iter().find(|(_, inquiry)| inquiry.token == token);
            found.map(|(key, inquiry)| (key.clone(), inquiry.outcome.is_some()))
        };
        let key = match found {
            None => return Ok(Receipt::Unknown),
            Some((_, true)) => return Ok(Receipt::Ignored),
            Some((key, false)) => key,
        };
        self.change(&key, |inquiry| {
            inquiry.outcome.get_or_insert(outcome);
        })?;
        self.news.notify_waiters();
        Ok(Receipt::Taken)
    }

    /// Waits until the request is answered or its time is over.
    pub async fn outcome(&self, aws: &Aws, key: &str) -> Result<Outcome, AwsError> {
        loop {
            let news = self.news.notified();
            tokio::pin!(news);
            // An answer between the look and the wait must not be missed.
            news.as_mut().enable();
            let Some(inquiry) = self.lock().get(key).cloned() else { return Ok(Outcome::TimedOut) };
            if let Some(outcome) = inquiry.outcome {
                return Ok(outcome);
            }
            tokio::select! {
                () = news => {}
                () = aws.clock.sleep_until(inquiry.deadline) => self.change(key, |inquiry| {
                    inquiry.outcome.get_or_insert(Outcome::TimedOut);
                })?,
            }
        }
    }

    fn change(&self, key: &str, change: impl FnOnce(&mut Inquiry)) -> Result<(), AwsError> {
        let mut inquiries = self.lock();
        let Some(inquiry) = inquiries.get_mut(key) else { return Ok(()) };
        let mut changed = inquiry.clone();
        change(&mut changed);
        self.table.put(key, &changed)?;
        *inquiry = changed;
        Ok(())
    }
}

fn hex_token() -> String {
    let bytes: [u8; 32] = rand::random();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
