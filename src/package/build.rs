//! One cargo call for all crates of a stack.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::stack::Architecture;

/// How much the compiler optimises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Quick to build; for the local engine.
    Dev,
    /// Small and fast; for AWS.
    Release,
}

impl Profile {
    /// Returns how to build for an endpoint: quickly for one nearby, well for AWS.
    pub fn fitting(is_nearby: bool) -> Self {
        if is_nearby { Self::Dev } else { Self::Release }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Release => "release",
        }
    }
}

/// The lines of `cargo build --message-format=json` that matter here.
#[derive(Deserialize)]
#[serde(tag = "reason")]
enum Message {
    #[serde(rename = "compiler-artifact")]
    Artifact { manifest_path: PathBuf, executable: Option<PathBuf>, target: Target },
    #[serde(rename = "compiler-message")]
    Said { message: CompilerMessage },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

#[derive(Deserialize)]
struct CompilerMessage {
    level: String,
    rendered: Option<String>,
}

/// Builds `packages` for `architecture` and returns each one's executable.
pub fn build<'a>(
    project: &Path,
    packages: &[&'a str],
    architecture: Architecture,
    profile: Profile,
    progress: &mut dyn FnMut(&str),
) -> Result<BTreeMap<&'a str, PathBuf>> {
    let mut child = command(project, packages, architecture, profile)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| {
            Error::failed_to("run cargo").because(error).hint("install Rust from https://rustup.rs")
        })?;
    let story = child.stderr.take().map(|stderr| std::thread::spawn(move || read_lines(stderr)));
    let mut executables = BTreeMap::new();
    let mut problems = String::new();
    for line in child.stdout.take().map(BufReader::new).into_iter().flat_map(BufRead::lines) {
        let Ok(line) = line else { break };
        match serde_json::from_str(&line) {
            Ok(Message::Artifact { manifest_path, executable, target }) => {
                progress(&target.name);
                if let (Some(executable), Some(name)) =
                    (executable, package_of(&manifest_path, packages, &target))
                {
                    executables.insert(name, executable);
                }
            }
            Ok(Message::Said { message }) if message.level == "error" => {
                problems.push_str(&message.rendered.unwrap_or_default());
            }
            _ => {}
        }
    }
    let status = child.wait().map_err(|error| Error::failed_to("wait for cargo").because(error))?;
    let story = story.and_then(|story| story.join().ok()).unwrap_or_default();
    if !status.success() {
        if problems.is_empty() {
            problems = story;
        }
        let what = format!("build {}", packages.join(", "));
        return Err(Error::misused(what).because(problems.trim_end().to_owned()));
    }
    Ok(executables)
}

/// Returns the cargo that builds: the one that runs this program, or else the shell's.
pub fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn command(project: &Path, packages: &[&str], architecture: Architecture, profile: Profile) -> Command {
    let mut command = Command::new(cargo());
    command.current_dir(project).args(["build", "--message-format=json-render-diagnostics"]);
    command.args(["--profile", profile.name()]);
    // Symbols are most of a binary and no use in Lambda; this only changes the last link.
    command.args(["--config", &format!("profile.{}.strip=\"symbols\"", profile.name())]);
    if !is_native(architecture) {
        command.args(["--target", triple(architecture)]);
    }
    for package in packages {
        command.args(["--package", package]);
    }
    // Variables of the cargo that may be running this program would leak into the inner build.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&*name);
        }
    }
    command
}

/// Returns whether binaries for an architecture are this machine's own.
pub fn is_native(architecture: Architecture) -> bool {
    cfg!(target_os = "linux")
        && match architecture {
            Architecture::X86_64 => cfg!(target_arch = "x86_64"),
            Architecture::Arm64 => cfg!(target_arch = "aarch64"),
        }
}

/// Returns Rust's word for an architecture on Linux.
pub fn triple(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::X86_64 => "x86_64-unknown-linux-gnu",
        Architecture::Arm64 => "aarch64-unknown-linux-gnu",
    }
}

/// Returns which of `packages` a binary belongs to: the one whose name it bears or in whose folder it is.
fn package_of<'a>(manifest: &Path, packages: &[&'a str], target: &Target) -> Option<&'a str> {
    let folder = manifest.parent().and_then(Path::file_name).map(|name| name.to_string_lossy());
    packages.iter().copied().find(|package| target.name == **package || folder.as_deref() == Some(*package))
}

fn read_lines(stream: impl std::io::Read) -> String {
    BufReader::new(stream).lines().map_while(std::result::Result::ok).collect::<Vec<_>>().join("\n")
}
