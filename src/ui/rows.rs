//! Many rows on stdout, without a system call for each.

use std::io::{BufWriter, Stdout, Write};

use crate::error::{Error, Result};

/// Stdout for rows.
#[derive(Debug)]
pub struct Rows(BufWriter<Stdout>);

impl Rows {
    pub(super) fn new() -> Self {
        Self(BufWriter::with_capacity(1 << 16, std::io::stdout()))
    }

    /// Writes bytes as they are.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        check(self.0.write_all(bytes))
    }

    /// Lets the reader have what was written so far.
    pub fn flush(&mut self) -> Result<()> {
        check(self.0.flush())
    }
}

/// Ends the program quietly when nobody reads any more.
fn check(result: std::io::Result<()>) -> Result<()> {
    match result {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        result => result.map_err(|error| Error::failed_to("write rows").because(error)),
    }
}
