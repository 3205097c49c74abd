//! Takes objects away: a request's worth of them in one step of the index, and their files after it.
//!
//! The files to remove are noted in that step, so that a crash between the two leaves none behind.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::bucket::{Bucket, Versioning};
use super::index::Change;
use super::journal::Entry;
use super::object::Version;
use super::shelf::{Shelf, empty_change, new_version_id};
use crate::clock::Timestamp;
use crate::error::AwsError;

/// A key to delete; without a version the current object, behind a delete marker when the bucket keeps versions.
#[derive(Debug, Clone, Copy)]
pub struct Removal<'a> {
    pub key: &'a str,
    pub version_id: Option<&'a str>,
}

/// What a delete did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deleted {
    /// Version that was deleted or delete marker that was made.
    pub version_id: Option<String>,
    pub is_marker: bool,
    /// Whether the bucket holds something else than before.
    pub is_change: bool,
}

/// Changes of the index that are made at once, and the versions that they let go of.
#[derive(Default)]
struct Step<'a> {
    keys: BTreeSet<&'a str>,
    changes: Vec<Change>,
    gone: Vec<Version>,
}

impl Shelf {
    /// Deletes each of `removals`, in their order.
    pub fn remove(
        &self,
        bucket: &Bucket,
        removals: &[Removal<'_>],
        now: Timestamp,
    ) -> Result<Vec<Deleted>, AwsError> {
        let _changing = self.change();
        let mut step = Step::default();
        let mut done = Vec::with_capacity(removals.len());
        for removal in removals {
            // What a key has now is read from the index, so a second removal of it waits for the first.
            if !step.keys.insert(removal.key) {
                self.take(bucket, std::mem::take(&mut step))?;
                step.keys.insert(removal.key);
            }
            done.push(match removal.version_id {
                Some(version_id) => self.without_version(bucket, removal.key, version_id, &mut step)?,
                None => self.without_object(bucket, removal.key, now, &mut step)?,
            });
        }
        self.take(bucket, step)?;
        Ok(done)
    }

    /// Plans to delete the current object of a key.
    fn without_object(
        &self,
        bucket: &Bucket,
        key: &str,
        now: Timestamp,
        step: &mut Step<'_>,
    ) -> Result<Deleted, AwsError> {
        let current = self.index.current(&bucket.name, key)?;
        if bucket.versioning == Versioning::Never {
            let is_change = current.is_some();
            if is_change {
                step.changes.push(empty_change(bucket, key));
                step.gone.extend(current);
            }
            return Ok(Deleted { version_id: None, is_marker: false, is_change });
        }
        let version_id = new_version_id(bucket.versioning);
        let replaced = self.replaced(bucket, key, current.as_ref(), &version_id)?;
        step.gone.extend(replaced.clone());
        step.changes.push(self.succession(bucket, key, current, replaced, |sequence| Version {
            version_id: version_id.clone(),
            sequence,
            last_modified: now,
            content: None,
        }));
        Ok(Deleted { version_id: Some(version_id), is_marker: true, is_change: true })
    }

    /// Plans to delete one version of a key for good; the newest version left becomes current.
    fn without_version(
        &self,
        bucket: &Bucket,
        key: &str,
        version_id: &str,
        step: &mut Step<'_>,
    ) -> Result<Deleted, AwsError> {
        let current = self.index.current(&bucket.name, key)?;
        // The first version of a key has displaced none.
        let displaced = match &current {
            Some(current) if current.sequence > 0 => self.index.displaced(&bucket.name, key)?,
            _ => Vec::new(),
        };
        let mut change = empty_change(bucket, key);
        let gone = if current.as_ref().is_some_and(|current| current.version_id == version_id) {
            change.removed = displaced.first().map(|newest| newest.sequence);
            change.current = displaced.into_iter().next();
            current
        } else {
            let found = displaced.into_iter().find(|version| version.version_id == version_id);
            change.current = current;
            change.removed = found.as_ref().map(|version| version.sequence);
            found
        };
        let is_marker = gone.as_ref().is_some_and(Version::is_marker);
        let is_change = gone.is_some();
        if is_change {
            step.changes.push(change);
            step.gone.extend(gone);
        }
        Ok(Deleted { version_id: Some(version_id.to_owned()), is_marker, is_change })
    }

    /// Makes a step's changes and removes the files of the versions that they let go of.
    fn take(&self, bucket: &Bucket, step: Step<'_>) -> Result<(), AwsError> {
        let folder = PathBuf::from(&bucket.account).join(&bucket.name);
        let contents = step.gone.into_iter().filter_map(|version| version.content);
        let files: Vec<PathBuf> = contents.map(|content| folder.join(content.file)).collect();
        if files.is_empty() {
            return Ok(self.index.apply(&step.changes, None, None)?);
        }
        let id = uuid::Uuid::new_v4().simple().to_string();
        let paths: Vec<PathBuf> = files.iter().map(|file| self.folder.join(file)).collect();
        self.index.apply(&step.changes, None, Some((&id, &Entry::Discard { files })))?;
        // The objects are gone with their rows; files that cannot be removed are tried again at the next start.
        let left = paths.iter().filter(|path| std::fs::remove_file(path).is_err()).count();
        if left == 0 {
            self.index.forget(&id)?;
        }
        let folders: BTreeSet<&Path> = paths.iter().filter_map(|path| path.parent()).collect();
        for folder in folders {
            self.remove_empty_folders(bucket, folder);
        }
        Ok(())
    }

    /// Removes a folder of a bucket and those above it, up to the first that holds something.
    fn remove_empty_folders(&self, bucket: &Bucket, folder: &Path) {
        let root = self.bucket_folder(bucket);
        for folder in folder.ancestors().take_while(|folder| *folder != root) {
            if std::fs::remove_dir(folder).is_err() {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::s3::object::Description;
    use crate::services::s3::shelf::Arrival;
    use crate::services::s3::staging::Staged;
    use crate::store::Store;

    fn put(shelf: &Shelf, bucket: &Bucket, key: &str) -> String {
        let path = shelf.incoming().join(key.replace('/', "-"));
        std::fs::write(&path, b"x").unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let staged = Staged { name, path, size: 1, md5: [0; 16], checksums: Default::default() };
        let arrival = Arrival {
            bucket,
            key,
            etag: String::new(),
            parts: Vec::new(),
            description: Description::default(),
            now: Timestamp(0),
        };
        shelf.put(arrival, &staged, Default::default(), |_| Ok(())).unwrap().version_id
    }

    fn shelf() -> (tempfile::TempDir, Shelf, Bucket) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("state")).unwrap();
        let shelf = Shelf::open(&store, &folder.path().join("files")).unwrap();
        (folder, shelf, Bucket::new("data", "account", "us-east-1", Timestamp(0)))
    }

    #[test]
    fn leaves_neither_rows_nor_files_nor_notes_nor_empty_folders() {
        let (_folder, shelf, bucket) = shelf();
        for key in ["a/1", "a/2", "b/c/3", "d"] {
            put(&shelf, &bucket, key);
        }
        let keys = ["a/1", "a/2", "b/c/3", "never-was"];
        let removals = keys.map(|key| Removal { key, version_id: None });
        let done = shelf.remove(&bucket, &removals, Timestamp(1)).unwrap();
        assert_eq!(done.iter().map(|one| one.is_change).collect::<Vec<_>>(), [true, true, true, false]);
        let left: Vec<_> = shelf.index.keys_from("data", b"").map(|row| row.unwrap().0).collect();
        assert_eq!(left, ["d"]);
        let files: Vec<_> = std::fs::read_dir(shelf.bucket_folder(&bucket)).unwrap().collect();
        assert_eq!(files.len(), 1);
        assert!(shelf.index.notes().unwrap().is_empty());
    }

    #[test]
    fn sees_what_an_earlier_removal_of_the_same_key_has_left() {
        let (_folder, shelf, mut bucket) = shelf();
        bucket.versioning = Versioning::Enabled;
        let versions: Vec<String> = (0..3).map(|_| put(&shelf, &bucket, "a")).collect();
        let removals: Vec<_> =
            versions.iter().map(|id| Removal { key: "a", version_id: Some(id.as_str()) }).collect();
        let done = shelf.remove(&bucket, &removals, Timestamp(1)).unwrap();
        assert!(done.iter().all(|one| one.is_change && !one.is_marker), "{done:?}");
        assert!(shelf.index.is_empty("data").unwrap());
        assert!(shelf.index.displaced("data", "a").unwrap().is_empty());
        assert!(
            !shelf.bucket_folder(&bucket).exists()
                || std::fs::read_dir(shelf.bucket_folder(&bucket)).unwrap().next().is_none()
        );
    }
}
