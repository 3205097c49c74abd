//! Shows what was sent.

use super::{Answer, Style, bytes, counted};
use crate::records::{Report, Tally};

impl Answer for Report {
    fn text(&self, style: Style) -> String {
        let tally = &self.tally;
        let mut lines = Vec::new();
        if self.is_packed && tally.records > 0 {
            lines.push(packing(tally));
        }
        if tally.uncertain > 0 {
            let rows = counted(tally.uncertain, "row");
            lines.push(style.yellow(&format!("{rows} went again after no answer and may be there twice.")));
        }
        if let Some(path) = &self.failed_rows {
            let rows = counted(tally.failed + tally.unsent, "row");
            lines.push(format!("{rows} that could not be sent: {}", path.display()));
        }
        lines.push(self.last_line(style));
        lines.join("\n")
    }
}

impl Report {
    fn last_line(&self, style: Style) -> String {
        let tally = &self.tally;
        let mut parts = vec![counted(tally.retried, "record") + " retried"];
        let failed = format!("{} failed", tally.failed);
        parts.push(if tally.failed > 0 { style.red(&failed) } else { failed });
        if tally.bad > 0 {
            parts.push(style.yellow(&format!("{} bad", tally.bad)));
        }
        if tally.unsent > 0 {
            parts.push(style.yellow(&format!("{} not sent", tally.unsent)));
        }
        let sent = style.green(&format!("Sent {}", counted(tally.sent, "row")));
        let pace = pace(tally, self.seconds);
        format!("{sent} into {} in {:.1} s ({pace}), {}.", self.to, self.seconds, parts.join(", "))
    }
}

/// Writes how fast rows go.
pub fn pace(tally: &Tally, seconds: f64) -> String {
    let seconds = seconds.max(0.001);
    let per_second = |count: u64| (count as f64 / seconds) as u64;
    format!("{}/s, {}/s", per_second(tally.sent), bytes(per_second(tally.bytes)))
}

/// Says what packing saves.
fn packing(tally: &Tally) -> String {
    let (plain, packed) = tally.billed;
    let factor = plain as f64 / packed.max(1) as f64;
    format!(
        "Packed into {}: Firehose bills {} instead of {}, {factor:.0} times less.",
        counted(tally.records, "record"),
        bytes(packed),
        bytes(plain)
    )
}
