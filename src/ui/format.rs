//! The forms in which answers are written, and which verb writes which.

use clap::builder::{PossibleValuesParser, Resettable, TypedValueParser};
use clap::{ValueEnum, builder::PossibleValue};

/// How a command's answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// For programs
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub's workflows
    Github,
    /// JUnit's XML, for test reports
    Junit,
    /// GitLab's code quality report
    Gitlab,
    /// What `cfn-lint --format json` writes
    CfnLintJson,
}

impl Format {
    /// Takes what every verb writes, and says of the others which verb does.
    pub fn of_every_verb() -> impl TypedValueParser<Value = Self> {
        let common = |format: &Self| matches!(format, Self::Text | Self::Json);
        let shown = move |format: &Self| -> Option<PossibleValue> {
            Some(format.to_possible_value()?.hide(!common(format)).help(Resettable::Reset))
        };
        PossibleValuesParser::new(Self::value_variants().iter().filter_map(shown)).try_map(move |name| {
            match Self::from_str(&name, false) {
                Ok(format) if common(&format) => Ok(format),
                _ => Err(format!("only `hydrant lint` writes it: `hydrant lint --format {name}`")),
            }
        })
    }
}
