//! Takes a body in as it streams, into a temporary file beside its measurements.
//!
//! Nothing is held in memory whole. A staged file that is not put in its place vanishes with its value.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use http::HeaderMap;
use md5::{Digest, Md5};
use tokio::io::AsyncWriteExt;

use super::checksums::{Checksums, Expectation, finish};
use crate::error::AwsError;

/// Largest object that one PutObject or UploadPart may carry.
const LARGEST_BODY: u64 = 5 << 30;

type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// A body on disk that waits for its place.
#[derive(Debug)]
pub struct Staged {
    /// Name of the file within the staging folder.
    pub name: String,
    pub path: PathBuf,
    pub size: u64,
    pub md5: [u8; 16],
    pub checksums: Checksums,
}

impl Staged {
    /// Returns the MD5 in hexadecimal, which is the entity tag of an object written in one piece.
    pub fn etag(&self) -> String {
        hex(&self.md5)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // Gone already when the file was put in its place.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Returns bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Writes `body` into a new file in `folder` and holds it against what its sender expects.
///
/// `trailers` is asked after the body has ended.
pub async fn stage(
    folder: &Path,
    mut body: impl Stream<Item = Result<Bytes, BodyError>> + Unpin,
    expectation: &Expectation,
    trailers: impl FnOnce() -> HeaderMap,
) -> Result<Staged, AwsError> {
    let name = uuid::Uuid::new_v4().simple().to_string();
    let path = folder.join(&name);
    let mut file = tokio::fs::File::create(&path).await.map_err(AwsError::internal)?;
    let mut staged = Staged { name, path, size: 0, md5: [0; 16], checksums: Checksums::default() };
    let mut md5 = Md5::new();
    let mut hasher = expectation.hasher();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(broken)?;
        staged.size += chunk.len() as u64;
        if staged.size > LARGEST_BODY {
            let message = "Your proposed upload exceeds the maximum allowed size";
            return Err(AwsError::new("EntityTooLarge", message));
        }
        md5.update(&chunk);
        hasher.update(&chunk);
        file.write_all(&chunk).await.map_err(AwsError::internal)?;
    }
    // Only a flush tells whether the last write succeeded.
    file.flush().await.map_err(AwsError::internal)?;
    staged.md5 = md5.finalize().into();
    staged.checksums = finish(hasher);
    check_md5(expectation.md5.as_deref(), &staged.md5)?;
    expectation.check(&staged.checksums, &trailers())?;
    Ok(staged)
}

fn check_md5(claimed: Option<&str>, computed: &[u8; 16]) -> Result<(), AwsError> {
    let Some(claimed) = claimed else { return Ok(()) };
    match base64::engine::general_purpose::STANDARD.decode(claimed) {
        Ok(md5) if md5 == computed => Ok(()),
        Ok(md5) if md5.len() == 16 => {
            let message = "The Content-MD5 you specified did not match what we received.";
            Err(AwsError::new("BadDigest", message))
        }
        _ => Err(AwsError::new("InvalidDigest", "The Content-MD5 you specified is not valid.")),
    }
}

/// Returns what S3 says of a body that broke off, unless the cause is a refusal of its own.
fn broken(error: BodyError) -> AwsError {
    match error.downcast::<AwsError>() {
        Ok(refusal) => *refusal,
        Err(_) => incomplete_body(),
    }
}

/// Refuses a body that is shorter or longer than announced.
pub fn incomplete_body() -> AwsError {
    let message = "You did not provide the number of bytes specified by the Content-Length HTTP header.";
    AwsError::new("IncompleteBody", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn staged(folder: &Path, expectation: &Expectation) -> Result<Staged, AwsError> {
        let body = futures::stream::iter([Ok(Bytes::from("hel")), Ok(Bytes::from("lo"))]);
        stage(folder, body, expectation, HeaderMap::new).await
    }

    #[tokio::test]
    async fn measures_what_streams_in_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let file = staged(folder.path(), &Expectation::default()).await.unwrap();
        assert_eq!((file.size, file.etag().as_str()), (5, "5d41402abc4b2a76b9719d911017c592"));
        assert_eq!(std::fs::read(&file.path).unwrap(), b"hello");
        drop(file);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn refuses_a_body_with_another_md5() {
        let folder = tempfile::tempdir().unwrap();
        for (md5, code) in [("1B2M2Y8AsgTpgAmY7PhCfg==", "BadDigest"), ("no", "InvalidDigest")] {
            let mut expectation = Expectation::default();
            expectation.md5 = Some(md5.to_owned());
            assert_eq!(staged(folder.path(), &expectation).await.unwrap_err().code, code);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
