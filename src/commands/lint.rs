//! `hydrant lint`

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::context::Context;
use crate::diagnostic::{Diagnostic, Severity};
use crate::error::{Error, Kind, Result};
use crate::lint::diagnostics;
use crate::project::Project;
use crate::render::render;
use crate::ui::Findings;

/// Check templates and stack files
///
/// Takes names of stacks, stack files, CloudFormation templates (YAML or JSON) and folders of them; without any,
/// all stacks of the project. Exits with 3 when something is found.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hydrant lint\n  hydrant lint telemetric\n  hydrant lint template.yaml infra/ --format json\n  \
                        hydrant lint --fail-on error"
)]
pub struct Args {
    /// Stacks, templates and folders to check
    targets: Vec<String>,
    /// Least level that makes the command fail
    #[arg(long, value_enum, default_value_t = FailOn::Warning, value_name = "LEVEL")]
    fail_on: FailOn,
}

#[derive(Debug, Clone, Copy, Serialize, clap::ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Info,
}

pub fn run(context: &Context, args: &Args) -> Result<()> {
    let mut found = Vec::new();
    let mut files = 0;
    for target in targets(context, args)? {
        files += 1;
        found.extend(check(context, &target)?);
    }
    context.ui.show(&Findings::new(files, &found));
    let least = match args.fail_on {
        FailOn::Error => Severity::Error,
        FailOn::Warning => Severity::Warning,
        FailOn::Info => Severity::Info,
    };
    match found.iter().any(|diagnostic| diagnostic.severity >= least) {
        true => Err(Error::new(Kind::Findings, "")),
        false => Ok(()),
    }
}

/// Something to check.
enum Target {
    Stack(Project, String),
    Template(PathBuf),
}

fn targets(context: &Context, args: &Args) -> Result<Vec<Target>> {
    if args.targets.is_empty() {
        let project = context.project()?;
        let names = project.stack_names();
        return Ok(names.into_iter().map(|name| Target::Stack(project.clone(), name)).collect());
    }
    let mut targets = Vec::new();
    for target in &args.targets {
        let path = Path::new(target);
        if path.is_dir() {
            collect(path, &mut targets)?;
        } else if path.is_file() && !is_stack_file(path) {
            targets.push(Target::Template(path.to_owned()));
        } else {
            targets.push(Target::Stack(context.project()?, target.clone()));
        }
    }
    Ok(targets)
}

/// Finds the templates in a folder, at any depth, in order.
fn collect(folder: &Path, targets: &mut Vec<Target>) -> Result<()> {
    let failed = |error: std::io::Error| {
        Error::misused(format!("read the folder {}", folder.display())).because(error)
    };
    let entries = std::fs::read_dir(folder).map_err(failed)?;
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<Vec<_>>>()
        .map_err(failed)?;
    paths.sort();
    for path in paths {
        let extension = path.extension().and_then(|extension| extension.to_str());
        if path.is_dir() {
            collect(&path, targets)?;
        } else if matches!(extension, Some("yaml" | "yml" | "json" | "template")) {
            targets.push(Target::Template(path));
        }
    }
    Ok(())
}

/// Returns whether a file is a stack file: it lies in a folder `stacks`.
fn is_stack_file(path: &Path) -> bool {
    let folder = path.canonicalize().ok().and_then(|path| path.parent().map(Path::to_owned));
    folder.is_some_and(|folder| folder.file_name().is_some_and(|name| name == "stacks"))
}

fn check(context: &Context, target: &Target) -> Result<Vec<Diagnostic>> {
    match target {
        Target::Template(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|error| Error::misused(format!("read {}", path.display())).because(error))?;
            Ok(diagnostics(path, &text))
        }
        Target::Stack(project, name) => {
            let rendered = context.stack(project, name).and_then(|stack| render(&stack, &project.root));
            match rendered {
                Ok(template) => Ok(diagnostics(Path::new(&format!("{name} (rendered)")), &template.body)),
                // A stack file's own mistakes are findings like any other.
                Err(error) if !error.diagnostics.is_empty() => Ok(error.diagnostics),
                Err(error) => Err(error),
            }
        }
    }
}
