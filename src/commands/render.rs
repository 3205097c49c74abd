//! `hydrant render`

use crate::context::Context;
use crate::error::Result;
use crate::render::render;
use crate::ui::{Answer, Format, Style};

/// Print a stack's CloudFormation template
///
/// The same stack file always gives the same bytes; neither network nor clock is used.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hydrant render telemetric\n  hydrant render telemetric --env prod > template.yaml\n  \
                        hydrant render telemetric --format json | jq .Resources"
)]
pub struct Args {
    /// Stack to render: a name in `stacks/`, or a path
    stack: String,
}

pub fn run(context: &Context, args: &Args) -> Result<()> {
    let project = context.project()?;
    let stack = context.stack(&project, &args.stack)?;
    let template = render(&stack, &project.root)?;
    match context.ui.format {
        Format::Text => context.ui.data(template.body()),
        _ => context.ui.show(&Json(template.to_json()?)),
    }
    Ok(())
}

/// The template as JSON, functions written out.
#[derive(serde::Serialize)]
#[serde(transparent)]
struct Json(serde_json::Value);

impl Answer for Json {
    fn text(&self, _: Style) -> String {
        self.0.to_string()
    }
}
