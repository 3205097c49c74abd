//! Reads a stack file for one environment, or says what is wrong with it and where.

use std::path::Path;
use std::sync::Arc;

use hydrant_cfn::yaml::{DeError, DeErrorKind, Document, Node, NodeValue, Span, from_node, near_miss};

use super::check;
use super::environment::{self, Environment};
use super::model::{Stack, StackFile};
use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};

/// Reads the stack file at `path` for `environment_name`.
///
/// The environment `dev` exists even when the file does not name it, with everything at its default.
pub fn load(path: &Path, environment_name: &str) -> Result<Stack> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::misused(format!("read {}", path.display())).because(error))?;
    parse(path, &text, environment_name)
}

/// Reads the text of a stack file.
pub fn parse(path: &Path, text: &str, environment_name: &str) -> Result<Stack> {
    let source: Arc<str> = text.into();
    let place = |span: Span, message: String| Diagnostic::error(path, &source, span.start..span.end, message);
    let (document, errors) = Document::parse(text);
    if !errors.is_empty() {
        let diagnostics = errors.into_iter().map(|error| {
            let mut diagnostic = place(error.span, error.message);
            diagnostic.related =
                error.related.iter().map(|span| (span.start..span.end, "first here".to_owned())).collect();
            diagnostic
        });
        return Err(Error::stack_file(diagnostics.collect()));
    }
    let root = &document.root;
    if !matches!(root.value, NodeValue::Mapping(_)) {
        let message = "a stack file is a mapping with `streams`, `deliveries` and `functions`";
        return Err(Error::stack_file(vec![place(root.span, message.into())]));
    }

    // Every environment is read, so that a mistake in `prod` shows before somebody deploys there.
    let environments = root.get("environments");
    let mut diagnostics = Vec::new();
    let mut chosen = None;
    for (key, node) in environments.map(Node::entries).unwrap_or_default() {
        match read(root, Some(node), &place) {
            Ok(file) if key.name == environment_name => chosen = Some(file),
            Ok(_) => {}
            Err(diagnostic) => diagnostics.push(*diagnostic),
        }
    }
    let is_default = chosen.is_none() && environment_name == "dev";
    if is_default || environments.is_none() {
        match read(root, None, &place) {
            Ok(file) if is_default => chosen = Some(file),
            Ok(_) => {}
            Err(diagnostic) => diagnostics.push(*diagnostic),
        }
    }
    diagnostics.dedup_by(|a, b| a.span == b.span && a.message == b.message);
    if !diagnostics.is_empty() {
        return Err(Error::stack_file(diagnostics));
    }
    let Some(file) = chosen else { return Err(unknown_environment(path, environment_name, environments)) };

    let environment = file
        .environments
        .iter()
        .find(|(name, _)| name.value == environment_name)
        .map_or_else(Environment::default, |(_, environment)| environment.clone());
    let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let stack = Stack {
        name,
        path: path.to_owned(),
        environment_name: environment_name.to_owned(),
        environment,
        file,
    };
    let problems = check::check(&stack);
    if problems.is_empty() {
        return Ok(stack);
    }
    let diagnostics =
        problems.into_iter().map(|problem| place(problem.span, problem.message).help(problem.help));
    Err(Error::stack_file(diagnostics.collect()))
}

fn read(
    root: &Node,
    environment: Option<&Node>,
    place: &impl Fn(Span, String) -> Diagnostic,
) -> std::result::Result<StackFile, Box<Diagnostic>> {
    let merged = match environment {
        Some(environment) => environment::merge(root, environment).map_err(|stray| {
            let message = format!("the stack has no `{}` in `{}` to change", stray.key.name, stray.section);
            Box::new(place(stray.key.span, message).help(did_you_mean(&stray.key.name, &stray.known)))
        })?,
        None => root.clone(),
    };
    from_node::<StackFile>(&merged).map_err(|error| {
        let help = advice(&error);
        Box::new(place(error.span, error.message).help(help))
    })
}

fn advice(error: &DeError) -> Option<String> {
    match &error.kind {
        DeErrorKind::UnknownKey { found, expected } => did_you_mean(found, expected)
            .or_else(|| Some(format!("the keys that may stand here are {}", expected.join(", ")))),
        DeErrorKind::UnknownVariant { found, expected } => {
            did_you_mean(found, expected).or_else(|| Some(format!("write one of {}", expected.join(", "))))
        }
        _ => None,
    }
}

/// Returns the advice to write a similar name, or the list of names when none is similar.
pub(super) fn did_you_mean(found: &str, known: &[&str]) -> Option<String> {
    near_miss(found, known.iter().copied()).map(|name| format!("did you mean `{name}`?"))
}

fn unknown_environment(path: &Path, name: &str, environments: Option<&Node>) -> Error {
    let names = environments.map(environment::names).unwrap_or_default();
    let error = Error::usage(format!("{} has no environment `{name}`", path.display()));
    match did_you_mean(name, &names) {
        Some(hint) => error.hint(hint),
        None if names.is_empty() => error.hint("add it under `environments:`"),
        None => error.hint(format!("it has {}", names.join(", "))),
    }
}
