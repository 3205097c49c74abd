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
    /// `export NAME='value'`, for a shell to evaluate
    Env,
    /// `NAME="value"`, for files called .env
    Dotenv,
}

impl Format {
    /// Takes what every verb writes, and says of the others which verb does.
    pub fn of_every_verb() -> impl TypedValueParser<Value = Self> {
        Self::among(false, |format| matches!(format, Self::Text | Self::Json))
    }

    /// Takes what `outputs` writes.
    pub fn of_outputs() -> impl TypedValueParser<Value = Self> {
        Self::among(true, |format| matches!(format, Self::Text | Self::Json | Self::Env | Self::Dotenv))
    }

    /// Takes what `lint` writes.
    pub fn of_lint() -> impl TypedValueParser<Value = Self> {
        Self::among(true, |format| !matches!(format, Self::Env | Self::Dotenv))
    }

    fn among(is_explained: bool, is_written: fn(Self) -> bool) -> impl TypedValueParser<Value = Self> {
        let shown = move |format: &Self| -> Option<PossibleValue> {
            let value = format.to_possible_value()?.hide(!is_written(*format));
            Some(if is_explained { value } else { value.help(Resettable::Reset) })
        };
        PossibleValuesParser::new(Self::value_variants().iter().filter_map(shown)).try_map(move |name| {
            match Self::from_str(&name, false) {
                Ok(format) if is_written(format) => Ok(format),
                Ok(Self::Env | Self::Dotenv) => {
                    Err(format!("only `hydrant outputs` writes it: `hydrant outputs --format {name}`"))
                }
                _ => Err(format!("only `hydrant lint` writes it: `hydrant lint --format {name}`")),
            }
        })
    }
}
