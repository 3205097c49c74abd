//! `hydrant explain`

use crate::context::Context;
use crate::error::{Error, Result};
use crate::lint::catalogue::{self, Entry};
use crate::ui::{RuleList, RulePages};

/// Tell what a lint rule checks, and why
///
/// Prints the pages of the rules: what they check, why, an example, and how to mend it. Without a rule, lists all of them.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hydrant explain\n  hydrant explain E1020\n  hydrant explain H1101 H1104 --format json"
)]
pub struct Args {
    /// Rules to tell of, by their ids
    rules: Vec<String>,
}

pub fn run(context: &Context, args: &Args) -> Result<()> {
    if args.rules.is_empty() {
        context.ui.show(&RuleList::of(catalogue::entries()));
        return Ok(());
    }
    let found: Vec<&'static Entry> = args.rules.iter().map(|id| find(id)).collect::<Result<_>>()?;
    context.ui.show(&RulePages::of(&found));
    Ok(())
}

fn find(id: &str) -> Result<&'static Entry> {
    catalogue::find(id).map_err(|near| {
        let error = Error::usage(format!("no rule is named `{id}`"));
        match near {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint("`hydrant explain` lists the rules"),
        }
    })
}
