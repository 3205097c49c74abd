//! A stack operation as it goes: a line for each step, and on a terminal what is under way now.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudformation::types::StackEvent;

use super::{EventLine, Progress, Ui};
use crate::deploy::stack_status::is_settled;

/// The display of one operation.
pub struct Operation<'a> {
    ui: &'a Ui,
    progress: Progress,
    what: String,
    total: usize,
    done: BTreeSet<String>,
    underway: BTreeSet<String>,
    /// The last status of each resource.
    last: BTreeMap<String, String>,
}

impl<'a> Operation<'a> {
    pub(super) fn new(ui: &'a Ui, what: &str, total: usize) -> Self {
        Self {
            progress: ui.progress(what),
            what: what.to_owned(),
            ui,
            total,
            done: BTreeSet::new(),
            underway: BTreeSet::new(),
            last: BTreeMap::new(),
        }
    }

    /// Shows an event: on a terminal what is done, elsewhere each step.
    pub fn show(&mut self, event: &StackEvent) {
        let line = EventLine::of(event);
        self.ui.event(&line);
        let style = self.ui.style();
        // CloudFormation says twice that a resource is begun: before and after it has an identity.
        let is_new =
            self.last.insert(line.logical_id.clone(), line.status.clone()).as_ref() != Some(&line.status);
        match (self.progress.is_watched(), is_settled(&line.status)) {
            (true, true) => self.progress.line(&line.brief(style)),
            (false, _) if is_new => self.progress.line(&line.styled(style)),
            _ => {}
        }
        if event.physical_resource_id() == event.stack_id() {
            return;
        }
        if is_settled(&line.status) {
            self.underway.remove(&line.logical_id);
            self.done.insert(line.logical_id);
        } else {
            self.underway.insert(line.logical_id);
        }
        let now: Vec<&str> = self.underway.iter().map(String::as_str).collect();
        self.progress.doing(&format!(
            "{}: {} of {}  {}",
            self.what,
            self.done.len(),
            self.total,
            now.join(", ")
        ));
    }

    /// Says something that stays on the screen.
    pub fn say(&self, line: &str) {
        self.progress.line(line);
    }

    /// Says what is being done beside the stack's own events.
    pub fn doing(&self, what: &str) {
        self.progress.doing(what);
    }
}
