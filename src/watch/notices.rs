//! Tells that something has happened in some folders, once it is quiet there again.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::error::{Error, Result};

/// How long nothing may happen until a save is over: editors write, rename and touch one after the other.
const QUIET: Duration = Duration::from_millis(100);

/// What the operating system tells of some folders.
pub struct Notices {
    watcher: RecommendedWatcher,
    watched: BTreeSet<PathBuf>,
    news: UnboundedReceiver<()>,
}

impl Notices {
    /// Begins, with no folder yet.
    pub fn new() -> Result<Self> {
        let (sender, news) = unbounded_channel();
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // Reading is no news; that something was missed is.
            let is_news = !matches!(event, Ok(Event { kind: EventKind::Access(_), .. }));
            if is_news {
                let _ = sender.send(());
            }
        });
        let watcher = watcher.map_err(|error| failed(&error))?;
        Ok(Self { watcher, watched: BTreeSet::new(), news })
    }

    /// Listens to these folders, not to those in them, and to no others any more.
    pub fn listen_to(&mut self, folders: &BTreeSet<PathBuf>) -> Result<()> {
        for folder in self.watched.difference(folders) {
            // It may be gone.
            let _ = self.watcher.unwatch(folder);
        }
        for folder in folders.difference(&self.watched) {
            match self.watcher.watch(folder, RecursiveMode::NonRecursive) {
                Err(error) if folder.exists() => return Err(failed(&error)),
                _ => {}
            }
        }
        self.watched.clone_from(folders);
        Ok(())
    }

    /// Waits until something has happened and it is quiet again.
    pub async fn next(&mut self) {
        if self.news.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
        while let Ok(Some(())) = tokio::time::timeout(QUIET, self.news.recv()).await {}
    }
}

fn failed(error: &notify::Error) -> Error {
    let failed = Error::failed_to("watch the project's folders").because(error.to_string());
    match error.kind {
        notify::ErrorKind::MaxFilesWatch => {
            failed.hint("raise the limit, for example with `sysctl fs.inotify.max_user_watches=524288`")
        }
        _ => failed,
    }
}
