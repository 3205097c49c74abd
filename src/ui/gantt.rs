//! An operation as bars: when each resource began, how long it took, and which chain decided how long it all took.

use hydrant_cfn::template::graph::Dependencies;
use serde::Serialize;

use super::span::span;
use super::tree::cut;
use super::{Answer, Style};
use crate::deploy::follow::critical_path::critical_path;
use crate::deploy::follow::timeline::{Deed, Timeline};

/// The narrowest room for bars that says anything.
const NARROWEST: usize = 10;

/// The last operation of a stack: a picture for people, data for programs.
#[derive(Debug, Serialize)]
pub struct Gantt {
    stack: String,
    action: Deed,
    status: String,
    start: String,
    /// Nothing while it goes on.
    end: Option<String>,
    seconds: f64,
    resources: Vec<Bar>,
    critical_path: Vec<String>,
    /// The places of those in `resources`.
    #[serde(skip)]
    path: Vec<usize>,
    #[serde(skip)]
    milliseconds: i64,
}

#[derive(Debug, Serialize)]
struct Bar {
    logical_id: String,
    #[serde(rename = "type")]
    resource_type: String,
    action: Deed,
    status: String,
    start: String,
    end: Option<String>,
    seconds: f64,
    is_critical: bool,
    /// From the operation's start, in milliseconds.
    #[serde(skip)]
    span: (i64, i64),
}

/// What bars are drawn with, where a terminal speaks Unicode and where it does not.
struct Ink {
    critical: char,
    other: char,
    arrow: &'static str,
}

impl Gantt {
    /// Draws an operation as it stands at `now`; nothing when there was none.
    pub fn of(stack: &str, timeline: &Timeline, order: Option<&Dependencies>, now: i64) -> Option<Self> {
        let whole = timeline.whole.as_ref()?;
        let path = critical_path(timeline, order, now);
        let last = timeline.steps.iter().filter_map(|step| step.end).max().unwrap_or(whole.start);
        let end = whole.end.unwrap_or(now.max(last));
        let bar = |(place, step): (usize, &crate::deploy::follow::timeline::Step)| Bar {
            logical_id: step.logical_id.clone(),
            resource_type: step.resource_type.clone(),
            action: step.deed,
            status: step.status.clone(),
            start: moment(step.start),
            end: step.end.map(moment),
            seconds: seconds(step.lasted(end)),
            is_critical: path.contains(&place),
            span: (step.start - whole.start, step.end.unwrap_or(end) - whole.start),
        };
        Some(Self {
            stack: stack.to_owned(),
            action: whole.deed,
            status: whole.status.clone(),
            start: moment(whole.start),
            end: whole.end.map(moment),
            seconds: seconds(end - whole.start),
            resources: timeline.steps.iter().enumerate().map(bar).collect(),
            critical_path: path.iter().map(|&place| timeline.steps[place].logical_id.clone()).collect(),
            path,
            milliseconds: end - whole.start,
        })
    }

    /// Draws the bars in so many columns.
    fn drawn(&self, style: Style, width: usize, is_unicode: bool) -> String {
        let ink = match is_unicode {
            true => Ink { critical: '█', other: '░', arrow: " → " },
            false => Ink { critical: '#', other: '=', arrow: " > " },
        };
        let end = if self.end.is_some() { "" } else { ", so far" };
        let took = span(self.milliseconds);
        let head = format!("{} of {} took {took}{end}: {}", self.action.word(), self.stack, self.status);
        let mut lines = vec![style.bold(&head)];
        let names: Vec<String> = self.resources.iter().map(|bar| self.name(bar)).collect();
        let name_width = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
        let times: Vec<String> = self.resources.iter().map(|bar| span(bar.span.1 - bar.span.0)).collect();
        let time_width = times.iter().map(String::len).max().unwrap_or_default();
        // Two for the mark, two gaps.
        let around = 2 + 2 + 2 + time_width;
        let name_width = name_width.min(width.saturating_sub(around + NARROWEST).max(8).min(width / 2));
        let room = width.saturating_sub(around + name_width).max(NARROWEST);
        for ((bar, name), time) in self.resources.iter().zip(&names).zip(&times) {
            let name = cut(name, name_width);
            let failed = bar.status.ends_with("_FAILED");
            let mark = if failed {
                "!"
            } else if bar.is_critical {
                "*"
            } else {
                " "
            };
            let (before, length) = self.cells(bar.span, room);
            let cell = if bar.is_critical { ink.critical } else { ink.other };
            let drawn: String = std::iter::repeat_n(cell, length).collect();
            let drawn = match (failed, bar.is_critical) {
                (true, _) => style.red(&drawn),
                (false, true) => style.yellow(&drawn),
                (false, false) => style.dim(&drawn),
            };
            let (left, right) = (" ".repeat(before), " ".repeat(room - before - length));
            let mark = if failed { style.red(mark) } else { style.bold(mark) };
            lines.push(format!("{mark} {name:<name_width$}  {left}{drawn}{right}  {time:>time_width$}"));
        }
        if !self.critical_path.is_empty() {
            let path: Vec<&str> = self.path.iter().map(|&place| names[place].as_str()).collect();
            let path = path.join(ink.arrow);
            lines.push(super::wrapped(&format!("* decided how long it took: {path}"), width));
        }
        lines.join("\n")
    }

    /// Returns a resource's name, with what was done to it where that is not what the operation was for.
    fn name(&self, bar: &Bar) -> String {
        match bar.action == self.action {
            true => bar.logical_id.clone(),
            false => format!("{} ({})", bar.logical_id, bar.action.word()),
        }
    }

    /// Returns how many cells are empty before a bar, and how many it has: at least one.
    fn cells(&self, (start, end): (i64, i64), room: usize) -> (usize, usize) {
        let whole = self.milliseconds.max(1) as f64;
        let cell = |time: i64| (time.max(0) as f64 / whole * room as f64).round() as usize;
        let before = cell(start).min(room - 1);
        (before, cell(end).clamp(before + 1, room) - before)
    }
}

impl Answer for Gantt {
    fn text(&self, style: Style) -> String {
        self.drawn(style, style.width(), Style::speaks_unicode())
    }
}

fn seconds(milliseconds: i64) -> f64 {
    milliseconds.max(0) as f64 / 1000.0
}

fn moment(milliseconds: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(milliseconds);
    time.map(|time| time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::follow::timeline::tests::event;

    fn gantt(events: &[(i64, &str, &str)]) -> Gantt {
        let events: Vec<_> = events.iter().map(|(time, id, status)| event(*time, id, status)).collect();
        Gantt::of("pipe-prod", &Timeline::of(&events), None, 60_000).unwrap()
    }

    const FAILED: [(i64, &str, &str); 11] = [
        (0, "s", "CREATE_IN_PROGRESS"),
        (1, "ClicksToS3Role", "CREATE_IN_PROGRESS"),
        (1, "Clicks", "CREATE_IN_PROGRESS"),
        (14, "ClicksToS3Role", "CREATE_COMPLETE"),
        (41, "Clicks", "CREATE_COMPLETE"),
        (42, "ClicksToS3", "CREATE_IN_PROGRESS"),
        (75, "ClicksToS3", "CREATE_FAILED"),
        (76, "s", "ROLLBACK_IN_PROGRESS"),
        (77, "Clicks", "DELETE_IN_PROGRESS"),
        (100, "Clicks", "DELETE_COMPLETE"),
        (100, "s", "ROLLBACK_COMPLETE"),
    ];

    #[test]
    fn draws_bars_to_scale() {
        let gantt = gantt(&FAILED);
        for (name, width, is_unicode) in [("80", 80, true), ("120", 120, true), ("ascii", 80, false)] {
            let drawn = gantt.drawn(Style::plain(), width, is_unicode);
            assert!(drawn.lines().all(|line| line.chars().count() <= width), "{drawn}");
            assert!(is_unicode || drawn.is_ascii(), "{drawn}");
            insta::assert_snapshot!(format!("gantt_{name}"), drawn);
        }
    }

    #[test]
    fn gives_programs_the_data() {
        let data = serde_json::to_value(gantt(&FAILED[..6])).unwrap();
        assert_eq!(data["end"], serde_json::Value::Null);
        assert_eq!(data["seconds"], 60.0);
        assert_eq!(data["critical_path"], serde_json::json!(["Clicks", "ClicksToS3"]));
        let role = &data["resources"][0];
        assert_eq!(role["seconds"], 13.0);
        assert_eq!(role["start"], "1970-01-01T00:00:01.000Z");
        assert_eq!((role["action"].as_str(), role["is_critical"].as_bool()), (Some("create"), Some(false)));
    }

    #[test]
    fn draws_what_took_no_time() {
        let gantt =
            gantt(&[(0, "s", "DELETE_IN_PROGRESS"), (0, "A", "DELETE_SKIPPED"), (0, "s", "DELETE_COMPLETE")]);
        for width in 1..40 {
            gantt.drawn(Style::plain(), width, true);
        }
    }
}
