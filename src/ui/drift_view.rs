//! Drift as people read it: per resource what the template says and what there is, the counts last.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::plan_view::short;
use super::{Answer, Style, counted};
use crate::deploy::drift::{FoundBy, ResourceDrift, StackDrift, Status};

/// The drift of stacks; a list for programs.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct DriftView<'a>(pub &'a [StackDrift]);

impl Answer for DriftView<'_> {
    fn text(&self, style: Style) -> String {
        let stacks: Vec<String> = self.0.iter().map(|stack| of_stack(stack, style)).collect();
        stacks.join("\n\n")
    }
}

fn of_stack(stack: &StackDrift, style: Style) -> String {
    let legend = if stack.is_drifted() { ": as deployed → as it is" } else { "" };
    let mut lines = vec![format!("{} in {}{legend}", style.bold(&stack.stack), stack.region)];
    for resource in &stack.resources {
        of_resource(resource, source(resource), style, &mut lines);
    }
    if !stack.by_cloudformation {
        let text =
            "This server does not know drift; only delivery streams and functions' code were looked at.";
        lines.push(style.yellow(text));
    }
    let names: Vec<&str> = stack.not_checked.iter().map(|one| one.logical_id.as_str()).collect();
    if stack.by_cloudformation && !names.is_empty() {
        let text = format!("Nobody checks {}.", names.join(", "));
        lines.push(style.dim(&text));
    }
    let count = |status| stack.resources.iter().filter(|resource| resource.status == status).count();
    let (modified, deleted, unknown) =
        (count(Status::Modified), count(Status::Deleted), count(Status::Unknown));
    let of = counted(stack.checked as u64, "resource");
    let counts = match (modified + deleted, unknown) {
        (0, 0) => format!("No drift: {of} checked."),
        (_, 0) => format!("{modified} modified, {deleted} deleted of {of} checked"),
        _ => format!("{modified} modified, {deleted} deleted, {unknown} unknown of {of} checked"),
    };
    lines.push(counts);
    lines.join("\n")
}

/// Drift beside a plan: what a deployment would not take back, since CloudFormation does not see it.
pub struct UnseenDrift<'a> {
    pub resources: &'a [ResourceDrift],
    /// The command that takes it back.
    pub command: String,
    pub style: Style,
}

impl fmt::Display for UnseenDrift<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = vec![
            "\nCloudFormation does not see, and a deployment leaves, this drift (as deployed → as it is):"
                .to_owned(),
        ];
        for resource in self.resources {
            of_resource(resource, "", self.style, &mut lines);
        }
        lines.push(format!("`{}` takes it back", self.command));
        f.write_str(&lines.join("\n"))
    }
}

fn source(resource: &ResourceDrift) -> &'static str {
    match resource.found_by {
        FoundBy::Cloudformation => "",
        FoundBy::Service => "  (CloudFormation does not check this)",
    }
}

fn of_resource(resource: &ResourceDrift, source: &str, style: Style, lines: &mut Vec<String>) {
    let (sign, word) = match resource.status {
        Status::Modified => (style.yellow("~"), String::new()),
        Status::Deleted => (style.red("-"), format!("  {}", style.red("deleted"))),
        Status::Unknown => (style.yellow("?"), format!("  {}", style.yellow("cannot be told"))),
    };
    let (name, of_type) = (style.bold(&resource.logical_id), style.dim(&resource.resource_type));
    lines.push(format!("{sign} {name} {of_type}{word}{}", style.dim(source)));
    for difference in &resource.differences {
        let (template, live) = (told(&difference.template), told(&difference.live));
        lines.push(format!("    {}: {template} → {live}", difference.path));
    }
    if let Some(reason) = &resource.reason {
        lines.push(format!("    {reason}"));
    }
}

fn told(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        value => short(value),
    }
}
