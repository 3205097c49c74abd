//! The file that remembers which rows of an input are done with.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

use super::settled::Settled;
use crate::error::{Error, Result};

/// The bytes at the input's beginning by which it is recognised.
const FINGERPRINT: u64 = 256;

/// What a checkpoint file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    version: u32,
    /// Where the rows went, as stack and block.
    to: String,
    /// What the input begins with; nothing for a pipe.
    input: Option<String>,
    pub settled: Settled,
}

/// A checkpoint and its file.
#[derive(Debug, Clone)]
pub struct CheckpointFile {
    path: PathBuf,
    checkpoint: Checkpoint,
}

impl CheckpointFile {
    /// Reads the file, or begins anew when there is none; one of another input or destination is refused.
    pub fn open(path: &Path, to: &str, input: Option<&Path>) -> Result<Self> {
        let what = || format!("use the checkpoint {}", path.display());
        let input = input
            .map(fingerprint)
            .transpose()
            .map_err(|error| Error::misused("read the input").because(error))?;
        let fresh = Checkpoint { version: 1, to: to.to_owned(), input, settled: Settled::default() };
        let text = match std::fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self { path: path.to_owned(), checkpoint: fresh });
            }
            Err(error) => return Err(Error::misused(what()).because(error)),
        };
        let found: Checkpoint =
            serde_json::from_slice(&text).map_err(|error| Error::misused(what()).because(error))?;
        let hint = "remove it to begin anew, or name another file";
        if (found.version, &found.to) != (fresh.version, &fresh.to) {
            let reason = format!("it is of rows sent to {}", found.to);
            return Err(Error::misused(what()).because(reason).hint(hint));
        }
        if found.input != fresh.input {
            return Err(Error::misused(what()).because("it is of another input").hint(hint));
        }
        Ok(Self { path: path.to_owned(), checkpoint: found })
    }

    pub fn settled(&self) -> &Settled {
        &self.checkpoint.settled
    }

    /// Writes what is done with, whole or not at all.
    pub fn write(&mut self, settled: &Settled) -> Result<()> {
        self.checkpoint.settled.clone_from(settled);
        let unfinished = self.path.with_extension("unfinished");
        let write = || -> std::io::Result<()> {
            std::fs::write(&unfinished, serde_json::to_vec(&self.checkpoint)?)?;
            std::fs::rename(&unfinished, &self.path)
        };
        write().map_err(|error| Error::failed_to(format!("write {}", self.path.display())).because(error))
    }
}

fn fingerprint(input: &Path) -> std::io::Result<String> {
    let mut head = Vec::new();
    File::open(input)?.take(FINGERPRINT).read_to_end(&mut head)?;
    let digest = u128::from_be_bytes(Md5::digest(&head).into());
    Ok(format!("{digest:032x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_and_refuses_what_is_not_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let (file, input) = (folder.path().join("c.json"), folder.path().join("in.csv"));
        std::fs::write(&input, "a\n1\n").unwrap();
        let mut checkpoint = CheckpointFile::open(&file, "gps/x", Some(&input)).unwrap();
        let mut settled = Settled::default();
        [0, 1, 5].into_iter().for_each(|row| settled.add(row));
        checkpoint.write(&settled).unwrap();
        assert_eq!(CheckpointFile::open(&file, "gps/x", Some(&input)).unwrap().settled(), &settled);
        assert!(CheckpointFile::open(&file, "gps/y", Some(&input)).is_err());
        std::fs::write(&input, "b\n1\n").unwrap();
        assert!(CheckpointFile::open(&file, "gps/x", Some(&input)).is_err());
        std::fs::write(&file, "{}").unwrap();
        assert!(CheckpointFile::open(&file, "gps/x", None).is_err());
    }
}
