//! What a stack takes from the other stacks of its project, held against their files.

use std::path::PathBuf;

use hydrant_cfn::yaml::{Spanned, near_miss};

use super::load;
use super::model::Stack;
use super::outputs::outputs;
use super::value::Source;
use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};

/// Refuses values from stacks, outputs and exports that the project does not have.
pub fn check(stack: &Stack) -> Result<()> {
    let mut found = Vec::new();
    for value in stack.file.values.values() {
        let problem = match value.source() {
            Some(Source::Output { stack: other, output }) => against(stack, other, output, false)?,
            Some(Source::Export { stack: Some(other), name }) => against(stack, other, name, true)?,
            _ => None,
        };
        found.extend(problem);
    }
    if found.is_empty() { Ok(()) } else { Err(Error::stack_file(found)) }
}

fn against(
    stack: &Stack,
    other: &Spanned<String>,
    output: &Spanned<String>,
    must_be_exported: bool,
) -> Result<Option<Diagnostic>> {
    let at = |name: &Spanned<String>, message: String, help: Option<String>| {
        let span = name.span.start..name.span.end;
        Some(Diagnostic::error(&stack.path, &stack.source, span, message).help(help))
    };
    let did_you_mean = |name: &str, known: &[String]| {
        near_miss(name, known.iter().map(String::as_str)).map(|near| format!("did you mean `{near}`?"))
    };
    if other.value == stack.name {
        let help = "what is in the stack itself is named without a value".to_owned();
        return Ok(at(other, format!("`{other}` is this stack itself"), Some(help)));
    }
    let path = beside(stack, &other.value);
    if !path.is_file() {
        let help = did_you_mean(&other.value, &names(stack));
        return Ok(at(other, format!("there is no stack `{other}`"), help));
    }
    // Only `dev` is in every stack; of the others each file says for itself which it has.
    let sibling = match load::read(&path, &stack.environment_name) {
        Ok(sibling) => sibling,
        Err(error) if error.diagnostics.is_empty() => {
            let environment = &stack.environment_name;
            return Ok(at(other, format!("`{other}` has no environment `{environment}`"), None));
        }
        Err(error) => return Err(error),
    };
    let known = outputs(&sibling.file);
    let fitting = known.iter().filter(|one| one.is_exported || !must_be_exported);
    let names: Vec<String> = fitting.map(|one| one.key.clone()).collect();
    if names.contains(&output.value) {
        return Ok(None);
    }
    let what = if must_be_exported { "exports no" } else { "has no output" };
    let block = sibling.block_of_output(&output.value);
    let help = match (did_you_mean(&output.value, &names), block) {
        (_, Some(block)) => Some(format!("write `{block}` into `exports:` of {}", path.display())),
        (Some(near), None) => Some(near),
        (None, None) if names.is_empty() => None,
        (None, None) => Some(format!("there are {}", names.join(", "))),
    };
    Ok(at(output, format!("`{other}` {what} `{output}`"), help))
}

fn beside(stack: &Stack, name: &str) -> PathBuf {
    stack.path.with_file_name(format!("{name}.yaml"))
}

/// Returns the names of the other stack files in the same folder.
fn names(stack: &Stack) -> Vec<String> {
    let folder = stack.path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let entries =
        std::fs::read_dir(folder.unwrap_or(std::path::Path::new("."))).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let files = paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    let mut names: Vec<String> =
        files.filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned())).collect();
    names.retain(|name| *name != stack.name);
    names.sort();
    names
}

impl Stack {
    /// Returns the block that would have the output `key` if the stack exported it.
    fn block_of_output(&self, key: &str) -> Option<String> {
        let known = outputs(&self.file);
        let of = key.strip_suffix("Arn").or_else(|| key.strip_suffix("Name"))?;
        known.into_iter().find(|one| one.of == of && !one.is_exported).map(|one| one.block)
    }
}
