//! Looks for records where they should come out, until they are all there or the time is over.

mod log;
pub mod objects;
mod topic;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

pub use log::read as read_log;
pub use topic::Mailboxes;

use super::passages::Exit;
use super::verdict::{Arrival, Row, Sent};
use super::{Proof, mark, trouble};
use crate::deploy::names::name_in_aws;
use crate::error::Result;
use crate::stack::logical_id;

/// Time that may pass beyond what buffers and windows ask for.
const GRACE: Duration = Duration::from_secs(60);

/// Rows that are kept to be looked at.
const SAMPLE: usize = 3;

/// One exit that is searched for the records of every entrance before it.
pub struct Search<'a> {
    proof: &'a Proof<'a>,
    exit: Exit<'a>,
    source: Source<'a>,
    /// What has to come out here.
    expected: Vec<&'a Sent>,
    limit: Duration,
    /// How long each record took that was found, by its mark.
    found: BTreeMap<&'a str, Duration>,
    looked_for: Duration,
}

enum Source<'a> {
    Log(log::Log<'a>),
    Objects(Box<objects::Objects<'a>>),
    Topic(topic::Inbox<'a>),
}

impl<'a> Search<'a> {
    pub fn new(proof: &'a Proof<'a>, exit: Exit<'a>, mailboxes: &'a Mailboxes) -> Result<Self> {
        let source = match exit {
            Exit::Log { name, .. } => {
                let group = name_in_aws(&proof.names, &format!("{}-logs", logical_id(name)))?;
                Source::Log(log::Log::new(proof.clients, group, proof.since))
            }
            Exit::Objects { name, delivery } => {
                Source::Objects(Box::new(objects::Objects::new(proof, name, delivery)?))
            }
            Exit::Topic { name, .. } => Source::Topic(mailboxes.inbox(name_in_aws(&proof.names, name)?)),
        };
        Ok(Self {
            proof,
            exit,
            source,
            expected: Vec::new(),
            limit: exit.holds_back() * 3 / 2 + GRACE,
            found: BTreeMap::new(),
            looked_for: Duration::ZERO,
        })
    }

    /// Looks for these records as well.
    pub fn expect(&mut self, sent: &'a Sent) {
        self.expected.push(sent);
    }

    /// Looks again and again, until everything is there or the time is over.
    pub async fn run(&mut self, limit: Option<Duration>) -> Result<()> {
        let pause = Duration::from_millis(if self.proof.clients.is_nearby() { 200 } else { 3000 });
        let limit = limit.unwrap_or(self.limit);
        let began = Instant::now();
        loop {
            self.look().await?;
            self.looked_for = self.proof.started.elapsed();
            if self.rows().all(|row| self.has(row)) || began.elapsed() > limit {
                return Ok(());
            }
            tokio::time::sleep(pause).await;
        }
    }

    async fn look(&mut self) -> Result<()> {
        let marks: Vec<&'a str> = self.rows().map(|row| row.mark.as_str()).collect();
        let (found, started) = (&mut self.found, self.proof.started);
        let is_ours = |text: &str| marks.iter().any(|mark| mark::is_in(text, mark));
        let mut note = |text: &str| {
            for mark in marks.iter().filter(|mark| mark::is_in(text, mark)) {
                found.entry(mark).or_insert_with(|| started.elapsed());
            }
        };
        match &mut self.source {
            Source::Log(log) => log.look(&mut note).await,
            Source::Objects(objects) => objects.look(&is_ours, &mut note).await,
            Source::Topic(inbox) => inbox.look(&mut note).await,
        }
    }

    fn rows(&self) -> impl Iterator<Item = &'a Row> + use<'_, 'a> {
        self.expected.iter().flat_map(|sent| &sent.rows)
    }

    fn has(&self, row: &Row) -> bool {
        self.found.contains_key(row.mark.as_str())
    }

    /// Returns the objects that hold nothing but records of this proof: bucket and keys.
    pub fn own_objects(&self) -> Option<(&str, &[String])> {
        match &self.source {
            Source::Objects(objects) => Some((objects.bucket(), &objects.own)),
            Source::Log(_) | Source::Topic(_) => None,
        }
    }

    /// Says what came of it for the records of one entrance.
    pub async fn arrival(&self, sent: &Sent) -> Arrival {
        let (here, missing): (Vec<&Row>, Vec<&Row>) = sent.rows.iter().partition(|row| self.has(row));
        let trouble = if missing.is_empty() { None } else { trouble::of(self.proof, &self.exit).await };
        let slowest = here.iter().filter_map(|row| self.found.get(row.mark.as_str())).max().copied();
        Arrival {
            entrance: sent.entrance.clone(),
            into: sent.into.clone(),
            exit: self.exit.describe(),
            before: self.exit.before().map(|exit| exit.describe()),
            place: match &self.source {
                Source::Log(log) => log.group.to_owned(),
                Source::Objects(objects) => objects.place(),
                Source::Topic(inbox) => inbox.topic.to_owned(),
            },
            arrived: here.len(),
            sample: here.iter().take(SAMPLE).map(|row| row.text.clone()).collect(),
            after: slowest.filter(|_| missing.is_empty()).unwrap_or(self.looked_for),
            missing: missing.iter().map(|row| row.mark.clone()).collect(),
            allowed: self.exit.holds_back(),
            last_seen: None,
            trouble,
        }
    }
}
