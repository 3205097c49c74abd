//! Proves that a deployed pipeline works: what its producers put in at one end comes out at every other end.
//!
//! The records that a producer sent are read back from the stream itself; each is then looked for in the logs of
//! the functions that read the stream and in the objects that its deliveries write.

mod entrance;
mod exit;
mod verdict;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::aws::Clients;
use crate::deploy::stacks;
use crate::error::{Error, Result};
use crate::stack::logical_id;
use crate::stack::{Delivery, Function, Stack};

pub use verdict::{Arrival, Sent, Verdict};

/// The names in AWS of a stack's resources, by logical id.
pub type PhysicalNames = BTreeMap<String, String>;

/// Time that may pass beyond what buffers and windows ask for.
const GRACE: Duration = Duration::from_secs(60);

/// Sends records through every producer of the stack and waits until they have arrived everywhere.
///
/// `limit` overrides how long to wait; `progress` is told what is being waited for.
pub async fn verify(
    clients: &Clients,
    stack: &Stack,
    limit: Option<Duration>,
    mut progress: impl FnMut(&str),
) -> Result<Verdict> {
    let names = physical_names(clients, &stack.stack_name()).await?;
    let started = Instant::now();
    let mut verdict = Verdict::default();
    for (name, function) in producers(stack) {
        for stream in
            function.writes.iter().filter(|target| stack.file.streams.contains_key(target.value.as_str()))
        {
            progress(&format!("invoking {name}"));
            let sent = entrance::produce(clients, &names, name, function, stream).await?;
            let exits = exits_of(stack, stream);
            let wait = limit.unwrap_or_else(|| longest_wait(&exits));
            verdict.sent.push(sent);
            let sent = &verdict.sent[verdict.sent.len() - 1];
            for exit in exits {
                progress(&format!("waiting for the records in {}", exit.describe()));
                verdict
                    .arrivals
                    .push(exit::await_arrival(clients, &names, &exit, sent, started, wait).await?);
            }
        }
    }
    if verdict.sent.is_empty() {
        return Err(Error::usage(format!(
            "`{}` has no function that writes to a stream, so nothing can be sent",
            stack.name
        )));
    }
    Ok(verdict)
}

/// Returns the functions that feed the pipeline: they write, and nothing of the pipeline invokes them.
fn producers(stack: &Stack) -> impl Iterator<Item = (&str, &Function)> {
    let functions = stack.file.functions.iter().map(|(name, function)| (name.value.as_str(), function));
    functions.filter(|(_, function)| !function.writes.is_empty() && function.reads.is_none())
}

/// A place at which a stream's records come out.
#[derive(Debug)]
pub enum Exit<'a> {
    Delivery { name: &'a str, delivery: &'a Delivery },
    Log { name: &'a str, function: &'a Function },
}

impl Exit<'_> {
    fn describe(&self) -> String {
        match self {
            Self::Delivery { name, .. } => format!("the objects of {name}"),
            Self::Log { name, .. } => format!("the log of {name}"),
        }
    }

    /// Returns how long the pipeline itself may hold a record back.
    fn holds_back(&self) -> Duration {
        match self {
            Self::Delivery { delivery, .. } => Duration::from_secs(
                delivery.buffer.interval.as_ref().map_or(300, |interval| interval.value.0),
            ),
            Self::Log { function, .. } => {
                let window = function.reads.as_ref().and_then(|reads| reads.window.as_ref());
                Duration::from_secs(window.map_or(0, |window| window.value.0))
            }
        }
    }
}

fn exits_of<'a>(stack: &'a Stack, stream: &str) -> Vec<Exit<'a>> {
    let logs = stack.file.functions.iter().filter_map(|(name, function)| {
        let reads = function.reads.as_ref()?;
        (reads.stream.value == stream).then_some(Exit::Log { name, function })
    });
    let deliveries = stack.file.deliveries.iter().filter_map(|(name, delivery)| {
        let from = delivery.from.as_ref()?;
        (from.value == stream).then_some(Exit::Delivery { name, delivery })
    });
    logs.chain(deliveries).collect()
}

fn longest_wait(exits: &[Exit<'_>]) -> Duration {
    exits.iter().map(Exit::holds_back).max().unwrap_or_default() * 3 / 2 + GRACE
}

/// Returns the names in AWS of a deployed stack's resources.
pub async fn physical_names(clients: &Clients, stack_name: &str) -> Result<PhysicalNames> {
    if stacks::find(clients, stack_name).await?.is_none() {
        return Err(Error::usage(format!("the stack `{stack_name}` is not deployed")).hint("deploy it first"));
    }
    let resources = stacks::resources(clients, stack_name).await?;
    let names = resources
        .into_iter()
        .filter_map(|resource| Some((resource.logical_resource_id?, resource.physical_resource_id?)));
    Ok(names.collect())
}

/// Returns the name in AWS of a block of the stack file.
pub fn name_in_aws<'a>(names: &'a PhysicalNames, block: &str) -> Result<&'a str> {
    let id = logical_id(block);
    let name = names.get(&id).map(String::as_str);
    name.ok_or_else(|| {
        Error::general(format!("the deployed stack has no `{id}`")).hint("deploy the stack again")
    })
}
