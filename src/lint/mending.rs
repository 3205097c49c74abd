//! Changes templates so that what can be mended safely is; first it only says how.

use std::path::PathBuf;

use hydrant_cfn::lint::{Applied, Fixed, Options};
use similar::TextDiff;

use super::targets::{Target, looks_like_a_template};
use super::work::read;
use crate::error::{Error, Result};

/// How many lines around a change are shown.
const AROUND: usize = 3;

/// A file and what it would be.
#[derive(Debug)]
pub struct Mending {
    pub path: PathBuf,
    before: String,
    after: String,
    pub applied: Vec<Applied>,
}

impl Mending {
    /// Returns the change as a unified diff.
    pub fn diff(&self) -> String {
        let path = self.path.display().to_string();
        let name = path.trim_start_matches("./").trim_start_matches('/');
        let names = (format!("a/{name}"), format!("b/{name}"));
        let diff = TextDiff::from_lines(&self.before, &self.after);
        diff.unified_diff().context_radius(AROUND).header(&names.0, &names.1).to_string()
    }

    /// Writes the file, unless somebody else did in the meantime.
    pub fn write(&self) -> Result<()> {
        if read(&self.path)? != self.before {
            return Err(Error::general(format!("{} has changed in the meantime", self.path.display()))
                .hint("run the command again"));
        }
        std::fs::write(&self.path, &self.after)
            .map_err(|error| Error::failed_to(format!("write {}", self.path.display())).because(error))
    }
}

/// Returns what can be mended in which files. Stack files and what comes from stdin are not.
pub fn plan(targets: &[Target], options: &Options) -> Result<Vec<Mending>> {
    let mut mendings = Vec::new();
    for target in targets {
        let (path, before) = match target {
            Target::Template(path) => (path, read(path)?),
            Target::Found(path) => match read(path) {
                Ok(text) if looks_like_a_template(&text) => (path, text),
                _ => continue,
            },
            Target::Stack(..) | Target::Stdin => continue,
        };
        let Fixed { text: after, applied, .. } = Fixed::of(&before, options);
        if after != before {
            mendings.push(Mending { path: path.clone(), before, after, applied });
        }
    }
    Ok(mendings)
}
