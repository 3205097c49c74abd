//! Turns the crates behind a stack's functions, and the folders of its layers, into zip archives for Lambda, named
//! by their content.
//!
//! All crates are built in one cargo call; nothing here speaks to AWS.

mod archive;
mod build;
mod portability;
mod remembered;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::{Error, Result};
use crate::stack::{Architecture, Stack, layer_id, logical_id};

pub use archive::sha256;
pub use build::{Profile, cargo, is_native, triple};
pub use portability::NEWEST_GLIBC;
pub use remembered::Remembered;

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
    let binaries = build_functions(stack, project, profile, progress)?;
    let mut artifacts = binaries.iter().map(Binary::artifact).collect::<Result<Vec<_>>>()?;
    artifacts.extend(layers(stack, project)?);
    Ok(artifacts)
}

/// Archives the files of every layer of `stack`.
pub fn layers(stack: &Stack, project: &Path) -> Result<Vec<Artifact>> {
    stack.file.layers.iter().map(|(name, layer)| self::layer(name, &layer.folder, project)).collect()
}

/// What the compiler made of a function's crate, before it is archived.
#[derive(Debug, Clone)]
pub struct Binary {
    /// The block in the stack file.
    pub function: String,
    pub package: String,
    architecture: Architecture,
    content: Vec<u8>,
}

impl Binary {
    /// Returns the SHA-256 of what is to be archived, in hexadecimal.
    pub fn sha256(&self) -> String {
        archive::sha256(&self.content)
    }

    /// Archives it; a binary that Lambda could not run is refused.
    pub fn artifact(&self) -> Result<Artifact> {
        let package = &self.package;
        portability::check(&self.content, self.architecture).map_err(|problem| {
            Error::misused(format!("package the crate `{package}`"))
                .because(problem.to_string())
                .hint(problem.advice())
        })?;
        let archive = archive::zip(&self.content)
            .map_err(|error| Error::failed_to(format!("archive the crate `{package}`")).because(error))?;
        Ok(Artifact::new(&self.function, Source::Crate(package.clone()), archive))
    }
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

/// Builds the crate of every function of `stack`.
pub fn build_functions(
    stack: &Stack,
    project: &Path,
    profile: Profile,
    progress: &mut dyn FnMut(&str),
) -> Result<Vec<Binary>> {
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
            let (architecture, package) = (function.architecture, function.package.value.as_str());
            let Some(path) = binaries.get(&(architecture.name(), package)) else {
                return Err(Error::failed_to(format!("find the binary of the crate `{package}`")));
            };
            let content = std::fs::read(path)
                .map_err(|error| Error::failed_to(format!("read {}", path.display())).because(error))?;
            Ok(Binary { function: name.value.clone(), package: package.to_owned(), architecture, content })
        })
        .collect()
}
