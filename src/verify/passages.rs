//! Where records enter a pipeline and where they must come out: worked out from the stack file alone.

use std::time::Duration;

use crate::stack::{Delivery, Function, Http, Records, Stack, StackFile, TRANSFORM_SECONDS};

/// One way in, and every way out of it.
#[derive(Debug)]
pub struct Passage<'a> {
    pub entrance: Entrance<'a>,
    /// The stream or delivery that records enter.
    pub into: &'a str,
    pub is_stream: bool,
    /// What its records are, where the stack file says so.
    pub records: Option<&'a Records>,
    pub exits: Vec<Exit<'a>>,
}

/// How records enter.
#[derive(Debug, Clone, Copy)]
pub enum Entrance<'a> {
    /// They are put into the stream or delivery itself.
    Direct,
    /// A function is invoked, which puts them.
    Function { name: &'a str, function: &'a Function },
    /// A request is sent, which a function answers that puts them.
    Http { http: &'a Http, function: &'a Function },
}

/// A place at which records come out.
#[derive(Debug, Clone, Copy)]
pub enum Exit<'a> {
    /// The log of a function that reads the stream.
    Log { name: &'a str, function: &'a Function },
    /// The objects that a delivery writes.
    Objects { name: &'a str, delivery: &'a Delivery },
    /// The topic to which a function publishes that is told of a delivery's objects.
    Topic { name: &'a str, function: &'a str, told_by: &'a str, delivery: &'a Delivery },
}

impl Passage<'_> {
    /// Returns what is entered, such as `GET /tickers` or `produce-positions`.
    pub fn describe(&self) -> String {
        match self.entrance {
            Entrance::Direct => self.into.to_owned(),
            Entrance::Function { name, .. } => name.to_owned(),
            Entrance::Http { http, .. } => http.route.value.to_string(),
        }
    }
}

impl Exit<'_> {
    pub fn describe(&self) -> String {
        match self {
            Self::Log { name, .. } => format!("the log of {name}"),
            Self::Objects { name, .. } => format!("the objects of {name}"),
            Self::Topic { name, .. } => format!("the topic {name}"),
        }
    }

    /// Returns the exit that records pass on their way to this one.
    pub fn before(&self) -> Option<Self> {
        match *self {
            Self::Topic { told_by, delivery, .. } => Some(Self::Objects { name: told_by, delivery }),
            Self::Log { .. } | Self::Objects { .. } => None,
        }
    }

    /// Returns how long the pipeline itself may hold a record back.
    pub fn holds_back(&self) -> Duration {
        match self {
            Self::Log { function, .. } => {
                let reads = function.reads.as_ref();
                let window = reads.and_then(|reads| reads.window.as_ref());
                let tumbling = reads.and_then(|reads| reads.tumbling.as_ref());
                let seconds = [window, tumbling].into_iter().flatten().map(|seconds| seconds.value.0).sum();
                Duration::from_secs(seconds)
            }
            Self::Objects { delivery, .. } | Self::Topic { delivery, .. } => {
                let transform = if delivery.transform.is_some() { TRANSFORM_SECONDS } else { 0 };
                Duration::from_secs(delivery.buffer.seconds() + transform)
            }
        }
    }
}

/// Returns every way into the pipeline of `stack`, in the order of the file.
pub fn passages(stack: &Stack) -> Vec<Passage<'_>> {
    let file = &stack.file;
    let streams =
        file.streams.iter().map(|(name, stream)| (name.value.as_str(), true, stream.records.as_ref()));
    let takes_records = file.deliveries.iter().filter(|(_, delivery)| delivery.from.is_none());
    let deliveries =
        takes_records.map(|(name, delivery)| (name.value.as_str(), false, delivery.records.as_ref()));
    let mut passages = Vec::new();
    for (into, is_stream, records) in streams.chain(deliveries) {
        let exits = if is_stream { behind_stream(file, into) } else { behind_delivery(file, into) };
        if exits.is_empty() {
            continue;
        }
        let direct = records.map(|_| Entrance::Direct);
        for entrance in direct.into_iter().chain(producers(file, into)) {
            passages.push(Passage { entrance, into, is_stream, records, exits: exits.clone() });
        }
    }
    passages
}

/// Returns the functions that feed `into` when they are asked to: nothing of the pipeline invokes them.
fn producers<'a>(file: &'a StackFile, into: &'a str) -> impl Iterator<Item = Entrance<'a>> {
    let writing = file.functions.iter().filter(move |(_, function)| {
        let is_fed = function.reads.is_some() || function.watches.is_some();
        !is_fed && function.writes.iter().any(|target| target.value == into)
    });
    writing.map(|(name, function)| match &function.http {
        Some(http) => Entrance::Http { http, function },
        None => Entrance::Function { name, function },
    })
}

fn behind_stream<'a>(file: &'a StackFile, stream: &str) -> Vec<Exit<'a>> {
    let logs = file.functions.iter().filter_map(|(name, function)| {
        let reads = function.reads.as_ref()?;
        (reads.stream.value == stream).then_some(Exit::Log { name: name.value.as_str(), function })
    });
    let deliveries = file
        .deliveries
        .iter()
        .filter(|(_, delivery)| delivery.from.as_ref().is_some_and(|from| from.value == stream));
    logs.chain(deliveries.flat_map(|(name, _)| behind_delivery(file, name))).collect()
}

fn behind_delivery<'a>(file: &'a StackFile, name: &str) -> Vec<Exit<'a>> {
    let Some((name, delivery)) = file.deliveries.get_key_value(name) else { return Vec::new() };
    let mut exits = vec![Exit::Objects { name: name.value.as_str(), delivery }];
    for (function, block) in &file.functions {
        if is_told(block, delivery) {
            exits.extend(block.publishes.iter().map(|topic| Exit::Topic {
                name: topic.value.as_str(),
                function: function.value.as_str(),
                told_by: name.value.as_str(),
                delivery,
            }));
        }
    }
    exits
}

/// Returns whether a function is told of the objects of a delivery.
fn is_told(function: &Function, delivery: &Delivery) -> bool {
    let Some(watches) = &function.watches else { return false };
    let watched = watches.prefix.as_ref().map_or("", |prefix| prefix.value.as_str());
    watches.bucket.value == delivery.to.bucket.value && delivery.to.fixed_prefix().starts_with(watched)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn described(stack: &str) -> Vec<String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("stacks").join(stack);
        let stack = crate::stack::load(&path, "dev").unwrap();
        let line = |passage: &Passage<'_>| {
            let exits: Vec<_> = passage.exits.iter().map(Exit::describe).collect();
            format!("{} > {}: {}", passage.describe(), passage.into, exits.join(", "))
        };
        passages(&stack).iter().map(line).collect()
    }

    #[test]
    fn finds_every_way_through_the_seeds() {
        assert_eq!(
            described("gps.yaml"),
            [
                "gps-delivery-stream > gps-delivery-stream: the objects of gps-delivery-stream, the topic speeding"
            ]
        );
        assert_eq!(
            described("ticker.yaml"),
            [
                "tm-delivery-stream > tm-delivery-stream: the objects of tm-delivery-stream",
                "GET /tickers > tm-delivery-stream: the objects of tm-delivery-stream"
            ]
        );
        assert_eq!(
            described("taxi.yaml"),
            ["taxi-trips > taxi-trips: the log of taxi-consumer, the objects of taxi-to-s3"]
        );
    }
}
