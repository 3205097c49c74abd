//! `--events-file`: one JSON object per line for a program, while a person watches the screen.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::error::{Error, Result};

/// The file, if the user asked for one.
#[derive(Debug)]
pub struct EventsFile(Option<Mutex<File>>);

impl EventsFile {
    /// Stands for no file.
    pub fn none() -> Self {
        Self(None)
    }

    /// Makes the file, replacing one that is there.
    pub fn create(path: &Path) -> Result<Self> {
        let file = File::create(path)
            .map_err(|error| Error::misused(format!("write {}", path.display())).because(error))?;
        Ok(Self(Some(Mutex::new(file))))
    }

    /// Appends `event` as one line. A full disk must not end a deployment, so a failure is passed over.
    pub fn write(&self, event: &impl Serialize) {
        if let (Some(file), Ok(line)) = (&self.0, serde_json::to_string(event)) {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = writeln!(file, "{line}");
        }
    }
}
