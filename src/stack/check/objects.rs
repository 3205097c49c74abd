//! Buckets and the functions that watch them: nobody is told twice of an object, nobody of his own.

use hydrant_cfn::yaml::Spanned;

use super::Check;
use crate::stack::function::{Access, State, Watches};
use crate::stack::load::did_you_mean;
use crate::stack::model::Naming;

impl Check<'_> {
    pub(super) fn watched_objects(&mut self) {
        let file = self.file;
        let watching = || file.functions.iter().filter_map(|(name, one)| Some((name, one.watches.as_ref()?)));
        for (index, (name, watches)) in watching().enumerate() {
            self.bucket_name(&watches.bucket);
            // S3 refuses two notifications for one object.
            // https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
            for (other, earlier) in watching().take(index) {
                if watches.bucket.value == earlier.bucket.value
                    && overlaps(prefix(watches), prefix(earlier))
                    && suffixes_overlap(watches, earlier)
                {
                    let place = watches.prefix.as_ref().unwrap_or(&watches.bucket);
                    let message = format!(
                        "`{}` and `{}` would both be told of the same objects",
                        other.value, name.value
                    );
                    self.add(place.span, message, Some("give them prefixes that do not overlap".into()));
                }
            }
        }
        let states = file.functions.iter().filter_map(|(name, one)| Some((name, one.state.as_ref()?)));
        for (name, state) in states {
            self.bucket_name(&state.bucket);
            self.feeding_itself(name, state);
        }
    }

    /// A function that is told of the objects which it writes runs for ever.
    fn feeding_itself(&mut self, name: &Spanned<String>, state: &State) {
        if state.access == Access::Read {
            return;
        }
        let watches = self.file.functions.get(name.value.as_str()).and_then(|one| one.watches.as_ref());
        let Some(watches) = watches.filter(|watches| watches.bucket.value == state.bucket.value) else {
            return;
        };
        if overlaps(prefix(watches), &state.prefix.value) {
            let message = format!(
                "the function is told of its own objects: it watches `{}` and writes `{}`",
                prefix(watches),
                state.prefix.value
            );
            self.add(state.prefix.span, message, Some("watch a prefix under which it does not write".into()));
        }
    }

    pub(super) fn buckets(&mut self) {
        let file = self.file;
        for name in file.buckets.keys() {
            if !file.bucket_names().any(|known| known == name.value) {
                let known: Vec<&str> = file.bucket_names().collect();
                let help = did_you_mean(&name.value, &known);
                self.add(name.span, format!("nothing uses a bucket `{}`", name.value), help);
            }
        }
    }

    /// Rules of https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html.
    pub(super) fn bucket_name(&mut self, bucket: &Spanned<String>) {
        let name = bucket.value.as_str();
        // Account and region are added to a regional name: 63 characters less `-111122223333-ap-southeast-1-an`.
        let longest = match self.file.naming(name) {
            Naming::Regional => 32,
            Naming::Plain => 63,
        };
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
        let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        let well_formed = (3..=longest).contains(&name.len())
            && name.chars().all(allowed)
            && edge(name.chars().next())
            && edge(name.chars().last())
            && !name.contains("..");
        if !well_formed {
            let help = format!(
                "3 to {longest} lower-case letters, digits, `-` and `.`, with a letter or digit at both ends"
            );
            self.add(bucket.span, format!("`{name}` is not a bucket name"), Some(help));
        }
    }
}

fn prefix(watches: &Watches) -> &str {
    watches.prefix.as_ref().map_or("", |prefix| &prefix.value)
}

fn overlaps(one: &str, other: &str) -> bool {
    one.starts_with(other) || other.starts_with(one)
}

fn suffixes_overlap(one: &Watches, other: &Watches) -> bool {
    let suffix = |watches: &Watches| watches.suffix.as_ref().map_or(String::new(), |one| one.value.clone());
    let (one, other) = (suffix(one), suffix(other));
    one.ends_with(&other) || other.ends_with(&one)
}
