//! Fetches a pinned Python wheel and opens it as the archive that it is.
//!
//! The wheel is only data here: nothing of it is installed or run.

use std::fs;
use std::io::{Cursor, Read};
use std::process::Command;

use sha2::{Digest, Sha256};
use zip::ZipArchive;

use crate::schemas::Error;

/// A wheel in memory.
pub struct Wheel {
    archive: ZipArchive<Cursor<Vec<u8>>>,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
}

impl Wheel {
    /// Downloads `requirement` (`name==version`) with pip and refuses it unless its hash is `sha256`.
    pub fn download(requirement: &str, sha256: &str) -> Result<Self, Error> {
        let folder = tempfile::tempdir().map_err(|source| Error::Io { doing: "make a folder", source })?;
        let status = Command::new("python3")
            .args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest"])
            .arg(folder.path())
            .arg(requirement)
            .status()
            .map_err(|source| Error::Io { doing: "run pip", source })?;
        if !status.success() {
            return Err(Error::Download { requirement: requirement.to_owned() });
        }
        let io = |source| Error::Io { doing: "read the wheel", source };
        let file = fs::read_dir(folder.path()).map_err(io)?.next().transpose().map_err(io)?;
        let file = file.ok_or_else(|| Error::Download { requirement: requirement.to_owned() })?;
        let bytes = fs::read(file.path()).map_err(io)?;
        let found: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        if found != sha256 {
            return Err(Error::Hash { expected: sha256.to_owned(), found });
        }
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(Error::Archive)?;
        Ok(Self { archive, sha256: found })
    }

    /// Returns the names of the files in a folder.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let names = self.archive.file_names().filter_map(|name| Some(name.ok()?.into_owned()));
        names.filter(|name| name.starts_with(folder)).collect()
    }

    /// Parses one of the wheel's JSON files.
    pub fn json(&mut self, name: &str) -> Result<serde_json::Value, Error> {
        let mut text = String::new();
        let mut file = self.archive.by_name(name).map_err(Error::Archive)?;
        file.read_to_string(&mut text).map_err(|source| Error::Io { doing: "read the wheel", source })?;
        serde_json::from_str(&text).map_err(|source| Error::Json { file: name.to_owned(), source })
    }
}
