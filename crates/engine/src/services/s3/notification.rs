//! What a bucket announces and to whom: rules over events and keys, and which rules may stand together.

use serde::{Deserialize, Serialize};

use crate::error::AwsError;

/// Events that happen on this machine. The others of S3 (restoring, replication, tags, …) never do.
const EVENTS: [&str; 8] = [
    "s3:ObjectCreated:*",
    "s3:ObjectCreated:Put",
    "s3:ObjectCreated:Post",
    "s3:ObjectCreated:Copy",
    "s3:ObjectCreated:CompleteMultipartUpload",
    "s3:ObjectRemoved:*",
    "s3:ObjectRemoved:Delete",
    "s3:ObjectRemoved:DeleteMarkerCreated",
];

/// Families of events that S3 has and this engine does not.
const OTHER_EVENTS: [&str; 9] = [
    "s3:ReducedRedundancyLostObject",
    "s3:ObjectRestore:",
    "s3:Replication:",
    "s3:LifecycleExpiration:",
    "s3:LifecycleTransition",
    "s3:IntelligentTiering",
    "s3:ObjectTagging:",
    "s3:ObjectAcl:Put",
    "s3:TestEvent",
];

/// A bucket's notification configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notifications {
    pub rules: Vec<Rule>,
    /// Whether the account's default event bus hears of every event.
    pub event_bridge: bool,
}

/// One destination, and the events that it hears of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    pub id: String,
    pub kind: Kind,
    /// ARN of the destination.
    pub destination: String,
    pub events: Vec<String>,
    pub prefix: String,
    pub suffix: String,
}

/// What a destination is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    Function,
    Queue,
    Topic,
}

impl Kind {
    fn service(self) -> &'static str {
        match self {
            Self::Function => "lambda",
            Self::Queue => "sqs",
            Self::Topic => "sns",
        }
    }
}

impl Rule {
    /// Returns whether an event such as `ObjectCreated:Put` on a key is announced.
    pub fn is_about(&self, event: &str, key: &str) -> bool {
        let names_event = |name: &String| {
            let name = name.trim_start_matches("s3:");
            name.strip_suffix('*').map_or(name == event, |family| event.starts_with(family))
        };
        key.starts_with(&self.prefix) && key.ends_with(&self.suffix) && self.events.iter().any(names_event)
    }

    fn check(&self, region: &str) -> Result<(), AwsError> {
        if self.events.is_empty() {
            return Err(super::refusal::malformed_xml());
        }
        for event in &self.events {
            if EVENTS.contains(&event.as_str()) {
                continue;
            }
            if OTHER_EVENTS.iter().any(|family| event.starts_with(family)) {
                return Err(AwsError::not_supported(format_args!("the event `{event}` of S3")));
            }
            return Err(invalid("The event is not supported for notifications"));
        }
        let parts: Vec<&str> = self.destination.splitn(6, ':').collect();
        let [_, _, service, of_region, _, _] = parts[..] else {
            return Err(invalid("The ARN is not well formed"));
        };
        if service != self.kind.service() {
            return Err(invalid("The ARN is not well formed"));
        }
        if of_region != region {
            let message = "The notification destination service region is not valid for the bucket location \
                           constraint";
            return Err(invalid(message));
        }
        Ok(())
    }

    fn shares_event(&self, other: &Self) -> bool {
        let covers = |one: &str, other: &str| {
            one == other || one.strip_suffix('*').is_some_and(|family| other.starts_with(family))
        };
        self.events.iter().any(|one| other.events.iter().any(|two| covers(one, two) || covers(two, one)))
    }

    fn shares_key(&self, other: &Self) -> bool {
        let prefixes = self.prefix.starts_with(&other.prefix) || other.prefix.starts_with(&self.prefix);
        let suffixes = self.suffix.ends_with(&other.suffix) || other.suffix.ends_with(&self.suffix);
        prefixes && suffixes
    }

    fn is_filtered(&self) -> bool {
        !self.prefix.is_empty() || !self.suffix.is_empty()
    }
}

impl Notifications {
    /// Refuses rules that S3 would not put on a bucket of `region`.
    pub fn check(&self, region: &str) -> Result<(), AwsError> {
        for (index, rule) in self.rules.iter().enumerate() {
            rule.check(region)?;
            for earlier in &self.rules[..index] {
                if earlier.id == rule.id {
                    return Err(invalid("Same ID used for multiple configurations. IDs must be unique"));
                }
                if !rule.shares_event(earlier) || !rule.shares_key(earlier) {
                    continue;
                }
                let message = if rule.is_filtered() || earlier.is_filtered() {
                    "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the \
                     prefixes are overlapping for the same event type."
                } else {
                    "Configurations overlap. Configurations on the same bucket cannot share a common event type."
                };
                return Err(invalid(message));
            }
        }
        Ok(())
    }
}

pub fn invalid(message: &str) -> AwsError {
    AwsError::new("InvalidArgument", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(id: &str, events: &[&str], prefix: &str, suffix: &str) -> Rule {
        Rule {
            id: id.into(),
            kind: Kind::Queue,
            destination: "arn:aws:sqs:us-east-1:111122223333:q".into(),
            events: events.iter().map(|event| (*event).to_owned()).collect(),
            prefix: prefix.into(),
            suffix: suffix.into(),
        }
    }

    #[test]
    fn tells_which_events_and_keys_a_rule_is_about() {
        let rule = rule("a", &["s3:ObjectCreated:*", "s3:ObjectRemoved:Delete"], "in/", ".json");
        assert!(rule.is_about("ObjectCreated:Copy", "in/a.json"));
        assert!(rule.is_about("ObjectRemoved:Delete", "in/a.json"));
        assert!(!rule.is_about("ObjectRemoved:DeleteMarkerCreated", "in/a.json"));
        assert!(!rule.is_about("ObjectCreated:Put", "out/a.json"));
        assert!(!rule.is_about("ObjectCreated:Put", "in/a.jso"));
    }

    #[test]
    fn refuses_rules_that_cannot_stand_together() {
        let check =
            |rules: [Rule; 2]| Notifications { rules: rules.into(), event_bridge: false }.check("us-east-1");
        let created = &["s3:ObjectCreated:*"];
        let put = &["s3:ObjectCreated:Put"];
        assert!(check([rule("a", created, "x/", ""), rule("b", put, "y/", "")]).is_ok());
        assert!(check([rule("a", created, "x/", ".gz"), rule("b", put, "x/", ".json")]).is_ok());
        let message = |rules| check(rules).unwrap_err().message;
        let overlap = message([rule("a", created, "", ""), rule("b", put, "", "")]);
        assert!(overlap.starts_with("Configurations overlap."), "{overlap}");
        let ambiguous = message([rule("a", created, "x/", ""), rule("b", put, "x/y", ".gz")]);
        assert!(ambiguous.starts_with("Configuration is ambiguously defined."), "{ambiguous}");
        let same = message([rule("a", created, "x/", ""), rule("a", put, "y/", "")]);
        assert!(same.starts_with("Same ID used"), "{same}");
    }

    #[test]
    fn refuses_events_and_destinations_that_are_none() {
        let refusal = |rule: Rule| rule.check("us-east-1").unwrap_err();
        assert_eq!(refusal(rule("a", &["s3:Nothing"], "", "")).code, "InvalidArgument");
        assert_eq!(refusal(rule("a", &["s3:ObjectTagging:*"], "", "")).code, "NotImplemented");
        let elsewhere =
            Rule { destination: "arn:aws:sqs:eu-west-1:1:q".into(), ..rule("a", &[EVENTS[0]], "", "") };
        assert!(refusal(elsewhere).message.contains("location constraint"));
        let function = Rule { kind: Kind::Function, ..rule("a", &[EVENTS[0]], "", "") };
        assert_eq!(refusal(function).message, "The ARN is not well formed");
    }
}
