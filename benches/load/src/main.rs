//! Puts load on an engine and prints how much it took. The scripts in `benches/` run it against this engine and
//! its peers; each command prints one line of JSON.
//!
//! Clients here are plain sockets with requests that were encoded before the clock starts, so that on a machine
//! with two cores it is the engine that is measured.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints what it measured")]

mod client;
mod engine;
mod firehose;
mod kinesis;

use std::process::ExitCode;

type Outcome = Result<(), Box<dyn std::error::Error>>;

const USAGE: &str = "\
load engine   --data DIR [--port P] [--no-limits SERVICE,…] run this engine until it is killed
load startup  [--times N]                                   start engines in new folders: first answer, idle memory
load kinesis  --url URL [--seconds S] [--records N] [--connections C] [--pid PID]
                                                            PutRecords of 500 x 200 B
load firehose --url URL [--seconds S] [--records N] [--bytes B] [--through-stream] [--connections C] [--pid PID]
                                                            PutRecordBatch of 500 x 1 KB, or PutRecords to the stream
                                                            that is the source, until all is in S3";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let flags = Flags(&arguments);
    let outcome = match arguments.first().map(String::as_str) {
        Some("engine") => engine::run(&flags),
        Some("startup") => engine::startup(&flags),
        Some("kinesis") => kinesis::run(&flags),
        Some("firehose") => firehose::run(&flags),
        _ => Err(USAGE.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// What was given on the command line, as `--name value`.
pub struct Flags<'a>(&'a [String]);

impl Flags<'_> {
    pub fn text(&self, name: &str) -> Option<&str> {
        let at = self.0.iter().position(|argument| argument == name)?;
        self.0.get(at + 1).map(String::as_str)
    }

    pub fn is_given(&self, name: &str) -> bool {
        self.0.iter().any(|argument| argument == name)
    }

    pub fn needed(&self, name: &str) -> Result<&str, String> {
        self.text(name).ok_or_else(|| format!("{name} is missing\n{USAGE}"))
    }

    pub fn number(&self, name: &str, default: u64) -> Result<u64, String> {
        let Some(text) = self.text(name) else { return Ok(default) };
        text.parse().map_err(|_| format!("{name} takes a number, not {text}"))
    }
}
