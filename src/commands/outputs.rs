//! `hydrant outputs`

use crate::context::Context;
use crate::deploy::stacks;
use crate::error::{Error, Result};
use crate::ui::{Answer, ByRegion, Format, Outputs};

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
    let mut answers = Vec::new();
    for stack in context.in_regions(&project, &args.stack)? {
        let clients = context.clients(&project, &stack).await?;
        let name = stack.stack_name();
        match stacks::find(&clients, &name).await? {
            Some(deployed) => answers.push((clients.region, Outputs::of(&deployed))),
            None => return Err(Error::usage(format!("the stack `{name}` is not deployed"))),
        }
    }
    let is_for_shells = matches!(args.format, Format::Env | Format::Dotenv);
    match answers.as_slice() {
        [(_, outputs)] if is_for_shells => outputs.check_variables()?,
        [] | [_] => {}
        _ if is_for_shells => {
            return Err(Error::usage("every region would set the same variables")
                .hint("choose one of them with --region"));
        }
        _ => {}
    }
    let answers = ByRegion(answers);
    match args.format {
        Format::Text => context.ui.show_as_text(&answers),
        format => context.ui.data(&answers.document(format)),
    }
    Ok(())
}
