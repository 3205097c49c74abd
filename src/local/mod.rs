//! Starts and finds the local engine, which runs as a process of its own beside the project.
//!
//! A file in the data folder says where the running engine listens; the engine itself is asked whether it is
//! still the one, so that a stale file or a reused port misleads nobody.

mod faults;
mod limits;
mod port;
mod process;
mod record;

use std::path::Path;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::ui::Ui;

pub use limits::{NoLimits, no_limits};
pub use process::{RunOptions, run, time_scale};
pub use record::Record;

/// How long the engine may take until it answers.
const START_LIMIT: Duration = Duration::from_secs(10);

/// Returns the running engine of a data folder.
pub async fn running(data_dir: &Path) -> Option<Record> {
    let record = Record::read(data_dir)?;
    process::is_answering(&record, data_dir).await.then_some(record)
}

/// Returns the URL of the engine, starting it in the background when it is not running.
pub async fn ensure_running(data_dir: &Path, ui: &Ui) -> Result<String> {
    if let Some(record) = running(data_dir).await {
        return Ok(record.url);
    }
    let record = start(&RunOptions::new(data_dir)).await?;
    ui.status(&format!("Started the local engine at {}", record.url));
    Ok(record.url)
}

/// Starts the engine in the background and waits until it answers.
pub async fn start(options: &RunOptions) -> Result<Record> {
    // What is wrong with the faults file belongs on this screen, not into the engine's log.
    options.faults.as_deref().map(faults::read).transpose()?;
    let mut child = process::spawn(options)?;
    let started = Instant::now();
    loop {
        if let Some(record) = running(&options.data_dir).await {
            return Ok(record);
        }
        let ended =
            child.try_wait().map_err(|error| Error::failed_to("start the local engine").because(error))?;
        if ended.is_some() || started.elapsed() > START_LIMIT {
            let log = process::log_path(&options.data_dir);
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            let last = said
                .lines()
                .rev()
                .find(|line| !line.trim().is_empty())
                .unwrap_or("it said nothing")
                .to_owned();
            return Err(Error::failed_to("start the local engine")
                .because(last)
                .hint(format!("see {}", log.display())));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Stops the engine of a data folder and waits until it is gone; `false` when none was running.
pub async fn stop(data_dir: &Path) -> Result<bool> {
    let Some(record) = running(data_dir).await else { return Ok(false) };
    process::ask_to_stop(&record).await?;
    let started = Instant::now();
    while running(data_dir).await.is_some() || Record::read(data_dir).is_some() {
        if started.elapsed() > START_LIMIT {
            return Err(Error::failed_to(format!("stop the local engine (process {})", record.pid)));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(true)
}

/// Forgets everything that the engine of a data folder knows.
pub fn forget(data_dir: &Path) -> Result<()> {
    match std::fs::remove_dir_all(data_dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::failed_to(format!("remove {}", data_dir.display())).because(error))
        }
        _ => Ok(()),
    }
}
