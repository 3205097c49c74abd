//! Shows how records flow: a bar on a terminal, a line now and then elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::write_or_leave;

/// How long to be silent where nobody sees the bar.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// A bar of bytes that are read, with words beside it.
#[derive(Debug)]
pub struct Transfer {
    bar: ProgressBar,
    quiet: bool,
    last_line: Instant,
}

impl Transfer {
    pub(super) fn new(total: Option<u64>, quiet: bool) -> Self {
        let watched = !quiet && std::io::stderr().is_terminal();
        let target = if watched { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(total, target);
        let template =
            if total.is_some() { "{bar:24} {percent:>3} % {wide_msg}" } else { "{spinner} {wide_msg}" };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("━━ "));
        }
        Self { bar, quiet, last_line: Instant::now() }
    }

    /// Shows how far it is.
    pub fn show(&mut self, bytes_read: u64, words: impl FnOnce() -> String) {
        if !self.bar.is_hidden() {
            self.bar.set_position(bytes_read);
            self.bar.set_message(words());
        } else if self.last_line.elapsed() >= HEARTBEAT {
            self.line(&format!("… {}", words()));
        }
    }

    /// Writes a line that stays.
    pub fn line(&mut self, line: &str) {
        self.last_line = Instant::now();
        if !self.bar.is_hidden() {
            self.bar.println(line);
        } else if !self.quiet {
            write_or_leave(&mut std::io::stderr().lock(), &format!("{line}\n"));
        }
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
