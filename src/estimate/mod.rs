//! What a rate of records asks of a pipeline and what AWS bills for it a month: values from values.
//!
//! It knows the stack file, AWS's quotas and a dated file of prices; it knows neither network nor clock.

mod delivery;
mod function;
mod load;
mod prices;
mod stream;
mod wiring;

use serde::Serialize;

use crate::stack::Stack;

pub use load::{Flow, Given, Milliseconds, flows};
pub use prices::{Charge, Prices};
pub use wiring::entrances;

use wiring::Wiring;

const HOUR: f64 = 3600.0;
const DAY: f64 = 86_400.0;
/// A month as AWS's own calculator has it: 730 hours.
const MONTH: f64 = 730.0 * HOUR;

/// Invocations at a time that an account may run until its quota is raised.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const ACCOUNT_CONCURRENCY: f64 = 1000.0;

fn gigabytes(bytes: f64) -> f64 {
    bytes / f64::from(1 << 30)
}

/// What the stack file does not say.
#[derive(Debug, Clone, Copy)]
pub struct Assumptions {
    /// How long an invocation takes, in seconds.
    pub invocation: f64,
    /// How many times smaller compression makes records.
    pub compression: f64,
}

/// A stack's load and bill.
#[derive(Debug, Serialize)]
pub struct Estimate {
    pub stack: String,
    pub environment: String,
    pub region: String,
    pub entering: Vec<Entering>,
    pub blocks: Vec<Block>,
    /// A month.
    pub dollars: f64,
    /// Why the stack cannot carry the rate; none when it can.
    pub warnings: Vec<Warning>,
    pub advice: Vec<String>,
    pub assumed: Vec<String>,
    pub uncounted: Vec<String>,
    pub prices: PriceList,
}

/// What enters by one entrance.
#[derive(Debug, Serialize)]
pub struct Entering {
    pub name: String,
    pub records_per_second: f64,
    pub record_bytes: f64,
}

/// Where the prices come from.
#[derive(Debug, Serialize)]
pub struct PriceList {
    pub date: String,
    pub region: String,
}

/// One block of the stack file: its load and what it costs a month.
#[derive(Debug, Serialize)]
pub struct Block {
    pub name: String,
    #[serde(flatten)]
    pub load: Load,
    pub charges: Vec<Charge>,
    pub dollars: f64,
}

/// What a block has to do.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Load {
    Stream {
        records_per_second: f64,
        bytes_per_second: f64,
        /// Absent with on-demand capacity.
        shards: Option<u64>,
        shards_needed: u64,
        readers: usize,
    },
    Delivery {
        records_per_second: f64,
        bytes_per_second: f64,
        billed_bytes_per_second: f64,
        objects_per_day: f64,
        object_bytes: f64,
    },
    Function {
        invocations_per_second: f64,
        /// Of those that a mapping hands it.
        records_per_invocation: Option<f64>,
        concurrency: f64,
    },
}

impl Block {
    fn new(name: &str, load: Load, charges: Vec<Charge>) -> Self {
        let dollars = charges.iter().map(|charge| charge.dollars).sum();
        Self { name: name.to_owned(), load, charges, dollars }
    }
}

/// Why a block cannot carry what comes to it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Warning {
    pub block: String,
    /// Reads after the block's name.
    pub message: String,
    pub help: String,
}

impl Warning {
    fn new(block: &str, message: String, help: String) -> Self {
        Self { block: block.to_owned(), message, help }
    }
}

/// Works out what `entering` asks of a stack, and what that costs.
pub fn estimate(
    stack: &Stack,
    region: &str,
    entering: &[(&str, Flow)],
    assumptions: &Assumptions,
    prices: &Prices,
) -> Estimate {
    let file = &stack.file;
    let wiring = Wiring::of(file, entering, assumptions);
    let mut blocks = Vec::new();
    let mut warnings = Vec::new();
    let mut advice = Vec::new();
    // What exists already is paid for elsewhere.
    for (name, one) in file.streams.iter().filter(|(_, stream)| stream.arn.is_none()) {
        let (flow, readers) = (wiring.flow(name), Wiring::readers(file, name));
        blocks.push(stream::block(name, one, flow, readers, prices));
        warnings.extend(stream::warnings(name, one, flow, readers));
    }
    for (name, one) in &file.deliveries {
        let flow = wiring.flow(name);
        let objects = wiring.objects.get(name.value.as_str()).copied().unwrap_or_default();
        blocks.push(delivery::block(name, flow, objects, prices));
        warnings.extend(delivery::warnings(name, one, flow, region));
        advice.extend(delivery::advice(name, one, flow));
    }
    let mut concurrency = 0.0;
    for (name, one) in &file.functions {
        let work = wiring.work.get(name.value.as_str()).copied().unwrap_or_default();
        concurrency += function::concurrency(work, assumptions);
        blocks.push(function::block(name, one, work, assumptions, prices));
        if let Some(reads) = &one.reads
            && let Some(source) = file.streams.get(reads.stream.value.as_str())
        {
            let flow = wiring.flow(&reads.stream);
            let shards = stream::shards(source, flow);
            warnings.extend(function::reading_warnings(name, reads, flow, shards, assumptions));
        }
        warnings.extend(function::warnings(name, one, work, assumptions));
    }
    if concurrency > ACCOUNT_CONCURRENCY {
        let message = format!(
            "runs {:.0} invocations at a time; an account may run 1000 unless its quota is raised",
            concurrency.ceil()
        );
        warnings.push(Warning::new(&stack.name, message, "ask AWS for a higher quota".to_owned()));
    }
    Estimate {
        stack: stack.name.clone(),
        environment: stack.environment_name.clone(),
        region: region.to_owned(),
        entering: entering.iter().map(entering_view).collect(),
        dollars: blocks.iter().map(|block| block.dollars).sum(),
        blocks,
        warnings,
        advice,
        assumed: assumed(stack, assumptions),
        uncounted: wiring.uncounted,
        prices: PriceList { date: prices.date().to_owned(), region: prices.region().to_owned() },
    }
}

fn entering_view((name, flow): &(&str, Flow)) -> Entering {
    Entering { name: (*name).to_owned(), records_per_second: flow.records, record_bytes: flow.size }
}

/// Says what the numbers rest on beside the stack file.
fn assumed(stack: &Stack, assumptions: &Assumptions) -> Vec<String> {
    let file = &stack.file;
    let mut assumed = vec!["records come evenly, all month".to_owned()];
    if !file.functions.is_empty() {
        assumed.push(format!("an invocation takes {} ms", assumptions.invocation * 1000.0));
        assumed.push("a function's log has nothing but Lambda's own three lines of an invocation".to_owned());
    }
    if file.functions.values().any(|function| function.http.is_some() && !function.writes.is_empty()) {
        assumed.push("a request brings one record".to_owned());
    }
    if file.deliveries.values().any(|delivery| delivery.compression != crate::stack::Compression::None) {
        assumed.push(format!("compression makes records {} times smaller", assumptions.compression));
    }
    if !file.deliveries.is_empty() {
        assumed.push("S3 keeps what a month brings for one month".to_owned());
    }
    assumed
}

#[cfg(test)]
mod tests {
    use super::*;

    pub const ASSUMED: Assumptions = Assumptions { invocation: 0.1, compression: 4.0 };

    pub fn flow(records: f64, size: f64) -> Flow {
        Flow { records, size }
    }

    pub fn dollars(block: &Block) -> Vec<String> {
        block.charges.iter().map(|charge| format!("{:.2}", charge.dollars)).collect()
    }

    /// Reads one block of a stack file.
    pub fn yaml<T: serde::de::DeserializeOwned>(text: &str) -> T {
        let (document, errors) = hydrant_cfn::yaml::Document::parse(text);
        assert!(errors.is_empty(), "{text}");
        hydrant_cfn::yaml::from_node(&document.root).unwrap()
    }

    fn of(stack: &str, rate: f64, size: f64) -> Estimate {
        let path = format!("{}/stacks/{stack}.yaml", env!("CARGO_MANIFEST_DIR"));
        let stack = crate::stack::load(std::path::Path::new(&path), "dev").unwrap();
        let entering: Vec<_> =
            entrances(&stack.file).iter().map(|entrance| (entrance.name, flow(rate, size))).collect();
        let prices = Prices::read(None, "us-east-1").unwrap();
        estimate(&stack, "us-east-1", &entering, &ASSUMED, &prices)
    }

    fn invocations(estimate: &Estimate, function: &str) -> f64 {
        let block = estimate.blocks.iter().find(|block| block.name == function).unwrap();
        match block.load {
            Load::Function { invocations_per_second, .. } => invocations_per_second,
            _ => panic!("{function} is not a function"),
        }
    }

    #[test]
    fn follows_records_from_a_stream_to_its_function_and_delivery() {
        let estimate = of("telemetric", 1000.0, 200.0);
        assert_eq!(estimate.warnings, []);
        assert_eq!(invocations(&estimate, "consume-positions"), 10.0);
        assert_eq!(estimate.uncounted, ["invocations of `produce-positions`"]);
        let sum: f64 = estimate.blocks.iter().map(|block| block.dollars).sum();
        assert!((estimate.dollars - sum).abs() < 1e-9);
    }

    #[test]
    fn follows_a_request_into_a_delivery_and_through_its_transform() {
        let estimate = of("ticker", 50.0, 200.0);
        assert_eq!(invocations(&estimate, "ticker-producer"), 50.0);
        assert_eq!(invocations(&estimate, "ticker-transform"), 1.0 / 60.0);
        let warned: Vec<_> = estimate.warnings.iter().map(|warning| warning.block.as_str()).collect();
        assert_eq!(warned, ["ticker-producer"]);
    }

    #[test]
    fn follows_objects_to_the_function_that_watches_them_and_a_schedule_to_a_delivery() {
        let estimate = of("gps", 10.0, 100.0);
        let entering: Vec<_> = estimate.entering.iter().map(|entering| entering.name.as_str()).collect();
        assert_eq!(entering, ["gps-delivery-stream"]);
        assert_eq!(invocations(&estimate, "speed-recorder"), 1.0 / 60.0);
        assert_eq!(invocations(&estimate, "fleet-report"), 1.0 / 3600.0);
        let reports = estimate.blocks.iter().find(|block| block.name == "fleet-reports").unwrap();
        let Load::Delivery { objects_per_day, .. } = reports.load else { panic!("not a delivery") };
        assert!((objects_per_day - 24.0).abs() < 1e-9);
    }

    #[test]
    fn costs_nothing_by_use_when_nothing_comes() {
        let idle = of("telemetric", 0.0, 200.0);
        assert!((idle.dollars - 10.95).abs() < 1e-9, "{idle:?}");
    }
}
