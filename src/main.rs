//! Parses the command line, runs the command, prints how it ended.

use std::process::ExitCode;

fn main() -> ExitCode {
    hydrant::main()
}
