//! The ways into a pipeline: its streams, and the delivery streams that take records directly.

use std::time::{Duration, Instant};

use hydrant_cfn::yaml::near_miss;

use crate::aws::{Clients, failure};
use crate::deploy::names::{PhysicalNames, name_in_aws};
use crate::error::{Error, Result};
use crate::stack::{Records, Stack};

use super::destination::Destination;

/// How long a delivery stream may take until it is ready.
const READY_LIMIT: Duration = Duration::from_secs(300);

/// A stream or delivery stream that producers write to.
#[derive(Debug, Clone, Copy)]
pub struct Entrance<'a> {
    /// The block's name in the stack file.
    pub name: &'a str,
    pub is_stream: bool,
    /// What its records are, where the stack file says so.
    pub records: Option<&'a Records>,
}

impl<'a> Entrance<'a> {
    /// Returns the entrance called `name`, or the only one that producers feed.
    pub fn choose(stack: &'a Stack, name: Option<&str>) -> Result<Self> {
        let entrances = all(stack);
        let names: Vec<&str> = entrances.iter().map(|entrance| entrance.name).collect();
        let Some(name) = name else {
            let is_filled = |name: &str| stack.file.filled_by_topics().any(|filled| filled == name);
            let fed: Vec<Self> =
                entrances.iter().copied().filter(|entrance| !is_filled(entrance.name)).collect();
            return match fed.as_slice() {
                [only] => Ok(*only),
                [] => Err(Error::usage(format!(
                    "`{}` has no stream or delivery to send records to",
                    stack.name
                ))),
                _ => Err(Error::usage(format!("`{}` has more than one entrance", stack.name))
                    .hint(format!("choose with --to: {}", names.join(", ")))),
            };
        };
        if let Some(found) = entrances.iter().find(|entrance| entrance.name == name) {
            return Ok(*found);
        }
        let reading = stack.file.deliveries.get(name).and_then(|delivery| delivery.from.as_ref());
        if let Some(from) = reading {
            return Err(Error::usage(format!(
                "`{name}` reads the stream `{from}` and takes no records itself"
            ))
            .hint(format!("send to the stream: --to {from}")));
        }
        let error = Error::usage(format!("`{}` has no stream or delivery `{name}`", stack.name));
        Err(match near_miss(name, &names) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None if names.is_empty() => error,
            None => error.hint(format!("it has {}", names.join(", "))),
        })
    }

    /// Returns the way to it.
    pub fn destination(&self, clients: &Clients, names: &PhysicalNames) -> Result<Destination> {
        let name = name_in_aws(names, self.name)?;
        Ok(match self.is_stream {
            true => Destination::stream(clients, name),
            false => Destination::delivery(clients, name),
        })
    }

    /// Waits until every delivery stream behind it is ready; `waiting` is told for which.
    ///
    /// Firehose reads a stream from where it is when the delivery stream becomes ACTIVE; what was there before never
    /// arrives.
    pub async fn await_ready(
        &self,
        clients: &Clients,
        stack: &Stack,
        names: &PhysicalNames,
        mut waiting: impl FnMut(&str),
    ) -> Result<()> {
        for (name, delivery) in &stack.file.deliveries {
            let is_behind = match &delivery.from {
                Some(from) => self.is_stream && from.value == self.name,
                None => !self.is_stream && name.value == self.name,
            };
            if is_behind {
                await_active(clients, name_in_aws(names, name)?, &mut waiting).await?;
            }
        }
        Ok(())
    }
}

fn all(stack: &Stack) -> Vec<Entrance<'_>> {
    let streams = stack.file.streams.iter().map(|(name, stream)| Entrance {
        name: &name.value,
        is_stream: true,
        records: stream.records.as_ref(),
    });
    let direct = stack.file.deliveries.iter().filter(|(_, delivery)| delivery.from.is_none());
    let deliveries = direct.map(|(name, delivery)| Entrance {
        name: &name.value,
        is_stream: false,
        records: delivery.records.as_ref(),
    });
    streams.chain(deliveries).collect()
}

async fn await_active(clients: &Clients, name: &str, waiting: &mut impl FnMut(&str)) -> Result<()> {
    let pause = Duration::from_millis(if clients.is_nearby() { 200 } else { 2000 });
    let started = Instant::now();
    loop {
        let output = clients.firehose.describe_delivery_stream().delivery_stream_name(name).send().await;
        let output =
            output.map_err(|error| failure(format!("describe the delivery stream `{name}`"), error))?;
        let status = output.delivery_stream_description.map(|found| found.delivery_stream_status);
        let status = status.as_ref().map_or("UNKNOWN", |status| status.as_str());
        match status {
            "ACTIVE" => return Ok(()),
            "CREATING" if started.elapsed() < READY_LIMIT => waiting(name),
            _ => return Err(Error::general(format!("the delivery stream `{name}` is {status}, not ACTIVE"))),
        }
        tokio::time::sleep(pause).await;
    }
}
