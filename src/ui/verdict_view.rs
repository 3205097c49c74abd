//! Shows what travelled where.

use super::{Answer, Style, counted};
use crate::verify::{Arrival, Verdict};

/// Missing records that are named.
const NAMED: usize = 3;

impl Answer for Verdict {
    fn text(&self, style: Style) -> String {
        let mut lines = Vec::new();
        for sent in &self.sent {
            let count = counted(sent.rows.len() as u64, "record");
            lines.push(format!(
                "{} put {count} into {}",
                style.cyan(&sent.producer),
                style.cyan(&sent.stream)
            ));
        }
        for arrival in &self.arrivals {
            arrival_lines(&mut lines, arrival, style);
        }
        let verdict = if self.is_complete() {
            style.green("Verified: every record arrived at every exit.")
        } else {
            style.red("Not verified.")
        };
        lines.push(verdict);
        lines.join("\n")
    }
}

fn arrival_lines(lines: &mut Vec<String>, arrival: &Arrival, style: Style) {
    let total = arrival.arrived + arrival.missing.len();
    let seconds = arrival.after.as_secs_f64();
    let count = format!("{} of {total}", arrival.arrived);
    let count = if arrival.missing.is_empty() { style.green(&count) } else { style.red(&count) };
    lines.push(format!("{count} in {} after {seconds:.1} s", style.cyan(&arrival.exit)));
    lines.push(format!("  {}", style.dim(&arrival.place)));
    lines.extend(arrival.sample.iter().map(|row| format!("  {row}")));
    for mark in arrival.missing.iter().take(NAMED) {
        lines.push(format!("  missing: {mark}"));
    }
    if arrival.missing.len() > NAMED {
        lines.push(format!("  and {} more", arrival.missing.len() - NAMED));
    }
    if let Some(trouble) = &arrival.trouble {
        lines.push(format!("  last in its log: {trouble}"));
    }
}
