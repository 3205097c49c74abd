//! What was last deployed from this folder, kept beside the project so that it can be compared with without AWS.
//!
//! One file for each stack, account and region: under `.hydrant/deployed` for AWS, and with the local engine's state for
//! what is on that. Values of parameters that are not to be echoed are left out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::aws::Clients;
use crate::error::{Error, Result};
use crate::project::Project;
use crate::render::Template;

/// The form of the file that this program writes and reads.
const VERSION: u32 = 1;

/// A stack as it was deployed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LastDeployed {
    version: u32,
    pub stack_name: String,
    pub account: String,
    pub region: String,
    /// When, as in `2026-01-02T03:04:05Z`.
    pub at: String,
    pub parameters: BTreeMap<String, String>,
    pub template: String,
}

impl LastDeployed {
    /// Returns what was deployed just now.
    pub fn now(
        clients: &Clients,
        stack_name: &str,
        template: &Template,
        parameters: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let is_secret = |name: &str| {
            // What cannot be read may have secrets anywhere.
            template.read().is_none_or(|template| {
                template.parameters.get(name).is_none_or(|parameter| parameter.no_echo)
            })
        };
        Self {
            version: VERSION,
            stack_name: stack_name.to_owned(),
            account: clients.account.clone(),
            region: clients.region.clone(),
            at: Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            parameters: parameters.into_iter().filter(|(name, _)| !is_secret(name)).collect(),
            template: template.body().to_owned(),
        }
    }

    fn path(&self, project: &Project, is_nearby: bool) -> PathBuf {
        let file = format!("{}.json", self.stack_name);
        folder(project, is_nearby).join(&self.account).join(&self.region).join(file)
    }

    /// Keeps it in the place of what was kept before, whole or not at all.
    pub fn keep(&self, project: &Project, is_nearby: bool) -> Result<()> {
        let path = self.path(project, is_nearby);
        let what = || format!("keep the deployed template in {}", path.display());
        let failed = |error: std::io::Error| Error::failed_to(what()).because(error);
        let text =
            serde_json::to_string_pretty(self).map_err(|error| Error::failed_to(what()).because(error))?;
        std::fs::create_dir_all(path.parent().unwrap_or(&path)).map_err(failed)?;
        let unfinished = path.with_extension(format!("{}.new", uuid::Uuid::new_v4().simple()));
        let written =
            std::fs::write(&unfinished, text + "\n").and_then(|()| std::fs::rename(&unfinished, &path));
        written.map_err(|error| {
            let _ = std::fs::remove_file(&unfinished);
            failed(error)
        })
    }

    /// Finds what was last deployed under a name, in the account and the region that are given.
    pub fn find(
        project: &Project,
        is_nearby: bool,
        stack_name: &str,
        account: Option<&str>,
        region: Option<&str>,
    ) -> Result<Option<Self>> {
        let mut found = Vec::new();
        for (one, path) in folders(&folder(project, is_nearby)) {
            if account.is_some_and(|account| account != one) {
                continue;
            }
            for (one, path) in folders(&path) {
                let path = path.join(format!("{stack_name}.json"));
                if region.is_none_or(|region| region == one) && path.is_file() {
                    found.push(Self::read(&path)?);
                }
            }
        }
        if let [one, other, ..] = found.as_slice() {
            let message = format!("{stack_name} was deployed to several places from here");
            let place = |one: &Self| format!("{} in {}", one.account, one.region);
            return Err(Error::usage(message)
                .because(format!("to {}, and to {}", place(one), place(other)))
                .hint("choose the region with --region, or name the account in the environment of the stack file"));
        }
        Ok(found.pop())
    }

    fn read(path: &Path) -> Result<Self> {
        let what = || format!("read {}", path.display());
        let again = "delete it; the next deployment writes it anew";
        let text = std::fs::read_to_string(path).map_err(|error| Error::failed_to(what()).because(error))?;
        let read: Self = serde_json::from_str(&text)
            .map_err(|error| Error::failed_to(what()).because(error).hint(again))?;
        match read.version {
            VERSION => Ok(read),
            other => Err(Error::failed_to(what())
                .because(format!("it is of version {other}, and this is {VERSION}"))
                .hint(again)),
        }
    }

    /// Forgets a stack that is gone.
    pub fn forget(project: &Project, clients: &Clients, stack_name: &str) {
        let file = format!("{stack_name}.json");
        let folder = folder(project, clients.is_nearby()).join(&clients.account).join(&clients.region);
        // What stays is of a stack that is not there, which the next deployment replaces.
        let _ = std::fs::remove_file(folder.join(file));
    }
}

fn folder(project: &Project, is_nearby: bool) -> PathBuf {
    match is_nearby {
        true => project.local_dir().join("deployed"),
        false => project.root.join(".hydrant").join("deployed"),
    }
}

/// Returns the folders in a folder, by name.
fn folders(folder: &Path) -> BTreeMap<String, PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let entries = entries.filter(|entry| entry.path().is_dir());
    entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(account: &str, region: &str) -> LastDeployed {
        LastDeployed {
            version: VERSION,
            stack_name: "orders-dev".into(),
            account: account.into(),
            region: region.into(),
            at: "1970-01-01T00:00:00Z".into(),
            parameters: BTreeMap::from([("Size".to_owned(), "1".to_owned())]),
            template: "Resources: {}".into(),
        }
    }

    #[test]
    fn finds_what_it_kept_and_asks_where_there_are_several() {
        let folder = tempfile::tempdir().unwrap();
        let project = Project { root: folder.path().to_owned() };
        let find = |account, region| LastDeployed::find(&project, false, "orders-dev", account, region);
        assert_eq!(find(None, None).unwrap(), None);
        let (one, other) = (kept("1", "us-east-1"), kept("1", "eu-west-1"));
        one.keep(&project, false).unwrap();
        one.keep(&project, false).unwrap();
        assert_eq!(find(None, None).unwrap().as_ref(), Some(&one));
        assert_eq!(find(Some("2"), None).unwrap(), None);
        other.keep(&project, false).unwrap();
        assert!(find(None, None).unwrap_err().to_string().contains("several places"));
        assert_eq!(find(None, Some("eu-west-1")).unwrap().as_ref(), Some(&other));
        let files = std::fs::read_dir(project.root.join(".hydrant/deployed/1/us-east-1")).unwrap();
        assert_eq!(files.count(), 1);
    }

    #[test]
    fn says_what_is_wrong_with_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let project = Project { root: folder.path().to_owned() };
        let one = kept("1", "us-east-1");
        one.keep(&project, false).unwrap();
        std::fs::write(one.path(&project, false), "{}").unwrap();
        assert!(LastDeployed::find(&project, false, "orders-dev", None, None).is_err());
    }
}
