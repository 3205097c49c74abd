//! Clients that are written in JavaScript: installed once, outside of the repository.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Returns the folder in which npm has installed packages; nothing where it cannot, except on CI.
pub fn packages(name: &str, packages: &[&str]) -> Option<PathBuf> {
    match installed(name, packages) {
        Ok(folder) => Some(folder),
        Err(reason) if std::env::var_os("CI").is_none() => {
            // Not `eprintln!`, which the test harness keeps to itself.
            let _ =
                writeln!(std::io::stderr(), "skipped: {} cannot be installed: {reason}", packages.join(", "));
            None
        }
        Err(reason) => panic!("{} cannot be installed: {reason}", packages.join(", ")),
    }
}

fn installed(name: &str, packages: &[&str]) -> Result<PathBuf, String> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = target.join(name);
    // Tests run side by side, in threads or in processes.
    let lock = File::create(target.join(format!("{name}.lock"))).map_err(|error| error.to_string())?;
    lock.lock().map_err(|error| error.to_string())?;
    // Written last, so that an installation that was cut short does not pass for a whole one.
    let mark = folder.join("installed");
    if std::fs::read_to_string(&mark).is_ok_and(|written| written == packages.join(" ")) {
        return Ok(folder);
    }
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    std::fs::write(folder.join("package.json"), "{\"private\": true}").map_err(|error| error.to_string())?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--save-exact"]).args(packages).current_dir(&folder);
    let output = npm.stdin(Stdio::null()).output().map_err(|error| format!("npm: {error}"))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let line = text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("no reason given").trim();
        return Err(format!("npm: {line}"));
    }
    std::fs::write(&mark, packages.join(" ")).map_err(|error| error.to_string())?;
    Ok(folder)
}
