//! The note that a running engine leaves in its data folder.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::NoLimits;

/// Where an engine listens and how it runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub url: String,
    pub pid: u32,
    pub data_dir: PathBuf,
    pub time_scale: f64,
    /// The faults file, if the engine has one.
    #[serde(default)]
    pub faults: Option<PathBuf>,
    #[serde(default)]
    pub no_limits: NoLimits,
}

impl Record {
    fn path(data_dir: &Path) -> PathBuf {
        data_dir.join("engine.json")
    }

    /// Returns the note in `data_dir`, if there is a readable one.
    pub fn read(data_dir: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(Self::path(data_dir)).ok()?).ok()
    }

    /// Leaves the note, whole or not at all.
    pub fn write(&self) -> std::io::Result<()> {
        let path = Self::path(&self.data_dir);
        let unfinished = path.with_extension("json.new");
        std::fs::write(&unfinished, serde_json::to_vec_pretty(self)?)?;
        std::fs::rename(unfinished, path)
    }

    /// Takes the note away.
    pub fn remove(data_dir: &Path) {
        // A note that stays is stale and recognised as such.
        let _ = std::fs::remove_file(Self::path(data_dir));
    }
}
