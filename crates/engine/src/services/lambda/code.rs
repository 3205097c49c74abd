//! From a deployment package to an unpacked folder in which `bootstrap` can run.
//!
//! Like AWS it takes a package without a `bootstrap`: the function then fails when it starts.

use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use base64::Engine;
use bytes::Bytes;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::function::Code;
use super::name::FunctionKey;
use super::package;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;

/// Bytes of all unpacked files together.
const UNZIPPED_LIMIT: u64 = 262_144_000;
/// Bytes of a package that comes in the request itself.
const DIRECT_LIMIT: usize = 50 << 20;

/// Where the code of a function comes from.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CodeSource {
    /// The package in base64.
    pub zip_file: Option<String>,
    pub s3_bucket: Option<String>,
    pub s3_key: Option<String>,
    pub s3_object_version: Option<String>,
    pub image_uri: Option<String>,
    pub source_k_m_s_key_arn: Option<String>,
}

impl CodeSource {
    /// Fetches the package.
    pub async fn fetch(&self, aws: &Aws, caller: &Caller) -> Result<Bytes, AwsError> {
        if self.image_uri.is_some() {
            return Err(AwsError::not_supported("a function from a container image (`ImageUri`)"));
        }
        if self.source_k_m_s_key_arn.is_some() {
            return Err(AwsError::not_supported("`SourceKMSKeyArn` of a function"));
        }
        match (&self.zip_file, &self.s3_bucket, &self.s3_key) {
            (Some(encoded), None, None) => decode(encoded),
            (None, Some(bucket), Some(key)) => {
                let version = self.s3_object_version.as_deref();
                let object = aws.services.s3.get_object(aws, caller, bucket, key, version).await;
                object.map_err(|error| missing_object(&error))
            }
            (Some(_), _, _) => {
                Err(invalid("Please do not provide other FunctionCode parameters when providing a ZipFile."))
            }
            _ => Err(invalid("Please provide a source for function code.")),
        }
    }
}

fn decode(encoded: &str) -> Result<Bytes, AwsError> {
    let package = base64::engine::general_purpose::STANDARD
        .decode(encoded)
        .map_err(|_| AwsError::new("SerializationException", "The zip file is not valid base64"))?;
    if package.len() > DIRECT_LIMIT {
        let message = "Request must be smaller than 70167211 bytes for the CreateFunction operation";
        return Err(AwsError::new("RequestEntityTooLargeException", message).status(413));
    }
    Ok(package.into())
}

fn missing_object(error: &AwsError) -> AwsError {
    if error.status >= 500 {
        return error.clone();
    }
    invalid(&format!(
        "Error occurred while GetObject. S3 Error Code: {}. S3 Error Message: {}",
        error.code, error.message
    ))
}

/// Unpacks a package into a folder named by its hash, unless it is there already.
pub fn unpack(package: &[u8], functions: &Path, key: &FunctionKey) -> Result<Code, AwsError> {
    let code = fingerprint(package);
    let folder = folder(functions, key, &code);
    if !folder.is_dir() {
        unpack_to(package, &folder)?;
    }
    package::keep(package, &folder)?;
    Ok(code)
}

fn fingerprint(package: &[u8]) -> Code {
    let sha256: String = Sha256::digest(package).iter().map(|byte| format!("{byte:02x}")).collect();
    Code { sha256, size: package.len() as u64 }
}

/// Unpacks a package into `folder`.
///
/// The files appear under a temporary name first, so that a folder with its final name is complete.
pub fn unpack_to(package: &[u8], folder: &Path) -> Result<Code, AwsError> {
    let partial = folder.with_extension(format!("{}.partial", uuid::Uuid::new_v4().simple()));
    let unpacked = extract(package, &partial).and_then(|()| match fs::rename(&partial, folder) {
        // Somebody else unpacked the same package meanwhile.
        Err(_) if folder.is_dir() => Ok(()),
        outcome => outcome.map_err(AwsError::internal),
    });
    // What is left of a package that was refused is of no use; a moved folder is not there any more.
    let _ = fs::remove_dir_all(&partial);
    unpacked.map(|()| fingerprint(package))
}

/// Returns the folder of a package.
pub fn folder(functions: &Path, key: &FunctionKey, code: &Code) -> PathBuf {
    functions.join(key.function_path()).join(&code.sha256)
}

/// Removes what is left of packages that neither the function nor a version of it uses any more.
pub fn sweep(functions: &Path, key: &FunctionKey, used: &[&Code]) {
    let Ok(entries) = fs::read_dir(functions.join(key.function_path())) else { return };
    let is_used = |entry: &fs::DirEntry| {
        let name = entry.file_name();
        let name = name.to_str().unwrap_or_default();
        used.iter().any(|code| name.strip_suffix(".zip").unwrap_or(name) == code.sha256)
    };
    for entry in entries.flatten().filter(|entry| !is_used(entry)) {
        // What cannot be removed only takes room.
        let _ = if entry.path().is_dir() {
            fs::remove_dir_all(entry.path())
        } else {
            fs::remove_file(entry.path())
        };
    }
}

fn extract(package: &[u8], folder: &Path) -> Result<(), AwsError> {
    let mut archive = ZipArchive::new(Cursor::new(package)).map_err(|_| not_a_zip())?;
    fs::create_dir_all(folder).map_err(AwsError::internal)?;
    let mut left = UNZIPPED_LIMIT;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(|_| not_a_zip())?;
        let path = folder.join(entry.enclosed_name().ok_or_else(not_a_zip)?);
        if entry.is_symlink() {
            return Err(AwsError::not_supported("a symbolic link in a deployment package"));
        }
        if entry.is_dir() {
            fs::create_dir_all(&path).map_err(AwsError::internal)?;
            continue;
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|_| not_a_zip())?;
        }
        let mode = entry.unix_mode();
        let mut file = fs::File::create(&path).map_err(|_| not_a_zip())?;
        let written = std::io::copy(&mut (&mut entry).take(left + 1), &mut file).map_err(|_| not_a_zip())?;
        if written > left {
            return Err(invalid(&format!("Unzipped size must be smaller than {UNZIPPED_LIMIT} bytes")));
        }
        left -= written;
        set_mode(&file, mode)?;
    }
    Ok(())
}

/// Gives a file the permissions that its package names; they decide whether `bootstrap` can be run.
#[cfg(unix)]
fn set_mode(file: &fs::File, mode: Option<u32>) -> Result<(), AwsError> {
    use std::os::unix::fs::PermissionsExt;
    // The owner must be able to read and to replace the file whatever the package says.
    let mode = mode.map_or(0o644, |mode| mode & 0o777 | 0o600);
    file.set_permissions(fs::Permissions::from_mode(mode)).map_err(AwsError::internal)
}

#[cfg(not(unix))]
fn set_mode(_file: &fs::File, _mode: Option<u32>) -> Result<(), AwsError> {
    Ok(())
}

fn not_a_zip() -> AwsError {
    invalid("Could not unzip uploaded file. Please check your file, then try to upload again.")
}

fn invalid(message: &str) -> AwsError {
    AwsError::new("InvalidParameterValueException", message)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn key() -> FunctionKey {
        FunctionKey { account: "1".into(), region: "r".into(), name: "f".into(), qualifier: None }
    }

    fn package(name: &str, mode: u32) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.start_file(name, SimpleFileOptions::default().unix_permissions(mode)).unwrap();
        writer.write_all(b"contents").unwrap();
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn unpacks_a_package_with_its_permissions() {
        let functions = tempfile::tempdir().unwrap();
        let code = unpack(&package("bootstrap", 0o755), functions.path(), &key()).unwrap();
        let bootstrap = folder(functions.path(), &key(), &code).join("bootstrap");
        assert_eq!(fs::read(&bootstrap).unwrap(), b"contents");
        assert_eq!(fs::metadata(&bootstrap).unwrap().permissions().mode() & 0o777, 0o755);
        assert_eq!(unpack(&package("bootstrap", 0o755), functions.path(), &key()).unwrap(), code);
    }

    #[test]
    fn sweeps_packages_that_are_not_used() {
        let functions = tempfile::tempdir().unwrap();
        let old = unpack(&package("bootstrap", 0o755), functions.path(), &key()).unwrap();
        let new = unpack(&package("bootstrap", 0o700), functions.path(), &key()).unwrap();
        sweep(functions.path(), &key(), &[&new]);
        assert!(!folder(functions.path(), &key(), &old).exists());
        assert!(folder(functions.path(), &key(), &new).exists());
        let kept = |code| package::file(&folder(functions.path(), &key(), code)).exists();
        assert!(kept(&new) && !kept(&old));
    }

    #[test]
    fn refuses_what_is_not_a_zip_or_leaves_the_folder() {
        let functions = tempfile::tempdir().unwrap();
        for package in [Vec::new(), b"not a zip".to_vec(), package("../escape", 0o644)] {
            let error = unpack(&package, functions.path(), &key()).unwrap_err();
            assert!(error.message.starts_with("Could not unzip uploaded file."), "{error}");
        }
        let left: Vec<_> = fs::read_dir(functions.path().join("1/r/f")).into_iter().flatten().collect();
        assert!(left.is_empty());
    }

    #[test]
    fn writes_the_hash_as_aws_does() {
        let sha256: String = Sha256::digest(b"").iter().map(|byte| format!("{byte:02x}")).collect();
        let code = Code { sha256, size: 0 };
        assert_eq!(code.base64(), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }
}
