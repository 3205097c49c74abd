//! The engine's process: how it runs, how it is started in the background, asked and stopped.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hydrant_engine::{Clock, Config, Engine};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::faults;
use super::limits::NoLimits;
use super::port;
use super::record::Record;
use crate::error::{Error, Result};
use crate::interrupt::Interruptions;

/// How an engine runs.
#[derive(Debug, Clone)]
pub struct RunOptions {
    pub data_dir: PathBuf,
    /// 0 takes the folder's last one, or lets the system choose.
    pub port: u16,
    pub time_scale: f64,
    /// File that says what goes wrong on purpose.
    pub faults: Option<PathBuf>,
    /// Whose throttles are switched off.
    pub no_limits: NoLimits,
}

impl RunOptions {
    /// Returns an engine at the pace of the wall clock on any port.
    pub fn new(data_dir: &Path) -> Self {
        Self {
            data_dir: data_dir.to_owned(),
            port: 0,
            time_scale: 1.0,
            faults: None,
            no_limits: NoLimits::default(),
        }
    }
}

/// Reads a time scale from the command line.
pub fn time_scale(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(scale) if (0.01..=10_000.0).contains(&scale) => Ok(scale),
        _ => Err("write a number between 0.01 and 10000".to_owned()),
    }
}

/// Runs an engine in this process until it is asked to stop; `ready` is told once it answers.
pub async fn run(options: &RunOptions, ready: impl FnOnce(&Record)) -> Result<()> {
    let data_dir = &options.data_dir;
    std::fs::create_dir_all(data_dir)
        .map_err(|error| Error::failed_to(format!("make {}", data_dir.display())).because(error))?;
    if let Some(record) = super::running(data_dir).await {
        return Err(Error::usage(format!(
            "an engine runs on {} already, at {}",
            data_dir.display(),
            record.url
        ))
        .hint("stop it with `hydrant local stop`"));
    }
    let config = Config {
        port: if options.port == 0 { port::last(data_dir) } else { options.port },
        clock: Clock::scaled(options.time_scale),
        faults: options.faults.as_deref().map(faults::read).transpose()?.unwrap_or_default(),
        limits: options.no_limits.limits(),
        ..Config::new(data_dir)
    };
    let mut engine = Engine::start(config)
        .await
        .map_err(|error| Error::failed_to("start the local engine").because(error))?;
    let record = Record {
        url: engine.url(),
        pid: std::process::id(),
        data_dir: data_dir.clone(),
        time_scale: options.time_scale,
        faults: options.faults.clone(),
        no_limits: options.no_limits.clone(),
    };
    let noted = record.write().and_then(|()| port::keep(data_dir, &record.url));
    noted.map_err(|error| Error::failed_to("note where the engine listens").because(error))?;
    ready(&record);
    let mut interruptions = Interruptions::listen()?;
    let kind = tokio::select! {
        () = engine.asked_to_stop() => None,
        kind = interruptions.next() => Some(kind),
    };
    engine.stop().await;
    Record::remove(data_dir);
    match kind {
        None => Ok(()),
        Some(kind) => Err(Error::new(kind, "")),
    }
}

/// Returns the file to which an engine in the background writes.
pub fn log_path(data_dir: &Path) -> PathBuf {
    data_dir.join("engine.log")
}

/// Starts an engine as a process that outlives this one.
pub fn spawn(options: &RunOptions) -> Result<Child> {
    let failed = |error| Error::failed_to("start the local engine").because(error);
    std::fs::create_dir_all(&options.data_dir).map_err(failed)?;
    let log = File::create(log_path(&options.data_dir)).map_err(failed)?;
    let mut command = Command::new(std::env::current_exe().map_err(failed)?);
    command
        .args(["-v", "local", "run", "--data"])
        .arg(&options.data_dir)
        .args(["--port", &options.port.to_string(), "--time-scale", &options.time_scale.to_string()])
        .args(options.faults.iter().flat_map(|faults| [OsStr::new("--faults"), faults.as_os_str()]))
        .args(options.no_limits.flag())
        .stdin(Stdio::null())
        .stdout(log.try_clone().map_err(failed)?)
        .stderr(log);
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        // A group of its own: Ctrl-C in this terminal is not meant for the engine.
        command.process_group(0);
    }
    command.spawn().map_err(failed)
}

/// Returns whether the engine that left `record` still answers for that data folder.
pub async fn is_answering(record: &Record, data_dir: &Path) -> bool {
    let Ok(body) = ask(record, "GET", "/_hydrant/status").await else { return false };
    let status: Value = serde_json::from_str(&body).unwrap_or_default();
    let folder = status.get("data_dir").and_then(Value::as_str).map(PathBuf::from);
    folder.and_then(|folder| folder.canonicalize().ok()) == data_dir.canonicalize().ok()
}

/// Asks the engine to stop.
pub async fn ask_to_stop(record: &Record) -> Result<()> {
    let answer = ask(record, "POST", "/_hydrant/stop").await;
    answer.map(drop).map_err(|error| Error::failed_to("reach the local engine").because(error))
}

/// Sends a bare request to the engine and returns the answer's body.
async fn ask(record: &Record, method: &str, path: &str) -> std::io::Result<String> {
    let address = record.url.trim_start_matches("http://");
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
    };
    tokio::time::timeout(Duration::from_secs(2), exchange)
        .await
        .unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))
}
