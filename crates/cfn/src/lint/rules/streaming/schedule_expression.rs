//! # E3027: a schedule is a rate or a cron expression of AWS's
//!
//! ```yaml
//! Rule: {Type: AWS::Events::Rule, Properties: {ScheduleExpression: rate(5 minute)}}
//! ```
//!
//! `rate(1 minute)`, `rate(5 minutes)`, or `cron(0 12 * * ? *)` with six fields, of which one of the two for days is `?`. The
//! scheduler also takes `at(2026-11-20T12:00:00)`.
//! <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html>

use crate::lint::{Context, Findings, Level, Rule};
use serde_json::Value;

pub(super) const RULE: Rule = Rule {
    id: "E3027",
    level: Level::Error,
    summary: "a schedule is a rate or a cron expression of AWS's",
    source: include_str!("schedule_expression.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for (logical_id, resource) in &context.template.resources {
        let is_scheduler = match resource.resource_type.as_str() {
            "AWS::Events::Rule" => false,
            "AWS::Scheduler::Schedule" => true,
            _ => continue,
        };
        let Some(text) = resource.properties.get("ScheduleExpression").and_then(Value::as_str) else {
            continue;
        };
        if text.contains("{{resolve:") {
            continue;
        }
        if let Some(fault) = fault(text, is_scheduler) {
            let path = ["Resources", logical_id, "Properties", "ScheduleExpression"];
            findings.add(format!("`{text}` {fault}"), None, context.template.place(&path), &path);
        }
    }
}

/// Says what is wrong with an expression.
fn fault(text: &str, is_scheduler: bool) -> Option<&'static str> {
    let inside = |name: &str| text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
    if let Some(rate) = inside("rate") {
        let parts: Vec<&str> = rate.split_whitespace().collect();
        let [value, unit] = parts[..] else { return Some("is not of the form rate(value unit)") };
        let Ok(value) = value.parse::<u64>() else { return Some("has no whole number as its rate") };
        let singular = unit.strip_suffix('s').unwrap_or(unit);
        return match (value, singular) {
            (0, _) => Some("never happens: the rate is zero"),
            (_, "minute" | "hour" | "day") if (value == 1) == (singular == unit) || is_scheduler => None,
            (1, "minute" | "hour" | "day") => Some("has a unit in the plural with the value 1"),
            (_, "minute" | "hour" | "day") => Some("has a unit in the singular with a value above 1"),
            _ => Some("has a unit that is not minutes, hours or days"),
        };
    }
    if let Some(cron) = inside("cron") {
        let fields: Vec<&str> = cron.split_whitespace().collect();
        let [minute, hour, day_of_month, month, day_of_week, year] = fields[..] else {
            return Some("has not six fields: minutes, hours, day of month, month, day of week, year");
        };
        return match (day_of_month == "?", day_of_week == "?") {
            (true, true) => Some("names no day: both fields for days are `?`"),
            (false, false) => Some("names days twice: one of the two fields for days is `?`"),
            _ => [
                (minute, 0..=59, &[][..], "has a minute that is not 0 to 59"),
                (hour, 0..=23, &[], "has an hour that is not 0 to 23"),
                (day_of_month, 1..=31, &[], "has a day that is not 1 to 31"),
                (month, 1..=12, MONTHS, "has a month that is not 1 to 12"),
                (day_of_week, 1..=7, DAYS, "has a day of the week that is not 1 to 7 or SUN to SAT"),
                (year, 1970..=2199, &[], "has a year that is not 1970 to 2199"),
            ]
            .into_iter()
            .find(|(field, range, names, _)| !is_field(field, range, names))
            .map(|(.., fault)| fault),
        };
    }
    if let Some(time) = inside("at").filter(|_| is_scheduler) {
        let form = "dddd-dd-ddTdd:dd:dd";
        let fits = |(wanted, found): (char, char)| {
            if wanted == 'd' { found.is_ascii_digit() } else { wanted == found }
        };
        let is_time = time.len() == form.len() && form.chars().zip(time.chars()).all(fits);
        return (!is_time).then_some("is not of the form at(yyyy-mm-ddThh:mm:ss)");
    }
    Some("is neither cron() nor rate()")
}

const MONTHS: &[&str] = &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// Says whether each number of a field is within its range; what is no number is left to AWS.
fn is_field(field: &str, range: &std::ops::RangeInclusive<u32>, names: &[&str]) -> bool {
    field.split(',').all(|part| {
        let (values, _) = part.split_once('/').unwrap_or((part, ""));
        values.split('-').all(|value| {
            let word = value.to_ascii_uppercase();
            match value.parse::<u32>() {
                Ok(number) => range.contains(&number),
                Err(_)
                    if names.is_empty()
                        || word.len() != 3
                        || !word.bytes().all(|byte| byte.is_ascii_uppercase()) =>
                {
                    true
                }
                Err(_) => names.contains(&word.as_str()),
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::fault;
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_what_aws_refuses() {
        for text in [
            "daily",
            "rate(5)",
            "rate(0 minutes)",
            "rate(5 weeks)",
            "rate(5 minute)",
            "cron(0 12 * * ?)",
            "cron(0 12 * * * *)",
            "at(2026-01-01T00:00:00)",
            "cron(60 12 * * ? *)",
            "cron(0 24 * * ? *)",
            "cron(0 12 1 13 ? *)",
            "cron(0 12 ? * MOO *)",
        ] {
            assert!(fault(text, false).is_some(), "{text}");
        }
        let template = "Resources: {R: {Type: AWS::Events::Rule, Properties: {ScheduleExpression: daily}}}";
        assert_eq!(findings("E3027", template), ["1:75 `daily` is neither cron() nor rate()"]);
    }

    #[test]
    fn is_fine_with_rates_and_crons() {
        for text in
            ["rate(1 minute)", "rate(5 minutes)", "cron(0 12 * * ? *)", "cron(0/5 8-17 ? * MON-FRI *)"]
        {
            assert_eq!(fault(text, false), None, "{text}");
        }
        assert_eq!(fault("at(2026-01-01T00:00:00)", true), None);
    }
}
