//! Chores of this repository: `cargo xtask schemas` refreshes AWS's resource schemas, `cargo xtask corpus` and
//! `cargo xtask mutants` measure the linter.
//!
//! A chore turns something pinned from outside into files that are checked in. Nothing here ships.

mod corpus;
#[path = "../../crates/cfn/tests/mutants/lines.rs"]
mod lines;
mod schemas;
mod wheel;

use std::process::ExitCode;

fn main() -> ExitCode {
    let chore: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match chore.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["schemas"] => schemas::refresh(),
        ["corpus", folder] => corpus::compare(folder.as_ref(), None, None),
        ["corpus", folder, "--live", file] => corpus::compare(folder.as_ref(), None, Some(file.as_ref())),
        ["corpus", folder, rule] => corpus::compare(folder.as_ref(), Some(rule), None),
        ["corpus", folder, rule, "--live", file] => {
            corpus::compare(folder.as_ref(), Some(rule), Some(file.as_ref()))
        }
        ["mutants", folder] => corpus::mutants(folder.as_ref()),
        _ => Err(schemas::Error::Usage),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "a chore speaks to the person who runs it")]
fn report(error: &dyn std::error::Error) {
    eprintln!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("caused by: {error}");
        cause = error.source();
    }
}
