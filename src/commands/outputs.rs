//! `hydrant outputs`

use crate::context::Context;
use crate::deploy::stacks;
use crate::error::{Error, Result};
use crate::ui::{Answer, Format, Outputs};

/// Print a stack's outputs
///
/// For a shell, `env` writes a line `export NAME='value'` for each, and `dotenv` a line `NAME="value"`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  hydrant outputs telemetric --local\n  \
                        hydrant outputs telemetric --format json | jq -r .TelemetricStreamName\n  \
                        eval \"$(hydrant outputs telemetric --format env)\"\n  \
                        hydrant outputs telemetric --format dotenv > .env")]
pub struct Args {
    /// Stack to ask: a name in `stacks/`, or a path
    stack: String,
    /// Form of the outputs on stdout
    #[arg(long, value_parser = Format::of_outputs(), default_value = "text", value_name = "FORMAT")]
    format: Format,
}

pub async fn run(context: &Context, args: &Args) -> Result<()> {
    let project = context.project()?;
    let stack = context.stack(&project, &args.stack)?;
    let clients = context.clients(&project, &stack).await?;
    let name = stack.stack_name();
    match stacks::find(&clients, &name).await? {
        Some(deployed) => {
            let outputs = Outputs::of(&deployed);
            match args.format {
                Format::Text => context.ui.show_as_text(&outputs),
                format => {
                    if matches!(format, Format::Env | Format::Dotenv) {
                        outputs.check_variables()?;
                    }
                    context.ui.data(&outputs.document(format));
                }
            }
            Ok(())
        }
        None => Err(Error::usage(format!("the stack `{name}` is not deployed"))),
    }
}
