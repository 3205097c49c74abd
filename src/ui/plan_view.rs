//! Shows what would change, the destructive part first, the counts last.

use std::fmt;

use serde_json::Value;

use super::{Answer, Style};
use crate::deploy::plan::{Action, Change, Plan, Replacement};

/// Longest value that is shown whole, in characters.
const LONGEST: usize = 60;

/// What CloudFormation writes for a value that does not exist yet.
const KNOWN_AFTER: &str = "{{changeSet:KNOWN_AFTER_APPLY}}";

/// A plan as text.
pub struct PlanView<'a> {
    plan: &'a Plan,
    style: Style,
}

impl<'a> PlanView<'a> {
    pub fn new(plan: &'a Plan, style: Style) -> Self {
        Self { plan, style }
    }
}

impl Answer for Plan {
    fn text(&self, style: Style) -> String {
        PlanView::new(self, style).to_string()
    }
}

impl fmt::Display for PlanView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.plan.changes.is_empty() {
            return f.write_str("No differences.");
        }
        for change in &self.plan.changes {
            self.change(f, change)?;
        }
        let count = |action| self.plan.changes.iter().filter(|change| change.action == action).count();
        let (add, modify) = (count(Action::Add) + count(Action::Import), count(Action::Modify));
        let (replace, remove) = (count(Action::Replace), count(Action::Remove));
        write!(f, "\n{add} to add, {modify} to change, {replace} to replace, {remove} to remove")
    }
}

impl PlanView<'_> {
    fn change(&self, f: &mut fmt::Formatter<'_>, change: &Change) -> fmt::Result {
        let style = self.style;
        let sign = match change.action {
            Action::Add | Action::Import => style.green("+"),
            Action::Modify => style.yellow("~"),
            Action::Replace => style.red("±"),
            Action::Remove => style.red("-"),
        };
        let name = match &change.renamed_from {
            Some(before) => format!("{before} → {}", change.logical_id),
            None => change.logical_id.clone(),
        };
        write!(f, "{sign} {} {}", style.bold(&name), style.dim(&change.resource_type))?;
        match (change.action, change.replacement) {
            (Action::Replace, _) => write!(f, "  {}", style.red("replaced"))?,
            (_, Replacement::Maybe) => write!(f, "  {}", style.yellow("may be replaced"))?,
            _ => {}
        }
        if change.was_deleted {
            write!(f, "  {}", style.yellow("deleted since it was deployed"))?;
        }
        writeln!(f)?;
        for (path, before) in &change.before {
            let after = change.after.get(path).unwrap_or(&Value::Null);
            let cause = if change.replaced_because_of.contains(path) { "  (replaces)" } else { "" };
            let drift = match change.drifted_from.get(path) {
                Some(deployed) if deployed == after => "  (drifted)".to_owned(),
                Some(deployed) => format!("  (drifted from {})", short(deployed)),
                None => String::new(),
            };
            let marks = format!("{}{}", style.yellow(&drift), style.red(cause));
            writeln!(f, "    {path}: {} → {}{marks}", short(before), short(after))?;
        }
        if let Some(loses) = &change.loses {
            writeln!(f, "    {}", style.red(&format!("loses {loses}")))?;
        }
        Ok(())
    }
}

/// Returns a value on one line, cut when it is long.
pub(super) fn short(value: &Value) -> String {
    let text = match value {
        Value::Null => "(none)".to_owned(),
        Value::String(text) if text == KNOWN_AFTER => "(known after the deployment)".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.chars().count() <= LONGEST {
        return text;
    }
    let start: String = text.chars().take(LONGEST - 1).collect();
    format!("{start}…")
}
