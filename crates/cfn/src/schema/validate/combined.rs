//! Keywords that a value of any type has to meet, and those that put schemas together.

use serde_json::{Map, Value};

use super::Violation;
use super::walk::{Fit, Walk};
use crate::frozen::{Frozen, List};
use crate::schema::Schema;

impl<'v> Walk<'_, 'v> {
    /// Checks one keyword of a schema against a value.
    pub(super) fn combined(
        &mut self,
        schema: Schema<'_>,
        keyword: &str,
        wanted: Frozen<'_>,
        value: &'v Value,
    ) {
        match keyword {
            "enum" => self.allowed("enum", wanted, value),
            "enumCaseInsensitive" => self.allowed("enumCaseInsensitive", wanted, value),
            "const" => self.allowed("const", wanted, value),
            "allOf" => {
                for part in wanted.list().into_iter().flat_map(|list| schema.each(list)) {
                    self.value(part, value);
                }
            }
            "anyOf" | "oneOf" => self.some(schema, keyword, wanted.list(), value),
            "not" => match self.fits(schema.at(wanted), value) {
                Fit::Yes => self.report_scrubbed("not"),
                Fit::No => {}
                Fit::Unsure => self.unsure = true,
            },
            "if" => {
                let branch = match self.fits(schema.at(wanted), value) {
                    Fit::Yes => "then",
                    Fit::No => "else",
                    Fit::Unsure => return self.unsure = true,
                };
                if let Some(branch) = schema.schema(branch) {
                    self.value(branch, value);
                }
            }
            _ => {}
        }
    }

    /// Checks one keyword of a schema against an object of which only the members are at hand.
    pub(super) fn combined_object(
        &mut self,
        schema: Schema<'_>,
        keyword: &str,
        wanted: Frozen<'_>,
        members: &Map<String, Value>,
    ) {
        if matches!(keyword, "allOf" | "anyOf" | "oneOf" | "not" | "if") {
            let value = Value::Object(members.clone());
            let mut walk = Walk::new(self.reader);
            walk.combined(schema, keyword, wanted, &value);
            self.unsure |= walk.unsure;
            for violation in walk.violations {
                self.report_about(violation.keyword, violation.message, violation.names);
            }
        }
    }

    fn some(&mut self, schema: Schema<'_>, keyword: &str, list: Option<List<'_>>, value: &Value) {
        let Some(list) = list else { return };
        let fits: Vec<Fit> = schema.each(list).map(|one| self.fits(one, value)).collect();
        if self.explains && fits.iter().all(|fit| *fit == Fit::No) {
            self.explain(schema, list, value);
        }
        let of = |wanted| fits.iter().filter(|fit| **fit == wanted).count();
        let (yes, unsure) = (of(Fit::Yes), of(Fit::Unsure));
        match keyword {
            "anyOf" if yes + unsure == 0 => {
                let total = fits.len();
                self.report("anyOf", format!("#: no subschema matched out of the total {total} subschemas"));
            }
            "oneOf" if yes > 1 || yes + unsure == 0 => {
                self.report("oneOf", format!("#: {yes} subschemas matched instead of one"));
            }
            _ => self.unsure |= unsure > 0 && (yes == 0 || keyword == "oneOf"),
        }
    }

    /// Reports what the schemas of a list ask for, none of which fits: members of which one is missing, and what is wrong further
    /// inside for the only schema that takes the value's type.
    fn explain(&mut self, schema: Schema<'_>, list: List<'_>, value: &Value) {
        let mut attempts: Vec<Vec<Violation>> =
            schema.each(list).map(|one| self.attempt(one, value).violations).collect();
        // Objects that name their type are of the schema that has the type.
        let is_named = |violation: &Violation| {
            violation.path == ["Type"] && matches!(violation.keyword, "const" | "enum")
        };
        if value.get("Type").is_some() {
            let unnamed =
                attempts.first().and_then(|attempt| attempt.iter().find(|one| is_named(one)).cloned());
            attempts.retain(|attempt| !attempt.iter().any(is_named));
            // It names one that there is not.
            if let Some(unnamed) = unnamed.filter(|_| attempts.is_empty()) {
                self.adopt(unnamed);
            }
        }
        let mut missing: Vec<String> = Vec::new();
        for violation in attempts.iter().flatten() {
            if violation.keyword == "required" && violation.path.is_empty() {
                missing.extend(
                    violation
                        .names
                        .iter()
                        .filter(|name| !missing.contains(name))
                        .cloned()
                        .collect::<Vec<_>>(),
                );
            }
        }
        if let Some(first) = missing.first() {
            self.report_about("required", format!("required key [{first}] not found"), missing);
        }
        let is_type = |violation: &Violation| violation.keyword == "type" && violation.path.is_empty();
        let mut of_type = attempts.into_iter().filter(|attempt| !attempt.iter().any(is_type));
        if let (Some(only), None) = (of_type.next(), of_type.next()) {
            only.into_iter().filter(|violation| !violation.path.is_empty()).for_each(|one| self.adopt(one));
        }
    }
}
