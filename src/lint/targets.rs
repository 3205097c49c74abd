//! From what was named on the command line to what there is to check.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::config::Config;
use crate::error::{Error, Result};
use crate::project::Project;

/// Something to check.
#[derive(Debug, Clone)]
pub enum Target {
    /// A stack of a project, by name or path.
    Stack(Project, String),
    /// A template that was named.
    Template(PathBuf),
    /// A file that lies in a folder that was named. It is a template only if it looks like one.
    Found(PathBuf),
    /// A template that comes in on stdin.
    Stdin,
}

impl Target {
    /// Returns what to call it when it is wrong as a whole.
    pub fn name(&self) -> String {
        match self {
            Self::Stack(_, name) => name.clone(),
            Self::Template(path) | Self::Found(path) => path.display().to_string(),
            Self::Stdin => "stdin".to_owned(),
        }
    }
}

/// Finds what to check: what is named, or what the configuration names, or all stacks of the project.
pub fn find(named: &[String], config: &Config, project: &dyn Fn() -> Result<Project>) -> Result<Vec<Target>> {
    let mut targets = Vec::new();
    for name in named {
        let path = Path::new(name);
        if name == "-" {
            targets.push(Target::Stdin);
        } else if path.is_dir() {
            collect(path, &mut targets)?;
        } else if path.is_file() && !is_stack_file(path) {
            targets.push(Target::Template(path.to_owned()));
        } else {
            targets.push(Target::Stack(project()?, name.clone()));
        }
    }
    if named.is_empty() && !config.templates.is_empty() {
        collect(&config.folder, &mut targets)?;
        targets.retain(|target| {
            let Target::Found(path) = target else { return false };
            let path = path.strip_prefix(&config.folder).unwrap_or(path).to_string_lossy().replace('\\', "/");
            config.templates.iter().any(|pattern| super::glob::matches(pattern, &path))
        });
    } else if named.is_empty() {
        let project = project()?;
        let names = project.stack_names();
        targets.extend(names.into_iter().map(|name| Target::Stack(project.clone(), name)));
    }
    let mut seen = HashSet::new();
    targets.retain(|target| match target {
        // A file that is named twice is checked once.
        Target::Template(path) | Target::Found(path) => !config.ignores(path) && seen.insert(path.clone()),
        Target::Stack(..) | Target::Stdin => true,
    });
    Ok(targets)
}

/// Finds the files in a folder that could be templates, at any depth, in order. Hidden folders, `node_modules` and what
/// tools keep for themselves are left out.
fn collect(folder: &Path, targets: &mut Vec<Target>) -> Result<()> {
    let failed = |error: std::io::Error| {
        Error::misused(format!("read the folder {}", folder.display())).because(error)
    };
    let entries = std::fs::read_dir(folder).map_err(failed)?;
    let mut entries = entries.collect::<std::io::Result<Vec<_>>>().map_err(failed)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let (name, path) = (entry.file_name(), entry.path());
        let name = name.to_string_lossy();
        let extension = path.extension().and_then(|extension| extension.to_str());
        // A link could lead round in a circle.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            let own = name.starts_with('.') || name == "node_modules" || path.join("CACHEDIR.TAG").exists();
            if !own {
                collect(&path, targets)?;
            }
        } else if matches!(extension, Some("yaml" | "yml" | "json" | "template")) {
            targets.push(match project_of(&path).filter(|_| is_stack_file(&path)) {
                Some(project) => Target::Stack(project, path.display().to_string()),
                None => Target::Found(path),
            });
        }
    }
    Ok(())
}

/// Returns whether a file is a stack file: it lies in a folder `stacks` and is no template.
fn is_stack_file(path: &Path) -> bool {
    let folder = path.canonicalize().ok().and_then(|path| path.parent().map(Path::to_owned));
    let in_stacks = folder.is_some_and(|folder| folder.file_name().is_some_and(|name| name == "stacks"));
    in_stacks && std::fs::read_to_string(path).is_ok_and(|text| !looks_like_a_template(&text))
}

fn project_of(stack_file: &Path) -> Option<Project> {
    let root = stack_file.canonicalize().ok()?.parent()?.parent()?.to_owned();
    Some(Project { root })
}

/// Says whether a line of the text starts a section that every template has, or most.
pub(super) fn looks_like_a_template(text: &str) -> bool {
    ["Resources", "AWSTemplateFormatVersion"].iter().any(|section| {
        text.match_indices(section).any(|(start, _)| {
            let before = &text[..start];
            let after = text[start + section.len()..].trim_start_matches(['"', '\'']).trim_start();
            let quoted = before.ends_with(['"', '\'']);
            let at_the_start = before.trim_start_matches('\u{feff}').is_empty() || before.ends_with('\n');
            after.starts_with(':') && (quoted || at_the_start || before.trim_end().ends_with('{'))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::looks_like_a_template;

    #[test]
    fn knows_a_template_by_its_sections() {
        for text in [
            "Resources:\n",
            "a: 1\nResources :\n",
            "{\"Resources\": {",
            "{ Resources: {}}",
            "'Resources': {}",
        ] {
            assert!(looks_like_a_template(text), "{text}");
        }
        for text in [
            "",
            "streams:\n  a:\n",
            "# Resources: none\n",
            "a:\n  Resources: 1\n",
            "resources: {}",
            "Resources",
        ] {
            assert!(!looks_like_a_template(text), "{text}");
        }
    }
}
