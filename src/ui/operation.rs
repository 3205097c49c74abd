//! A stack operation as it goes: a line for each step, and on a terminal what is under way now.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_cloudformation::types::StackEvent;

use super::progress::{Progress, SPINNER, Tale};
use super::span::span;
use super::tree::{Canvas, Tree};
use super::{EventLine, Style, Ui};
use crate::deploy::follow::awaited::Awaited;
use crate::deploy::follow::expectations::Expectations;
use crate::deploy::follow::timeline::time;
use crate::deploy::stack_status::is_settled;

/// How high the tree may be where nobody knows the terminal's size.
const HEIGHT: usize = 24;

/// The display of one operation.
pub struct Operation<'a> {
    ui: &'a Ui,
    progress: Progress,
    teller: Arc<Teller>,
    /// The last status of each resource.
    last: BTreeMap<String, String>,
    expectations: Expectations,
    /// Whether an event's time is when it came, as where the server's clock runs faster than ours.
    is_by_arrival: bool,
}

impl<'a> Operation<'a> {
    pub(super) fn new(ui: &'a Ui, what: &str, total: usize) -> Self {
        let tree = Mutex::new(Tree::new(what, total, now()));
        let teller = Arc::new(Teller { tree, is_one_of_many: ui.is_one_of_many() });
        Self {
            progress: Progress::telling(Arc::<Teller>::clone(&teller), ui),
            ui,
            teller,
            last: BTreeMap::new(),
            expectations: Expectations::default(),
            is_by_arrival: false,
        }
    }

    /// Says what will come, and how long it took before.
    pub fn expecting(mut self, awaited: Vec<Awaited>, expectations: Expectations, is_nearby: bool) -> Self {
        self.expectations = expectations.clone();
        self.is_by_arrival = is_nearby;
        self.tree().expect(awaited, expectations);
        self
    }

    /// Shows an event: on a terminal what is done, elsewhere each step.
    pub fn show(&mut self, event: &StackEvent) {
        let line = EventLine::of(event);
        self.ui.event(&line);
        let moment = if self.is_by_arrival { now() } else { time(event) };
        let (took, is_undoing) = {
            let mut tree = self.tree();
            tree.note(event, moment);
            let timeline = &tree.timeline;
            let step = timeline.steps.iter().rfind(|step| step.logical_id == line.logical_id);
            let whole = timeline.whole.as_ref();
            let is_undoing = whole.is_some_and(|whole| whole.status.contains("ROLLBACK"));
            (step.or(whole).map(|step| span(step.lasted(moment))), is_undoing)
        };
        let style = self.ui.style();
        // CloudFormation says twice that a resource is begun: before and after it has an identity.
        let is_new =
            self.last.insert(line.logical_id.clone(), line.status.clone()).as_ref() != Some(&line.status);
        match (self.progress.is_watched(), is_settled(&line.status)) {
            (true, true) => self.progress.line(&line.brief(took.as_deref(), is_undoing, style)),
            (false, _) if is_new => self.progress.line(&line.styled(style)),
            _ => {}
        }
    }

    /// Says something that stays on the screen.
    pub fn say(&self, line: &str) {
        self.progress.line(line);
    }

    /// Says what is being done beside the stack's own events.
    pub fn doing(&self, what: &str) {
        self.tree().aside(what);
    }

    /// Keeps in mind how long everything took, for the next time.
    pub fn remember(&self) {
        self.expectations.learn(&self.tree().timeline);
    }

    fn tree(&self) -> MutexGuard<'_, Tree> {
        self.teller.tree()
    }
}

/// Tells of an operation whenever it is asked.
struct Teller {
    tree: Mutex<Tree>,
    /// Then it has one line.
    is_one_of_many: bool,
}

impl Teller {
    fn tree(&self) -> MutexGuard<'_, Tree> {
        self.tree.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tale for Teller {
    fn line(&self) -> String {
        self.tree().brief(now())
    }

    fn screen(&self) -> String {
        let now = now();
        let frame = usize::try_from(now / 100).unwrap_or_default() % (SPINNER.len() - 1);
        let size = terminal_size::terminal_size();
        let style = Style::of(&std::io::stderr());
        let canvas = Canvas {
            style,
            // A line that fills the last column wraps on some terminals.
            width: style.width().saturating_sub(1),
            height: size.map_or(HEIGHT, |(_, height)| usize::from(height.0)).saturating_sub(1),
        };
        match self.is_one_of_many {
            true => self.tree().row(now, SPINNER[frame], canvas),
            false => self.tree().lines(now, SPINNER[frame], canvas).join("\n"),
        }
    }
}

fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
