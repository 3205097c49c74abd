//! The index of objects: which versions a key has, in the order in which S3 lists keys.
//!
//! The current version of every key (or the delete marker in its place) is one row, so listing a bucket is
//! a range scan; displaced versions stand in a keyspace of their own, newest first.

use std::ops::Bound;

use super::journal::Entry;
use super::object::Version;
use crate::error::AwsError;
use crate::store::{Rows, Store, StoreError};

/// The rows that say which objects exist.
pub struct Index {
    store: Store,
    current: Rows,
    displaced: Rows,
    journal: Rows,
}

/// A change of one key's rows, made as a whole.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Change {
    pub bucket: String,
    pub key: String,
    /// The current version from now on; `None` when no version is left.
    pub current: Option<Version>,
    /// A version that becomes noncurrent.
    pub displaced: Option<Version>,
    /// Sequence of a noncurrent version that goes.
    pub removed: Option<u64>,
}

impl Index {
    pub fn open(store: &Store) -> Result<Self, StoreError> {
        Ok(Self {
            store: store.clone(),
            current: store.rows("s3-objects")?,
            displaced: store.rows("s3-displaced-versions")?,
            journal: store.rows("s3-journal")?,
        })
    }

    /// Returns the current version of a key, or the delete marker in its place.
    pub fn current(&self, bucket: &str, key: &str) -> Result<Option<Version>, AwsError> {
        let row = self.current.get(row(bucket, key))?;
        row.map(|bytes| decode(&bytes)).transpose()
    }

    /// Returns the noncurrent versions of a key, newest first.
    pub fn displaced(&self, bucket: &str, key: &str) -> Result<Vec<Version>, AwsError> {
        let mut prefix = row(bucket, key);
        prefix.push(0);
        let length = prefix.len() + 8;
        let mut versions = Vec::new();
        for guard in self.displaced.prefix(prefix) {
            let (name, value) = guard.into_inner().map_err(StoreError::from)?;
            // A longer row belongs to a key that has this one as its beginning.
            if name.len() == length {
                versions.push(decode(&value)?);
            }
        }
        Ok(versions)
    }

    /// Returns one version of a key.
    pub fn version(&self, bucket: &str, key: &str, version_id: &str) -> Result<Option<Version>, AwsError> {
        match self.current(bucket, key)? {
            Some(current) if current.version_id == version_id => Ok(Some(current)),
            _ => {
                Ok(self.displaced(bucket, key)?.into_iter().find(|version| version.version_id == version_id))
            }
        }
    }

    /// Returns the first key of a bucket at or after `from`, with its current version.
    pub fn keys_from<'a>(
        &'a self,
        bucket: &str,
        from: &[u8],
    ) -> impl Iterator<Item = Result<(String, Version), AwsError>> + use<'a> {
        let mut start = row(bucket, "");
        let prefix = start.clone();
        start.extend_from_slice(from);
        let end = [bucket.as_bytes(), &[1]].concat();
        let range = (Bound::Included(start), Bound::Excluded(end));
        self.current.range(range).map(move |guard| {
            let (name, value) = guard.into_inner().map_err(StoreError::from)?;
            let key = String::from_utf8_lossy(&name[prefix.len()..]).into_owned();
            Ok((key, decode(&value)?))
        })
    }

    /// Returns whether a bucket holds any version or delete marker.
    pub fn is_empty(&self, bucket: &str) -> Result<bool, AwsError> {
        self.keys_from(bucket, b"").next().transpose().map(|first| first.is_none())
    }

    /// Notes what is about to happen to files, so that it can be finished after a crash.
    pub fn note(&self, id: &str, entry: &Entry) -> Result<(), AwsError> {
        let bytes = serde_json::to_vec(entry).map_err(AwsError::internal)?;
        Ok(self.journal.insert(id, bytes)?)
    }

    /// Forgets a note.
    pub fn forget(&self, id: &str) -> Result<(), AwsError> {
        Ok(self.journal.remove(id)?)
    }

    /// Returns every note that was not forgotten.
    pub fn notes(&self) -> Result<Vec<(String, Entry)>, StoreError> {
        let note = |guard: fjall::Guard| {
            let (id, value) = guard.into_inner()?;
            Ok((String::from_utf8_lossy(&id).into_owned(), serde_json::from_slice(&value)?))
        };
        self.journal.iter().map(note).collect()
    }

    /// Applies changes of different keys, forgets the note `done` and writes the note `next`, all at once.
    pub fn apply(
        &self,
        changes: &[Change],
        done: Option<&str>,
        next: Option<(&str, &Entry)>,
    ) -> Result<(), StoreError> {
        let mut batch = self.store.batch()?;
        for change in changes {
            let key = row(&change.bucket, &change.key);
            match &change.current {
                Some(version) => {
                    batch.insert(self.current.made()?, key.clone(), serde_json::to_vec(version)?)
                }
                None => batch.remove(self.current.made()?, key.clone()),
            }
            if let Some(sequence) = change.removed {
                batch.remove(self.displaced.made()?, displaced_row(&key, sequence));
            }
            if let Some(version) = &change.displaced {
                let value = serde_json::to_vec(version)?;
                batch.insert(self.displaced.made()?, displaced_row(&key, version.sequence), value);
            }
        }
        if let Some(id) = done {
            batch.remove(self.journal.made()?, id);
        }
        if let Some((id, entry)) = next {
            batch.insert(self.journal.made()?, id, serde_json::to_vec(entry)?);
        }
        Ok(batch.commit()?)
    }
}

/// Returns the row of a key; a bucket's name cannot contain the separator.
fn row(bucket: &str, key: &str) -> Vec<u8> {
    [bucket.as_bytes(), &[0], key.as_bytes()].concat()
}

/// Returns the row of a noncurrent version; a higher sequence sorts first.
fn displaced_row(key: &[u8], sequence: u64) -> Vec<u8> {
    [key, &[0], &(u64::MAX - sequence).to_be_bytes()].concat()
}

fn decode(bytes: &[u8]) -> Result<Version, AwsError> {
    serde_json::from_slice(bytes).map_err(AwsError::internal)
}
