//! How records spread from the entrances of a pipeline: what reaches each stream, delivery and function.
//!
//! It follows the stack file's wiring once, front to back; what a function puts where by itself, and how often
//! topics are published to, the file does not say.

use indexmap::IndexMap;

use super::delivery::{self, Objects};
use super::function::{self, Work};
use super::load::{Entrance, Flow};
use super::{Assumptions, stream};
use crate::stack::{Delivery, Function, StackFile};

/// About what an invocation's record of success takes that Lambda sends by way of a topic.
const SUCCESS_BYTES: f64 = 1024.0;

/// What reaches every block, by its name.
#[derive(Debug, Default)]
pub struct Wiring<'a> {
    pub flows: IndexMap<&'a str, Flow>,
    pub objects: IndexMap<&'a str, Objects>,
    pub work: IndexMap<&'a str, Work>,
    /// What could not be counted.
    pub uncounted: Vec<String>,
}

/// Returns the blocks into which producers put records, with what the stack file expects of them.
pub fn entrances(file: &StackFile) -> Vec<Entrance<'_>> {
    let is_filled = |name: &str| file.filled_by_topics().any(|filled| filled == name);
    let streams = file.streams.iter().map(|(name, stream)| Entrance {
        name,
        rate: stream.rate.as_ref().map(|rate| rate.value.0),
        size: stream.record_size.as_ref().map(|size| size.value.0 as f64),
    });
    let direct =
        file.deliveries.iter().filter(|(name, delivery)| delivery.from.is_none() && !is_filled(name));
    let deliveries = direct.map(|(name, delivery)| Entrance {
        name,
        rate: delivery.rate.as_ref().map(|rate| rate.value.0),
        size: delivery.record_size.as_ref().map(|size| size.value.0 as f64),
    });
    streams.chain(deliveries).collect()
}

impl<'a> Wiring<'a> {
    pub fn of(file: &'a StackFile, entering: &[(&'a str, Flow)], assumptions: &Assumptions) -> Self {
        let mut wiring = Self { flows: entering.iter().copied().collect(), ..Self::default() };
        for (name, delivery) in &file.deliveries {
            if let Some(from) = &delivery.from {
                let flow = wiring.flow(from);
                wiring.flows.insert(name, flow);
            }
            wiring.deliver(name, delivery, assumptions);
        }
        for (name, function) in &file.functions {
            let work = wiring.invoked(file, name, function);
            wiring.work.insert(name, work);
        }
        wiring.succeed(file, assumptions);
        wiring
    }

    pub fn flow(&self, name: &str) -> Flow {
        self.flows.get(name).copied().unwrap_or_default()
    }

    /// Returns how many functions and deliveries read a stream.
    pub fn readers(file: &StackFile, stream: &str) -> usize {
        let reads =
            |function: &&Function| function.reads.as_ref().is_some_and(|reads| reads.stream.value == stream);
        let delivers = |delivery: &&Delivery| delivery.from.as_ref().is_some_and(|from| from.value == stream);
        file.functions.values().filter(reads).count() + file.deliveries.values().filter(delivers).count()
    }

    fn deliver(&mut self, name: &'a str, delivery: &Delivery, assumptions: &Assumptions) {
        self.objects.insert(name, delivery::objects(delivery, self.flow(name), assumptions));
    }

    /// Returns what a function is asked to do by everything but the success of another one.
    fn invoked(&mut self, file: &'a StackFile, name: &str, function: &'a Function) -> Work {
        let mut work = Work::default();
        let mut is_counted = false;
        if let Some(reads) = &function.reads
            && let Some(source) = file.streams.get(reads.stream.value.as_str())
        {
            let flow = self.flow(&reads.stream);
            work = function::reading(reads, flow, stream::shards(source, flow));
            is_counted = true;
        }
        for (delivery, block) in &file.deliveries {
            if block.transform.as_ref().is_some_and(|transform| transform.value == name) {
                work.invocations += delivery::transforms(self.flow(delivery));
                is_counted = true;
            }
        }
        if let Some(watches) = &function.watches {
            let prefix = watches.prefix.as_ref().map_or("", |prefix| &prefix.value);
            let told_by = file.deliveries.iter().filter(|(_, delivery)| {
                let to = &delivery.to;
                to.bucket.value == watches.bucket.value && to.fixed_prefix().starts_with(prefix)
            });
            let objects = told_by.map(|(name, _)| self.objects.get(name.value.as_str()));
            work.invocations += objects.flatten().map(|objects| objects.count).sum::<f64>();
            is_counted = true;
        }
        if let Some(schedule) = &function.schedule {
            match function::scheduled(&schedule.value.0) {
                Some(often) => work.invocations += often,
                None => self.uncounted.push(format!("the schedule of `{name}`")),
            }
            is_counted = true;
        }
        if function.http.is_some() && !function.writes.is_empty() {
            work.requests = self.requests(file, function);
            work.invocations += work.requests;
        } else if function.http.is_some() {
            self.uncounted.push(format!("requests that `{name}` answers"));
        } else if !is_counted && !is_told(file, name) {
            self.uncounted.push(format!("invocations of `{name}`"));
        }
        work
    }

    /// Returns how many requests a second bring the records that a function writes: one each, shared with the other
    /// functions that take requests for the same entrance.
    fn requests(&self, file: &StackFile, function: &Function) -> f64 {
        let shared = |target: &str| {
            let takes = |one: &&Function| {
                one.http.is_some() && one.writes.iter().any(|written| written.value == target)
            };
            file.functions.values().filter(takes).count().max(1) as f64
        };
        let written = function.writes.iter().map(|target| self.flow(target).records / shared(target));
        written.sum()
    }

    /// Passes on what asynchronous invocations tell of their success.
    fn succeed(&mut self, file: &'a StackFile, assumptions: &Assumptions) {
        for (name, function) in &file.functions {
            let Some(told) = function.on_success.as_ref() else { continue };
            // Lambda tells only of invocations that nobody waits for.
            let work = self.work.get(name.value.as_str()).copied().unwrap_or_default();
            let successes = match function.is_invoked_asynchronously() {
                true => (work.invocations - work.requests).max(0.0),
                false => 0.0,
            };
            if let Some(work) = self.work.get_mut(told.value.as_str()) {
                work.invocations += successes;
            } else if let Some((delivery, block)) = file.deliveries.get_key_value(told.value.as_str()) {
                let flow = self.flows.entry(delivery).or_default();
                flow.records += successes;
                flow.size = SUCCESS_BYTES;
                self.deliver(delivery, block, assumptions);
            }
        }
        for (name, topic) in &file.topics {
            if !topic.subscribers.is_empty() {
                self.uncounted.push(format!("what is published to `{name}`"));
            }
        }
    }
}

/// Returns whether another function's success invokes a function.
fn is_told(file: &StackFile, name: &str) -> bool {
    let told = file.functions.values().filter_map(|function| function.on_success.as_ref());
    let heard = file.topics.values().flat_map(|topic| &topic.subscribers);
    told.chain(heard).any(|told| told.value == name)
}
