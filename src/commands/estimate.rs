//! `hydrant estimate`

use std::path::PathBuf;

use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::estimate::{Assumptions, Given, Milliseconds, Prices, entrances, estimate, flows};
use crate::project::Project;
use crate::stack::{ByteSize, Rate, Stack};

/// The region when nothing names one: its prices are the ones best known.
const REGION: &str = "us-east-1";

/// Say what a rate of records needs and costs
///
/// Works out, from the stack file alone, the shards that each stream needs, the objects that each delivery writes, how
/// often functions run, and what AWS bills for it a month by its public prices; and warns when the stack cannot carry
/// the rate. Free tiers are not taken off. A stack's entrances are its streams and the deliveries that take records
/// directly.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    hydrant estimate telemetric --rate 1000/s --size 200B\n  \
    hydrant estimate --rate 5000/h --size 1KB                  All stacks of the project\n  \
    hydrant estimate taxi --rate taxi-trips=20/s --size 400B --duration 30ms --env prod\n  \
    hydrant estimate gps --rate 500/s --size 93B --format json | jq .dollars")]
pub struct Args {
    /// Stack to look at: a name in `stacks/`, or a path; all of the project when left out
    stack: Option<String>,
    /// Records a second, minute or hour into each entrance, or into the one that is named; the stack file's `rate` when
    /// left out
    #[arg(long, value_name = "[NAME=]RATE")]
    rate: Vec<Given<Rate>>,
    /// Size of a record; the stack file's `record_size` when left out
    #[arg(long, value_name = "[NAME=]SIZE")]
    size: Vec<Given<ByteSize>>,
    /// How long an invocation of a function takes
    #[arg(long, value_name = "TIME", default_value = "100ms")]
    duration: Milliseconds,
    /// How many times smaller compression makes records, where a delivery compresses them
    #[arg(long, value_name = "FACTOR", default_value = "4", value_parser = factor)]
    compression: f64,
    /// File of prices instead of the built-in one, in the form of `data/prices.yaml`
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    /// Exit with 3 when the stack cannot carry the rate
    #[arg(long)]
    exit_code: bool,
}

pub fn run(context: &Context, args: &Args) -> Result<()> {
    let project = context.project()?;
    let assumptions = Assumptions { invocation: args.duration.0 / 1000.0, compression: args.compression };
    let mut estimates = Vec::new();
    for stack in stacks(context, &project, args)? {
        let entering = flows(&entrances(&stack.file), &args.rate, &args.size)?;
        let region = region(context, &stack);
        let prices = Prices::read(args.prices.as_deref(), &region)?;
        estimates.push(estimate(&stack, &region, &entering, &assumptions, &prices));
    }
    let can_carry = estimates.iter().all(|estimate| estimate.warnings.is_empty());
    match (&args.stack, estimates.as_slice()) {
        (Some(_), [only]) => context.ui.show(only),
        _ => context.ui.show(&estimates),
    }
    match args.exit_code && !can_carry {
        true => Err(Error::new(Kind::Findings, "")),
        false => Ok(()),
    }
}

fn stacks(context: &Context, project: &Project, args: &Args) -> Result<Vec<Stack>> {
    match &args.stack {
        Some(name) => Ok(vec![context.stack(project, name)?]),
        None => project.stack_names().iter().map(|name| context.stack(project, name)).collect(),
    }
}

/// Returns where the stack would go, as far as flags, stack file and environment say.
fn region(context: &Context, stack: &Stack) -> String {
    let of_stack = stack.environment.region.as_ref().map(|region| region.value.clone());
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let given = context.options.region.clone().or(of_stack).or_else(|| variable("AWS_REGION"));
    given.or_else(|| variable("AWS_DEFAULT_REGION")).unwrap_or_else(|| REGION.to_owned())
}

fn factor(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(factor) if factor.is_finite() && factor >= 1.0 => Ok(factor),
        _ => Err("write a number of at least 1, such as `4`".to_owned()),
    }
}
