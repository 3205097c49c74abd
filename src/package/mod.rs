//! Turns the crates behind a stack's functions, and the folders of its layers, into zip archives for Lambda, named
//! by their content.
//!
//! All crates are built in one cargo call; nothing here speaks to AWS.

mod archive;
mod build;
mod portability;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::{Error, Result};
use crate::stack::{Architecture, Stack, layer_id, logical_id};

pub use archive::sha256;
pub use build::{Profile, cargo, is_native, triple};
pub use portability::NEWEST_GLIBC;

/// The code of a function or the files of a layer, ready to be uploaded.
#[derive(Debug, Clone, Serialize)]
pub struct Artifact {
    /// The block in the stack file.
    pub name: String,
    #[serde(flatten)]
    pub source: Source,
    /// SHA-256 of the archive, in hexadecimal.
    pub sha256: String,
    /// Size of the archive in bytes.
    pub bytes: u64,
    #[serde(skip)]
    pub archive: Vec<u8>,
}

/// What an artifact was made from.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The package of a function's crate.
    Crate(String),
    /// A layer's folder.
    Folder(String),
}

impl Artifact {
    fn new(name: &str, source: Source, archive: Vec<u8>) -> Self {
        Self {
            name: name.to_owned(),
            source,
            sha256: archive::sha256(&archive),
            bytes: archive.len() as u64,
            archive,
        }
    }

    /// Returns the key of the object that holds this code.
    pub fn key(&self, stack_name: &str) -> String {
        let what = match &self.source {
            Source::Crate(package) => package,
            Source::Folder(_) => &self.name,
        };
        format!("{stack_name}/{what}-{}.zip", &self.sha256[..16])
    }

    /// Returns the template parameter that takes the key.
    pub fn parameter(&self) -> String {
        match &self.source {
            Source::Crate(_) => format!("{}CodeKey", logical_id(&self.name)),
            Source::Folder(_) => format!("{}CodeKey", layer_id(&self.name)),
        }
    }
}

/// Builds and archives the code of every function and the files of every layer of `stack`.
pub fn package(
    stack: &Stack,
    project: &Path,
    profile: Profile,
    progress: &mut dyn FnMut(&str),
) -> Result<Vec<Artifact>> {
    let mut artifacts = functions(stack, project, profile, progress)?;
    for (name, layer) in &stack.file.layers {
        artifacts.push(self::layer(name, &layer.folder, project)?);
    }
    Ok(artifacts)
}

fn layer(name: &str, folder: &str, project: &Path) -> Result<Artifact> {
    let path = project.join(folder);
    let archive = archive::zip_folder(&path).map_err(|error| {
        Error::misused(format!("package the layer `{name}`"))
            .because(error)
            .hint(format!("its folder is {}", path.display()))
    })?;
    Ok(Artifact::new(name, Source::Folder(folder.to_owned()), archive))
}

fn functions(
    stack: &Stack,
    project: &Path,
    profile: Profile,
    progress: &mut dyn FnMut(&str),
) -> Result<Vec<Artifact>> {
    let mut by_architecture: BTreeMap<&str, (Architecture, Vec<&str>)> = BTreeMap::new();
    for function in stack.file.functions.values() {
        let architecture = function.architecture;
        let entry = by_architecture.entry(architecture.name()).or_insert((architecture, Vec::new()));
        entry.1.push(&function.package.value);
    }
    let mut binaries: BTreeMap<(&str, &str), PathBuf> = BTreeMap::new();
    for (name, (architecture, packages)) in by_architecture {
        for (package, binary) in build::build(project, &packages, architecture, profile, progress)? {
            binaries.insert((name, package), binary);
        }
    }
    let functions = stack.file.functions.iter();
    functions
        .map(|(name, function)| {
            let key = (function.architecture.name(), function.package.value.as_str());
            let Some(binary) = binaries.get(&key) else {
                return Err(Error::failed_to(format!("find the binary of the crate `{}`", key.1)));
            };
            artifact(name, &function.package.value, binary, function.architecture)
        })
        .collect()
}

fn artifact(function: &str, package: &str, binary: &Path, architecture: Architecture) -> Result<Artifact> {
    let content = std::fs::read(binary)
        .map_err(|error| Error::failed_to(format!("read {}", binary.display())).because(error))?;
    portability::check(&content, architecture).map_err(|problem| {
        Error::misused(format!("package the crate `{package}`"))
            .because(problem.to_string())
            .hint(problem.advice())
    })?;
    let archive = archive::zip(&content)
        .map_err(|error| Error::failed_to(format!("archive {}", binary.display())).because(error))?;
    Ok(Artifact::new(function, Source::Crate(package.to_owned()), archive))
}
