//! A stack's outputs: for people, for programs, and for shells.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::Stack;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Answer, Format, Style, json};
use crate::error::{Error, Result};

/// A stack's outputs: an object for programs.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Outputs(Map<String, Value>);

impl Outputs {
    pub fn of(stack: &Stack) -> Self {
        let outputs = stack.outputs().iter();
        let mut outputs: Vec<(String, Value)> = outputs
            .filter_map(|output| Some((output.output_key()?.to_owned(), Value::from(output.output_value()?))))
            .collect();
        outputs.sort_by(|a, b| a.0.cmp(&b.0));
        Self(outputs.into_iter().collect())
    }

    /// Refuses outputs of which a shell would take two for the same variable.
    pub fn check_variables(&self) -> Result<()> {
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
        for name in self.0.keys() {
            if let Some(other) = seen.insert(variable(name), name) {
                let message = format!(
                    "the outputs `{other}` and `{name}` would both be the variable {}",
                    variable(name)
                );
                return Err(Error::usage(message).hint("`--format json` keeps them apart"));
            }
        }
        Ok(())
    }

    /// Returns a line for each output, from its variable's name and its value.
    fn lines(&self, line: impl Fn(&str, &str) -> String) -> String {
        let lines =
            self.0.iter().map(|(name, value)| line(&variable(name), value.as_str().unwrap_or_default()));
        lines.collect::<Vec<_>>().join("\n")
    }
}

impl Answer for Outputs {
    fn text(&self, style: Style) -> String {
        let width = self.0.keys().map(String::len).max().unwrap_or_default();
        let lines = self.0.iter().map(|(name, value)| {
            let padding = " ".repeat(width - name.len());
            format!("{}{padding}  {}", style.cyan(name), value.as_str().unwrap_or_default())
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn document(&self, format: Format) -> String {
        match format {
            Format::Env => {
                self.lines(|name, value| format!("export {name}='{}'", value.replace('\'', r"'\''")))
            }
            Format::Dotenv => self.lines(|name, value| format!("{name}=\"{}\"", escaped(value))),
            _ => json(self),
        }
    }
}

/// Returns the variable that an output becomes: its name, with `_` for what no shell takes.
fn variable(name: &str) -> String {
    let fits = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let variable: String = name.chars().map(|one| if fits(one) { one } else { '_' }).collect();
    if variable.starts_with(|first: char| first.is_ascii_digit()) { format!("_{variable}") } else { variable }
}

/// Returns a value as it stands between double quotes, where nothing in it is expanded.
fn escaped(value: &str) -> String {
    let mut escaped = String::new();
    for character in value.chars() {
        match character {
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\\' | '"' | '$' | '`' => escaped.extend(['\\', character]),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outputs(pairs: &[(&str, &str)]) -> Outputs {
        Outputs(pairs.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect())
    }

    #[test]
    fn writes_what_a_shell_reads_back() {
        let outputs = outputs(&[("StreamName", "it's $HOME"), ("2nd-Url", "a\"b\\c\nd`")]);
        let env = "export StreamName='it'\\''s $HOME'\nexport _2nd_Url='a\"b\\c\nd`'";
        assert_eq!(outputs.document(Format::Env), env);
        let dotenv = "StreamName=\"it's \\$HOME\"\n_2nd_Url=\"a\\\"b\\\\c\\nd\\`\"";
        assert_eq!(outputs.document(Format::Dotenv), dotenv);
        assert!(outputs.check_variables().is_ok());
    }

    #[test]
    fn refuses_two_outputs_that_become_one_variable() {
        let error = outputs(&[("a-b", "1"), ("a_b", "2")]).check_variables().unwrap_err();
        assert_eq!(error.to_string(), "the outputs `a-b` and `a_b` would both be the variable a_b");
    }
}
