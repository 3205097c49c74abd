//! Peers that are written in Python: each is installed once, in an environment of its own.
//!
//! Where there is no Python, the tests that need one are skipped and say so; on CI they fail.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Returns a package's program of the same name; nothing where it cannot be installed, except on CI.
pub fn program(package: &str, version: &str) -> Option<PathBuf> {
    program_of(package, version, package)
}

/// Returns a program of a package; nothing where it cannot be installed, except on CI.
pub fn program_of(package: &str, version: &str, name: &str) -> Option<PathBuf> {
    match installed(package, version) {
        Ok(programs) => Some(programs.join(name)),
        Err(reason) if std::env::var_os("CI").is_none() => {
            // Not `eprintln!`, which the test harness keeps to itself.
            let _ = writeln!(std::io::stderr(), "skipped: {package} {version} cannot be installed: {reason}");
            None
        }
        Err(reason) => panic!("{package} {version} cannot be installed: {reason}"),
    }
}

fn installed(package: &str, version: &str) -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let environment = folder.join(format!("{package}-{version}"));
    // Tests run side by side, in threads or in processes.
    let lock = File::create(folder.join(format!("{package}.lock"))).map_err(|error| error.to_string())?;
    lock.lock().map_err(|error| error.to_string())?;
    // Written last, so that an installation that was cut short does not pass for a whole one. It holds its place: one
    // that was moved does not run.
    let mark = environment.join("installed");
    let place = environment.display().to_string();
    if std::fs::read_to_string(&mark).is_ok_and(|written| written != place) || !mark.exists() {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
        let requirement = format!("{package}=={version}");
        let arguments = ["install", "--quiet", "--disable-pip-version-check", &requirement];
        run(Command::new(environment.join("bin/pip")).args(arguments))?;
        std::fs::write(&mark, place).map_err(|error| error.to_string())?;
    }
    Ok(environment.join("bin"))
}

/// Runs an installing command; a failure is told in one line.
fn run(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{name}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let line = text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("no reason given").trim();
    Err(format!("{name}: {line}"))
}
