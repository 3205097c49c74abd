//! The same answer for each of several regions: one below the other, or an object by region for programs.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::{Answer, Format, Style, json};

/// Answers by region. One alone is shown as if nobody had spoken of regions.
#[derive(Debug)]
pub struct ByRegion<T>(pub Vec<(String, T)>);

impl<T: Serialize> Serialize for ByRegion<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let [(_, answer)] = self.0.as_slice() {
            return answer.serialize(serializer);
        }
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (region, answer) in &self.0 {
            map.serialize_entry(region, answer)?;
        }
        map.end()
    }
}

impl<T: Answer> Answer for ByRegion<T> {
    fn text(&self, style: Style) -> String {
        if let [(_, answer)] = self.0.as_slice() {
            return answer.text(style);
        }
        let part = |(region, answer): &(String, T)| format!("{}\n{}", style.bold(region), answer.text(style));
        self.0.iter().map(part).collect::<Vec<_>>().join("\n\n")
    }

    fn document(&self, format: Format) -> String {
        match self.0.as_slice() {
            [(_, answer)] => answer.document(format),
            _ => json(self),
        }
    }
}
