//! Date patterns as Java's `DateTimeFormatter` reads them, as far as delivery prefixes use them.
//!
//! Years, months, days, hours, minutes, seconds, day names and quoted literals. Other letters are refused by
//! name, rather than written as something else than AWS would.

use jiff::Zoned;
use jiff::civil::{Date, Weekday};

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Field { letter: char, width: usize },
}

/// A pattern that has been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatePattern(Vec<Part>);

const FIELDS: &str = "yuYMLdDHhKkmsSaEe";

impl DatePattern {
    /// Reads a pattern, or says what in it is not understood.
    pub fn parse(pattern: &str) -> Result<Self, String> {
        let mut parts: Vec<Part> = Vec::new();
        let mut letters = pattern.chars().peekable();
        while let Some(letter) = letters.next() {
            if letter == '\'' {
                parts.push(Part::Literal(quoted(&mut letters)?));
            } else if letter.is_ascii_alphabetic() {
                if !FIELDS.contains(letter) {
                    return Err(format!("the letter `{letter}` in the date pattern `{pattern}`"));
                }
                let mut width = 1;
                while letters.next_if_eq(&letter).is_some() {
                    width += 1;
                }
                parts.push(Part::Field { letter, width });
            } else if "{}[]#".contains(letter) {
                return Err(format!("the character `{letter}` in the date pattern `{pattern}`"));
            } else {
                parts.push(Part::Literal(letter.to_string()));
            }
        }
        Ok(Self(parts))
    }

    /// Writes a moment.
    pub fn format(&self, moment: &Zoned) -> String {
        let part = |part: &Part| match part {
            Part::Literal(text) => text.clone(),
            Part::Field { letter, width } => field(*letter, *width, moment),
        };
        self.0.iter().map(part).collect()
    }
}

/// Reads up to the closing quote; two quotes stand for one.
fn quoted(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<String, String> {
    let mut text = String::new();
    while let Some(letter) = letters.next() {
        if letter != '\'' {
            text.push(letter);
        } else if letters.next_if_eq(&'\'').is_some() {
            text.push('\'');
        } else {
            return Ok(if text.is_empty() { "'".to_owned() } else { text });
        }
    }
    Err("a quote that is not closed in a date pattern".to_owned())
}

fn field(letter: char, width: usize, moment: &Zoned) -> String {
    let padded = |number: i64| format!("{number:0width$}");
    let hour = i64::from(moment.hour());
    match letter {
        'y' | 'u' => year(i64::from(moment.year()), width),
        'Y' => year(i64::from(week_based_year(moment.date())), width),
        'M' | 'L' => match width {
            1 | 2 => padded(i64::from(moment.month())),
            3 => moment.strftime("%b").to_string(),
            _ => moment.strftime("%B").to_string(),
        },
        'd' => padded(i64::from(moment.day())),
        'D' => padded(i64::from(moment.day_of_year())),
        'H' => padded(hour),
        'h' => padded((hour + 11) % 12 + 1),
        'K' => padded(hour % 12),
        'k' => padded(if hour == 0 { 24 } else { hour }),
        'm' => padded(i64::from(moment.minute())),
        's' => padded(i64::from(moment.second())),
        'S' => format!("{:09}", moment.subsec_nanosecond())
            .chars()
            .chain("0".repeat(9).chars())
            .take(width)
            .collect(),
        'a' => (if hour < 12 { "AM" } else { "PM" }).to_owned(),
        'e' => padded(i64::from(moment.weekday().to_sunday_one_offset())),
        // The only letter left is `E`.
        _ if width < 4 => moment.strftime("%a").to_string(),
        _ => moment.strftime("%A").to_string(),
    }
}

/// Two letters give the last two digits, any other number is the least width.
fn year(year: i64, width: usize) -> String {
    if width == 2 { format!("{:02}", year.rem_euclid(100)) } else { format!("{year:0width$}") }
}

/// Returns the year to which the week of a day belongs, by American weeks: the one with 1 January is the
/// first, and begins on a Sunday.
fn week_based_year(date: Date) -> i16 {
    let left = i64::from(Weekday::Saturday.to_sunday_zero_offset() - date.weekday().to_sunday_zero_offset());
    let saturday = date.checked_add(jiff::Span::new().days(left));
    saturday.map_or(date.year(), Date::year)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(pattern: &str, moment: &str) -> String {
        let moment: jiff::Timestamp = moment.parse().unwrap();
        DatePattern::parse(pattern).unwrap().format(&moment.to_zoned(jiff::tz::TimeZone::UTC))
    }

    #[test]
    fn writes_the_usual_parts_of_prefixes() {
        let moment = "2026-01-05T07:08:09.012Z";
        for (pattern, text) in [
            ("yyyy/MM/dd/HH/", "2026/01/05/07/"),
            ("yyyy-M-d", "2026-1-5"),
            ("yy", "26"),
            ("HH:mm:ss.SSS", "07:08:09.012"),
            ("'year='yyyy'/month='MM", "year=2026/month=01"),
            ("yyyy''", "2026'"),
            ("yyyy'o''clock'", "2026o'clock"),
            ("DDD", "005"),
            ("EEE d MMM", "Mon 5 Jan"),
            ("EEEE, MMMM", "Monday, January"),
            ("hh a", "07 AM"),
        ] {
            assert_eq!(format(pattern, moment), text, "{pattern}");
        }
    }

    #[test]
    fn gives_the_week_year_for_capital_letters() {
        // 29 December 2026 lies in the week of 1 January 2027: the trap of `YYYY`.
        assert_eq!(format("YYYY yyyy", "2026-12-29T00:00:00Z"), "2027 2026");
        assert_eq!(format("YYYY", "2026-06-01T00:00:00Z"), "2026");
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for pattern in ["yyyy-q", "'open", "[yyyy]", "{"] {
            assert!(DatePattern::parse(pattern).is_err(), "{pattern}");
        }
    }
}
