//! Which stream an operation means: by name, or by ARN.

use super::refusal::{invalid_argument, validation};
use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::cloudwatch::Emitter;
use crate::wire::constraints::Constraints;

/// The name of a stream and whose it is; the stream may not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub account: String,
    pub region: String,
    pub name: String,
}

impl Address {
    /// Returns the stream as CloudWatch counts by it.
    pub fn emitter(&self) -> Emitter<'_> {
        Emitter { account: &self.account, region: &self.region, name: &self.name }
    }

    /// Returns the caller's own stream of that name.
    pub fn of_name(caller: &Caller, name: &str) -> Self {
        Self { account: caller.account.clone(), region: caller.region.clone(), name: name.to_owned() }
    }

    /// Reads `arn:aws:kinesis:region:account:stream/name`.
    pub fn parse(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let (prefix, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        let name = resource.strip_prefix("stream/")?;
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        let is_arn = prefix == "arn" && partition.starts_with("aws") && service == "kinesis" && is_account;
        let is_arn = is_arn && !region.is_empty() && !name.is_empty() && !name.contains('/');
        is_arn.then(|| Self { account: account.to_owned(), region: region.to_owned(), name: name.to_owned() })
    }

    /// Reads an ARN that must be one of a stream.
    pub fn of_arn(arn: &str) -> Result<Self, AwsError> {
        let mut check = Constraints::default();
        if Self::parse(arn).is_none() {
            check.note(
                "streamARN",
                arn,
                r"satisfy regular expression pattern: arn:aws.*:kinesis:.*:\d{12}:stream/\S+",
            );
        }
        check.finish()?;
        Self::parse(arn).ok_or_else(|| validation("Invalid StreamARN."))
    }

    /// Works out the address from the two parameters that operations take; either is enough.
    pub fn choose(caller: &Caller, name: Option<&str>, arn: Option<&str>) -> Result<Self, AwsError> {
        let mut check = Constraints::default();
        check.name("streamName", name, 128);
        check.finish()?;
        match (name, arn) {
            (None, None) => {
                // Not confirmed on AWS: the wording.
                Err(invalid_argument("Either StreamName or StreamARN must be provided."))
            }
            (Some(name), None) => Ok(Self::of_name(caller, name)),
            (name, Some(arn)) => {
                let address = Self::of_arn(arn)?;
                if name.is_some_and(|name| name != address.name) {
                    // Not confirmed on AWS: the wording.
                    return Err(invalid_argument("StreamName and StreamARN do not name the same stream."));
                }
                Ok(address)
            }
        }
    }

    pub fn arn(&self) -> String {
        format!("arn:aws:kinesis:{}:{}:stream/{}", self.region, self.account, self.name)
    }

    /// Returns the key under which the stream is stored.
    pub fn key(&self) -> String {
        format!("{}/{}/{}", self.account, self.region, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_its_own_arn() {
        let address =
            Address { account: "111122223333".into(), region: "eu-west-1".into(), name: "a.b-c_d".into() };
        assert_eq!(Address::parse(&address.arn()), Some(address));
    }

    #[test]
    fn refuses_arns_of_other_things() {
        for arn in [
            "",
            "arn:aws:kinesis:us-east-1:111122223333:stream/",
            "arn:aws:kinesis:us-east-1:111122223333:stream/a/consumer/b:1",
            "arn:aws:kinesis:us-east-1:1:stream/a",
            "arn:aws:s3:::bucket",
        ] {
            assert_eq!(Address::parse(arn), None, "{arn}");
        }
    }

    #[test]
    fn wants_one_of_name_and_arn() {
        let caller = Caller::administrator("111122223333", "us-east-1");
        let arn = "arn:aws:kinesis:us-east-1:111122223333:stream/a";
        assert_eq!(Address::choose(&caller, Some("a"), Some(arn)).unwrap().name, "a");
        assert!(Address::choose(&caller, None, None).is_err());
        assert!(Address::choose(&caller, Some("b"), Some(arn)).is_err());
    }
}
