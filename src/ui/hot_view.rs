//! Shows what a hot deployment changes, in the form of a plan.

use std::fmt;

use super::plan_view::short;
use super::{Style, counted};
use crate::deploy::hot::{Change, HotPlan};

/// A hot plan as text.
pub struct HotView<'a> {
    plan: &'a HotPlan,
    style: Style,
}

impl<'a> HotView<'a> {
    pub fn new(plan: &'a HotPlan, style: Style) -> Self {
        Self { plan, style }
    }
}

impl fmt::Display for HotView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { plan, style } = self;
        let effective: Vec<&Change> = plan.changes.iter().filter(|change| change.is_effective()).collect();
        for change in &effective {
            let kind = style.dim(change.kind.resource_type());
            writeln!(f, "{} {} {kind}", style.yellow("~"), style.bold(&change.logical_id))?;
            if change.code.is_some() {
                writeln!(f, "    Code: new")?;
            }
            for row in &change.rows {
                writeln!(f, "    {}: {} → {}", row.path, short(&row.before), short(&row.after))?;
            }
        }
        write!(f, "\n{} to change hot", counted(effective.len() as u64, "resource"))
    }
}
