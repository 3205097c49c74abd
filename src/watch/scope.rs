//! The files behind a stack: its file, the templates, the crates of its functions with every crate of the project
//! that they depend on, and its layers.
//!
//! What a build script or a macro reads from elsewhere is not known.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::package::cargo;
use crate::project::Project;
use crate::stack::Stack;

/// Where the files are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    files: BTreeSet<PathBuf>,
    /// Folders with all that is in them, but other crates and what tools put there.
    folders: BTreeSet<PathBuf>,
    /// How many crates are among them.
    pub crates: usize,
}

/// The files at a moment, each with when it was changed and how large it is, and the folders that they are in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    files: BTreeMap<PathBuf, (Option<SystemTime>, u64)>,
    pub folders: BTreeSet<PathBuf>,
}

impl Scope {
    /// Returns the scope of a stack file alone, for when it cannot be read further.
    pub fn of_file(path: &Path) -> Self {
        Self { files: BTreeSet::from([absolute(path)]), ..Self::default() }
    }

    /// Returns the files behind `stack`.
    pub fn of(project: &Project, stack: &Stack) -> Result<Self> {
        let mut scope = Self::of_file(&stack.path);
        scope.folders.insert(absolute(&project.root.join("templates")));
        let layers = stack.file.layers.values();
        scope.folders.extend(layers.map(|layer| absolute(&project.root.join(&layer.folder.value))));
        let packages: BTreeSet<&str> =
            stack.file.functions.values().map(|function| function.package.value.as_str()).collect();
        if packages.is_empty() {
            return Ok(scope);
        }
        let metadata = metadata(&project.root)?;
        for name in ["Cargo.toml", "Cargo.lock", ".cargo/config.toml", "rust-toolchain.toml"] {
            scope.files.insert(metadata.workspace_root.join(name));
        }
        let crates = metadata.closure(&packages);
        scope.crates = crates.len();
        scope.folders.extend(crates);
        Ok(scope)
    }

    /// Takes in the files of another scope.
    pub fn join(&mut self, other: Self) {
        self.files.extend(other.files);
        self.folders.extend(other.folders);
        self.crates = self.crates.max(other.crates);
    }

    /// Looks at the files as they are now.
    pub fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        for file in &self.files {
            snapshot.file(file);
            snapshot.folders.extend(file.parent().map(Path::to_owned));
        }
        for folder in &self.folders {
            snapshot.folder(folder);
        }
        snapshot
    }
}

impl Snapshot {
    fn file(&mut self, path: &Path) {
        if let Ok(metadata) = std::fs::metadata(path) {
            self.files.insert(path.to_owned(), (metadata.modified().ok(), metadata.len()));
        }
    }

    fn folder(&mut self, folder: &Path) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        self.folders.insert(folder.to_owned());
        for entry in entries.flatten() {
            let (name, path) = (entry.file_name(), entry.path());
            let name = name.to_string_lossy();
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                // A crate within a crate is one of its own.
                let is_part = !is_by_a_tool(&name) && !path.join("Cargo.toml").exists();
                if is_part {
                    self.folder(&path);
                }
            } else if !is_by_an_editor(&name) {
                self.file(&path);
            }
        }
    }

    /// Returns the files that are other than in `before`, from `root`.
    pub fn changed_since(&self, before: &Self, root: &Path) -> Vec<String> {
        let all: BTreeSet<&PathBuf> = self.files.keys().chain(before.files.keys()).collect();
        let is_other = |path: &&PathBuf| self.files.get(*path) != before.files.get(*path);
        let root = absolute(root);
        let shown = |path: &PathBuf| path.strip_prefix(&root).unwrap_or(path).display().to_string();
        all.into_iter().filter(is_other).map(shown).collect()
    }
}

/// Returns whether a folder's name is one into which tools write.
fn is_by_a_tool(name: &str) -> bool {
    name == "target" || name.starts_with('.')
}

/// Returns whether a file's name is one that editors give to copies of their own.
fn is_by_an_editor(name: &str) -> bool {
    name.starts_with('.') || name.starts_with('#') || name.ends_with('~') || name == "4913"
}

fn absolute(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned())
}

/// The part of `cargo metadata` that matters here.
#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_root: PathBuf,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    /// The folder of one that lies here.
    path: Option<PathBuf>,
    kind: Option<String>,
}

impl Package {
    fn folder(&self) -> PathBuf {
        self.manifest_path.parent().map(Path::to_owned).unwrap_or_default()
    }
}

impl Metadata {
    /// Returns the folders of crates and of all that they are built from.
    fn closure(&self, packages: &BTreeSet<&str>) -> BTreeSet<PathBuf> {
        let is_wanted = |package: &&Package| packages.contains(package.name.as_str());
        let mut open: Vec<PathBuf> = self.packages.iter().filter(is_wanted).map(Package::folder).collect();
        let mut closure = BTreeSet::new();
        while let Some(folder) = open.pop() {
            let package = self.packages.iter().find(|package| package.folder() == folder);
            let dependencies = package.map(|package| package.dependencies.as_slice()).unwrap_or_default();
            let is_built = |one: &&Dependency| one.kind.as_deref() != Some("dev");
            if closure.insert(folder) {
                open.extend(dependencies.iter().filter(is_built).filter_map(|one| one.path.clone()));
            }
        }
        closure
    }
}

fn metadata(project: &Path) -> Result<Metadata> {
    let output = Command::new(cargo())
        .current_dir(project)
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Error::failed_to("run cargo").because(error))?;
    if !output.status.success() {
        let story = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(Error::misused("ask cargo for the project's crates").because(story));
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|error| Error::failed_to("read cargo's list of crates").because(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_crates_on_which_functions_depend() {
        let text = r#"{"workspace_root": "/w", "packages": [
            {"name": "f", "manifest_path": "/w/f/Cargo.toml", "dependencies": [
                {"path": "/w/a", "kind": null}, {"path": "/w/d", "kind": "dev"}, {"kind": null}]},
            {"name": "a", "manifest_path": "/w/a/Cargo.toml", "dependencies": [{"path": "/w/f", "kind": "build"}]},
            {"name": "other", "manifest_path": "/w/o/Cargo.toml", "dependencies": []}]}"#;
        let metadata: Metadata = serde_json::from_str(text).unwrap();
        let closure = metadata.closure(&BTreeSet::from(["f"]));
        assert_eq!(closure, BTreeSet::from(["/w/a".into(), "/w/f".into()]));
    }

    #[test]
    fn sees_what_is_saved_and_not_what_tools_write() {
        let root = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("src/lib.rs", "a");
        write("nested/Cargo.toml", "");
        let scope = Scope { folders: BTreeSet::from([absolute(root.path())]), ..Scope::default() };
        let before = scope.snapshot();
        for name in
            ["target/debug/x", ".git/index", ".hydrant/archives.json", "src/.lib.rs.swp", "src/lib.rs~"]
        {
            write(name, "x");
        }
        write("nested/src/lib.rs", "x");
        assert_eq!(scope.snapshot(), before);
        write("src/lib.rs", "ab");
        write("src/deep/new.rs", "");
        let after = scope.snapshot();
        assert_eq!(after.changed_since(&before, root.path()), ["src/deep/new.rs", "src/lib.rs"]);
        assert!(after.folders.iter().any(|folder| folder.ends_with("src/deep")));
        assert!(!after.folders.iter().any(|folder| folder.ends_with("target")));
    }
}
