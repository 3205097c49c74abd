//! Looks for records where they should come out, until they are all there or the time is over.

pub mod log;
pub mod objects;
mod topic;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

pub use topic::Mailboxes;

use super::passages::Exit;
use super::verdict::{Arrival, Sent};
use super::{Proof, mark, trouble, wait_for};
use crate::deploy::names::name_in_aws;
use crate::error::Result;
use crate::stack::logical_id;

/// How far the clocks of two services may be apart, in milliseconds.
const CLOCKS_APART: i64 = 60_000;

/// Rows that are kept to be looked at.
const SAMPLE: usize = 3;

/// One exit that is searched for one entrance's records.
pub struct Search<'a> {
    proof: &'a Proof<'a>,
    exit: Exit<'a>,
    sent: &'a Sent,
    limit: Duration,
    source: Source<'a>,
    found: BTreeSet<&'a str>,
    after: Duration,
}

enum Source<'a> {
    Log(log::Log<'a>),
    Objects(objects::Objects<'a>),
    Topic(topic::Inbox<'a>),
}

impl<'a> Search<'a> {
    pub fn new(
        proof: &'a Proof<'a>,
        exit: &Exit<'a>,
        sent: &'a Sent,
        all: &'a [Sent],
        mailboxes: &'a Mailboxes,
        limit: Option<Duration>,
    ) -> Result<Self> {
        let since = (proof.since - CLOCKS_APART).max(0);
        let source = match exit {
            Exit::Log { name, .. } => {
                let group = name_in_aws(&proof.names, &format!("{}-logs", logical_id(name)))?;
                Source::Log(log::Log { clients: proof.clients, group, since })
            }
            Exit::Objects { delivery, .. } => {
                let bucket = name_in_aws(&proof.names, &format!("{}-bucket", delivery.to.bucket.value))?;
                Source::Objects(objects::Objects::new(proof.clients, bucket, delivery, since, all))
            }
            Exit::Topic { name, .. } => Source::Topic(mailboxes.inbox(name_in_aws(&proof.names, name)?)),
        };
        Ok(Self {
            proof,
            exit: *exit,
            sent,
            limit: limit.unwrap_or_else(|| wait_for(exit)),
            source,
            found: BTreeSet::new(),
            after: Duration::ZERO,
        })
    }

    pub fn describe(&self) -> String {
        self.exit.describe()
    }

    /// Looks again and again, until everything is there or the time is over.
    pub async fn run(&mut self) -> Result<()> {
        let pause = Duration::from_millis(if self.proof.clients.is_nearby() { 200 } else { 3000 });
        let began = Instant::now();
        loop {
            self.look().await?;
            self.after = self.proof.started.elapsed();
            if self.found.len() == self.sent.rows.len() || began.elapsed() > self.limit {
                return Ok(());
            }
            tokio::time::sleep(pause).await;
        }
    }

    async fn look(&mut self) -> Result<()> {
        let marks: Vec<&'a str> = self.sent.rows.iter().map(|row| row.mark.as_str()).collect();
        let found = &mut self.found;
        let mut note = |text: &str| {
            let here: Vec<&str> = marks.iter().copied().filter(|mark| mark::is_in(text, mark)).collect();
            found.extend(&here);
            here.len()
        };
        match &mut self.source {
            Source::Log(log) => log.look(&mut note).await,
            Source::Objects(objects) => objects.look(&mut note).await,
            Source::Topic(inbox) => inbox.look(&mut note).await,
        }
    }

    /// Returns the objects that hold nothing but records of this search: bucket and keys.
    pub fn own_objects(&self) -> Option<(&str, &[String])> {
        match &self.source {
            Source::Objects(objects) => Some((objects.bucket, &objects.own)),
            Source::Log(_) | Source::Topic(_) => None,
        }
    }

    /// Says what came of it.
    pub async fn arrival(&self) -> Arrival {
        let is_found = |mark: &str| self.found.contains(mark);
        let rows = &self.sent.rows;
        let missing: Vec<String> =
            rows.iter().filter(|row| !is_found(&row.mark)).map(|row| row.mark.clone()).collect();
        let trouble = if missing.is_empty() { None } else { trouble::of(self.proof, &self.exit).await };
        let found = rows.iter().filter(|row| is_found(&row.mark));
        Arrival {
            entrance: self.sent.entrance.clone(),
            into: self.sent.into.clone(),
            exit: self.exit.describe(),
            before: match self.exit {
                Exit::Topic { delivery, .. } => self.delivery_exit(delivery),
                Exit::Log { .. } | Exit::Objects { .. } => None,
            },
            place: match &self.source {
                Source::Log(log) => log.group.to_owned(),
                Source::Objects(objects) => objects.place(),
                Source::Topic(inbox) => inbox.topic.to_owned(),
            },
            arrived: self.found.len(),
            sample: found.take(SAMPLE).map(|row| row.text.clone()).collect(),
            missing,
            after: self.after,
            allowed: self.exit.holds_back(),
            last_seen: None,
            trouble,
        }
    }

    /// Returns the exit whose objects lead to this one.
    fn delivery_exit(&self, delivery: &crate::stack::Delivery) -> Option<String> {
        let mut deliveries = self.proof.stack.file.deliveries.iter();
        let (name, delivery) = deliveries.find(|(_, one)| std::ptr::eq(*one, delivery))?;
        Some(Exit::Objects { name, delivery }.describe())
    }
}
