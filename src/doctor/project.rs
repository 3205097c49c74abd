//! The project: its stack files, and whether each can be read and rendered for the environments that it names.

use super::Check;
use crate::error::{Error, Result};
use crate::project::Project;
use crate::render::render;
use crate::stack::{DEFAULT_ENVIRONMENT, Stack, load};

/// What there is to look at.
pub struct Found {
    pub checks: Vec<Check>,
    /// The stacks that could be read.
    pub stacks: Vec<Stack>,
}

/// Looks at the stack files of the project, or at the one that is named.
pub fn project(project: &Result<Project>, stack: Option<Result<Stack>>, environment: &str) -> Found {
    let name = "project";
    let project = match project {
        Ok(project) => project,
        Err(error) => {
            let help = error.hints.first().cloned().unwrap_or_default();
            return Found { checks: vec![Check::warn(name, error.to_string(), help)], stacks: Vec::new() };
        }
    };
    let mut checks = vec![Check::ok(name, project.root.display().to_string())];
    let read: Vec<(String, Result<Stack>)> = match stack {
        Some(stack) => vec![("the stack".to_owned(), stack)],
        None => {
            let names = project.stack_names().into_iter();
            names.map(|name| (format!("`{name}`"), of(project, &name, environment))).collect()
        }
    };
    let mut stacks = Vec::new();
    for (name, stack) in read {
        let rendered = stack.and_then(|stack| render(&stack, &project.root).map(|_| stack));
        match rendered {
            Ok(stack) => stacks.push(stack),
            Err(error) => checks.push(broken(&name, &error)),
        }
    }
    let names: Vec<&str> = stacks.iter().map(|stack| stack.name.as_str()).collect();
    if !names.is_empty() {
        checks.push(Check::ok("stacks", format!("{} can be read and rendered", names.join(", "))));
    } else if checks.len() == 1 {
        let says = format!("there are none in {}", project.root.join("stacks").display());
        checks.push(Check::warn("stacks", says, "write one; docs/stack-file.md says how"));
    }
    Found { checks, stacks }
}

/// Reads a stack for an environment that it need not have; reading one reads all that it names.
fn of(project: &Project, name: &str, environment: &str) -> Result<Stack> {
    let path = project.root.join("stacks").join(format!("{name}.yaml"));
    match load(&path, environment) {
        Err(error) if error.diagnostics.is_empty() && environment != DEFAULT_ENVIRONMENT => {
            load(&path, DEFAULT_ENVIRONMENT)
        }
        read => read,
    }
}

fn broken(name: &str, error: &Error) -> Check {
    let says = match error.diagnostics.as_slice() {
        [] => format!("{name}: {error}"),
        [first, others @ ..] => {
            let more = if others.is_empty() { String::new() } else { format!(", and {} more", others.len()) };
            format!("{name}: {}{more}", first.message)
        }
    };
    let help = error.hints.first().cloned().unwrap_or_else(|| "`hydrant lint` shows the places".to_owned());
    Check::fail("stacks", says, help)
}
