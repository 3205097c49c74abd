//! Writes any text as a YAML scalar, so that no value can break the template around it.

/// Returns `text` as a YAML scalar on one line, quoted when it has to be.
pub fn scalar(text: &str) -> String {
    let plain = serde_yaml::to_string(text).map(|yaml| yaml.trim_end().to_owned()).unwrap_or_default();
    // A block scalar would depend on the indentation around it; JSON's quoting is YAML's too.
    // CloudFormation reads YAML 1.1, in which `on` and `1:30` are no texts; only clear words stay plain.
    let clear = !text.is_empty()
        && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || " /._-${}:,()".contains(c))
        && !text.contains(": ")
        && !text.ends_with([':', ' '])
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null"
        );
    if clear && plain == text { plain } else { serde_json::Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_words_plain_and_quotes_what_yaml_would_misread() {
        assert_eq!(scalar("TelemetricStream"), "TelemetricStream");
        assert_eq!(scalar("gps/"), "gps/");
        for text in
            ["yes", "1.0", "", "a: b", "# no", "- x", "!Ref x", "line\nbreak", "\"", "null", "2026-01-01"]
        {
            let written = scalar(text);
            assert!(written.starts_with('"'), "{written}");
            assert_eq!(serde_yaml::from_str::<String>(&written).unwrap(), text);
        }
    }
}
