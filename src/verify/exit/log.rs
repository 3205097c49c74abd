//! The log of a function.

use crate::aws::{Clients, failure};
use crate::error::Result;
use crate::verify::CLOCKS_APART;

pub struct Log<'a> {
    clients: &'a Clients,
    pub group: &'a str,
    /// What is older, in milliseconds since the epoch, was read before or is not of this proof.
    since: i64,
}

impl<'a> Log<'a> {
    pub fn new(clients: &'a Clients, group: &'a str, since: i64) -> Self {
        Self { clients, group, since }
    }

    /// Hands every line that is new to `note`, and some of those before it: a log is not written in order.
    pub async fn look(&mut self, note: &mut impl FnMut(&str)) -> Result<()> {
        for (time, line) in read(self.clients, self.group, self.since).await? {
            note(&line);
            self.since = self.since.max(time - CLOCKS_APART);
        }
        Ok(())
    }
}

/// Returns the messages of a log group since a moment, with their times, in milliseconds since the epoch.
pub async fn read(clients: &Clients, group: &str, since: i64) -> Result<Vec<(i64, String)>> {
    let events = clients.logs.filter_log_events().log_group_name(group).start_time(since);
    let mut pages = events.into_paginator().send();
    let mut lines = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| failure(format!("read the log `{group}`"), error))?;
        let events = page.events.unwrap_or_default().into_iter();
        lines.extend(events.filter_map(|event| Some((event.timestamp.unwrap_or(since), event.message?))));
    }
    Ok(lines)
}
