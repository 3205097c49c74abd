//! `hydrant completions`

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use crate::cli::Cli;
use crate::context::Context;
use crate::error::Result;

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hydrant completions bash > ~/.local/share/bash-completion/completions/hydrant\n  \
                        hydrant completions fish > ~/.config/fish/completions/hydrant.fish"
)]
pub struct Args {
    /// Shell that will read the script
    shell: Shell,
}

pub fn run(context: &Context, args: &Args) -> Result<()> {
    let mut script = Vec::new();
    generate(args.shell, &mut Cli::command(), "hydrant", &mut script);
    context.ui.data(&String::from_utf8_lossy(&script));
    Ok(())
}
