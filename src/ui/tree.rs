//! What is under way in a stack, as the lines that a person watches: the whole, what runs, what waits.
//!
//! It draws for a width and a height and reads no clock; lines of what is done scroll away above it.

use std::time::Duration;

use aws_sdk_cloudformation::types::StackEvent;

use super::Style;
use super::span::span;
use crate::deploy::follow::awaited::{Awaited, estimate};
use crate::deploy::follow::expectations::Expectations;
use crate::deploy::follow::timeline::{Deed, Step, Timeline};

/// How much longer than expected is worth a colour.
const OVERDUE: i32 = 2;

/// One operation as it goes.
#[derive(Debug, Default)]
pub struct Tree {
    what: String,
    /// How many resources there are; less than all when nobody knew.
    total: usize,
    awaited: Vec<Awaited>,
    expectations: Expectations,
    /// When it began to be watched, in milliseconds since the epoch.
    began: i64,
    /// What is done beside the stack's own events.
    aside: Option<String>,
    pub timeline: Timeline,
}

/// Where lines are drawn.
#[derive(Debug, Clone, Copy)]
pub struct Canvas {
    pub style: Style,
    pub width: usize,
    pub height: usize,
}

impl Tree {
    pub fn new(what: &str, total: usize, began: i64) -> Self {
        Self { what: what.to_owned(), total, began, ..Self::default() }
    }

    /// Says what will come, and how long it took before.
    pub fn expect(&mut self, awaited: Vec<Awaited>, expectations: Expectations) {
        self.total = awaited.len();
        self.awaited = awaited;
        self.expectations = expectations;
    }

    pub fn note(&mut self, event: &StackEvent, moment: i64) {
        self.aside = None;
        self.timeline.note(event, moment);
    }

    pub fn aside(&mut self, what: &str) {
        self.aside = Some(what.to_owned());
    }

    /// Returns the steps that go on, the longest first.
    fn running(&self) -> Vec<&Step> {
        let mut running: Vec<&Step> = self.timeline.underway().collect();
        running.sort_by_key(|step| step.start);
        running
    }

    /// Returns the resources of which nothing was heard yet.
    fn waiting(&self) -> Vec<&str> {
        let is_known = |id: &str| self.timeline.steps.iter().any(|step| step.logical_id == id);
        let waiting = self.awaited.iter().map(|one| one.logical_id.as_str()).filter(|id| !is_known(id));
        // Nothing new is begun on the way back.
        if self.is_going_back() { Vec::new() } else { waiting.collect() }
    }

    fn is_going_back(&self) -> bool {
        self.timeline.whole.as_ref().is_some_and(|whole| whole.status.contains("ROLLBACK"))
    }

    /// Returns the whole operation in words: how far it is, and how long it goes on.
    fn summary(&self, now: i64) -> String {
        if let Some(aside) = &self.aside {
            return format!("{aside}  {}", span(now - self.began));
        }
        let steps = &self.timeline.steps;
        let mut done: Vec<&str> =
            steps.iter().filter(|step| step.end.is_some()).map(|step| step.logical_id.as_str()).collect();
        done.sort_unstable();
        done.dedup();
        let what = if self.is_going_back() { "taking it back" } else { &self.what };
        let count = match self.total {
            _ if self.is_going_back() => String::new(),
            0 => ": ".to_owned(),
            total => format!(": {} of {}, ", done.len().min(total.max(1)), total.max(done.len())),
        };
        let separator = if count.is_empty() { ": " } else { "" };
        let whole = self.timeline.whole.as_ref();
        let start = whole.map_or(self.began, |whole| whole.start.min(self.began));
        let deed = whole.map(|whole| whole.deed).or_else(|| self.awaited.first().map(|one| one.deed));
        let expected = deed
            .filter(|_| !self.is_going_back())
            .and_then(|deed| estimate(&self.awaited, &self.expectations, deed));
        format!("{what}{count}{separator}{}", of_expected(now - start, expected))
    }

    fn expected(&self, step: &Step) -> Option<Duration> {
        self.expectations.of(step.deed, &step.resource_type, &step.logical_id)
    }

    /// Returns how long a step has been going on, and how long it usually does.
    fn time(&self, step: &Step, now: i64) -> String {
        of_expected(step.lasted(now), self.expected(step))
    }

    /// Returns one line for those who see no line change.
    pub fn brief(&self, now: i64) -> String {
        let running = self.running();
        let mut steps: Vec<String> = running
            .iter()
            .take(4)
            .map(|step| format!("{} {}", step.logical_id, self.time(step, now)))
            .collect();
        if running.len() > 4 {
            steps.push(format!("{} more", running.len() - 4));
        }
        let steps = if steps.is_empty() { String::new() } else { format!("; {}", steps.join(", ")) };
        format!("{}{steps}", self.summary(now))
    }

    /// Returns one line that is not wider than the canvas, for one of several operations at once.
    pub fn row(&self, now: i64, spinner: &str, canvas: Canvas) -> String {
        format!("{} {}", canvas.style.cyan(spinner), cut(&self.brief(now), canvas.width.saturating_sub(2)))
    }

    /// Returns the lines for now, none wider than the canvas, and together no higher.
    pub fn lines(&self, now: i64, spinner: &str, canvas: Canvas) -> Vec<String> {
        let Canvas { style, width, height } = canvas;
        let summary = cut(&self.summary(now), width.saturating_sub(2));
        let mut lines = vec![format!("{} {}", style.cyan(spinner), style.bold(&summary))];
        let (running, waiting) = (self.running(), self.waiting());
        let room = height.saturating_sub(1 + usize::from(!waiting.is_empty()));
        let fits = running.len() <= room;
        let shown = if fits { running.len() } else { room.saturating_sub(1) };
        let ids = running.iter().take(shown).map(|step| step.logical_id.chars().count()).max();
        let times: Vec<String> = running.iter().map(|step| self.time(step, now)).collect();
        let time_width = times.iter().take(shown).map(|time| time.chars().count()).max().unwrap_or_default();
        // The verb, the time and their gaps have to fit beside the name.
        let id_width = ids.unwrap_or_default().min(width.saturating_sub(2 + 10 + 2 + time_width)).max(8);
        for (step, time) in running.iter().zip(&times).take(shown) {
            lines.push(self.line(step, time, now, (id_width, time_width), canvas));
        }
        if !fits && room > 0 {
            lines.push(style.dim(&cut(&format!("  and {} more under way", running.len() - shown), width)));
        }
        if !waiting.is_empty() && lines.len() < height.max(1) {
            lines.push(style.dim(&listed("  waiting: ", &waiting, width)));
        }
        lines
    }

    fn line(&self, step: &Step, time: &str, now: i64, columns: (usize, usize), canvas: Canvas) -> String {
        let Canvas { style, width, .. } = canvas;
        let (id_width, time_width) = columns;
        let id = cut(&step.logical_id, id_width);
        let time_padded = format!("{time:<time_width$}");
        let limit = self.expected(step).map(|expected| (expected * OVERDUE as u32).as_millis() as i64);
        let is_overdue = limit.is_some_and(|limit| step.lasted(now) > limit.max(10_000));
        let time = if is_overdue { style.yellow(&time_padded) } else { time_padded };
        let verb = format!("{:<9}", step.deed.underway());
        let verb = if step.deed == Deed::Delete && self.is_going_back() {
            style.yellow(&verb)
        } else {
            style.dim(&verb)
        };
        let rest = width.saturating_sub(2 + 9 + 1 + id_width + 2 + time_width + 2);
        let kind = if rest < 12 { String::new() } else { cut(&step.resource_type, rest) };
        let gap = if kind.is_empty() { "" } else { "  " };
        format!("  {verb} {id:<id_width$}  {time}{gap}{}", style.dim(&kind))
    }
}

/// Returns `12 s of ~40 s`, or only `12 s` when nobody knows.
fn of_expected(lasted: i64, expected: Option<Duration>) -> String {
    match expected.filter(|expected| !expected.is_zero()) {
        Some(expected) => format!("{} of ~{}", span(lasted), span(expected.as_millis() as i64)),
        None => span(lasted),
    }
}

/// Returns as many names as fit into a line, and how many do not.
fn listed(lead: &str, names: &[&str], width: usize) -> String {
    let mut line = lead.to_owned();
    for (place, name) in names.iter().enumerate() {
        let comma = if place == 0 { "" } else { ", " };
        let left = names.len() - place;
        let more = if place == 0 { String::new() } else { format!(" and {left} more") };
        let rest = if left > 1 { format!(" and {} more", left - 1).len() } else { 0 };
        if line.chars().count() + comma.len() + name.chars().count() + rest > width {
            return cut(&format!("{line}{}", if place == 0 { *name } else { &more }), width);
        }
        line.push_str(comma);
        line.push_str(name);
    }
    line
}

/// Returns the start of a text that fits into a width.
pub fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let start: String = text.chars().take(width.saturating_sub(1)).collect();
    if width == 0 { start } else { format!("{start}…") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::follow::timeline::tests::event;

    fn awaited(id: &str) -> Awaited {
        Awaited {
            logical_id: id.to_owned(),
            resource_type: "AWS::Kinesis::Stream".to_owned(),
            deed: Deed::Create,
            after: Default::default(),
        }
    }

    fn tree() -> Tree {
        let folder = tempfile::tempdir().unwrap();
        let read = || Expectations::read(Some(folder.path().join("d.json")), "aws", "eu-west-1", "s");
        let mut before = Timeline::default();
        for (seconds, id, status) in [
            (0, "s", "CREATE_IN_PROGRESS"),
            (0, "Clicks", "CREATE_IN_PROGRESS"),
            (40, "Clicks", "CREATE_COMPLETE"),
            (90, "s", "CREATE_COMPLETE"),
        ] {
            before.note(&event(seconds, id, status), seconds * 1000);
        }
        read().learn(&before);
        let mut tree = Tree::new("deploying pipe-prod", 0, 1_000_000);
        tree.expect(
            ["Clicks", "Orders", "ClicksToS3", "ClicksToS3Role", "ClicksToS3Logs"].map(awaited).to_vec(),
            read(),
        );
        tree
    }

    fn run(tree: &mut Tree, events: &[(i64, &str, &str)]) {
        for (seconds, id, status) in events {
            tree.note(&event(*seconds, id, status), 1_000_000 + seconds * 1000);
        }
    }

    fn drawn(tree: &Tree, seconds: i64, width: usize, height: usize) -> String {
        let canvas = Canvas { style: Style::plain(), width, height };
        let lines = tree.lines(1_000_000 + seconds * 1000, "*", canvas);
        assert!(lines.len() <= height.max(1), "{lines:?}");
        assert!(lines.iter().all(|line| line.chars().count() <= width), "{lines:?}");
        lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
    }

    const UNDERWAY: [(i64, &str, &str); 5] = [
        (0, "s", "CREATE_IN_PROGRESS"),
        (1, "ClicksToS3Role", "CREATE_IN_PROGRESS"),
        (2, "Clicks", "CREATE_IN_PROGRESS"),
        (3, "Orders", "CREATE_IN_PROGRESS"),
        (9, "ClicksToS3Role", "CREATE_COMPLETE"),
    ];

    #[test]
    fn shows_what_runs_how_long_and_what_waits() {
        let mut tree = tree();
        run(&mut tree, &UNDERWAY);
        insta::assert_snapshot!("tree_80", drawn(&tree, 14, 80, 20));
        insta::assert_snapshot!("tree_120", drawn(&tree, 125, 120, 20));
        assert_eq!(
            tree.brief(1_014_000),
            "deploying pipe-prod: 1 of 5, 14 s of ~1 min 30 s; Clicks 12 s of ~40 s, Orders 11 s of ~40 s"
        );
    }

    #[test]
    fn fits_any_terminal() {
        let mut tree = tree();
        run(&mut tree, &UNDERWAY);
        run(&mut tree, &[(12, "ClicksToS3", "CREATE_IN_PROGRESS")]);
        for width in 40..130 {
            for height in 0..8 {
                drawn(&tree, 14, width, height);
            }
            let canvas = Canvas { style: Style::plain(), width, height: 1 };
            assert!(tree.row(1_014_000, "*", canvas).chars().count() <= width);
        }
        insta::assert_snapshot!("tree_small", drawn(&tree, 14, 40, 4));
    }

    #[test]
    fn says_that_it_is_taken_back() {
        let mut tree = tree();
        run(&mut tree, &UNDERWAY);
        run(
            &mut tree,
            &[
                (20, "Clicks", "CREATE_FAILED"),
                (20, "Orders", "CREATE_FAILED"),
                (21, "s", "ROLLBACK_IN_PROGRESS"),
                (22, "ClicksToS3Role", "DELETE_IN_PROGRESS"),
            ],
        );
        insta::assert_snapshot!("tree_taken_back", drawn(&tree, 30, 80, 20));
    }

    #[test]
    fn says_what_is_done_beside_the_events() {
        let mut tree = Tree::new("deleting pipe", 3, 0);
        tree.aside("emptying rows: 2000 objects deleted");
        assert_eq!(tree.brief(12_000), "emptying rows: 2000 objects deleted  12 s");
    }
}
