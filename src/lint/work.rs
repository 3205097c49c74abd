//! Checks many targets at once; what comes out has the order of what goes in.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use hydrant_cfn::lint::{Options, check};

use super::targets::{Target, looks_like_a_template};
use super::{diagnostics, in_region_of, of_report, of_stack};
use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::render::render;

/// One file, checked.
#[derive(Debug)]
pub struct Checked {
    pub file: String,
    pub diagnostics: Vec<Diagnostic>,
}

/// What is asked of every check.
#[derive(Debug)]
pub struct Terms<'a> {
    pub options: &'a Options,
    /// The environment that stack files are read for.
    pub environment: &'a str,
    /// Whether the user named regions. Without that, a stack is checked for its environment's.
    pub names_regions: bool,
}

/// Checks all targets. `progress` hears how many are done.
pub fn check_all(
    targets: &[Target],
    terms: &Terms<'_>,
    mut progress: impl FnMut(usize),
) -> Result<Vec<Checked>> {
    // A thread for one file would take longer to begin than its file to check.
    if let [target] = targets {
        return Ok(check_one(target, terms)?.into_iter().collect());
    }
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(targets.len());
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let mut outcomes: Vec<Option<Result<Option<Checked>>>> = targets.iter().map(|_| None).collect();
    std::thread::scope(|scope| {
        for _ in 0..workers {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                while let index = next.fetch_add(1, Ordering::Relaxed)
                    && let Some(target) = targets.get(index)
                {
                    // Nobody listens any more only when this thread's scope is being left.
                    let _ = sender.send((index, check_one(target, terms)));
                }
            });
        }
        drop(sender);
        for (done, (index, outcome)) in receiver.iter().enumerate() {
            if let Some(place) = outcomes.get_mut(index) {
                *place = Some(outcome);
            }
            progress(done + 1);
        }
    });
    let checked = outcomes.into_iter().flatten().collect::<Result<Vec<_>>>()?;
    Ok(checked.into_iter().flatten().collect())
}

/// Checks one target; what turns out to be no template is nothing.
fn check_one(target: &Target, terms: &Terms<'_>) -> Result<Option<Checked>> {
    let options = terms.options;
    let checked = |file: String, diagnostics| Ok(Some(Checked { file, diagnostics }));
    match target {
        Target::Template(path) => {
            checked(path.display().to_string(), diagnostics(path, &read(path)?, options))
        }
        Target::Found(path) => {
            // A file that is not text is nothing that was meant.
            let bytes = std::fs::read(path).map_err(|error| unreadable(path, error))?;
            let Some(text) = String::from_utf8(bytes).ok().filter(|text| looks_like_a_template(text)) else {
                return Ok(None);
            };
            let report = check(&text, options);
            let root = &report.document.root;
            let is_template =
                ["Resources", "AWSTemplateFormatVersion"].iter().any(|name| root.get(name).is_some());
            // What cannot be read may have been meant as one.
            if !is_template && !report.findings.iter().any(|finding| finding.rule == "E0000") {
                return Ok(None);
            }
            checked(path.display().to_string(), of_report(path, &report))
        }
        Target::Stdin => {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .map_err(|error| Error::misused("read stdin").because(error))?;
            let path = PathBuf::from(target.name());
            checked(target.name(), diagnostics(&path, &text, options))
        }
        Target::Stack(project, name) => {
            let file = project.stack_path(name)?.display().to_string();
            let found = project.stack(name, terms.environment).and_then(|stack| {
                let template = render(&stack, &project.root)?;
                match terms.names_regions {
                    true => Ok(of_stack(&stack, &template, options)),
                    false => Ok(of_stack(&stack, &template, &in_region_of(&stack, options))),
                }
            });
            match found {
                Ok(found) => checked(file, found),
                // A stack file's own mistakes are findings like any other.
                Err(error) if !error.diagnostics.is_empty() => checked(file, error.diagnostics),
                Err(error) => Err(error),
            }
        }
    }
}

/// Reads a template that was named.
pub(super) fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| unreadable(path, error))
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    Error::misused(format!("read {}", path.display())).because(error)
}
