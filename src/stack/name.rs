//! The names by which a stack's blocks are known in CloudFormation.

/// Returns a name as a CloudFormation logical id: letters and digits, each word with a capital.
pub fn logical_id(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words
        .flat_map(|word| {
            let mut characters = word.chars();
            characters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(characters)
        })
        .collect()
}

/// Returns the logical id of the layer that the stack file calls `name`.
pub fn layer_id(name: &str) -> String {
    format!("{}Layer", logical_id(name))
}

/// Returns the parameter through which the value that the stack file calls `name` comes into the template.
pub fn value_id(name: &str) -> String {
    format!("{}Value", logical_id(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_logical_ids_of_names() {
        assert_eq!(logical_id("telemetric-to-s3"), "TelemetricToS3");
        assert_eq!(logical_id("TelemetricStream"), "TelemetricStream");
        assert_eq!(logical_id("a.b_c"), "ABC");
    }
}
