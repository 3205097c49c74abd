//! Finds the project around the current folder, and the stack files in it.

use std::path::{Path, PathBuf};

use hydrant_cfn::iam::matches;
use hydrant_cfn::yaml::near_miss;

use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::stack::{self, Stack};

/// A folder with a `stacks/` folder in it.
#[derive(Debug, Clone)]
pub struct Project {
    pub root: PathBuf,
}

impl Project {
    /// Returns the project at `folder`, or the nearest one above the current folder.
    pub fn find(folder: Option<&Path>) -> Result<Self> {
        let current = std::env::current_dir()
            .map_err(|error| Error::failed_to("find the current folder").because(error))?;
        if let Some(folder) = folder {
            let root = current.join(folder);
            return match root.join("stacks").is_dir() {
                true => Ok(Self { root }),
                false => Err(Error::usage(format!("{} has no folder `stacks`", folder.display()))),
            };
        }
        match current.ancestors().find(|folder| folder.join("stacks").is_dir()) {
            Some(root) => Ok(Self { root: root.to_owned() }),
            None => Err(Error::usage("this is not a hydrant project: no folder `stacks` here or above")
                .hint("change to your project, or name it with --project DIR")),
        }
    }

    /// Returns the folder in which the local engine keeps its state; HYDRANT_LOCAL_DIR names another.
    pub fn local_dir(&self) -> PathBuf {
        match std::env::var_os("HYDRANT_LOCAL_DIR") {
            Some(folder) => PathBuf::from(folder),
            None => self.root.join(".hydrant").join("local"),
        }
    }

    /// Returns the file that remembers how long operations took: beside the local engine's state where that has a folder
    /// of its own.
    pub fn durations_file(&self) -> PathBuf {
        let folder = std::env::var_os("HYDRANT_LOCAL_DIR").map(PathBuf::from);
        folder.unwrap_or_else(|| self.root.join(".hydrant")).join("durations.json")
    }

    /// Reads the stack called `name`, or the stack file at the path `name`.
    pub fn stack(&self, name: &str, environment: &str) -> Result<Stack> {
        let path = self.stack_path(name)?;
        stack::load(&path, environment)
    }

    /// Returns the path of the stack called `name`.
    pub fn stack_path(&self, name: &str) -> Result<PathBuf> {
        if Path::new(name).extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            return Ok(PathBuf::from(name));
        }
        let path = self.root.join("stacks").join(format!("{name}.yaml"));
        if path.is_file() {
            // Shown in messages: short where that is possible.
            let current = std::env::current_dir().unwrap_or_default();
            return Ok(path.strip_prefix(&current).map(Path::to_owned).unwrap_or(path));
        }
        let names = self.stack_names();
        let error =
            Error::usage(format!("there is no stack `{name}` in {}", self.root.join("stacks").display()));
        Err(match near_miss(name, &names) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None if names.is_empty() => error,
            None => error.hint(format!("there are {}", names.join(", "))),
        })
    }

    /// Returns the stacks that are meant by names, paths and patterns such as `orders-*`; all of them without any.
    pub fn select(&self, words: &[String]) -> Result<Vec<String>> {
        let names = self.stack_names();
        let mut selected: Vec<String> = if words.is_empty() { names.clone() } else { Vec::new() };
        for word in words {
            let is_pattern = word.contains(['*', '?']);
            let fitting = names.iter().filter(|name| is_pattern && matches(word, name));
            let found: Vec<String> = if is_pattern { fitting.cloned().collect() } else { vec![word.clone()] };
            if found.is_empty() {
                return Err(Error::usage(format!("no stack is meant by `{word}`"))
                    .hint(format!("there are {}", names.join(", "))));
            }
            for name in found {
                if !selected.contains(&name) {
                    selected.push(name);
                }
            }
        }
        match selected.is_empty() {
            true => Err(Error::usage(format!("there is no stack in {}", self.root.join("stacks").display()))),
            false => Ok(selected),
        }
    }

    /// Reads the stacks that are called `names`, and makes sure that those exist which they depend on.
    pub fn stacks(&self, names: &[String], environment: &str) -> Result<Vec<Stack>> {
        let stacks: Vec<Stack> =
            names.iter().map(|name| self.stack(name, environment)).collect::<Result<_>>()?;
        let known = self.stack_names();
        for stack in &stacks {
            let unknown = stack.file.depends_on.iter().filter(|name| !known.contains(&name.value));
            let mut found = unknown.map(|name| {
                let message = format!("there is no stack `{}`", name.value);
                let help = near_miss(&name.value, &known).map(|near| format!("did you mean `{near}`?"));
                let span = name.span.start..name.span.end;
                Diagnostic::error(&stack.path, &stack.source, span, message).help(help)
            });
            if let Some(first) = found.next() {
                return Err(Error::usage("").at(std::iter::once(first).chain(found).collect()));
            }
        }
        Ok(stacks)
    }

    /// Returns the names of all stack files, in order.
    pub fn stack_names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.root.join("stacks")).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
            .filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
            .collect();
        names.sort();
        names
    }
}
