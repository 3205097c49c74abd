//! The template's description: E1003 and E1004, whose pages say what they ask.

use crate::lint::{Context, Findings};

/// How many bytes a description may have.
const MOST: usize = 1024;

pub(super) fn length(context: &Context<'_>, findings: &mut Findings) {
    let Some((key, description)) = context.template.document().root.entry("Description") else { return };
    let size = description.as_str().map_or(0, str::len);
    if size > MOST {
        let message = format!("the description has {size} bytes; {MOST} are allowed");
        findings.add(message, None, key.span, &["Description"]);
    }
}

pub(super) fn kind(context: &Context<'_>, findings: &mut Findings) {
    let Some((key, description)) = context.template.document().root.entry("Description") else { return };
    if description.tag.is_some() || description.as_str().is_none() {
        let message = "the description must be a text, without functions";
        findings.add(message, None, key.span, &["Description"]);
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn template(description: &str) -> String {
        format!("Description: {description}\nResources: {{A: {{Type: AWS::SNS::Topic}}}}\n")
    }

    #[test]
    fn trips_on_what_is_too_long_or_no_text() {
        assert_eq!(findings("E1003", &template(&"x".repeat(1025))).len(), 1);
        for other in ["!Sub x", "[a]", "", "12"] {
            assert_eq!(findings("E1004", &template(other)).len(), 1, "{other}");
        }
    }

    #[test]
    fn is_fine_with_a_text_that_just_fits() {
        for rule in ["E1003", "E1004"] {
            assert_eq!(findings(rule, &template(&"x".repeat(1024))), [""; 0]);
        }
    }
}
