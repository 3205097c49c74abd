//! Shows which delivery streams would go or went, what that loses, and what is left.

use super::{Answer, Style, counted};
use crate::purge::{Entry, Outcome, Report};

/// Most buckets that are named one by one.
const NAMED: usize = 5;

impl Answer for Report {
    fn text(&self, style: Style) -> String {
        let shown = |entry: &&Entry| match entry.outcome {
            Outcome::WouldDelete | Outcome::Kept => self.dry_run,
            Outcome::Left => true,
            Outcome::Deleted | Outcome::Gone => false,
        };
        let shown: Vec<&Entry> = self.streams.iter().filter(shown).collect();
        let width = shown.iter().map(|entry| entry.name.len()).max().unwrap_or_default();
        let mut lines: Vec<String> = shown.iter().map(|entry| line(entry, width, style)).collect();
        lines.extend(self.losses(style));
        lines.push(self.last_line(style));
        lines.join("\n")
    }
}

fn line(entry: &Entry, width: usize, style: Style) -> String {
    let what = match entry.outcome {
        Outcome::WouldDelete => {
            let status = entry.status.as_deref().unwrap_or("in an unknown state");
            style.red("goes") + "   " + &style.dim(&deliveries(status, &entry.buckets))
        }
        Outcome::Left => style.red("left") + "   " + entry.reason.as_deref().unwrap_or("it was not deleted"),
        Outcome::Kept => {
            let stack = entry.stack.as_deref().unwrap_or("a stack");
            format!("stays  the stack {} owns it", style.cyan(stack))
        }
        Outcome::Deleted | Outcome::Gone => "gone".to_owned(),
    };
    format!("{:width$}  {what}", entry.name)
}

fn deliveries(status: &str, buckets: &[String]) -> String {
    match buckets {
        [] => status.to_owned(),
        buckets => format!("{status}, delivers to {}", names(buckets.iter().map(String::as_str))),
    }
}

/// Writes some names, and how many more there are.
fn names<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = names.len().saturating_sub(NAMED);
    let mut parts: Vec<String> = names.take(NAMED).map(str::to_owned).collect();
    if more > 0 {
        parts.push(format!("{more} more"));
    }
    match parts.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

impl Report {
    /// Says what goes with the delivery streams, and what does not.
    pub fn losses(&self, style: Style) -> Option<String> {
        let (outcome, verbs) = match self.dry_run {
            true => (Outcome::WouldDelete, ("have", "goes")),
            false => (Outcome::Deleted, ("had", "went")),
        };
        if self.count(outcome) == 0 {
            return None;
        }
        let (had, went) = verbs;
        let lost = format!("What they {had} not delivered {went} with them; Firehose does not say how much.");
        let buckets = self.buckets(outcome);
        let kept = match buckets.len() {
            0 => String::new(),
            1 => format!(" The bucket {} keeps its objects.", buckets[0]),
            _ => format!(" The buckets {} keep their objects.", names(buckets.iter().copied())),
        };
        Some(style.yellow(&lost) + &kept)
    }

    /// Returns where it happens: `account in region`.
    pub fn place(&self) -> String {
        format!("{} in {}", self.account, self.region)
    }

    fn last_line(&self, style: Style) -> String {
        let place = self.place();
        let total = self.streams.len() + self.not_chosen;
        if total == 0 {
            return format!("There are no delivery streams of {place}; nothing to delete.");
        }
        let of_all = counted(total as u64, "delivery stream");
        if self.streams.is_empty() {
            return format!("No delivery stream of {place} is chosen, of {total} there; nothing to delete.");
        }
        if self.dry_run {
            let would = style.red(&format!("{} of {of_all}", self.count(Outcome::WouldDelete)));
            return format!("{would} of {place} would be deleted: {}.", self.staying(style));
        }
        let deleted = style.green(&format!("Deleted {} of {of_all}", self.count(Outcome::Deleted)));
        format!("{deleted} of {place} in {:.1} s: {}.", self.seconds, self.staying(style))
    }

    /// Says how many do not go, and why.
    fn staying(&self, style: Style) -> String {
        let left = self.count(Outcome::Left);
        let mut parts = Vec::new();
        for (count, what) in [
            (self.count(Outcome::Kept), "kept for stacks"),
            (self.not_chosen, "not chosen"),
            (self.count(Outcome::Gone), "gone already"),
        ] {
            if count > 0 {
                parts.push(format!("{count} {what}"));
            }
        }
        parts.push(match left {
            0 => "0 left that should go".to_owned(),
            left => style.red(&format!("{left} left that should go")),
        });
        if self.dry_run && left == 0 {
            parts.pop();
            if parts.is_empty() {
                parts.push("none stays".to_owned());
            }
        }
        parts.join(", ")
    }
}
