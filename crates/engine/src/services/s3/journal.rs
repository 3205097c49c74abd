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
    /// The index has let go of files.
    Discard { files: Vec<PathBuf> },
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
                    index.apply(&[*change], Some(&id), None)?;
                } else {
                    tracing::error!(file = %to.display(), "an unfinished write could not be finished");
                }
            }
            Entry::Discard { files } => {
                for file in files {
                    let _ = std::fs::remove_file(folder.join(file));
                }
                if let Err(error) = index.forget(&id) {
                    tracing::error!(%error, "a finished step could not be forgotten");
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::services::s3::object::{Content, NULL_VERSION, Version};
    use crate::store::Store;

    fn placing(file: &str) -> Entry {
        let content = Content {
            file: file.to_owned(),
            size: 3,
            etag: "new".to_owned(),
            checksums: Default::default(),
            description: Default::default(),
            parts: Vec::new(),
        };
        let current = Version {
            version_id: NULL_VERSION.to_owned(),
            sequence: 0,
            last_modified: Timestamp(0),
            content: Some(content),
        };
        let change = Change {
            bucket: "data".to_owned(),
            key: file.to_owned(),
            current: Some(current),
            displaced: None,
            removed: None,
        };
        let to = PathBuf::from("account/data").join(file);
        Entry::Place { from: PathBuf::from("incoming"), to, change: Box::new(change) }
    }

    #[test]
    fn finishes_a_write_whether_or_not_its_file_was_in_place() {
        for is_placed in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let index = Index::open(&Store::open(&folder.path().join("state")).unwrap()).unwrap();
            let file = folder.path().join("account/data/a/b");
            if is_placed {
                std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            }
            let written = if is_placed { file.clone() } else { folder.path().join("incoming") };
            std::fs::write(written, b"new").unwrap();
            index.note("1", &placing("a/b")).unwrap();

            resume(&index, folder.path()).unwrap();
            assert_eq!(std::fs::read(file).unwrap(), b"new");
            assert!(index.current("data", "a/b").unwrap().is_some());
            assert!(index.notes().unwrap().is_empty());
        }
    }

    #[test]
    fn removes_a_file_that_the_index_has_let_go_of() {
        let folder = tempfile::tempdir().unwrap();
        let index = Index::open(&Store::open(&folder.path().join("state")).unwrap()).unwrap();
        std::fs::write(folder.path().join("gone"), b"x").unwrap();
        index.note("1", &Entry::Discard { files: vec!["gone".into()] }).unwrap();
        resume(&index, folder.path()).unwrap();
        assert!(!folder.path().join("gone").exists());
        assert!(index.notes().unwrap().is_empty());
    }
}
