//! Values from elsewhere: one source each, names that lead somewhere, and exports of what the stack has.

use hydrant_cfn::yaml::Spanned;

use super::Check;
use crate::stack::load::did_you_mean;
use crate::stack::value::{self, Part, Source, Value, parts};

impl Check<'_> {
    pub(super) fn values(&mut self) {
        let file = self.file;
        for (name, one) in &file.values {
            self.value(name, one);
        }
        for text in value::texts(file) {
            self.uses(text);
        }
        for name in &file.exports {
            self.export(name);
        }
    }

    fn value(&mut self, name: &Spanned<String>, one: &Value) {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if !name.value.starts_with(|c: char| c.is_ascii_alphabetic()) || !name.value.chars().all(is_plain) {
            let help = "a letter, then letters, digits, `-` and `_`".to_owned();
            self.add(name.span, format!("`{name}` is not a name for a value"), Some(help));
        }
        let Some(source) = one.source() else {
            let message = format!("`{name}` must come from one place");
            let help = "write one of `{ stack, output }`, `{ stack, export }`, `{ export }`, `{ ssm }`, `{ env }` \
                        and `{ file }`";
            self.add(value::place(one, name.span), message, Some(help.to_owned()));
            return;
        };
        let Some(secret) = one.secret.as_ref().filter(|secret| secret.value) else { return };
        match source {
            Source::Env(_) | Source::File(_) => {}
            Source::Ssm(_) => {
                let help = "let the function read it itself, or give it with `env`";
                let message = "CloudFormation does not put a SecureString into what a stack file can have";
                self.add(secret.span, message, Some(help.to_owned()));
            }
            Source::Output { .. } | Source::Export { .. } => {
                let message = "outputs and exports of a stack are open to everyone who may describe it";
                self.add(secret.span, message, Some("give a secret with `env` or `file`".to_owned()));
            }
        }
    }

    /// Checks a text in which values may be used.
    fn uses(&mut self, text: &Spanned<String>) {
        let Some(parts) = parts(&text.value) else {
            let help = "write `$${` for a `${` that is meant as it is".to_owned();
            self.add(text.span, "a `${` without its `}`", Some(help));
            return;
        };
        let known: Vec<&str> = self.file.values.keys().map(|name| name.value.as_str()).collect();
        for part in parts {
            let Part::Value(name) = part else { continue };
            if known.contains(&name) {
                continue;
            }
            let help = did_you_mean(name, &known)
                .unwrap_or_else(|| "say under `values:` where it comes from, or write `$${`".to_owned());
            self.add(text.span, format!("there is no value `{name}`"), Some(help));
        }
    }

    fn export(&mut self, name: &Spanned<String>) {
        let file = self.file;
        let blocks = file.streams.keys().chain(file.deliveries.keys());
        let blocks = blocks.chain(file.topics.keys()).chain(file.functions.keys());
        let known: Vec<&str> = blocks.map(|name| name.value.as_str()).chain(file.bucket_names()).collect();
        if !known.contains(&name.value.as_str()) {
            let help = did_you_mean(&name.value, &known);
            self.add(name.span, format!("the stack has no `{name}` to export"), help);
        }
    }
}
