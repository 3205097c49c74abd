//! A clean room for one test, and what a person would have seen in it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A folder with stack files, a HOME and an engine of its own.
pub struct TestEnvironment {
    folder: TempDir,
    /// Where to send what is not for the test's own engine.
    endpoint: Option<String>,
}

/// What the program printed and how it ended.
#[must_use = "look at the output, or at least at the exit code"]
pub struct Output {
    pub stdout: String,
    pub stderr: String,
    pub code: i32,
}

impl TestEnvironment {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        std::fs::create_dir_all(folder.path().join("home")).expect("the folder is ours");
        std::fs::create_dir_all(folder.path().join("stacks")).expect("the folder is ours");
        Self { folder, endpoint: None }
    }

    /// Returns a room whose commands go to a server that runs already.
    pub fn at(endpoint: &str) -> Self {
        let mut room = Self::new();
        room.endpoint = Some(endpoint.to_owned());
        room
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts the repository's own stack file into the room, after `edit`.
    pub fn telemetric(&self, edit: impl FnOnce(String) -> String) -> &Self {
        let text =
            std::fs::read_to_string(repository().join("stacks/telemetric.yaml")).expect("the stack is there");
        self.write("stacks/telemetric.yaml", &edit(text))
    }

    pub fn write(&self, name: &str, text: &str) -> &Self {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("the folder is ours");
        std::fs::write(path, text).expect("the folder is ours");
        self
    }

    /// Returns a command that runs the program in this room, outside of any terminal.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hydrant"));
        command.current_dir(self.folder.path()).args(arguments).stdin(Stdio::null()).env_clear();
        for name in ["PATH", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "CARGO_TARGET_DIR", "CARGO"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        // Cargo and rustup look for their own state at home when they are not told.
        let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
        for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
            if std::env::var_os(name).is_none() {
                command.env(name, home.join(folder));
            }
        }
        command
            .env("HOME", self.path("home"))
            .env("HYDRANT_LOCAL_DIR", self.path("local"))
            .env("COLUMNS", "100");
        if std::env::var_os("CARGO_TARGET_DIR").is_none() {
            command.env("CARGO_TARGET_DIR", repository().join("target"));
        }
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.finish(self.command(arguments))
    }

    /// Runs the program on the room's stack file with the repository's crates, against the test's endpoint: its
    /// own engine, or the server it was given.
    pub fn run_there(&self, arguments: &[&str]) -> Output {
        self.finish(self.command_there(arguments))
    }

    pub fn command_there(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        command.arg("--project").arg(repository());
        match &self.endpoint {
            Some(endpoint) => command
                .args(["--endpoint-url", endpoint])
                .env("AWS_ACCESS_KEY_ID", "000000000000")
                .env("AWS_SECRET_ACCESS_KEY", "secret"),
            None => command.arg("--local"),
        };
        command
    }

    /// Runs a command to its end.
    pub fn finish(&self, mut command: Command) -> Output {
        let output = command.output().expect("the program can be run");
        Output {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code().unwrap_or(-1),
        }
    }

    /// Starts the test's engine, `scale` times as fast as the wall clock, and returns its URL.
    pub fn start_engine(&self, scale: &str) -> String {
        let output = self.run(&["local", "start", "--time-scale", scale, "--format", "json"]);
        assert_eq!(output.code, 0, "{output}");
        let status: serde_json::Value = serde_json::from_str(&output.stdout).expect("the answer is JSON");
        status["url"].as_str().expect("a running engine has a URL").to_owned()
    }
}

impl Drop for TestEnvironment {
    fn drop(&mut self) {
        if self.path("local/engine.json").exists() {
            let _ = self.run(&["local", "stop", "--quiet"]);
        }
    }
}

/// Sends Ctrl-C to a program that runs.
pub fn interrupt(child: &std::process::Child) {
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(sent.expect("kill can be run").success());
}

impl Output {
    /// Returns the answer of a command with `--format json`.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("not JSON ({error}): {self}"))
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}------- stderr -------\n{}[exit status: {}]", self.stdout, self.stderr, self.code)
    }
}

/// Returns what the SDK's clients need to reach a server, as the administrator of the account that `--local` plays.
pub async fn sdk(url: &str) -> aws_config::SdkConfig {
    let credentials = aws_sdk_s3::config::Credentials::new("000000000000", "secret", None, None, "tests");
    aws_config::defaults(aws_config::BehaviorVersion::latest())
        .region("us-east-1")
        .credentials_provider(credentials)
        .endpoint_url(url)
        .load()
        .await
}

/// Returns a client of S3 that takes buckets in the path.
pub async fn s3(url: &str) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::config::Builder::from(&sdk(url).await).force_path_style(true).build();
    aws_sdk_s3::Client::from_conf(config)
}

/// Returns the folder of this repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Compares an output with its snapshot; what differs from run to run is written as a placeholder.
#[macro_export]
macro_rules! assert_screen {
    ($name:literal, $output:expr) => {{
        let mut settings = insta::Settings::clone_current();
        for (pattern, placeholder) in [
            // What a slow machine says in between.
            (r"… .*\n", ""),
            (r"http://127\.0\.0\.1:\d+", "[URL]"),
            (r"/tmp/\.tmp\w+", "[FOLDER]"),
            (r"process \d+", "process [PID]"),
            (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "[TIMESTAMP]"),
            (r"\d\d:\d\d:\d\d", "[TIME]"),
            (r#"\{"id":"[^}]*\}"#, "[ROW]"),
            (r"gps/\d{4}/\S+\.gz", "gps/[OBJECT].gz"),
            (r"\d+ objects?, \d+\.\d KiB", "[OBJECTS]"),
            (r"after \d+\.\d s", "after [SECONDS]"),
            (r"in \d+\.\d s", "in [SECONDS]"),
            (r"-[0-9a-f]{16}\.zip", "-[HASH].zip"),
            (r"\d+\.\d MiB", "[SIZE]"),
            (r"(ToS3(?:Role)?)-[0-9A-Z]{12}\b", "$1-[SUFFIX]"),
            (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "[UUID]"),
        ] {
            settings.add_filter(pattern, placeholder);
        }
        settings.set_prepend_module_to_snapshot(true);
        settings.bind(|| insta::assert_snapshot!($name, $output.to_string()));
    }};
}
