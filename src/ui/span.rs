//! Spans of time as people read them.

/// Returns milliseconds as `0.4 s`, `12 s`, `2 min 05 s` or `1 h 02 min`.
pub fn span(milliseconds: i64) -> String {
    let milliseconds = milliseconds.max(0);
    // Tenths are said while they make a difference.
    if milliseconds < 9_950 {
        return format!("{}.{} s", (milliseconds + 50) / 1000, (milliseconds + 50) % 1000 / 100);
    }
    let seconds = (milliseconds + 500) / 1000;
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_no_more_than_matters() {
        let said = [0, 149, 9_949, 9_950, 59_499, 59_500, 125_000, 3_725_000].map(span);
        let expected = ["0.0 s", "0.1 s", "9.9 s", "10 s", "59 s", "1 min 00 s", "2 min 05 s", "1 h 02 min"];
        assert_eq!(said.each_ref().map(String::as_str), expected);
    }
}
