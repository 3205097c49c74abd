//! Shows the lines of several logs, each with its time and the one that wrote it.

use jiff::Timestamp;
use serde_json::json;

use super::{Format, Style};
use crate::logs::{Line, Source};

/// How the lines of some sources are written.
#[derive(Debug)]
pub struct LogView<'a> {
    sources: &'a [Source],
    format: Format,
    style: Style,
    width: usize,
}

impl<'a> LogView<'a> {
    pub fn new(sources: &'a [Source], format: Format) -> Self {
        let width = sources.iter().map(|source| source.name.len()).max().unwrap_or_default();
        Self { sources, format, style: Style::of(&std::io::stdout()), width }
    }

    /// Returns a line as it is written: with its end, or as a JSON object on a line of its own.
    pub fn write(&self, line: &Line) -> String {
        let name = self.sources.get(line.source).map_or("", |source| source.name.as_str());
        let time = Timestamp::from_millisecond(line.time).unwrap_or_default();
        let time = time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        if self.format == Format::Json {
            let object = json!({
                "time": time, "source": name, "stream": line.stream, "message": line.message,
            });
            return format!("{object}\n");
        }
        let Self { style, width, .. } = self;
        let who = style.nth(line.source, &format!("{name:<width$}"));
        format!("{} {who}  {}\n", style.dim(&time), line.message)
    }
}
