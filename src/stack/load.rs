//! Reads a stack file for one environment, or says what is wrong with it and where.

use std::path::Path;
use std::sync::Arc;

use hydrant_cfn::yaml::{
    DeError, DeErrorKind, Document, Node, NodeValue, Span, SyntaxError, from_node, near_miss,
};

use super::check;
use super::environment;
use super::model::{Stack, StackFile};
use super::siblings;
use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};

/// The environment that is used when none is named; it exists in every stack.
pub const DEFAULT_ENVIRONMENT: &str = "dev";

/// Reads the stack file at `path` for `environment_name`.
///
/// `dev` exists even when the file does not name it, with everything at its default.
pub fn load(path: &Path, environment_name: &str) -> Result<Stack> {
    let stack = read(path, environment_name)?;
    siblings::check(&stack)?;
    Ok(stack)
}

/// Reads the same without a look at the other stacks of the project.
pub(super) fn read(path: &Path, environment_name: &str) -> Result<Stack> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::misused(format!("read {}", path.display())).because(error))?;
    parse(path, &text, environment_name)
}

/// Reads the text of a stack file.
pub fn parse(path: &Path, text: &str, environment_name: &str) -> Result<Stack> {
    let reader = Reader { path, source: text.into() };
    let (document, errors) = Document::parse(text);
    if !errors.is_empty() {
        return Err(Error::stack_file(errors.iter().map(|error| reader.syntax(error)).collect()));
    }
    let root = &document.root;
    if !matches!(root.value, NodeValue::Mapping(_)) {
        let message = "a stack file is a mapping with `streams`, `deliveries` and `functions`";
        return Err(Error::stack_file(vec![reader.place(root.span, message)]));
    }

    // Every environment is read, so that a mistake in `prod` shows before somebody deploys there.
    let environments = root.get("environments");
    let named = environments.map(Node::entries).unwrap_or_default();
    let mut variants: Vec<(&str, Option<&Node>)> =
        named.iter().map(|(key, node)| (key.name.as_str(), Some(node))).collect();
    if !variants.iter().any(|(name, _)| *name == DEFAULT_ENVIRONMENT) {
        variants.push((DEFAULT_ENVIRONMENT, None));
    }
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    let mut chosen = None;
    for (name, environment) in variants {
        match reader.variant(root, environment) {
            Ok(file) if name == environment_name => chosen = Some(file),
            Ok(_) => {}
            Err(found) => diagnostics.extend(found),
        }
    }
    diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
    diagnostics.dedup_by(|a, b| a.span == b.span && a.message == b.message);
    if !diagnostics.is_empty() {
        return Err(Error::stack_file(diagnostics));
    }
    let Some(file) = chosen else { return Err(unknown_environment(path, environment_name, environments)) };
    let environment = file.environments.get(environment_name).cloned().unwrap_or_default();
    let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    Ok(Stack {
        name,
        path: path.to_owned(),
        environment_name: environment_name.to_owned(),
        environment,
        file,
        source: reader.source,
        tree: Arc::new(document.root),
    })
}

/// A stack file while it is read.
struct Reader<'a> {
    path: &'a Path,
    source: Arc<str>,
}

impl Reader<'_> {
    fn place(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(self.path, &self.source, span.start..span.end, message)
    }

    fn syntax(&self, error: &SyntaxError) -> Diagnostic {
        let mut diagnostic = self.place(error.span, error.message.clone());
        let related = error.related.iter().map(|span| (span.start..span.end, "first here".to_owned()));
        diagnostic.related = related.collect();
        diagnostic
    }

    /// Reads the file as one environment has it.
    fn variant(
        &self,
        root: &Node,
        environment: Option<&Node>,
    ) -> std::result::Result<StackFile, Vec<Diagnostic>> {
        let merged = match environment {
            Some(environment) => environment::merge(root, environment).map_err(|stray| {
                let message =
                    format!("the stack has no `{}` in `{}` to change", stray.key.name, stray.section);
                vec![self.place(stray.key.span, message).help(did_you_mean(&stray.key.name, &stray.known))]
            })?,
            None => root.clone(),
        };
        let file = from_node::<StackFile>(&merged)
            .map_err(|error| vec![self.place(error.span, error.message.clone()).help(advice(&error))])?;
        let problems = check::check(&file);
        if problems.is_empty() {
            return Ok(file);
        }
        let diagnostics =
            problems.into_iter().map(|problem| self.place(problem.span, problem.message).help(problem.help));
        Err(diagnostics.collect())
    }
}

fn advice(error: &DeError) -> Option<String> {
    match &error.kind {
        DeErrorKind::UnknownKey { found, expected } => did_you_mean(found, expected)
            .or_else(|| Some(format!("the keys that may stand here are {}", expected.join(", ")))),
        DeErrorKind::NotAMapping { expected } if !expected.is_empty() => {
            Some(format!("the keys that it may have are {}", expected.join(", ")))
        }
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
