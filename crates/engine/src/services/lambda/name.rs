//! How callers name a function: by name, by partial ARN or by ARN, each with or without a qualifier.

use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::cloudwatch::Emitter;

const PATTERN: &str = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?";
const LONGEST_NAME: usize = 64;
const LONGEST_REFERENCE: usize = 170;

/// Which function is meant, wherever it lives, and which version or alias of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct FunctionKey {
    pub account: String,
    pub region: String,
    pub name: String,
    /// A version or an alias; `None` stands for `$LATEST`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qualifier: Option<String>,
}

impl FunctionKey {
    /// Returns the function as CloudWatch counts by it.
    pub fn emitter(&self) -> Emitter<'_> {
        Emitter { account: &self.account, region: &self.region, name: &self.name }
    }

    /// Reads `reference` as `caller` means it; whether there is such a function is not looked at.
    pub fn read(caller: &Caller, reference: &str) -> Result<Self, AwsError> {
        let invalid = || invalid(reference);
        if reference.len() > LONGEST_REFERENCE {
            return Err(invalid());
        }
        let mut account = caller.account.as_str();
        let mut region = caller.region.as_str();
        let mut rest = reference;
        if let Some(arn) = reference.strip_prefix("arn:") {
            let parts: Vec<&str> = arn.splitn(5, ':').collect();
            let [_, "lambda", of_region, of_account, resource] = parts[..] else { return Err(invalid()) };
            (region, account, rest) = (of_region, of_account, resource);
        } else if let Some((of_account, resource)) = reference.split_once(":function:") {
            (account, rest) = (of_account, resource);
            rest = rest.strip_prefix("function:").unwrap_or(rest);
        }
        let rest = rest.strip_prefix("function:").unwrap_or(rest);
        let (name, qualifier) = rest.split_once(':').unwrap_or((rest, "$LATEST"));
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        if !is_account
            || !is_name(region)
            || !is_name(name)
            || !(qualifier == "$LATEST" || is_name(qualifier))
        {
            return Err(invalid());
        }
        if region != caller.region {
            let message =
                format!("Functions from '{region}' are not reachable in this region ('{}')", caller.region);
            return Err(AwsError::new("ResourceNotFoundException", message).status(404));
        }
        let qualifier = (qualifier != "$LATEST").then(|| qualifier.to_owned());
        Ok(Self { account: account.into(), region: region.into(), name: name.into(), qualifier })
    }

    /// Reads the name of a function that is about to be made.
    pub fn new(caller: &Caller, reference: &str) -> Result<Self, AwsError> {
        let key = Self::read(caller, reference)?;
        if key.name.len() > LONGEST_NAME {
            return Err(too_long(reference));
        }
        if key.qualifier.is_some() {
            return Err(invalid(reference));
        }
        Ok(key)
    }

    /// Adds the qualifier that a request gives beside the function's name.
    pub fn with(mut self, qualifier: Option<&str>) -> Result<Self, AwsError> {
        let Some(qualifier) = qualifier else { return Ok(self) };
        if qualifier != "$LATEST" && !is_name(qualifier) {
            let rule =
                r"Member must satisfy regular expression pattern: \$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+";
            return Err(super::settings::constraint(qualifier, "qualifier", rule));
        }
        let qualifier = (qualifier != "$LATEST").then(|| qualifier.to_owned());
        if self.qualifier.is_some() && self.qualifier != qualifier {
            let message =
                "The derived qualifier from the function name does not match the specified qualifier.";
            return Err(AwsError::new("InvalidParameterValueException", message));
        }
        self.qualifier = qualifier;
        Ok(self)
    }

    /// Returns the function of a version or alias.
    pub fn unqualified(&self) -> Self {
        Self { qualifier: None, ..self.clone() }
    }

    /// Returns a version or alias of the function.
    pub fn qualified(&self, qualifier: &str) -> Self {
        Self { qualifier: Some(qualifier.to_owned()), ..self.clone() }
    }

    /// Returns the ARN of what is meant, with its qualifier if it has one.
    pub fn arn(&self) -> String {
        let qualifier = self.qualifier.as_ref().map(|qualifier| format!(":{qualifier}")).unwrap_or_default();
        format!("arn:aws:lambda:{}:{}:function:{}{qualifier}", self.region, self.account, self.name)
    }

    /// Returns the key under which tables keep what is meant: the function itself, or something of an alias.
    pub fn path(&self) -> String {
        let qualifier = self.qualifier.as_ref().map(|qualifier| format!(":{qualifier}")).unwrap_or_default();
        format!("{}{qualifier}", self.function_path())
    }

    /// Returns the key under which tables keep the function, whichever version or alias is meant.
    pub fn function_path(&self) -> String {
        format!("{}/{}/{}", self.account, self.region, self.name)
    }

    /// Refuses because there is no such function.
    pub fn not_found(&self) -> AwsError {
        not_found(&self.arn())
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn not_found(arn: &str) -> AwsError {
    AwsError::new("ResourceNotFoundException", format!("Function not found: {arn}")).status(404)
}

fn invalid(reference: &str) -> AwsError {
    let message = format!(
        "1 validation error detected: Value '{reference}' at 'functionName' failed to satisfy constraint: \
         Member must satisfy regular expression pattern: {PATTERN}"
    );
    AwsError::new("ValidationException", message)
}

fn too_long(reference: &str) -> AwsError {
    let message = format!(
        "1 validation error detected: Value '{reference}' at 'functionName' failed to satisfy constraint: \
         Member must have length less than or equal to {LONGEST_NAME}"
    );
    AwsError::new("ValidationException", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(reference: &str) -> Result<String, String> {
        let caller = Caller::administrator("111122223333", "us-east-1");
        FunctionKey::read(&caller, reference).map(|key| key.path()).map_err(|error| error.code)
    }

    #[test]
    fn reads_every_way_to_name_a_function() {
        for reference in [
            "consume",
            "consume:$LATEST",
            "function:consume",
            "111122223333:function:consume",
            "arn:aws:lambda:us-east-1:111122223333:function:consume",
            "arn:aws:lambda:us-east-1:111122223333:function:consume:$LATEST",
        ] {
            assert_eq!(read(reference).as_deref(), Ok("111122223333/us-east-1/consume"), "{reference}");
        }
    }

    #[test]
    fn refuses_what_names_no_function() {
        let invalid =
            ["", "a b", "a/b", "../x", "arn:aws:s3:::b", "arn:aws:lambda:us-east-1:1:function:x", "a:b:c"];
        for reference in invalid {
            assert_eq!(read(reference), Err("ValidationException".to_owned()), "{reference}");
        }
        let elsewhere = read("arn:aws:lambda:eu-west-1:111122223333:function:consume");
        assert_eq!(elsewhere, Err("ResourceNotFoundException".to_owned()));
    }

    #[test]
    fn reads_a_qualifier_from_either_place() {
        let caller = Caller::administrator("111122223333", "us-east-1");
        let key = FunctionKey::read(&caller, "consume:live").unwrap();
        assert_eq!(key.arn(), "arn:aws:lambda:us-east-1:111122223333:function:consume:live");
        assert_eq!(key.clone().with(Some("live")), Ok(key.clone()));
        assert!(key.clone().with(Some("2")).is_err());
        assert_eq!(key.unqualified().with(Some("$LATEST")), Ok(key.unqualified()));
        assert_eq!(key.unqualified().with(Some("live")), Ok(key));
        assert!(FunctionKey::new(&caller, "consume:1").is_err());
    }

    #[test]
    fn keeps_new_names_short() {
        let caller = Caller::administrator("111122223333", "us-east-1");
        assert!(FunctionKey::new(&caller, &"a".repeat(64)).is_ok());
        assert_eq!(FunctionKey::new(&caller, &"a".repeat(65)).unwrap_err().code, "ValidationException");
    }
}
