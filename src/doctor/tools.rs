//! The tools that build functions: cargo, the targets of their architectures, a linker, the C library.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::Check;
use crate::package::{NEWEST_GLIBC, cargo, is_native, triple};
use crate::stack::{Architecture, Stack};

/// Says whether the functions of `stacks` can be built here.
pub fn tools(stacks: &[Stack]) -> Vec<Check> {
    let functions = || stacks.iter().flat_map(|stack| stack.file.functions.values());
    let architectures: BTreeSet<&str> = functions().map(|function| function.architecture.name()).collect();
    let Some(version) = said(Command::new(cargo()).arg("--version")) else {
        let help = "install Rust from https://rustup.rs";
        return vec![match functions().next() {
            Some(_) => Check::fail("cargo", "is not there, and functions are built with it", help),
            None => Check::warn("cargo", "is not there", help),
        }];
    };
    let mut checks = vec![Check::ok("cargo", version)];
    for architecture in [Architecture::X86_64, Architecture::Arm64] {
        if architectures.contains(architecture.name()) {
            checks.push(target(architecture));
        }
    }
    if !architectures.is_empty() {
        checks.push(c_library());
    }
    checks.push(Check::ok("archives", "are made without zip, aws, docker or node"));
    checks
}

/// Says whether a target's library and linker are there.
fn target(architecture: Architecture) -> Check {
    let name = "target";
    let triple = triple(architecture);
    if is_native(architecture) {
        return match in_path("cc") {
            Some(linker) => {
                Check::ok(name, format!("{triple}, which is this machine's, linked by {}", linker.display()))
            }
            None => Check::warn(
                name,
                format!("{triple} is this machine's, but there is no linker `cc`"),
                "install a C compiler, such as the package gcc or build-essential",
            ),
        };
    }
    let library = said(Command::new("rustc").args(["--print", "target-libdir", "--target", triple]));
    if !library.is_some_and(|folder| PathBuf::from(folder).is_dir()) {
        let help = format!("rustup target add {triple}");
        return Check::warn(name, format!("{triple} is not installed, and functions want it"), help);
    }
    let variable = format!("CARGO_TARGET_{}_LINKER", triple.to_uppercase().replace('-', "_"));
    let cross = triple.replace("-unknown", "") + "-gcc";
    match std::env::var_os(&variable) {
        Some(linker) => Check::ok(name, format!("{triple}, linked by {}", linker.display())),
        None => match in_path(&cross) {
            Some(linker) => Check::ok(name, format!("{triple}; {} can link it", linker.display())),
            None => Check::warn(
                name,
                format!("{triple} is installed; neither {variable} nor {cross} says how to link it"),
                format!("install {cross} and set {variable}, or name a linker in .cargo/config.toml"),
            ),
        },
    }
}

/// Says what the binaries of this machine may need that Lambda has not.
fn c_library() -> Check {
    let name = "C library";
    let (major, minor) = NEWEST_GLIBC;
    let version = said(Command::new("getconf").arg("GNU_LIBC_VERSION"));
    let Some(version) = version.as_deref().and_then(|text| text.strip_prefix("glibc ")) else {
        return Check::skip(
            name,
            format!("is not GLIBC; Lambda's provided.al2023 has GLIBC {major}.{minor}"),
        );
    };
    match parse(version) {
        Some(own) if own <= NEWEST_GLIBC => {
            Check::ok(name, format!("GLIBC {version}; Lambda's provided.al2023 has {major}.{minor}"))
        }
        _ => Check::ok(
            name,
            format!(
                "GLIBC {version} is newer than Lambda's {major}.{minor}; `package` refuses a binary that needs it"
            ),
        ),
    }
}

fn parse(version: &str) -> Option<(u32, u32)> {
    let (major, minor) = version.split_once('.')?;
    Some((major.parse().ok()?, minor.split('.').next()?.parse().ok()?))
}

/// Returns the first line that a tool prints, if it is there and succeeds.
fn said(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().next().map(str::trim).filter(|line| !line.is_empty())?;
    output.status.success().then(|| line.to_owned())
}

/// Returns where the shell would find a tool.
fn in_path(tool: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(tool)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions() {
        assert_eq!(parse("2.36"), Some((2, 36)));
        assert_eq!(parse("2.31.1"), Some((2, 31)));
        assert_eq!(parse("two"), None);
    }

    #[test]
    fn does_not_find_what_is_not_there() {
        assert_eq!(said(Command::new("a-tool-that-nobody-has").arg("--version")), None);
        assert_eq!(in_path("a-tool-that-nobody-has"), None);
    }
}
