//! `hydrant graph`

use crate::context::Context;
use crate::error::Result;
use crate::stack::Graph;
use crate::ui::{Drawing, GraphView};

/// Show who writes, reads, invokes and delivers to whom
///
/// Draws a stack's pipeline, each step with the right by which it happens, from the stack file alone.
/// `--format json` prints nodes and edges.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hydrant graph telemetric\n  hydrant graph telemetric --as mermaid >> README.md\n  \
                        hydrant graph telemetric --as dot | dot -Tsvg > telemetric.svg\n  \
                        hydrant graph telemetric --format json | jq '.edges[] | select(.to.kind == \"bucket\")'"
)]
pub struct Args {
    /// Stack to draw: a name in `stacks/`, or a path
    stack: String,
    /// Language of the drawing
    #[arg(long = "as", value_enum, default_value_t = Drawing::Tree, value_name = "LANGUAGE")]
    drawing: Drawing,
}

pub fn run(context: &Context, args: &Args) -> Result<()> {
    let project = context.project()?;
    let stack = context.stack(&project, &args.stack)?;
    context.ui.show(&GraphView::new(Graph::of(&stack.file), args.drawing));
    Ok(())
}
