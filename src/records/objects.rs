//! The objects that a delivery has written: which they are, and their bytes.

use std::collections::HashSet;

use aws_sdk_s3::types::Object;
use bytes::Bytes;
use hydrant_cfn::yaml::near_miss;
use jiff::{SignedDuration, Timestamp};

use crate::aws::{Clients, failure};
use crate::deploy::names::{PhysicalNames, name_in_aws};
use crate::error::{Error, Result};
use crate::stack::{Delivery, Records, Stack};

/// Words that Firehose writes into the keys of error objects when no other prefix is set.
const ERROR_TYPES: [&str; 2] = ["processing-failed", "format-conversion-failed"];

/// A delivery whose objects are read.
#[derive(Debug, Clone)]
pub struct Exit<'a> {
    pub name: &'a str,
    pub delivery: &'a Delivery,
    /// What its records are, where the stack file says so: by itself, or of the stream that it reads.
    pub records: Option<&'a Records>,
}

impl<'a> Exit<'a> {
    /// Returns the delivery called `name`, or the only one whose records producers make.
    pub fn choose(stack: &'a Stack, name: Option<&str>) -> Result<Self> {
        let deliveries = &stack.file.deliveries;
        let names: Vec<&str> = deliveries.keys().map(|name| name.value.as_str()).collect();
        let is_filled = |name: &str| stack.file.filled_by_topics().any(|filled| filled == name);
        let fed: Vec<&str> = names.iter().copied().filter(|name| !is_filled(name)).collect();
        let found = match (name, fed.as_slice()) {
            (Some(name), _) => deliveries.get_key_value(name),
            (None, [only]) => deliveries.get_key_value(*only),
            (None, []) if names.is_empty() => {
                return Err(Error::usage(format!(
                    "`{}` has no delivery whose objects can be read",
                    stack.name
                )));
            }
            (None, _) => {
                return Err(Error::usage(format!("`{}` has more than one delivery", stack.name))
                    .hint(format!("choose with --from: {}", names.join(", "))));
            }
        };
        let Some((found, delivery)) = found else {
            let name = name.unwrap_or_default();
            let error = Error::usage(format!("`{}` has no delivery `{name}`", stack.name));
            return Err(match near_miss(name, &names) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(format!("it has {}", names.join(", "))),
            });
        };
        let of_stream = || {
            let from = delivery.from.as_ref()?;
            stack.file.streams.get(from.value.as_str())?.records.as_ref()
        };
        Ok(Self { name: &found.value, delivery, records: delivery.records.as_ref().or_else(of_stream) })
    }
}

/// Which objects of a bucket are meant.
#[derive(Debug, Clone)]
pub struct Selection {
    pub bucket: String,
    pub prefix: String,
    /// What is older, by S3's own time, is not meant.
    pub since: Option<Timestamp>,
    /// Whether error objects are meant, and nothing else, or all but those.
    pub is_errors: bool,
    error_prefix: Option<String>,
    /// The fixed beginning of the keys of data.
    data_prefix: String,
    /// Whether keys of data begin with the prefix and the day.
    is_dated: bool,
    /// A key; what is not behind it is not meant and not even listed.
    after: Option<String>,
    /// Beginnings of the names of objects that other deliveries write into the same bucket.
    others: Vec<String>,
}

impl Selection {
    /// Returns the objects of one delivery.
    pub fn of(
        exit: &Exit<'_>,
        stack: &Stack,
        names: &PhysicalNames,
        is_errors: bool,
        prefix: Option<&str>,
        since: Option<Timestamp>,
    ) -> Result<Self> {
        let to = &exit.delivery.to;
        let bucket = name_in_aws(names, &format!("{}-bucket", to.bucket.value))?.to_owned();
        let data_prefix = to.fixed_prefix().to_owned();
        let error_prefix = to.fixed_error_prefix().map(str::to_owned);
        let default = if is_errors { error_prefix.clone().unwrap_or_default() } else { data_prefix.clone() };
        let others = stack
            .file
            .deliveries
            .iter()
            .filter(|(name, other)| name.value != exit.name && other.to.bucket.value == to.bucket.value);
        let others = others.map(|(name, _)| name_in_aws(names, name).map(|name| format!("{name}-")));
        Ok(Self {
            bucket,
            prefix: prefix.map_or(default, str::to_owned),
            since,
            is_errors,
            error_prefix,
            data_prefix,
            is_dated: to.is_dated_by_firehose(),
            after: None,
            others: others.collect::<Result<_>>()?,
        })
    }

    /// Returns the objects of records that were put since a moment.
    ///
    /// Firehose names an object by the time at which its oldest record came, and that may have waited for a day: so
    /// what is listed begins a day before.
    #[must_use]
    pub fn put_since(mut self, moment: Option<Timestamp>) -> Self {
        let day = moment.and_then(|moment| moment.checked_sub(SignedDuration::from_hours(24)).ok());
        let is_known = self.is_dated && !self.is_errors && self.prefix == self.data_prefix;
        self.after =
            day.filter(|_| is_known).map(|day| format!("{}{}", self.prefix, day.strftime("%Y/%m/%d")));
        self
    }

    /// Returns whether an object is meant.
    pub fn takes(&self, key: &str, modified: Option<Timestamp>) -> bool {
        let is_old = self.since.zip(modified).is_some_and(|(since, modified)| modified < since);
        !is_old && self.is_errors == self.is_error(key) && !self.is_of_another(key)
    }

    fn is_error(&self, key: &str) -> bool {
        let by_prefix = self.error_prefix.as_deref().is_some_and(|prefix| {
            // A prefix that is the data's own as well tells nothing.
            !prefix.is_empty() && !self.data_prefix.starts_with(prefix) && key.starts_with(prefix)
        });
        by_prefix || key.split('/').any(|part| ERROR_TYPES.contains(&part))
    }

    fn is_of_another(&self, key: &str) -> bool {
        let name = key.rsplit('/').next().unwrap_or(key);
        self.others.iter().any(|other| {
            // A version follows the delivery stream's name.
            name.strip_prefix(other.as_str())
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        })
    }
}

/// Pages through the objects that are meant, in the order of their keys.
pub struct Listing {
    selection: Selection,
    token: Option<String>,
    is_over: bool,
    /// Keys that were given already, when the listing is repeated.
    seen: Option<HashSet<String>>,
}

impl Listing {
    /// Returns a listing; one that is repeated gives each object once.
    pub fn new(selection: Selection, is_repeated: bool) -> Self {
        Self { selection, token: None, is_over: false, seen: is_repeated.then(HashSet::new) }
    }

    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// Begins at the first page again.
    pub fn repeat(&mut self) {
        self.is_over = false;
    }

    /// Returns the keys of the next page, or `None` after the last.
    pub async fn page(&mut self, clients: &Clients) -> Result<Option<Vec<String>>> {
        if self.is_over {
            return Ok(None);
        }
        let selection = &self.selection;
        let request = clients.s3.list_objects_v2().bucket(&selection.bucket).prefix(&selection.prefix);
        let request = request.set_start_after(selection.after.clone());
        let page = request.set_continuation_token(self.token.take()).send().await;
        let page =
            page.map_err(|error| failure(format!("list the objects in `{}`", selection.bucket), error))?;
        self.token = page.next_continuation_token().map(str::to_owned);
        self.is_over = self.token.is_none();
        let is_meant = |object: &&Object| selection.takes(object.key().unwrap_or_default(), modified(object));
        let mut keys: Vec<String> =
            page.contents().iter().filter(is_meant).filter_map(|object| object.key.clone()).collect();
        if let Some(seen) = &mut self.seen {
            keys.retain(|key| seen.insert(key.clone()));
        }
        Ok(Some(keys))
    }
}

fn modified(object: &Object) -> Option<Timestamp> {
    let millis = object.last_modified()?.to_millis().ok()?;
    Timestamp::from_millisecond(millis).ok()
}

/// Returns an object's bytes as they are stored.
pub async fn fetch(client: aws_sdk_s3::Client, bucket: String, key: String) -> Result<(String, Bytes)> {
    let what = || format!("read s3://{bucket}/{key}");
    let object = client.get_object().bucket(&bucket).key(&key).send().await;
    let object = object.map_err(|error| failure(what(), error))?;
    let body = object.body.collect().await.map_err(|error| Error::failed_to(what()).because(error))?;
    Ok((key, body.into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(data_prefix: &str, error_prefix: Option<&str>) -> Selection {
        Selection {
            bucket: "b".into(),
            prefix: String::new(),
            since: None,
            is_errors: false,
            error_prefix: error_prefix.map(str::to_owned),
            data_prefix: data_prefix.into(),
            is_dated: true,
            after: None,
            others: vec!["trips-".into()],
        }
    }

    #[test]
    fn tells_errors_and_other_deliveries_apart() {
        let with_prefix = selection("gps/", Some("failed/"));
        assert!(with_prefix.takes("gps/2026/01/15/10/gps-1-2026-01-15-10-30-12-uuid.gz", None));
        assert!(!with_prefix.takes("failed/processing-failed/2026/x", None));
        assert!(!with_prefix.takes("gps/2026/01/15/10/trips-1-2026-01-15-10-30-12-uuid", None));
        assert!(with_prefix.takes("gps/2026/trips-by-hand", None));
        let without = selection("", None);
        assert!(!without.takes("processing-failed/2026/01/15/10/gps-1-x", None));
        assert!(without.takes("2026/01/15/10/gps-1-x", None));
        // All keys begin like that, so it says nothing.
        let same = selection("gps/", Some("gps/"));
        assert!(same.takes("gps/2026/01/15/10/gps-1-x", None));
        assert!(!same.takes("gps/processing-failed/gps-1-x", None));
    }

    #[test]
    fn lists_nothing_of_the_days_before() {
        let moment = Some("2026-01-01T10:00:00Z".parse().unwrap());
        let mut gps = selection("gps/", None);
        gps.prefix = "gps/".into();
        assert_eq!(gps.clone().put_since(moment).after.as_deref(), Some("gps/2025/12/31"));
        // Nothing is known of keys that the stack file's own expressions make.
        gps.is_dated = false;
        assert_eq!(gps.put_since(moment).after, None);
    }

    #[test]
    fn leaves_out_what_is_old() {
        let mut selection = selection("", None);
        selection.since = Some("2026-01-15T10:00:00Z".parse().unwrap());
        assert!(selection.takes("a", Some("2026-01-15T10:00:00Z".parse().unwrap())));
        assert!(!selection.takes("a", Some("2026-01-15T09:59:59Z".parse().unwrap())));
    }
}
