//! How callers name a function: by name, by partial ARN or by ARN, each with or without a qualifier.

use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::cloudwatch::Emitter;

const PATTERN: &str = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?";
const LONGEST_NAME: usize = 64;
const LONGEST_REFERENCE: usize = 170;

/// Which function is meant, wherever it lives.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct FunctionKey {
    pub account: String,
    pub region: String,
    pub name: String,
}

impl FunctionKey {
    /// Returns the function as CloudWatch counts by it.
    pub fn emitter(&self) -> Emitter<'_> {
        Emitter { account: &self.account, region: &self.region, name: &self.name }
    }

    /// Reads `reference` as `caller` means it. The one version is `$LATEST`, so another qualifier names nothing.
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
        let key = Self { account: account.into(), region: region.into(), name: name.into() };
        if region != caller.region {
            let message =
                format!("Functions from '{region}' are not reachable in this region ('{}')", caller.region);
            return Err(AwsError::new("ResourceNotFoundException", message).status(404));
        }
        if qualifier != "$LATEST" {
            return Err(not_found(&format!("{}:{qualifier}", key.arn())));
        }
        Ok(key)
    }

    /// Reads the name of a function that is about to be made.
    pub fn new(caller: &Caller, reference: &str) -> Result<Self, AwsError> {
        let key = Self::read(caller, reference)?;
        if key.name.len() > LONGEST_NAME {
            return Err(too_long(reference));
        }
        Ok(key)
    }

    /// Returns the function's ARN, without a qualifier.
    pub fn arn(&self) -> String {
        format!("arn:aws:lambda:{}:{}:function:{}", self.region, self.account, self.name)
    }

    /// Returns the key under which tables keep the function.
    pub fn path(&self) -> String {
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
        for reference in ["consume:1", "arn:aws:lambda:eu-west-1:111122223333:function:consume"] {
            assert_eq!(read(reference), Err("ResourceNotFoundException".to_owned()), "{reference}");
        }
    }

    #[test]
    fn keeps_new_names_short() {
        let caller = Caller::administrator("111122223333", "us-east-1");
        assert!(FunctionKey::new(&caller, &"a".repeat(64)).is_ok());
        assert_eq!(FunctionKey::new(&caller, &"a".repeat(65)).unwrap_err().code, "ValidationException");
    }
}
