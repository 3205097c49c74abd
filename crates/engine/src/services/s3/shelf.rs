//! Where objects stand: puts staged files in their place, in step with the index; `removal` takes them away.
//!
//! Knows versions and files, and neither requests nor permissions.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rand::Rng as _;

use super::bucket::{Bucket, Versioning};
use super::index::{Change, Index};
use super::journal::{self, Entry};
use super::key_path;
use super::object::{Content, Description, NULL_VERSION, Version};
use super::staging::Staged;
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::store::{Store, StoreError};

/// Folder for bodies that are still arriving.
const INCOMING: &str = ".incoming";

/// The objects of all buckets.
pub struct Shelf {
    pub(super) folder: PathBuf,
    pub index: Index,
    /// Held while a file and its row change, and while a reader opens a file that a row names.
    changing: Mutex<()>,
}

/// An object that is about to stand under a key.
pub struct Arrival<'a> {
    pub bucket: &'a Bucket,
    pub key: &'a str,
    pub etag: String,
    pub parts: Vec<u64>,
    pub description: Description,
    pub now: Timestamp,
}

impl Shelf {
    pub fn open(store: &Store, folder: &Path) -> Result<Self, StoreError> {
        let index = Index::open(store)?;
        journal::resume(&index, folder)?;
        let incoming = folder.join(INCOMING);
        // What was still arriving when the engine ended was never acknowledged.
        let _ = std::fs::remove_dir_all(&incoming);
        std::fs::create_dir_all(&incoming).map_err(fjall::Error::from)?;
        Ok(Self { folder: folder.to_owned(), index, changing: Mutex::new(()) })
    }

    /// Returns the folder for bodies that are arriving.
    pub fn incoming(&self) -> PathBuf {
        self.folder.join(INCOMING)
    }

    /// Returns the folder that holds a bucket's files.
    pub fn bucket_folder(&self, bucket: &Bucket) -> PathBuf {
        self.folder.join(&bucket.account).join(&bucket.name)
    }

    /// Keeps every object as it is until the guard is dropped.
    pub fn change(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens the file of the version that `choose` picks, so that no write can come between.
    pub fn open_file<E: From<AwsError>>(
        &self,
        bucket: &Bucket,
        choose: impl FnOnce(&Index) -> Result<(Version, Content), E>,
    ) -> Result<(Version, Content, std::fs::File), E> {
        let _changing = self.change();
        let (version, content) = choose(&self.index)?;
        let path = self.bucket_folder(bucket).join(&content.file);
        let file = std::fs::File::open(path).map_err(AwsError::internal)?;
        Ok((version, content, file))
    }

    /// Puts a staged body under a key, when `allow` agrees with what stands there now.
    pub fn put(
        &self,
        arrival: Arrival<'_>,
        staged: &Staged,
        checksums: super::checksums::Checksums,
        allow: impl FnOnce(Option<&Version>) -> Result<(), AwsError>,
    ) -> Result<Version, AwsError> {
        let _changing = self.change();
        let Arrival { bucket, key, .. } = arrival;
        let current = self.index.current(&bucket.name, key)?;
        allow(current.as_ref())?;
        let version_id = new_version_id(bucket.versioning);
        let replaced = self.replaced(bucket, key, current.as_ref(), &version_id)?;
        let file = match replaced.as_ref().and_then(|version| version.content.as_ref()) {
            Some(content) => content.file.clone(),
            None => self.free_file(bucket, key, &version_id),
        };
        let content = Content {
            file,
            size: staged.size,
            etag: arrival.etag,
            checksums,
            description: arrival.description,
            parts: arrival.parts,
        };
        let change = self.succession(bucket, key, current, replaced, |sequence| Version {
            version_id,
            sequence,
            last_modified: arrival.now,
            content: Some(content),
        });
        self.place(bucket, staged, change)
    }

    /// Moves a staged file to where the change's current version names it, and applies the change.
    fn place(&self, bucket: &Bucket, staged: &Staged, change: Change) -> Result<Version, AwsError> {
        let no_file = || AwsError::internal("an object without a file was to be placed");
        let version = change.current.clone().ok_or_else(no_file)?;
        let file = version.content.as_ref().map(|content| content.file.clone()).ok_or_else(no_file)?;
        let to = PathBuf::from(&bucket.account).join(&bucket.name).join(file);
        let target = self.folder.join(&to);
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent).map_err(AwsError::internal)?;
        }
        let from = PathBuf::from(INCOMING).join(&staged.name);
        self.index.note(&staged.name, &Entry::Place { from, to, change: Box::new(change.clone()) })?;
        if let Err(error) = std::fs::rename(&staged.path, &target) {
            self.index.forget(&staged.name)?;
            return Err(AwsError::internal(error));
        }
        self.index.apply(&[change], Some(&staged.name), None)?;
        Ok(version)
    }

    /// Changes what is said about the version that `choose` picks; its bytes stay.
    pub fn describe(
        &self,
        bucket: &Bucket,
        key: &str,
        choose: impl FnOnce(&Index) -> Result<(Version, Content), AwsError>,
        change: impl FnOnce(&mut Description),
    ) -> Result<Version, AwsError> {
        let _changing = self.change();
        let current = self.index.current(&bucket.name, key)?;
        let (mut version, mut content) = choose(&self.index)?;
        change(&mut content.description);
        version.content = Some(content);
        let is_current = current.as_ref().is_some_and(|current| current.version_id == version.version_id);
        let (current, displaced) =
            if is_current { (Some(version.clone()), None) } else { (current, Some(version.clone())) };
        self.index.apply(&[Change { current, displaced, ..empty_change(bucket, key) }], None, None)?;
        Ok(version)
    }

    /// Removes the folder of a bucket that is empty.
    pub fn remove_bucket_folder(&self, bucket: &Bucket) {
        let _changing = self.change();
        let folder = self.bucket_folder(bucket);
        let _ = std::fs::remove_dir(&folder);
        let _ = folder.parent().map(std::fs::remove_dir);
    }

    /// Returns the null version, which a new null version replaces.
    pub(super) fn replaced(
        &self,
        bucket: &Bucket,
        key: &str,
        current: Option<&Version>,
        version_id: &str,
    ) -> Result<Option<Version>, AwsError> {
        if version_id != NULL_VERSION {
            return Ok(None);
        }
        match current {
            Some(current) if current.version_id == NULL_VERSION => Ok(Some(current.clone())),
            Some(_) => {
                let displaced = self.index.displaced(&bucket.name, key)?;
                Ok(displaced.into_iter().find(|version| version.version_id == NULL_VERSION))
            }
            None => Ok(None),
        }
    }

    /// Returns the change that makes a new version current.
    pub(super) fn succession(
        &self,
        bucket: &Bucket,
        key: &str,
        current: Option<Version>,
        replaced: Option<Version>,
        new: impl FnOnce(u64) -> Version,
    ) -> Change {
        let sequence = current.as_ref().map_or(0, |current| current.sequence + 1);
        let replaces_current = replaced.is_some() && replaced == current;
        Change {
            current: Some(new(sequence)),
            displaced: if replaces_current { None } else { current },
            removed: if replaces_current { None } else { replaced.map(|version| version.sequence) },
            ..empty_change(bucket, key)
        }
    }

    /// Returns a path within the bucket's folder on which nothing stands.
    ///
    /// Where `a` is an object and `a/b` another, or where the file system does not tell two names apart,
    /// the later one gets a name of its own.
    fn free_file(&self, bucket: &Bucket, key: &str, version_id: &str) -> String {
        let mut names = key_path::names(key);
        let mut name = names.pop().unwrap_or_default();
        if version_id != NULL_VERSION {
            name = key_path::version_name(&name, version_id);
        }
        let mut path = self.bucket_folder(bucket);
        let mut file = String::new();
        for mut folder in names {
            if path.join(&folder).is_file() {
                folder.push_str("%folder");
            }
            path.push(&folder);
            file.push_str(&folder);
            file.push('/');
        }
        if path.join(&name).exists() {
            name = format!("{name}%{}", &uuid::Uuid::new_v4().simple().to_string()[..8]);
        }
        file.push_str(&name);
        file
    }
}

pub(super) fn empty_change(bucket: &Bucket, key: &str) -> Change {
    Change { bucket: bucket.name.clone(), key: key.to_owned(), current: None, displaced: None, removed: None }
}

/// Returns the version id of a write or delete marker.
pub(super) fn new_version_id(versioning: Versioning) -> String {
    match versioning {
        Versioning::Enabled => {
            rand::rng().sample_iter(rand::distr::Alphanumeric).take(32).map(char::from).collect()
        }
        Versioning::Never | Versioning::Suspended => NULL_VERSION.to_owned(),
    }
}
