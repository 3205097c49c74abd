//! Makes the API calls by which a stack is deployed, deployed again, changed or destroyed, with the SDK and at the speed
//! of the SDK, and does nothing else: it reads no stack file, checks nothing, shows nothing and follows nothing.
//!
//! `same` are the calls on hydrant's critical path, `fewest` those without which there is no change. Prints how many
//! milliseconds the calls took, from the first one on: without the start of the process and its configuration.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints what it measured")]

mod calls;

use std::process::ExitCode;
use std::time::Instant;

use calls::{Calls, Outcome, Step};

const USAGE: &str = "hydrant-bare same|fewest deploy|no-op|update|destroy STACK TEMPLATE-FILE";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [extent, step, stack, file] = arguments.as_slice() else { return Err(USAGE.into()) };
    let step = match step.as_str() {
        "deploy" => Step::Deploy,
        "no-op" => Step::NoOp,
        "update" => Step::Update,
        "destroy" => Step::Destroy,
        _ => return Err(USAGE.into()),
    };
    let template = std::fs::read_to_string(file)?;
    let calls = Calls::new(stack, template).await;
    let begun = Instant::now();
    match extent.as_str() {
        "same" => calls.same(step).await?,
        "fewest" => calls.fewest(step).await?,
        _ => return Err(USAGE.into()),
    }
    println!("{:.3}", begun.elapsed().as_secs_f64() * 1000.0);
    Ok(())
}
