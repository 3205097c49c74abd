//! Multipart uploads in progress: what each will become, and its parts, each in a file of its own.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::checksums::Checksums;
use super::object::Description;
use super::staging::Staged;
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::store::{Store, StoreError, Table};

/// An upload that has begun.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Upload {
    pub upload_id: String,
    pub key: String,
    pub initiated: Timestamp,
    pub description: Description,
    /// Algorithm of the checksums that were asked for.
    pub algorithm: Option<String>,
    /// Whether the object's checksum will be one of the parts' checksums.
    pub is_composite: bool,
}

/// A part that has arrived.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Part {
    pub number: i32,
    /// Name of the file within the upload's folder.
    pub file: String,
    pub size: u64,
    pub md5: [u8; 16],
    pub checksums: Checksums,
    pub last_modified: Timestamp,
}

/// The uploads in progress.
pub struct Uploads {
    folder: PathBuf,
    uploads: Table<Upload>,
    parts: Table<Part>,
}

impl Uploads {
    pub fn open(store: &Store, folder: &Path) -> Result<Self, StoreError> {
        let folder = folder.join(".uploads");
        std::fs::create_dir_all(&folder).map_err(fjall::Error::from)?;
        Ok(Self { folder, uploads: store.table("s3-upload"), parts: store.table("s3-part") })
    }

    /// Begins an upload.
    pub fn begin(&self, bucket: &str, upload: &Upload) -> Result<(), AwsError> {
        std::fs::create_dir_all(self.upload_folder(&upload.upload_id)).map_err(AwsError::internal)?;
        Ok(self.uploads.put(&format!("{bucket}/{}", upload.upload_id), upload)?)
    }

    /// Returns an upload of a key, or refuses with `NoSuchUpload`.
    pub fn get(&self, bucket: &str, key: &str, upload_id: &str) -> Result<Upload, AwsError> {
        let upload = self.uploads.get(&format!("{bucket}/{upload_id}"))?;
        upload.filter(|upload| upload.key == key).ok_or_else(|| {
            let message = "The specified upload does not exist. The upload ID may be invalid, or the upload \
                           may have been aborted or completed.";
            AwsError::new("NoSuchUpload", message).status(404)
        })
    }

    /// Returns a bucket's uploads in the order of their keys, then of their beginning.
    pub fn all(&self, bucket: &str) -> Result<Vec<Upload>, AwsError> {
        let mut uploads: Vec<_> =
            self.uploads.scan(&format!("{bucket}/"))?.into_iter().map(|(_, upload)| upload).collect();
        uploads.sort_by(|one, other| {
            (&one.key, one.initiated, &one.upload_id).cmp(&(&other.key, other.initiated, &other.upload_id))
        });
        Ok(uploads)
    }

    /// Keeps a staged body as a part, in place of one with the same number.
    pub fn keep(
        &self,
        upload_id: &str,
        number: i32,
        staged: &Staged,
        now: Timestamp,
    ) -> Result<Part, AwsError> {
        let part = Part {
            number,
            // A name of its own, so that the part before stays whole until this one is known.
            file: format!("{number:05}-{}", staged.name),
            size: staged.size,
            md5: staged.md5,
            checksums: staged.checksums.clone(),
            last_modified: now,
        };
        let folder = self.upload_folder(upload_id);
        std::fs::rename(&staged.path, folder.join(&part.file)).map_err(AwsError::internal)?;
        let key = format!("{upload_id}/{number:05}");
        let before = self.parts.get(&key)?;
        self.parts.put(&key, &part)?;
        if let Some(before) = before {
            let _ = std::fs::remove_file(folder.join(before.file));
        }
        Ok(part)
    }

    /// Returns the parts of an upload in the order of their numbers.
    pub fn parts(&self, upload_id: &str) -> Result<Vec<Part>, AwsError> {
        Ok(self.parts.scan(&format!("{upload_id}/"))?.into_iter().map(|(_, part)| part).collect())
    }

    /// Returns the file of a part.
    pub fn file(&self, upload_id: &str, part: &Part) -> PathBuf {
        self.upload_folder(upload_id).join(&part.file)
    }

    /// Forgets an upload and its parts.
    pub fn end(&self, bucket: &str, upload_id: &str) -> Result<(), AwsError> {
        self.uploads.remove(&format!("{bucket}/{upload_id}"))?;
        for (key, _) in self.parts.scan(&format!("{upload_id}/"))? {
            self.parts.remove(&key)?;
        }
        let _ = std::fs::remove_dir_all(self.upload_folder(upload_id));
        Ok(())
    }

    /// Forgets every upload to a bucket.
    pub fn abort_all(&self, bucket: &str) -> Result<(), AwsError> {
        self.all(bucket)?.iter().try_for_each(|upload| self.end(bucket, &upload.upload_id))
    }

    fn upload_folder(&self, upload_id: &str) -> PathBuf {
        self.folder.join(upload_id)
    }
}
