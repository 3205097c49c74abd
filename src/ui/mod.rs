//! The only place that writes to the terminal: data to stdout, the story to stderr.

mod by_region;
mod confirm;
mod diff_view;
mod doctor_view;
mod drift_view;
mod estimate_view;
mod event_view;
mod events_file;
mod findings;
mod fleet_view;
mod format;
mod gantt;
mod graph_view;
mod holdings_view;
mod hot_view;
mod log_view;
mod operation;
mod outputs_view;
mod plan_view;
mod progress;
mod prose;
mod purge_view;
mod reach_view;
mod recovery_view;
mod rows;
mod rules_view;
mod send_view;
mod span;
mod stack_view;
mod style;
mod table;
mod transfer;
mod tree;
mod verdict_view;

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use indicatif::{MultiProgress, ProgressDrawTarget};
use serde::Serialize;

use crate::deploy::fleet::{Landing, Outcome, leads};
use crate::error::{Error, Result};

pub use by_region::ByRegion;
pub use diff_view::Diff;
pub use doctor_view::Checkup;
pub use drift_view::{DriftView, UnseenDrift};
pub use event_view::{EventLine, EventList, History};
pub use findings::Findings;
pub use fleet_view::Fleet;
pub use format::Format;
pub use gantt::Gantt;
pub use graph_view::{Drawing, GraphView};
pub use holdings_view::{HoldingsView, bytes, content, counted};
pub use hot_view::HotView;
pub use log_view::LogView;
pub use operation::Operation;
pub use outputs_view::Outputs;
pub use plan_view::PlanView;
pub use progress::Progress;
pub use prose::wrapped;
pub use recovery_view::{Recovered, RecoveryView};
pub use rows::Rows;
pub use rules_view::{RuleList, RulePages};
pub use send_view::pace;
pub use stack_view::StackView;
pub use style::Style;
pub use table::Table;
pub use transfer::Transfer;

use events_file::EventsFile;

/// A command's answer: a value for programs, and the same for people.
pub trait Answer: Serialize {
    /// Returns the answer as text, without the last line's end.
    fn text(&self, style: Style) -> String;

    /// Returns the answer for programs; JSON, unless it has more forms.
    fn document(&self, format: Format) -> String {
        let _ = format;
        json(self)
    }
}

/// Returns a value as JSON with an indent.
fn json(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|error| error.to_string())
}

/// The terminal, or what stands in for it.
#[derive(Debug)]
pub struct Ui {
    pub format: Format,
    quiet: bool,
    events_file: Arc<EventsFile>,
    /// What each line of the story begins with, where several stories are told at once.
    lead: String,
    /// Where each of those has a line that changes; hidden when nobody sees it change.
    stage: MultiProgress,
}

impl Ui {
    /// Returns the terminal as the user's flags ask for it.
    pub fn new(format: Format, quiet: bool) -> Self {
        // It hides itself where there is no terminal.
        let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let stage = MultiProgress::with_draw_target(target);
        Self { format, quiet, events_file: Arc::new(EventsFile::none()), lead: String::new(), stage }
    }

    /// Opens the events file, if the user asked for one.
    pub fn open_events_file(&mut self, path: Option<&Path>) -> Result<()> {
        if let Some(file) = path.map(EventsFile::create).transpose()? {
            self.events_file = Arc::new(file);
        }
        Ok(())
    }

    /// Returns the same terminal for one of several stories, whose lines begin with `name`.
    pub fn told_as(&self, name: &str) -> Self {
        let lead = self.style().dim(&format!("{name}  "));
        let (events_file, stage) = (Arc::clone(&self.events_file), self.stage.clone());
        Self { format: self.format, quiet: self.quiet, events_file, lead, stage }
    }

    /// Returns whether other stories are told at the same time.
    fn is_one_of_many(&self) -> bool {
        !self.lead.is_empty()
    }

    /// Writes a command's answer to stdout.
    pub fn show(&self, answer: &impl Answer) {
        match self.format {
            Format::Text => self.show_as_text(answer),
            format => self.data(&answer.document(format)),
        }
    }

    /// Writes a command's answer to stdout for people, whatever form the user asked for.
    pub fn show_as_text(&self, answer: &impl Answer) {
        self.data(&answer.text(Style::of(&std::io::stdout())));
    }

    /// Writes what became of several stacks, and fails when one of them did not do as it was told.
    pub fn show_fleet(&self, landings: Vec<Landing>, done: &str) -> Result<()> {
        self.show(&Fleet(&landings));
        let all = landings.len();
        let fails = |landing: &Landing| matches!(landing.outcome, Outcome::Failed | Outcome::NotBegun);
        let missing = landings.iter().filter(|landing| fails(landing)).count();
        let places: Vec<_> = landings.iter().map(|landing| (&*landing.stack, &*landing.region)).collect();
        let leads = leads(&places);
        let errors: Vec<(String, Error)> = leads
            .into_iter()
            .zip(landings)
            .filter_map(|(lead, landing)| Some((lead, landing.error?)))
            .collect();
        for (stack, error) in &errors {
            self.told_as(stack).error(error);
        }
        match errors.into_iter().next() {
            Some((_, first)) => {
                Err(Error::new(first.kind, format!("{missing} of {all} stacks were not {done}"))
                    .hint("mend it and run the same command again; what is done is left as it is"))
            }
            None => Ok(()),
        }
    }

    /// Writes text to stdout and ends it with a line's end.
    pub fn data(&self, text: &str) {
        let text = text.trim_end_matches('\n');
        if !text.is_empty() {
            write_or_leave(&mut std::io::stdout().lock(), &format!("{text}\n"));
        }
    }

    /// Writes a line of the story to stderr, unless it has to be quiet.
    pub fn status(&self, line: &str) {
        if !self.quiet {
            self.line(line);
        }
    }

    /// Writes to stderr how a command failed, why, and what to do.
    pub fn error(&self, error: &Error) {
        let style = self.style();
        for diagnostic in &error.diagnostics {
            self.line(&diagnostic.render(style));
            self.line("");
        }
        if !error.message.is_empty() {
            self.line(&format!("{}: {}", style.red("error"), error.message));
        }
        for cause in error.causes() {
            self.line(&format!("{}: {}", style.bold("caused by"), cause.replace('\n', "\n  ")));
        }
        for hint in &error.hints {
            self.line(&format!("{}: {hint}", style.cyan("hint")));
        }
    }

    /// Notes an event in the events file, if there is one.
    pub fn event(&self, event: &impl Serialize) {
        self.events_file.write(event);
    }

    /// Asks a question on the terminal; without one, fails and names `flag`.
    pub fn confirm(&self, question: &str, flag: &str) -> Result<bool> {
        confirm::confirm(question, flag)
    }

    /// Asks a question on the terminal without holding up whoever waits for something else too.
    pub async fn confirm_meanwhile(&self, question: &str) -> Result<bool> {
        let (answered, answer) = tokio::sync::oneshot::channel();
        let question = question.to_owned();
        // A thread of its own is no reason for the program to stay when nobody waits any more.
        std::thread::spawn(move || drop(answered.send(confirm::confirm(&question, "--yes"))));
        answer.await.unwrap_or(Ok(false))
    }

    /// Returns whether there is somebody to ask.
    pub fn can_ask(&self) -> bool {
        confirm::can_ask()
    }

    /// Asks for `word` on the terminal, where a yes comes too easily; without one, fails and names `flag`.
    pub fn confirm_by_typing(&self, question: &str, word: &str, flag: &str) -> Result<bool> {
        confirm::confirm_by_typing(question, word, flag)
    }

    /// Returns a display for something that takes longer than a moment.
    pub fn progress(&self, what: &str) -> Progress {
        Progress::new(what, self)
    }

    /// Returns stdout for many rows.
    pub fn rows(&self) -> Rows {
        Rows::new()
    }

    /// Returns a display for `total` bytes that are read, or as many as come.
    pub fn transfer(&self, total: Option<u64>) -> Transfer {
        Transfer::new(total, self.quiet)
    }

    /// Returns a display for a stack operation on about `total` resources.
    pub fn operation(&self, what: &str, total: usize) -> Operation<'_> {
        Operation::new(self, what, total)
    }

    /// Returns the style of stderr.
    pub fn style(&self) -> Style {
        Style::of(&std::io::stderr())
    }

    fn line(&self, line: &str) {
        let line = led(&self.lead, line);
        // Lines that change must not be written into.
        let is_above = self.is_one_of_many() && !self.stage.is_hidden();
        if !(is_above && self.stage.println(line.trim_end_matches('\n')).is_ok()) {
            write_or_leave(&mut std::io::stderr().lock(), &line);
        }
    }
}

/// Returns lines, each with what it begins with.
fn led(lead: &str, text: &str) -> String {
    text.split('\n').map(|line| format!("{lead}{line}\n")).collect()
}

/// Writes `text`, or ends the program quietly when nobody reads any more, as in `hydrant … | head`.
fn write_or_leave(stream: &mut impl Write, text: &str) {
    if let Err(error) = stream.write_all(text.as_bytes()).and_then(|()| stream.flush())
        && error.kind() == std::io::ErrorKind::BrokenPipe
    {
        std::process::exit(0);
    }
}
