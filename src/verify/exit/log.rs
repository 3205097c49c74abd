//! The log of a function.

use crate::aws::{Clients, failure};
use crate::error::Result;

pub struct Log<'a> {
    pub clients: &'a Clients,
    pub group: &'a str,
    /// What is older, in milliseconds since the epoch, is not of this proof.
    pub since: i64,
}

impl Log<'_> {
    /// Hands every line since the beginning to `note`.
    pub async fn look(&self, note: &mut impl FnMut(&str) -> usize) -> Result<()> {
        for line in read(self.clients, self.group, self.since).await? {
            note(&line);
        }
        Ok(())
    }
}

/// Returns the messages of a log group since a moment, in milliseconds since the epoch.
pub async fn read(clients: &Clients, group: &str, since: i64) -> Result<Vec<String>> {
    let events = clients.logs.filter_log_events().log_group_name(group).start_time(since);
    let mut pages = events.into_paginator().send();
    let mut lines = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| failure(format!("read the log `{group}`"), error))?;
        lines.extend(page.events.unwrap_or_default().into_iter().filter_map(|event| event.message));
    }
    Ok(lines)
}
