//! What the function is told by its environment.

/// Key of objects that hold what could not be delivered, wherever Firehose was not told another prefix.
const PROCESSING_FAILED: &str = "processing-failed/";

/// The function's settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub state_bucket: String,
    /// Where in that bucket the maxima lie.
    pub state_prefix: String,
    /// Where error objects lie.
    pub error_prefix: String,
    /// The topic, and the speed above which it is told; the function only records when there is none.
    pub alerts: Option<(String, f64)>,
}

impl Settings {
    /// Reads `STATE_BUCKET`, `STATE_PREFIX` (default `maxima/`), `ERROR_PREFIX` (default `failed/`), and both or
    /// neither of `TOPIC_ARN` and `SPEED_LIMIT`.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let state_bucket = variable("STATE_BUCKET").ok_or("the variable STATE_BUCKET is not set")?;
        let alerts = match (variable("TOPIC_ARN"), variable("SPEED_LIMIT")) {
            (None, None) => None,
            (Some(topic), Some(limit)) => Some((topic, speed(&limit)?)),
            (Some(_), None) => return Err("TOPIC_ARN is set, but SPEED_LIMIT is not".into()),
            (None, Some(_)) => return Err("SPEED_LIMIT is set, but TOPIC_ARN is not".into()),
        };
        let or = |name: &str, default: &str| variable(name).unwrap_or_else(|| default.to_owned());
        let (state_prefix, error_prefix) = (or("STATE_PREFIX", "maxima/"), or("ERROR_PREFIX", "failed/"));
        Ok(Self { state_bucket, state_prefix, error_prefix, alerts })
    }

    /// Returns whether an object's rows are to be read; error objects and the function's own have none.
    pub fn concerns(&self, bucket: &str, key: &str) -> bool {
        let is_error = !self.error_prefix.is_empty() && key.starts_with(&self.error_prefix);
        let is_state = bucket == self.state_bucket && key.starts_with(&self.state_prefix);
        !(is_error || is_state || key.contains(PROCESSING_FAILED) || key.ends_with('/'))
    }
}

fn speed(limit: &str) -> Result<f64, String> {
    let number = limit.parse().ok().filter(|limit: &f64| limit.is_finite());
    number.ok_or_else(|| format!("SPEED_LIMIT is `{limit}`, which is no number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, String> {
        Settings::read(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn refuses_what_would_silence_the_alerts() {
        let bucket = ("STATE_BUCKET", "b");
        assert_eq!(read(&[bucket]).unwrap().alerts, None);
        assert!(read(&[bucket, ("TOPIC_ARN", "t")]).unwrap_err().contains("SPEED_LIMIT is not"));
        assert!(read(&[bucket, ("SPEED_LIMIT", "9")]).unwrap_err().contains("TOPIC_ARN is not"));
        assert!(read(&[bucket, ("TOPIC_ARN", "t"), ("SPEED_LIMIT", "fast")]).unwrap_err().contains("`fast`"));
        assert!(read(&[]).unwrap_err().contains("STATE_BUCKET"));
    }

    #[test]
    fn leaves_out_error_objects_and_its_own() {
        let settings = read(&[("STATE_BUCKET", "b")]).unwrap();
        for key in ["failed/2026/x", "gps/processing-failed/2026/x", "maxima/shard-00.json", "folder/"] {
            assert!(!settings.concerns("b", key), "{key}");
        }
        assert!(settings.concerns("b", "2026/11/20/04/x"));
        assert!(settings.concerns("other", "maxima/of-somebody-else"));
    }
}
