//! Keywords about lists and objects.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::reader::{Presence, presence};
use super::walk::{Fit, Step, Walk, count};
use crate::frozen::{Frozen, List, View};
use crate::schema::types::{same, text};
use crate::schema::{Additional, Schema, pattern};

type Members = Map<String, Value>;

impl<'v> Walk<'_, 'v> {
    /// Checks one keyword of a schema against an object, other than those about each member.
    pub(super) fn object(
        &mut self,
        schema: Schema<'_>,
        keyword: &str,
        wanted: Frozen<'_>,
        members: &'v Members,
    ) {
        match (keyword, wanted.view()) {
            ("required", View::List(names)) => self.required(names, members),
            ("minProperties" | "maxProperties", _) => self.size(keyword, count(wanted), members),
            ("requiredXor" | "requiredOr", View::List(names)) => self.alternatives(keyword, names, members),
            ("dependentExcluded" | "dependentRequired" | "dependencies", View::Object(_)) => {
                self.dependent(schema, keyword, wanted, members);
            }
            ("propertyNames", _) => self.names(schema.at(wanted), members),
            _ => {}
        }
    }

    fn presence(&self, members: &Members, name: &str) -> Presence {
        members.get(name).map_or(Presence::None, |value| presence(self.reader, value))
    }

    fn required(&mut self, names: List<'_>, members: &Members) {
        for name in names.texts() {
            match self.presence(members, name) {
                Presence::Sure => {}
                Presence::Possible => self.unsure = true,
                Presence::None => self.report_about(
                    "required",
                    format!("required key [{name}] not found"),
                    vec![name.to_owned()],
                ),
            }
        }
    }

    fn size(&mut self, keyword: &str, limit: Option<usize>, members: &Members) {
        let Some(limit) = limit else { return };
        let of = |wanted| members.values().filter(|value| presence(self.reader, value) == wanted).count();
        let (sure, possible) = (of(Presence::Sure), of(Presence::Possible));
        match keyword {
            "minProperties" if sure + possible < limit => {
                let found = sure + possible;
                self.report("minProperties", format!("minimum size: [{limit}], found: [{found}]"));
            }
            "maxProperties" if sure > limit => {
                self.report("maxProperties", format!("maximum size: [{limit}], found: [{sure}]"));
            }
            _ => self.unsure |= possible > 0,
        }
    }

    /// Checks of which properties one must be there. AWS's services check these themselves, each in words of
    /// its own, so the words here and in `dependent` are ours.
    fn alternatives(&mut self, keyword: &str, names: List<'_>, members: &Members) {
        let of = |wanted| names.texts().filter(|name| self.presence(members, name) == wanted).count();
        let (sure, possible) = (of(Presence::Sure), of(Presence::Possible));
        let listed = || names.texts().collect::<Vec<_>>().join(", ");
        let about = || names.texts().map(str::to_owned).collect();
        match keyword {
            "requiredXor" if sure > 1 || sure + possible == 0 => {
                let message = format!("exactly one of the keys [{}] is required", listed());
                self.report_about("requiredXor", message, about());
            }
            "requiredOr" if sure + possible == 0 => {
                let message = format!("one of the keys [{}] is required", listed());
                self.report_about("requiredOr", message, about());
            }
            _ => self.unsure |= possible > 0,
        }
    }

    /// Checks which properties may and must stand together.
    fn dependent(&mut self, schema: Schema<'_>, keyword: &str, wanted: Frozen<'_>, members: &'v Members) {
        for (name, others) in wanted.object().into_iter().flat_map(|object| object.iter()) {
            match self.presence(members, name) {
                Presence::Sure => {}
                Presence::Possible => {
                    self.unsure = true;
                    continue;
                }
                Presence::None => continue,
            }
            let Some(names) = others.list() else {
                self.dependent_schema(schema.at(others), members);
                continue;
            };
            for other in names.texts() {
                match (keyword, self.presence(members, other)) {
                    (_, Presence::Possible) => self.unsure = true,
                    ("dependentExcluded", Presence::Sure) => self.report_about(
                        "dependentExcluded",
                        format!("key [{other}] is not permitted beside key [{name}]"),
                        vec![other.to_owned(), name.to_owned()],
                    ),
                    ("dependentRequired" | "dependencies", Presence::None) => {
                        let message = format!("property [{other}] is required");
                        let about = vec![other.to_owned(), name.to_owned()];
                        self.report_about("dependentRequired", message, about);
                    }
                    _ => {}
                }
            }
        }
    }

    /// Checks what a whole object must be when it has some property.
    fn dependent_schema(&mut self, schema: Schema<'_>, members: &'v Members) {
        for (keyword, wanted) in schema.keywords() {
            self.object(schema, keyword, wanted, members);
            self.combined_object(schema, keyword, wanted, members);
        }
        self.members(schema, members);
    }

    fn names(&mut self, schema: Schema<'_>, members: &'v Members) {
        for name in members.keys() {
            if self.fits(schema, &Value::String(name.clone())) == Fit::No {
                self.at(Step::Name(name), |walk| walk.report_scrubbed("propertyNames"));
            }
        }
    }

    /// Checks each member of an object.
    pub(super) fn members(&mut self, schema: Schema<'_>, members: &'v Members) {
        let additional = schema.additional_properties();
        for (name, value) in members {
            let mut known = false;
            if let Some(property) = schema.property(name) {
                known = true;
                self.at(Step::Name(name), |walk| walk.member(property, value));
            }
            for (by_name, property) in schema.pattern_properties() {
                match pattern::matches(by_name, name) {
                    Some(true) => {
                        known = true;
                        self.at(Step::Name(name), |walk| walk.member(property, value));
                    }
                    Some(false) => {}
                    None => (known, self.unsure) = (true, true),
                }
            }
            match additional {
                // Beside a reference it says nothing about the keys that the reference allows.
                Additional::Forbidden if !known && schema.reference().is_none() => {
                    let message = format!("extraneous key [{name}] is not permitted");
                    self.report_about("additionalProperties", message, vec![name.clone()]);
                }
                Additional::Schema(property) if !known => {
                    self.at(Step::Name(name), |walk| walk.member(property, value));
                }
                Additional::Forbidden | Additional::Schema(_) | Additional::Unsaid => {}
            }
        }
    }

    /// Checks a member, which a schema of `false` forbids to be there at all.
    fn member(&mut self, schema: Schema<'_>, value: &'v Value) {
        match (schema.flag(), presence(self.reader, value)) {
            (Some(false), Presence::Sure) => self.report_scrubbed("false"),
            (Some(false), Presence::Possible) => self.unsure = true,
            (Some(_), _) => {}
            (None, _) => self.value(schema, value),
        }
    }

    /// Checks one keyword of a schema against a list.
    pub(super) fn array(
        &mut self,
        schema: Schema<'_>,
        keyword: &str,
        wanted: Frozen<'_>,
        items: &'v [Value],
    ) {
        match keyword {
            "minItems" | "maxItems" => self.length(keyword, count(wanted), items),
            "uniqueItems" if wanted.flag() == Some(true) => {
                let mut seen = HashSet::new();
                if !items.iter().all(|item| seen.insert(item.to_string())) {
                    self.report("uniqueItems", "array items are not unique".to_owned());
                }
            }
            "maxUniqueItems" => {
                let distinct = items.iter().map(Value::to_string).collect::<HashSet<_>>().len();
                let known = items.iter().all(|item| !item.is_object());
                if known && count(wanted).is_some_and(|limit| distinct > limit) {
                    self.report_scrubbed("maxUniqueItems");
                }
            }
            "uniqueKeys" => self.unique_keys(wanted, items),
            "items" => {
                let rest = schema.list("prefixItems").map_or(0, List::len);
                for (index, item) in items.iter().enumerate().skip(rest) {
                    self.at(Step::Index(index), |walk| walk.value(schema.at(wanted), item));
                }
            }
            "prefixItems" => {
                let each = wanted.list().into_iter().flat_map(List::iter);
                for (index, (item_schema, item)) in each.zip(items).enumerate() {
                    self.at(Step::Index(index), |walk| walk.value(schema.at(item_schema), item));
                }
            }
            "contains" => {
                let fit =
                    |wanted_fit| items.iter().any(|item| self.fits(schema.at(wanted), item) == wanted_fit);
                match (fit(Fit::Yes), fit(Fit::Unsure)) {
                    (true, _) => {}
                    (false, true) => self.unsure = true,
                    (false, false) => self.report_scrubbed("contains"),
                }
            }
            _ => {}
        }
    }

    fn length(&mut self, keyword: &str, limit: Option<usize>, items: &[Value]) {
        let Some(limit) = limit else { return };
        let of = |wanted| items.iter().filter(|item| presence(self.reader, item) == wanted).count();
        let (sure, possible) = (of(Presence::Sure), of(Presence::Possible));
        match keyword {
            "minItems" if sure + possible < limit => {
                let found = sure + possible;
                self.report("minItems", format!("expected minimum item count: {limit}, found: {found}"));
            }
            "maxItems" if sure > limit => {
                self.report("maxItems", format!("expected maximum item count: {limit}, found: {sure}"));
            }
            _ => self.unsure |= possible > 0,
        }
    }

    /// Checks that no two items of a list have the same values of some keys.
    fn unique_keys(&mut self, wanted: Frozen<'_>, items: &[Value]) {
        let keys: Vec<&str> = wanted.list().into_iter().flat_map(List::texts).collect();
        let mut seen = HashSet::new();
        for item in items {
            let values: Option<Vec<String>> =
                keys.iter().map(|key| item.get(key).map(Value::to_string)).collect();
            if values.is_some_and(|values| !seen.insert(values)) {
                return self.report_scrubbed("uniqueKeys");
            }
        }
    }

    /// Checks the values of which one must be the value.
    pub(super) fn allowed(&mut self, keyword: &'static str, wanted: Frozen<'_>, value: &Value) {
        let fits = match keyword {
            "const" => same(wanted, value),
            "enumCaseInsensitive" => {
                let list = || wanted.list().into_iter().flat_map(List::texts);
                text(value).is_none_or(|text| list().any(|one| one.eq_ignore_ascii_case(&text)))
            }
            _ => wanted.list().is_none_or(|list| list.iter().any(|one| same(one, value))),
        };
        // Not every part of a list or an object may be known.
        if !fits && (value.is_array() || value.is_object()) && self.contains_unknown(value) {
            self.unsure = true;
        } else if !fits {
            self.report_scrubbed(keyword);
        }
    }

    fn contains_unknown(&self, value: &Value) -> bool {
        use super::Reading;
        !matches!((self.reader)(value), Reading::Known)
            || match value {
                Value::Array(items) => items.iter().any(|item| self.contains_unknown(item)),
                Value::Object(members) => members.values().any(|member| self.contains_unknown(member)),
                _ => false,
            }
    }
}
