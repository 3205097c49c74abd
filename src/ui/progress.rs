//! Shows that something is under way: a spinner on a terminal, nothing but the lines elsewhere.

use std::cell::Cell;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{led, write_or_leave};

/// How long to be silent where nobody sees the line change, as in CI, before saying that work goes on.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// A line that changes while work goes on, and lines that stay above it.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    quiet: bool,
    lead: String,
    last_line: Cell<Instant>,
}

impl Progress {
    /// With a `lead`, what each line begins with, others tell their story too, and no line can change.
    pub(super) fn new(what: &str, quiet: bool, lead: &str) -> Self {
        let watched = !quiet && lead.is_empty() && std::io::stderr().is_terminal();
        let target = if watched { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target).with_message(what.to_owned());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}") {
            bar.set_style(style.tick_strings(&["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏", " "]));
        }
        if watched {
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        Self { bar, quiet, lead: lead.to_owned(), last_line: Cell::new(Instant::now()) }
    }

    /// Returns whether somebody sees the line change.
    pub fn is_watched(&self) -> bool {
        !self.bar.is_hidden()
    }

    /// Says what is being done now.
    pub fn doing(&self, what: &str) {
        self.bar.set_message(what.to_owned());
        if self.bar.is_hidden() && self.last_line.get().elapsed() >= HEARTBEAT {
            self.line(&format!("… {what}"));
        }
    }

    /// Writes a line that stays.
    pub fn line(&self, line: &str) {
        self.last_line.set(Instant::now());
        if self.bar.is_hidden() {
            if !self.quiet {
                write_or_leave(&mut std::io::stderr().lock(), &led(&self.lead, line));
            }
        } else {
            self.bar.println(line);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
