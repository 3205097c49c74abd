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
            lines.push(match sent.entrance == sent.into {
                true => format!("{count} put into {}", style.cyan(&sent.into)),
                false => {
                    format!("{count} put into {} by {}", style.cyan(&sent.into), style.cyan(&sent.entrance))
                }
            });
        }
        for arrival in &self.arrivals {
            arrival_lines(&mut lines, arrival, style);
        }
        if self.removed > 0 {
            let count = counted(self.removed, "object");
            lines.push(format!("Removed {count} with nothing but these records."));
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
    let allowed = arrival.allowed.as_secs();
    let buffering =
        if allowed == 0 { String::new() } else { format!(", of which buffers may take {allowed} s") };
    lines.push(format!("{count} in {} after {seconds:.1} s{buffering}", style.cyan(&arrival.exit)));
    lines.push(format!("  {}", style.dim(&arrival.place)));
    lines.extend(arrival.sample.iter().map(|row| format!("  {row}")));
    for mark in arrival.missing.iter().take(NAMED) {
        lines.push(format!("  missing: {mark}"));
    }
    if arrival.missing.len() > NAMED {
        lines.push(format!("  and {} more", arrival.missing.len() - NAMED));
    }
    if let Some(place) = &arrival.last_seen {
        lines.push(format!("  last seen in {place}"));
    }
    if let Some(trouble) = &arrival.trouble {
        lines.push(format!("  {trouble}"));
    }
}
