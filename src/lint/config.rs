//! What a project says of its checks in cfn-lint's own file, `.cfnlintrc`.
//!
//! What hydrant does not do is named in a warning; nothing is passed over in silence. The file of the user's home is not read,
//! so that a check gives the same on every machine.

use std::path::{Path, PathBuf};

use hydrant_cfn::yaml::{Document, Node};

use crate::error::{Error, Result};

/// The names that the file may have, in the order in which they are looked for.
const NAMES: [&str; 3] = [".cfnlintrc", ".cfnlintrc.yaml", ".cfnlintrc.yml"];

/// A configuration file, read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// The folder that patterns are relative to.
    pub folder: PathBuf,
    pub ignore_checks: Vec<String>,
    pub mandatory_checks: Vec<String>,
    pub regions: Vec<String>,
    /// Patterns of what to check when nothing is named.
    pub templates: Vec<String>,
    /// Patterns of what not to check.
    pub ignore_templates: Vec<String>,
    /// What the file says and hydrant does not do.
    pub warnings: Vec<String>,
}

impl Config {
    /// Reads the named file, or the one in the current folder if there is one.
    pub fn find(named: Option<&Path>) -> Result<Self> {
        let found = match named {
            Some(path) => Some(path.to_owned()),
            None => NAMES.iter().map(PathBuf::from).find(|path| path.is_file()),
        };
        let Some(path) = found else { return Ok(Self::default()) };
        let text = std::fs::read_to_string(&path)
            .map_err(|error| Error::misused(format!("read {}", path.display())).because(error))?;
        Self::read(&path, &text)
    }

    fn read(path: &Path, text: &str) -> Result<Self> {
        let (document, errors) = Document::parse(text);
        if let Some(error) = errors.first() {
            let line = document.position(error.span.start).line;
            return Err(Error::misused(format!("read {}: line {line}: {}", path.display(), error.message)));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut config = Self { folder: folder.unwrap_or(Path::new(".")).to_owned(), ..Self::default() };
        for (key, value) in document.root.entries() {
            let list = match key.name.as_str() {
                "ignore_checks" => &mut config.ignore_checks,
                "mandatory_checks" => &mut config.mandatory_checks,
                "regions" => &mut config.regions,
                "templates" => &mut config.templates,
                "ignore_templates" => &mut config.ignore_templates,
                // Every rule is on here, informational ones too.
                "include_checks" => continue,
                other => {
                    config.warnings.push(format!("`{other}` in {} has no effect here", path.display()));
                    continue;
                }
            };
            *list = texts(value);
        }
        Ok(config)
    }

    /// Says whether the file is one that is not to be checked.
    pub fn ignores(&self, file: &Path) -> bool {
        let file = file.strip_prefix(&self.folder).unwrap_or(file).to_string_lossy().replace('\\', "/");
        self.ignore_templates.iter().any(|pattern| super::glob::matches(pattern, &file))
    }
}

/// Returns a list's texts, or the one that stands in place of a list.
fn texts(node: &Node) -> Vec<String> {
    let alone = node.as_str().into_iter();
    alone.chain(node.items().iter().filter_map(Node::as_str)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_does_and_names_what_it_does_not() {
        let text = "ignore_checks: [W2001, I]\nregions: eu-central-1\nignore_templates: ['old/**']\ninclude_checks: [I]\n\
                    configure_rules: {E3012: {strict: true}}\nappend_rules: [x]\n";
        let config = Config::read(Path::new("infra/.cfnlintrc"), text).expect("it can be read");
        assert_eq!(config.ignore_checks, ["W2001", "I"]);
        assert_eq!(config.regions, ["eu-central-1"]);
        assert_eq!(config.warnings.len(), 2);
        assert!(config.ignores(Path::new("infra/old/a/b.yaml")));
        assert!(!config.ignores(Path::new("infra/new.yaml")));
    }

    #[test]
    fn says_where_the_file_is_broken() {
        let error = Config::read(Path::new(".cfnlintrc"), "a: [\n").expect_err("it is broken");
        assert!(error.message.contains("line"), "{error}");
    }
}
