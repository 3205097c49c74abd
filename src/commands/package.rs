//! `hydrant package`

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::context::Context;
use crate::deploy::artifacts;
use crate::error::{Error, Result};
use crate::package::{Artifact, Profile, Source, package};
use crate::ui::{Answer, Style};

/// Build a stack's functions and layers into archives for Lambda
///
/// All crates are built in one cargo call and archived so that the same source gives the same bytes. A binary
/// that `provided.al2023` cannot run is refused.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hydrant package telemetric\n  hydrant package telemetric --out target/functions\n  \
                        hydrant package telemetric --upload --env prod"
)]
pub struct Args {
    /// Stack to package: a name in `stacks/`, or a path
    stack: String,
    /// Folder to write the archives to
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Upload what is not in the artifact bucket yet
    #[arg(long)]
    upload: bool,
}

pub async fn run(context: &Context, args: &Args) -> Result<()> {
    let project = context.project()?;
    let stack = context.stack(&project, &args.stack)?;
    let progress = context.ui.progress("building the functions");
    let is_nearby = context.options.local || context.options.endpoint_url.is_some();
    let artifacts = package(&stack, &project.root, Profile::fitting(is_nearby), &mut |crate_name| {
        progress.doing(&format!("building the functions: {crate_name}"));
    })?;
    drop(progress);
    if let Some(folder) = &args.out {
        write(folder, &artifacts)?;
    }
    let mut uploaded = Vec::new();
    if args.upload {
        let clients = context.clients(&project, &stack).await?;
        artifacts::ensure_bucket(&clients).await?;
        uploaded = artifacts::upload_code(&clients, &stack.stack_name(), &artifacts).await?;
    }
    let packaged = artifacts.iter().map(|artifact| Packaged {
        artifact,
        key: artifact.key(&stack.stack_name()),
        uploaded: uploaded.contains(&artifact.name.as_str()),
    });
    context.ui.show(&Packages(packaged.collect()));
    Ok(())
}

fn write(folder: &Path, artifacts: &[Artifact]) -> Result<()> {
    let failed = |path: &Path, error: std::io::Error| {
        Error::failed_to(format!("write {}", path.display())).because(error)
    };
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    for artifact in artifacts {
        let path = folder.join(format!("{}.zip", artifact.name));
        std::fs::write(&path, &artifact.archive).map_err(|error| failed(&path, error))?;
    }
    Ok(())
}

#[derive(Serialize)]
#[serde(transparent)]
struct Packages<'a>(Vec<Packaged<'a>>);

#[derive(Serialize)]
struct Packaged<'a> {
    #[serde(flatten)]
    artifact: &'a Artifact,
    key: String,
    uploaded: bool,
}

impl Answer for Packages<'_> {
    fn text(&self, style: Style) -> String {
        let lines = self.0.iter().map(|packaged| {
            let Artifact { name, source, bytes, .. } = packaged.artifact;
            let source = match source {
                Source::Crate(package) => format!("the crate {package}"),
                Source::Folder(folder) => format!("the folder {folder}"),
            };
            let size = crate::ui::bytes(*bytes);
            let note = if packaged.uploaded { ", uploaded" } else { "" };
            format!("{} from {source}: {size}{note}\n  {}", style.cyan(name), packaged.key)
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}
