//! What CloudWatch asks of an alarm.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>. Not confirmed on AWS: the words, but for
//! those of the evaluation's length.

use super::Refusal;
use super::properties::Properties;

const INVALID: Refusal = Refusal::Service("ValidationError");

pub(super) fn check(alarm: &mut Properties<'_>) {
    length(alarm);
    datapoints(alarm);
    missing_data(alarm);
    metric(alarm);
    resolution(alarm);
}

/// H1904: an alarm looks back for a day, or for a week when its periods are an hour or longer.
fn length(alarm: &mut Properties<'_>) {
    let (Some(period), Some(count)) = (alarm.number("Period"), alarm.number("EvaluationPeriods")) else {
        return;
    };
    let most = if period < 3_600.0 { 86_400.0 } else { 604_800.0 };
    if period * count > most {
        let message = format!(
            "Metrics cannot be checked across more than {} (EvaluationPeriods * Period must be <= {most}).",
            if period < 3_600.0 { "a day" } else { "a week" }
        );
        alarm.report("H1904", "EvaluationPeriods", INVALID, message);
    }
}

/// H1904: of the periods that are looked at, some are over the threshold.
fn datapoints(alarm: &mut Properties<'_>) {
    let (Some(points), Some(periods)) =
        (alarm.number("DatapointsToAlarm"), alarm.number("EvaluationPeriods"))
    else {
        return;
    };
    if points > periods {
        let message = "DatapointsToAlarm must be less than or equal to EvaluationPeriods";
        alarm.report("H1904", "DatapointsToAlarm", INVALID, message);
    }
}

/// H1904: what missing data mean is one of four.
fn missing_data(alarm: &mut Properties<'_>) {
    let known = ["breaching", "notBreaching", "ignore", "missing"];
    if let Some(text) = alarm.text("TreatMissingData").filter(|text| !known.contains(text)) {
        let message = format!("`{text}` is not one of breaching, notBreaching, ignore and missing");
        alarm.report("H1904", "TreatMissingData", INVALID, message);
    }
}

/// H1904: an alarm has one metric with its statistic, or expressions.
fn metric(alarm: &mut Properties<'_>) {
    if alarm.is_absent("MetricName") && alarm.is_absent("Metrics") {
        alarm.report("H1904", "", INVALID, "An alarm needs a MetricName or Metrics");
    }
    if alarm.is_present("MetricName") && alarm.is_present("Metrics") {
        alarm.report("H1904", "Metrics", INVALID, "An alarm has either a MetricName or Metrics");
    }
    if alarm.is_present("MetricName") {
        if alarm.is_absent("Statistic") && alarm.is_absent("ExtendedStatistic") {
            alarm.report(
                "H1904",
                "",
                INVALID,
                "An alarm of a metric needs a Statistic or an ExtendedStatistic",
            );
        }
        // What has dimensions is surely of a metric that somebody publishes.
        let is_whole = alarm.is_present("Dimensions");
        for name in ["Namespace", "Period"] {
            if is_whole && alarm.is_absent(name) {
                alarm.report("H1904", "MetricName", INVALID, format!("An alarm of a metric needs a {name}"));
            }
        }
    }
    if alarm.is_present("Statistic") && alarm.is_present("ExtendedStatistic") {
        alarm.report(
            "H1904",
            "ExtendedStatistic",
            INVALID,
            "An alarm has either a Statistic or an ExtendedStatistic",
        );
    }
    let statistic = alarm.text("ExtendedStatistic");
    if statistic.is_some_and(|text| ["Average", "Maximum", "Minimum", "SampleCount", "Sum"].contains(&text)) {
        alarm.report(
            "H1904",
            "ExtendedStatistic",
            INVALID,
            "An ExtendedStatistic is a percentile such as p99; this is a Statistic",
        );
    }
}

/// H1905: AWS's own metrics come once a minute.
fn resolution(alarm: &mut Properties<'_>) {
    let is_of_aws = alarm.text("Namespace").is_some_and(|name| name.starts_with("AWS/"));
    if is_of_aws && alarm.number("Period").is_some_and(|period| period < 60.0) {
        let message = "AWS's own metrics come once a minute, so that a shorter period has no data";
        alarm.report("H1905", "Period", Refusal::Unsure, message);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::breaches;

    fn of(more: Value) -> Vec<String> {
        let mut alarm = json!({"Namespace": "AWS/Lambda", "MetricName": "Errors", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 5});
        for (name, value) in more.as_object().unwrap() {
            alarm[name] = value.clone();
        }
        breaches("AWS::CloudWatch::Alarm", &alarm)
    }

    #[test]
    fn tells_what_does_not_go_together() {
        for (more, at) in [
            (json!({"EvaluationPeriods": 1441}), "H1904 EvaluationPeriods"),
            (json!({"DatapointsToAlarm": 6}), "H1904 DatapointsToAlarm"),
            (json!({"TreatMissingData": "ok"}), "H1904 TreatMissingData"),
            (json!({"ExtendedStatistic": "p99"}), "H1904 ExtendedStatistic"),
            (json!({"Metrics": []}), "H1904 Metrics"),
            (json!({"Period": 30}), "H1905 Period"),
        ] {
            assert_eq!(of(more), [at]);
        }
    }

    #[test]
    fn is_content_with_a_day_of_minutes_and_a_week_of_hours() {
        assert_eq!(
            of(json!({"EvaluationPeriods": 1440, "DatapointsToAlarm": 3, "TreatMissingData": "ignore"})),
            [""; 0]
        );
        assert_eq!(of(json!({"EvaluationPeriods": 168, "Period": 3600})), [""; 0]);
    }
}
