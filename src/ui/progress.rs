//! Shows that something is under way: what changes on a terminal, a line now and then elsewhere.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::{Ui, led, write_or_leave};

/// How long to be silent where nobody sees the line change, as in CI, before saying that work goes on.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// How often it is looked whether it was silent for that long.
const LOOK: Duration = Duration::from_millis(500);

pub(super) const SPINNER: [&str; 11] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏", " "];

/// Tells what is being done, in one line or, for a terminal, in several.
pub(super) trait Tale: Send + Sync + 'static {
    fn line(&self) -> String;
    fn screen(&self) -> String;
}

/// What changes while work goes on, and lines that stay above it.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    quiet: bool,
    lead: String,
    what: Arc<Mutex<String>>,
    last_line: Arc<Mutex<Instant>>,
    /// Dropped with this, which ends the heartbeat.
    _heartbeat: Option<Sender<()>>,
}

/// A line that the work itself changes.
struct Line(Arc<Mutex<String>>);

impl Tale for Line {
    fn line(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn screen(&self) -> String {
        self.line()
    }
}

impl Progress {
    /// Shows a line that the work changes; one of several stories at once has it among theirs.
    pub(super) fn new(what: &str, ui: &Ui) -> Self {
        let line = Arc::new(Mutex::new(what.to_owned()));
        let style = ProgressStyle::with_template("{spinner} {prefix}{wide_msg} {elapsed}");
        let style = style.ok().map(|style| style.tick_strings(&SPINNER));
        let progress = Self::begin(Arc::new(Line(Arc::clone(&line))), line, style, ui);
        progress.bar.set_prefix(ui.lead.clone());
        progress.bar.set_message(what.to_owned());
        progress
    }

    /// Shows what a tale tells at each moment.
    pub(super) fn telling(tale: Arc<dyn Tale>, ui: &Ui) -> Self {
        let teller = Arc::clone(&tale);
        let style = ProgressStyle::with_template("{tale}").ok().map(|style| {
            style.with_key("tale", move |_: &ProgressState, to: &mut dyn std::fmt::Write| {
                let _ = to.write_str(&teller.screen());
            })
        });
        Self::begin(tale, Arc::default(), style, ui)
    }

    fn begin(tale: Arc<dyn Tale>, what: Arc<Mutex<String>>, style: Option<ProgressStyle>, ui: &Ui) -> Self {
        let is_watched = !ui.stage.is_hidden();
        let own = if is_watched { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, own);
        let bar = if is_watched && ui.is_one_of_many() { ui.stage.add(bar) } else { bar };
        if let Some(style) = style {
            bar.set_style(style);
        }
        let last_line = Arc::new(Mutex::new(Instant::now()));
        let mut heartbeat = None;
        if is_watched {
            bar.enable_steady_tick(Duration::from_millis(100));
        } else if !ui.quiet {
            heartbeat = Some(beat(tale, Arc::clone(&last_line), ui.lead.clone()));
        }
        Self { bar, quiet: ui.quiet, lead: ui.lead.clone(), what, last_line, _heartbeat: heartbeat }
    }

    /// Returns whether somebody sees the line change.
    pub fn is_watched(&self) -> bool {
        !self.bar.is_hidden()
    }

    /// Says what is being done now.
    pub fn doing(&self, what: &str) {
        what.clone_into(&mut self.what.lock().unwrap_or_else(PoisonError::into_inner));
        self.bar.set_message(what.to_owned());
    }

    /// Writes a line that stays.
    pub fn line(&self, line: &str) {
        *self.last_line.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        if self.bar.is_hidden() {
            if !self.quiet {
                write_or_leave(&mut std::io::stderr().lock(), &led(&self.lead, line));
            }
        } else {
            self.bar.println(led(&self.lead, line).trim_end_matches('\n'));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Says what is being done whenever nothing was said for long, until the sender is dropped.
fn beat(tale: Arc<dyn Tale>, last_line: Arc<Mutex<Instant>>, lead: String) -> Sender<()> {
    let (sender, ended) = mpsc::channel();
    std::thread::spawn(move || {
        while ended.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
            let silence = last_line.lock().unwrap_or_else(PoisonError::into_inner).elapsed();
            if silence >= HEARTBEAT {
                let line = format!("… {}", tale.line());
                write_or_leave(&mut std::io::stderr().lock(), &led(&lead, &line));
                *last_line.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
            }
        }
    });
    sender
}
