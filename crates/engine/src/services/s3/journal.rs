//! What is under way between the files and the index, so that a crash cannot part them.
//!
//! A file and its row cannot change in one step. The step that changes the file is noted first and, when the
//! engine starts again, taken to its end.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::index::{Change, Index};
use crate::store::StoreError;

/// A step that must be finished.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Entry {
    /// A finished file takes its place, and the index follows.
    Place { from: PathBuf, to: PathBuf, change: Box<Change> },
    /// The index has let go of a file.
    Discard { file: PathBuf },
}

/// Finishes what was under way when the engine last ended. Paths are relative to `folder`.
pub fn resume(index: &Index, folder: &Path) -> Result<(), StoreError> {
    for (id, entry) in index.notes()? {
        match entry {
            Entry::Place { from, to, change } => {
                let (from, to) = (folder.join(from), folder.join(to));
                if let Some(parent) = to.parent() {
                    let _ = std::fs::create_dir_all(parent);
                }
                let is_placed = std::fs::rename(from, &to).is_ok() || to.is_file();
                if is_placed {
                    index.apply(&change, Some(&id), None)?;
                } else {
                    tracing::error!(file = %to.display(), "an unfinished write could not be finished");
                }
            }
            Entry::Discard { file } => {
                let _ = std::fs::remove_file(folder.join(file));
                if let Err(error) = index.forget(&id) {
                    tracing::error!(%error, "a finished step could not be forgotten");
                }
            }
        }
    }
    Ok(())
}
