//! Proves that a deployed pipeline works: what enters at one end comes out at every other end.
//!
//! Records enter by every way that the stack file has: the streams and delivery streams themselves, where it says what
//! their records are, the functions that feed them, and the HTTP API. Each is then looked for at every exit behind it.

mod clean;
mod entrance;
mod exit;
mod mark;
mod passages;
mod trouble;
mod verdict;

use std::time::{Duration, Instant};

use futures::future::try_join_all;
use indexmap::IndexMap;

use crate::aws::Clients;
use crate::deploy::names::{PhysicalNames, physical_names};
use crate::deploy::stacks;
use crate::error::{Error, Result};
use crate::interrupt::Interruptions;
use crate::stack::Stack;

use exit::{Mailboxes, Search};
use passages::{Passage, passages};

pub use verdict::{Arrival, Verdict};

/// How far the clocks of two services may be apart, in milliseconds.
const CLOCKS_APART: i64 = 60_000;

/// How a proof is to be made.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// How long to wait, instead of what the stack's buffers ask for.
    pub limit: Option<Duration>,
    /// Leave the objects that hold nothing but the proof's own records.
    pub keeps_records: bool,
}

/// What every part of a proof needs to know.
struct Proof<'a> {
    clients: &'a Clients,
    stack: &'a Stack,
    names: PhysicalNames,
    /// What is older, in milliseconds since the epoch, is not of this proof.
    since: i64,
    started: Instant,
}

/// Sends records through every entrance of the stack and waits until they have arrived everywhere.
///
/// `progress` is told what is being done. What was made for listening is taken away however it ends.
pub async fn verify(
    clients: &Clients,
    stack: &Stack,
    options: Options,
    interruptions: &mut Interruptions,
    mut progress: impl FnMut(&str),
) -> Result<Verdict> {
    let names = physical_names(clients, &stack.stack_name()).await?;
    let passages = passages(stack);
    if passages.is_empty() {
        return Err(Error::usage(format!("nothing can be sent through `{}`", stack.name))
            .hint("say with `records:` what the records of a stream or delivery are"));
    }
    let since = (jiff::Timestamp::now().as_millisecond() - CLOCKS_APART).max(0);
    let proof = Proof { clients, stack, names, since, started: Instant::now() };
    let topics = passages.iter().flat_map(|passage| &passage.exits);
    let mailboxes = Mailboxes::open(&proof, topics).await?;
    let verdict = tokio::select! {
        verdict = proof.make(&passages, &mailboxes, options, &mut progress) => verdict,
        kind = interruptions.next() => Err(Error::new(kind, "interrupted; records may still arrive")),
    };
    mailboxes.close().await;
    verdict
}

impl Proof<'_> {
    async fn make(
        &self,
        passages: &[Passage<'_>],
        mailboxes: &Mailboxes,
        options: Options,
        progress: &mut impl FnMut(&str),
    ) -> Result<Verdict> {
        let mut sent = Vec::new();
        for passage in passages {
            progress(&format!("sending through {}", passage.describe()));
            sent.push(entrance::enter(self, passage).await?);
        }
        // Records of several entrances come out at the same exit, which is looked at once.
        let mut searches: IndexMap<String, Search<'_>> = IndexMap::new();
        let exits = passages
            .iter()
            .zip(&sent)
            .flat_map(|(passage, sent)| passage.exits.iter().map(move |exit| (*exit, sent)));
        for (exit, sent) in exits.clone() {
            if !searches.contains_key(&exit.describe()) {
                searches.insert(exit.describe(), Search::new(self, exit, mailboxes)?);
            }
            searches[&exit.describe()].expect(sent);
        }
        let places: Vec<&str> = searches.keys().map(String::as_str).collect();
        progress(&format!("waiting for the records in {}", places.join(", ")));
        try_join_all(searches.values_mut().map(|search| search.run(options.limit))).await?;
        let mut arrivals = Vec::new();
        for (exit, sent) in exits {
            arrivals.push(searches[&exit.describe()].arrival(sent).await);
        }
        let own = searches.values().filter_map(Search::own_objects);
        let removed = if options.keeps_records { 0 } else { clean::remove(self, own).await? };
        drop(searches);
        let mut verdict = Verdict { sent, arrivals, removed };
        verdict.say_where_last_seen();
        Ok(verdict)
    }

    /// Returns the URL of the stack's HTTP API.
    async fn api_url(&self) -> Result<String> {
        let stack_name = self.stack.stack_name();
        let stack = stacks::find(self.clients, &stack_name).await?;
        let outputs = stack.map(|stack| stack.outputs.unwrap_or_default()).unwrap_or_default();
        let url = outputs.into_iter().find(|output| output.output_key() == Some("ApiUrl"));
        let url = url.and_then(|output| output.output_value).ok_or_else(|| {
            Error::general(format!("`{stack_name}` has no output `ApiUrl`")).hint("deploy the stack again")
        })?;
        Ok(url)
    }
}
