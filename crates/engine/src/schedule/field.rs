//! One field of a cron expression: which numbers it names.

/// Numbers that a field may name, and the words that stand for some of them.
pub struct Range {
    pub least: u16,
    pub most: u16,
    pub words: &'static [&'static str],
}

pub const MINUTES: Range = Range { least: 0, most: 59, words: &[] };
pub const HOURS: Range = Range { least: 0, most: 23, words: &[] };
pub const DAYS: Range = Range { least: 1, most: 31, words: &[] };
pub const MONTHS: Range = Range {
    least: 1,
    most: 12,
    words: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
};
/// Days of the week count from Sunday.
pub const WEEKDAYS: Range =
    Range { least: 1, most: 7, words: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"] };
pub const YEARS: Range = Range { least: 1970, most: 2199, words: &[] };

impl Range {
    /// Reads one number or word.
    pub fn number(&self, text: &str) -> Option<u16> {
        let word = self.words.iter().position(|word| word.eq_ignore_ascii_case(text));
        let number = match word {
            Some(index) => self.least + u16::try_from(index).ok()?,
            None if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok()?,
            None => return None,
        };
        (self.least..=self.most).contains(&number).then_some(number)
    }

    /// Reads `*`, numbers, ranges and steps, separated by commas; the result is sorted.
    pub fn numbers(&self, text: &str) -> Option<Vec<u16>> {
        let mut numbers = Vec::new();
        for part in text.split(',') {
            let (span, step) = match part.split_once('/') {
                Some((span, step)) => (span, Some(step.parse::<u16>().ok().filter(|step| *step > 0)?)),
                None => (part, None),
            };
            let (first, last) = match span.split_once('-') {
                _ if span == "*" => (self.least, self.most),
                Some((first, last)) => (self.number(first)?, self.number(last)?),
                // `5/15` goes on to the end.
                None if step.is_some() => (self.number(span)?, self.most),
                None => (self.number(span)?, self.number(span)?),
            };
            if first > last {
                self.wrapped(first, last, step.unwrap_or(1), &mut numbers)?;
            } else {
                numbers.extend((first..=last).step_by(usize::from(step.unwrap_or(1))));
            }
        }
        numbers.sort_unstable();
        numbers.dedup();
        Some(numbers)
    }

    /// Goes around the end, as `FRI-MON` does. Not confirmed on AWS.
    fn wrapped(&self, first: u16, last: u16, step: u16, numbers: &mut Vec<u16>) -> Option<()> {
        if self.least == YEARS.least {
            return None;
        }
        let length = self.most - self.least + 1;
        let around = (first..=last + length).step_by(usize::from(step));
        numbers.extend(around.map(|number| (number - self.least) % length + self.least));
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lists_ranges_and_steps() {
        assert_eq!(MINUTES.numbers("0/15").unwrap(), [0, 15, 30, 45]);
        assert_eq!(MINUTES.numbers("5,10-12").unwrap(), [5, 10, 11, 12]);
        assert_eq!(HOURS.numbers("8-18/5").unwrap(), [8, 13, 18]);
        assert_eq!(WEEKDAYS.numbers("MON-fri").unwrap(), [2, 3, 4, 5, 6]);
        assert_eq!(WEEKDAYS.numbers("FRI-MON").unwrap(), [1, 2, 6, 7]);
        assert_eq!(MONTHS.numbers("JAN,12").unwrap(), [1, 12]);
        assert_eq!(HOURS.numbers("*").unwrap().len(), 24);
        for wrong in ["60", "", "1,", "a", "1-", "*/0", "+1"] {
            assert!(MINUTES.numbers(wrong).is_none(), "{wrong}");
        }
    }
}
