//! An engine and, beside it, Python with pinned releases of boto3 and the AWS CLI, installed once.
//!
//! Where there is no Python, the tests that need it are skipped and say so; on CI they fail.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use hydrant_engine::Clock;

use crate::support::{ACCOUNT, TestEngine};

const BOTO3: &str = "1.43.11";
const CLI: &str = "1.45.11";

/// How many times faster than the wall clock the engine's time runs; clients wait at the same pace.
const TIME_SCALE: f64 = 20.0;

/// An engine, and how programs in Python reach it.
pub struct Clients {
    pub engine: TestEngine,
    installation: PathBuf,
    /// Where clients run, and what they take for their home.
    pub folder: tempfile::TempDir,
}

/// How a program ended.
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Clients {
    /// Starts an engine; nothing where the clients cannot be installed, except on CI.
    pub async fn start() -> Option<Self> {
        let installation = match installed() {
            Ok(installation) => installation,
            Err(reason) if std::env::var_os("CI").is_none() => {
                // Not `eprintln!`, which the test harness keeps to itself.
                let _ = writeln!(std::io::stderr(), "skipped: boto3 {BOTO3} cannot be installed: {reason}");
                return None;
            }
            Err(reason) => panic!("boto3 {BOTO3} cannot be installed: {reason}"),
        };
        let engine = TestEngine::with(Clock::scaled(TIME_SCALE)).await;
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        Some(Self { engine, installation, folder })
    }

    /// Runs a script beside this test, which must succeed.
    pub async fn script(&self, name: &str) {
        let script = scripts().join(name);
        let ended = self.run("python", &[&script.display().to_string()]).await;
        assert!(ended.code == Some(0), "{name}: {:?}\n{}\n{}", ended.code, ended.out, ended.err);
    }

    /// Runs a command of the AWS CLI, which must succeed, and returns what it prints.
    pub async fn aws(&self, command: &str) -> String {
        self.aws_with(&command.split_whitespace().collect::<Vec<_>>()).await
    }

    /// Runs a command of the AWS CLI, argument by argument.
    pub async fn aws_with(&self, arguments: &[&str]) -> String {
        let ended = self.run("aws", arguments).await;
        assert!(ended.code == Some(0), "aws {arguments:?}: {:?}\n{}\n{}", ended.code, ended.out, ended.err);
        ended.out
    }

    /// Runs a program of the installation.
    pub async fn run(&self, program: &str, arguments: &[&str]) -> Ended {
        let output = tokio::process::Command::new(self.installation.join("bin").join(program))
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("PYTHONPATH", scripts().join("pace"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("TIME_SCALE", TIME_SCALE.to_string())
            .env("AWS_ENDPOINT_URL", self.engine.engine.url())
            .env("AWS_ACCESS_KEY_ID", ACCOUNT)
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("BOOTSTRAP", bootstrap())
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = output.await.expect("an installed program runs");
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        Ended { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Writes a file into the folder where clients run.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.folder.path().join(name);
        let parent = path.parent().expect("a file lies in a folder");
        std::fs::create_dir_all(parent)
            .and_then(|()| std::fs::write(&path, content))
            .expect("the folder is ours");
    }
}

/// Returns the path of the example function `echo_function`, which speaks the Runtime API.
pub fn bootstrap() -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    let folder = test.parent().and_then(Path::parent).expect("a test lies in target/<profile>/deps");
    folder.join("examples").join("echo_function")
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

/// Installs the clients unless they are there, and returns the folder of their environment.
fn installed() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let environment = folder.join(format!("aws-clients-{BOTO3}-{CLI}"));
    // Tests run side by side, in threads or in processes.
    let lock = File::create(folder.join("aws-clients.lock")).map_err(|error| error.to_string())?;
    lock.lock().map_err(|error| error.to_string())?;
    // Written last, so that an installation that was cut short does not pass for a whole one. It holds its place: one
    // that was moved does not run.
    let mark = environment.join("installed");
    let place = environment.display().to_string();
    if std::fs::read_to_string(&mark).is_ok_and(|written| written != place) || !mark.exists() {
        run(std::process::Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
        run(std::process::Command::new(environment.join("bin/pip")).args([
            "install",
            "--quiet",
            "--disable-pip-version-check",
            &format!("boto3=={BOTO3}"),
            &format!("awscli=={CLI}"),
        ]))?;
        std::fs::write(&mark, place).map_err(|error| error.to_string())?;
    }
    Ok(environment)
}

/// Runs an installing command; a failure is told in one line.
fn run(command: &mut std::process::Command) -> Result<(), String> {
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
