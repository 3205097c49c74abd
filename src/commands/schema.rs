//! `hydrant schema`

use crate::context::Context;
use crate::error::Result;
use crate::stack::schema;

/// Print the JSON Schema of stack files, for editors
///
/// An editor that knows it completes keys, shows what they mean and marks what may not stand there.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  hydrant schema > stack-file.schema.json\n\n\
                  In a stack file, for editors with a YAML language server:\n  \
                  # yaml-language-server: $schema=../stack-file.schema.json")]
pub struct Args {}

pub fn run(context: &Context, _: &Args) -> Result<()> {
    // The schema is JSON for whoever asks.
    context.ui.data(&format!("{:#}", schema()));
    Ok(())
}
