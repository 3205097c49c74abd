//! A function: how often it is invoked, by what, and what Lambda bills.

use super::{Assumptions, Block, Flow, Load, MONTH, Warning, gigabytes};
use crate::estimate::prices::{Item, Prices};
use crate::stack::{Architecture, Function, Reads};

/// What Lambda takes as the event of an invocation.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const EVENT_BYTES: f64 = 6.0 * 1_048_576.0;

/// About what a record of Kinesis takes in an event beside its data: ARN, sequence number, key and names.
const RECORD_FRAME: f64 = 600.0;

/// How often a second Lambda asks a shard for records.
/// <https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html>
const POLLS: f64 = 1.0;

/// What Lambda itself writes of an invocation: its lines START, END and REPORT.
const LOG_BYTES: f64 = 270.0;

/// What a function is asked to do, a second.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Work {
    pub invocations: f64,
    /// Those of them that come through the HTTP API.
    pub requests: f64,
    /// Records that its mapping hands it.
    pub records: f64,
}

/// How a function takes a shard's records.
struct Batches {
    /// Records in one, at most.
    size: f64,
    /// A second, from one shard.
    count: f64,
}

impl Batches {
    /// `flow` is one shard's.
    fn of(reads: &Reads, flow: Flow) -> Self {
        // Records come as base64 within JSON.
        let fit = (EVENT_BYTES / (flow.size * 4.0 / 3.0 + RECORD_FRAME)).floor().max(1.0);
        let size = (reads.batch() as f64).min(fit);
        let window = reads.window.as_ref().map_or(0.0, |window| window.value.0 as f64);
        let often = if window > 0.0 { 1.0 / window } else { POLLS };
        Self { size, count: (flow.records / size).max(often.min(flow.records)) }
    }
}

fn of_shard(flow: Flow, shards: f64) -> Flow {
    Flow { records: flow.records / shards, ..flow }
}

/// Returns what reading a stream asks of a function.
pub fn reading(reads: &Reads, flow: Flow, shards: f64) -> Work {
    let invocations = Batches::of(reads, of_shard(flow, shards)).count * shards;
    Work { invocations, records: flow.records, requests: 0.0 }
}

/// Returns how often a second a schedule invokes, where it says so as a rate.
pub fn scheduled(expression: &str) -> Option<f64> {
    let rate = expression.strip_prefix("rate(")?.strip_suffix(')')?;
    let (number, unit) = rate.trim().split_once(' ')?;
    let seconds = match unit.trim().trim_end_matches('s') {
        "minute" => 60.0,
        "hour" => 3600.0,
        "day" => 86_400.0,
        _ => return None,
    };
    let number: f64 = number.parse().ok()?;
    (number > 0.0).then(|| 1.0 / (number * seconds))
}

pub fn block(
    name: &str,
    function: &Function,
    work: Work,
    assumptions: &Assumptions,
    prices: &Prices,
) -> Block {
    let invocations = work.invocations * MONTH;
    let gigabyte_seconds = invocations * assumptions.invocation * function.mebibytes() as f64 / 1024.0;
    let compute = match function.architecture {
        Architecture::X86_64 => Item::LambdaGbSecondX86,
        Architecture::Arm64 => Item::LambdaGbSecondArm,
    };
    let mut charges = Vec::new();
    if work.invocations > 0.0 {
        charges.push(prices.charge(Item::LambdaRequest, invocations));
        charges.push(prices.charge(compute, gigabyte_seconds));
        charges.push(prices.charge(Item::LogsGb, gigabytes(invocations * LOG_BYTES)));
    }
    if work.requests > 0.0 {
        charges.push(prices.charge(Item::HttpApiRequest, work.requests * MONTH));
    }
    let load = Load::Function {
        invocations_per_second: work.invocations,
        records_per_invocation: (work.records > 0.0).then(|| work.records / work.invocations),
        concurrency: concurrency(work, assumptions),
    };
    Block::new(name, load, charges)
}

/// Returns how many invocations run at a time.
pub fn concurrency(work: Work, assumptions: &Assumptions) -> f64 {
    work.invocations * assumptions.invocation
}

/// Returns why a function cannot keep up with the stream that it reads.
pub fn reading_warnings(
    name: &str,
    reads: &Reads,
    flow: Flow,
    shards: f64,
    assumptions: &Assumptions,
) -> Vec<Warning> {
    let flow = of_shard(flow, shards);
    let size = Batches::of(reads, flow).size;
    let parallel = reads.parallel.as_ref().map_or(1, |parallel| parallel.value);
    let handled = size / assumptions.invocation * parallel as f64;
    if handled >= flow.records {
        return Vec::new();
    }
    let message = format!(
        "handles {handled:.0} records/s of a shard, {size} each time, and {:.0} come; it would fall behind its stream",
        flow.records
    );
    vec![Warning::new(
        name,
        message,
        "raise `batch` or `parallel`, or give the stream more shards".to_owned(),
    )]
}

/// Returns why a function cannot do its work.
pub fn warnings(name: &str, function: &Function, work: Work, assumptions: &Assumptions) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut warn = |message: String, help: String| warnings.push(Warning::new(name, message, help));
    if let Some(http) = function.http.as_ref().filter(|http| work.requests > http.rate() as f64) {
        warn(
            format!("`{}` takes {} requests/s and {:.0} come", http.route.value, http.rate(), work.requests),
            format!("set `rate: {:.0}` and a `burst` of the route", work.requests.ceil()),
        );
    }
    let needed = concurrency(work, assumptions).ceil();
    if let Some(reserved) = function.concurrency.as_ref().filter(|reserved| needed > reserved.value as f64) {
        warn(
            format!("runs {needed} invocations at a time and may run {}", reserved.value),
            format!("set `concurrency: {needed}`, or make invocations shorter"),
        );
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::tests::{ASSUMED, dollars, flow, yaml};

    fn function(extra: &str) -> Function {
        yaml(&format!("{{ crate: c, {extra} }}"))
    }

    fn reads(extra: &str) -> Reads {
        yaml(&format!("{{ stream: s, {extra} }}"))
    }

    #[test]
    fn reads_batches_as_they_fill_or_once_a_second() {
        let invoked = |extra: &str, records: f64, shards: f64| {
            reading(&reads(extra), flow(records, 200.0), shards).invocations
        };
        assert_eq!(invoked("batch: 100", 1000.0, 1.0), 10.0);
        assert_eq!(invoked("batch: 100", 1000.0, 4.0), 10.0);
        assert_eq!(invoked("batch: 100", 10.0, 4.0), 4.0);
        assert_eq!(invoked("batch: 1000, window: 10s", 50.0, 1.0), 0.1);
        // Fewer records than polls: an invocation each.
        assert_eq!(invoked("batch: 100", 0.5, 1.0), 0.5);
        assert_eq!(invoked("batch: 100", 0.0, 1.0), 0.0);
    }

    #[test]
    fn counts_only_the_records_that_fit_into_an_event() {
        let many = reading(&reads("batch: 10000"), flow(1000.0, 100_000.0), 100.0);
        assert!((many.invocations - 100.0).abs() < 1e-9, "{many:?}");
        let large = Batches::of(&reads("batch: 10000"), flow(1000.0, 100_000.0));
        assert_eq!(large.size, 46.0);
    }

    #[test]
    fn reads_rates_of_schedules() {
        assert_eq!(scheduled("rate(60 minutes)"), Some(1.0 / 3600.0));
        assert_eq!(scheduled("rate(1 day)"), Some(1.0 / 86_400.0));
        assert_eq!(scheduled("cron(0 12 * * ? *)"), None);
        assert_eq!(scheduled("rate(0 minutes)"), None);
    }

    #[test]
    fn bills_requests_memory_by_time_and_its_own_lines_in_the_log() {
        let prices = Prices::read(None, "us-east-1").unwrap();
        let work = Work { invocations: 10.0, ..Work::default() };
        let of = |extra: &str| dollars(&block("f", &function(extra), work, &ASSUMED, &prices));
        assert_eq!(of(""), ["5.26", "5.48", "3.30"]);
        assert_eq!(of("memory: 1024MiB, architecture: arm64"), ["5.26", "35.04", "3.30"]);
        let idle = block("f", &function(""), Work::default(), &ASSUMED, &prices);
        assert_eq!(dollars(&idle), [""; 0]);
    }

    #[test]
    fn warns_when_a_shard_brings_more_than_its_batches_take() {
        let warned = |extra: &str, records: f64, shards: f64| {
            reading_warnings("f", &reads(extra), flow(records, 100.0), shards, &ASSUMED).len()
        };
        assert_eq!(warned("batch: 100", 1000.0, 1.0), 0);
        assert_eq!(warned("batch: 50", 1000.0, 1.0), 1);
        assert_eq!(warned("batch: 50", 1000.0, 2.0), 0);
        assert_eq!(warned("batch: 50, parallel: 2", 1000.0, 1.0), 0);
    }

    #[test]
    fn warns_when_a_route_or_the_concurrency_is_too_small() {
        let work = Work { invocations: 50.0, requests: 50.0, records: 0.0 };
        let help = |extra: &str| {
            let found = warnings("f", &function(extra), work, &ASSUMED);
            found.into_iter().map(|warning| warning.help).collect::<Vec<_>>()
        };
        assert_eq!(
            help("http: { route: GET /t, auth: none }"),
            ["set `rate: 50` and a `burst` of the route"]
        );
        assert_eq!(help("http: { route: GET /t, auth: none, rate: 50 }"), [""; 0]);
        assert_eq!(help("concurrency: 4"), ["set `concurrency: 5`, or make invocations shorter"]);
    }
}
