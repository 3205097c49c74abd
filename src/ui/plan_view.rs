//! Shows what would change, the destructive part first, the counts last.

use std::fmt;

use serde_json::Value;

use super::prose::wrapped;
use super::{Answer, Style, content, reach_view};
use crate::deploy::destruction::inventory::Content;
use crate::deploy::plan::{Action, Change, Plan, Replacement};

/// Longest value that is shown whole, in characters.
const LONGEST: usize = 60;

/// Running text is in lines of at most this many characters, whatever the terminal has room for.
const WIDEST: usize = 100;

/// From how many resources of one type on, of which there is nothing to say, they are told together.
const MANY: usize = 8;

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
        let mut rest = self.plan.changes.as_slice();
        while let Some(first) = rest.first() {
            let alike = rest.iter().take_while(|change| is_plain(change) && is_alike(change, first)).count();
            let taken = if alike >= MANY { alike } else { 1 };
            match taken {
                1 => self.change(f, first)?,
                _ => self.many(f, &rest[..taken])?,
            }
            rest = &rest[taken..];
        }
        if let Some(reach) = reach_view::text(&self.plan.changes, self.style) {
            write!(f, "\n{reach}")?;
        }
        let count = |action| self.plan.changes.iter().filter(|change| change.action == action).count();
        let (add, adopt, modify) = (count(Action::Add), count(Action::Import), count(Action::Modify));
        let (replace, remove) = (count(Action::Replace), count(Action::Remove));
        let adopt = if adopt > 0 { format!(", {adopt} to adopt") } else { String::new() };
        write!(f, "\n{add} to add{adopt}, {modify} to change, {replace} to replace, {remove} to remove")
    }
}

/// Returns whether there is nothing to say of a change but its name.
fn is_plain(change: &Change) -> bool {
    matches!(change.action, Action::Add | Action::Remove)
        && change.loses.is_none()
        && change.effects.is_empty()
        && !change.was_deleted
}

fn is_alike(one: &Change, other: &Change) -> bool {
    one.action == other.action && one.resource_type == other.resource_type
}

impl PlanView<'_> {
    fn sign(&self, action: Action) -> String {
        match action {
            Action::Add | Action::Import => self.style.green("+"),
            Action::Modify => self.style.yellow("~"),
            Action::Replace => self.style.red("±"),
            Action::Remove => self.style.red("-"),
        }
    }

    fn many(&self, f: &mut fmt::Formatter<'_>, changes: &[Change]) -> fmt::Result {
        let Some(Change { action, resource_type, .. }) = changes.first() else { return Ok(()) };
        let title = self.style.dim(resource_type);
        writeln!(f, "{} {} × {title}", self.sign(*action), changes.len())?;
        let names: Vec<&str> = changes.iter().map(|change| change.logical_id.as_str()).collect();
        writeln!(f, "{}", self.indented(&names.join(", "), str::to_owned))
    }

    fn change(&self, f: &mut fmt::Formatter<'_>, change: &Change) -> fmt::Result {
        let style = self.style;
        let name = match &change.renamed_from {
            Some(before) => format!("{before} → {}", change.logical_id),
            None => change.logical_id.clone(),
        };
        let sign = self.sign(change.action);
        write!(f, "{sign} {} {}", style.bold(&name), style.dim(&change.resource_type))?;
        match (change.action, change.replacement) {
            (Action::Import, _) => write!(f, "  {}", style.green("adopted"))?,
            (Action::Replace, _) => write!(f, "  {}", style.red("replaced"))?,
            (_, Replacement::Maybe) => write!(f, "  {}", style.yellow("may be replaced"))?,
            _ => {}
        }
        if change.was_deleted {
            write!(f, "  {}", style.yellow("deleted since it was deployed"))?;
        }
        writeln!(f)?;
        for name in &change.crates {
            writeln!(f, "    crate {} changed{}", style.bold(name), self.also_in(name, change))?;
        }
        for name in &change.folders {
            writeln!(f, "    files in {} changed", style.bold(name))?;
        }
        for (path, before) in &change.before {
            let after = change.after.get(path).unwrap_or(&Value::Null);
            writeln!(f, "{}", self.row(path, before, after, change))?;
        }
        if let Some(loses) = &change.loses {
            let held = change.holds.as_ref().map(held).unwrap_or_default();
            writeln!(f, "{}", self.indented(&format!("loses {loses}{held}"), |line| style.red(line)))?;
        }
        for effect in &change.effects {
            writeln!(f, "{}", self.indented(effect, |line| style.yellow(line)))?;
        }
        Ok(())
    }

    /// Says which other resources run a crate that changed.
    fn also_in(&self, name: &String, change: &Change) -> String {
        let others = self
            .plan
            .changes
            .iter()
            .filter(|other| other.crates.contains(name) && other.logical_id != change.logical_id);
        let others: Vec<&str> = others.map(|other| other.logical_id.as_str()).collect();
        if others.is_empty() { String::new() } else { format!(", also in {}", others.join(", ")) }
    }

    /// Returns a changed property, on lines of its own where one has no room for it.
    fn row(&self, path: &String, before: &Value, after: &Value, change: &Change) -> String {
        let cause = if change.replaced_because_of.contains(path) { "  (replaces)" } else { "" };
        let drift = match change.drifted_from.get(path) {
            Some(deployed) if deployed == after => "  (drifted)".to_owned(),
            Some(deployed) => format!("  (drifted from {})", short(deployed)),
            None => String::new(),
        };
        let marks = format!("{}{}", self.style.yellow(&drift), self.style.red(cause));
        let length = |text: &str| text.chars().count();
        let shown = (short(before), short(after));
        let all = 9 + length(path) + length(&shown.0) + length(&shown.1) + length(cause) + length(&drift);
        if all <= self.style.width() {
            return format!("    {path}: {} → {}{marks}", shown.0, shown.1);
        }
        let room = self.style.width().saturating_sub(8).max(LONGEST);
        format!("    {path}:{marks}\n        {}\n      → {}", cut(before, room), cut(after, room))
    }

    fn indented(&self, text: &str, paint: impl Fn(&str) -> String) -> String {
        let width = self.style.width().min(WIDEST).saturating_sub(4);
        let text = wrapped(text, width);
        let lines: Vec<String> = text.lines().map(|line| format!("    {}", paint(line))).collect();
        lines.join("\n")
    }
}

/// Says how much is lost, as far as that is known.
fn held(holds: &Content) -> String {
    match holds {
        Content::Records { count: 0, is_more: false, .. } => " (none now)".to_owned(),
        Content::Records { count: 0, .. } => String::new(),
        other => content(other).map(|content| format!(": {content}")).unwrap_or_default(),
    }
}

/// Returns a value on one line, cut when it is long.
pub(super) fn short(value: &Value) -> String {
    cut(value, LONGEST)
}

fn cut(value: &Value, longest: usize) -> String {
    let text = match value {
        Value::Null => "(none)".to_owned(),
        Value::String(text) if text == KNOWN_AFTER => "(known after the deployment)".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.chars().count() <= longest {
        return text;
    }
    let start: String = text.chars().take(longest - 1).collect();
    format!("{start}…")
}

#[cfg(test)]
#[path = "plan_view_tests.rs"]
mod tests;
