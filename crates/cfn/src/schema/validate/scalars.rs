//! Keywords about texts, numbers and flags.

use serde_json::Value;

use super::walk::{Walk, count};
use crate::frozen::Frozen;
use crate::schema::pattern;
use crate::schema::types::text;

impl Walk<'_, '_> {
    /// Checks one keyword of a schema against a value that is neither list nor object.
    pub(super) fn scalar(&mut self, keyword: &str, wanted: Frozen<'_>, value: &Value) {
        match keyword {
            "minLength" | "maxLength" | "pattern" => {
                if let Some(text) = text(value) {
                    self.text(keyword, wanted, &text);
                }
            }
            "format" => {
                if let (Some(has_format), Some(format), Value::String(text)) =
                    (self.has_format, wanted.text(), value)
                    && !has_format(format, text)
                {
                    self.report_about("format", format!("is not a {format}"), vec![format.to_owned()]);
                }
            }
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" => {
                let number = text(value).and_then(|text| text.parse::<f64>().ok());
                if let (Some(number), Some(limit)) = (number, wanted.number()) {
                    self.number(keyword, limit, number);
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, keyword: &str, wanted: Frozen<'_>, text: &str) {
        let length = || text.chars().count();
        match (keyword, count(wanted)) {
            ("minLength", Some(minimum)) if length() < minimum => {
                let found = length();
                self.report("minLength", format!("expected minLength: {minimum}, actual: {found}"));
            }
            ("maxLength", Some(maximum)) if length() > maximum => {
                let found = length();
                self.report("maxLength", format!("expected maxLength: {maximum}, actual: {found}"));
            }
            ("pattern", _) => match wanted.text().and_then(|pattern| pattern::matches(pattern, text)) {
                Some(true) => {}
                Some(false) => self.report_scrubbed("pattern"),
                None => self.unsure = true,
            },
            _ => {}
        }
    }

    fn number(&mut self, keyword: &str, limit: f64, number: f64) {
        match keyword {
            "minimum" if number < limit => self.report_scrubbed("minimum"),
            "maximum" if number > limit => self.report_scrubbed("maximum"),
            "exclusiveMinimum" if number <= limit => self.report_scrubbed("exclusiveMinimum"),
            "exclusiveMaximum" if number >= limit => self.report_scrubbed("exclusiveMaximum"),
            "multipleOf" if limit > 0.0 && (number / limit).fract() != 0.0 => {
                self.report_scrubbed("multipleOf");
            }
            _ => {}
        }
    }
}
