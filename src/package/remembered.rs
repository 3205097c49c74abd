//! What archives were made of which binaries, so that one need not be made again to know its hash.
//!
//! It only ever says that an archive with this hash holds that binary, which stays true for ever; so a file that is
//! lost or unreadable costs time and nothing else.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Artifact, Binary};
use crate::error::Result;

/// Most pairs that are kept.
const MOST: usize = 256;

/// Hashes of archives by the hashes of the binaries in them.
#[derive(Debug)]
pub struct Remembered {
    path: PathBuf,
    archives: BTreeMap<String, String>,
    is_news: bool,
}

impl Remembered {
    /// Reads what was remembered for a project.
    pub fn open(project: &Path) -> Self {
        let path = project.join(".hydrant").join("archives.json");
        let text = std::fs::read(&path).unwrap_or_default();
        let archives = serde_json::from_slice(&text).unwrap_or_default();
        Self { path, archives, is_news: false }
    }

    /// Archives a binary, unless that is known to give the archive whose hash is `there`.
    pub fn artifact_unless(&mut self, binary: &Binary, there: Option<&str>) -> Result<Option<Artifact>> {
        let hash = binary.sha256();
        if there.is_some() && self.archives.get(&hash).map(String::as_str) == there {
            return Ok(None);
        }
        let artifact = binary.artifact()?;
        if self.archives.len() >= MOST {
            self.archives.clear();
        }
        self.is_news |=
            self.archives.insert(hash, artifact.sha256.clone()).as_ref() != Some(&artifact.sha256);
        Ok((there != Some(&artifact.sha256)).then_some(artifact))
    }

    /// Writes down what was learnt. Another run may do so at the same time: the later one is what stays.
    pub fn keep(&self) {
        if !self.is_news {
            return;
        }
        let Some(folder) = self.path.parent() else { return };
        let text = serde_json::to_vec(&self.archives).unwrap_or_default();
        let temporary = folder.join(format!("archives-{}.tmp", std::process::id()));
        let written = std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&temporary, text))
            .and_then(|()| std::fs::rename(&temporary, &self.path));
        if let Err(error) = written {
            tracing::debug!("cannot remember archives in {}: {error}", self.path.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::Architecture;

    #[test]
    fn archives_nothing_that_is_known_to_be_there() {
        let project = tempfile::tempdir().unwrap();
        // Not even a binary: archiving it would fail.
        let binary = Binary {
            function: "f".to_owned(),
            package: "c".to_owned(),
            architecture: Architecture::X86_64,
            content: b"text".to_vec(),
        };
        let mut remembered = Remembered::open(project.path());
        assert!(remembered.artifact_unless(&binary, Some("there")).is_err());
        remembered.archives.insert(binary.sha256(), "there".to_owned());
        remembered.is_news = true;
        remembered.keep();
        let mut again = Remembered::open(project.path());
        assert!(again.artifact_unless(&binary, Some("there")).unwrap().is_none());
        assert!(again.artifact_unless(&binary, Some("other")).is_err());
        std::fs::write(project.path().join(".hydrant/archives.json"), "no JSON").unwrap();
        assert!(Remembered::open(project.path()).archives.is_empty());
    }
}
