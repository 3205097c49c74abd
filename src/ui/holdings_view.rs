//! Shows what a stack holds before it is deleted.

use std::fmt;

use super::Style;
use crate::deploy::destruction::inventory::{Content, Holding};

/// What would go with a stack.
pub struct HoldingsView<'a> {
    name: &'a str,
    resources: usize,
    holdings: &'a [Holding],
    /// Whether delivery streams may deliver before they go.
    drains: bool,
    style: Style,
}

impl<'a> HoldingsView<'a> {
    pub fn new(name: &'a str, resources: usize, holdings: &'a [Holding], drains: bool, style: Style) -> Self {
        Self { name, resources, holdings, drains, style }
    }
}

impl fmt::Display for HoldingsView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let resources = counted(self.resources as u64, "resource");
        write!(f, "{} has {resources}.", self.style.bold(self.name))?;
        for holding in self.holdings.iter().filter(|holding| holding.is_data()) {
            let content = match &holding.content {
                Content::Records { count, is_more: false, .. } => counted(*count, "record"),
                Content::Records { count, .. } => format!("more than {}", counted(*count, "record")),
                other => match content(other) {
                    Some(content) => content,
                    None => continue,
                },
            };
            write!(f, "\n  {} in {}", self.style.red(&content), holding.name)?;
        }
        if self.holdings.iter().any(|holding| holding.content == Content::Buffer) {
            let fate = if self.drains { "is delivered first" } else { "goes too" };
            write!(f, "\n  What delivery streams have not delivered yet {fate}; nobody can count it.")?;
        }
        Ok(())
    }
}

/// Writes what a resource holds, such as `2 records, 3.4 KiB`; nothing of what nobody can count.
pub fn content(content: &Content) -> Option<String> {
    let (count, what, size, is_more) = match content {
        Content::Objects { count, bytes, is_more } => (*count, "object", Some(*bytes), *is_more),
        Content::Records { count, bytes, is_more } => (*count, "record", Some(*bytes), *is_more),
        Content::Messages { count } => (*count, "message", None, false),
        Content::Buffer => return None,
    };
    let more = if is_more { "more than " } else { "" };
    let size = size.map(|size| format!(", {}", bytes(size))).unwrap_or_default();
    Some(format!("{more}{}{size}", counted(count, what)))
}

/// Writes how many of something there are, such as `2 records`.
pub fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// Writes a number of bytes with a fitting unit, such as `3.4 KiB`.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = count as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{count} B") } else { format!("{value:.1} {}", UNITS[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_bytes_for_people() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(3482), "3.4 KiB");
        assert_eq!(bytes(5 << 30), "5.0 GiB");
    }
}
