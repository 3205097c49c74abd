//! Names of parameters: which are allowed, how they make an ARN, and what may follow them in a request.

use crate::error::AwsError;
use crate::identity::Caller;

/// Most levels that a path may have.
const LEVELS: usize = 15;

/// A parameter as a request names it: by name or ARN, with a version or label behind a colon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named<'a> {
    pub name: &'a str,
    pub selector: Option<&'a str>,
}

/// Whether a name is a path, and not a bare word.
pub fn is_path(name: &str) -> bool {
    name.starts_with('/')
}

/// Returns the ARN of the parameter `name`, in which a path keeps a single slash.
pub fn arn(caller: &Caller, name: &str) -> String {
    caller.arn("ssm", format_args!("parameter/{}", name.strip_prefix('/').unwrap_or(name)))
}

/// Reads what a request gives as a name; an ARN of another account is taken for a name that nobody has.
pub fn read<'a>(caller: &Caller, text: &'a str) -> Named<'a> {
    let own = caller.arn("ssm", "parameter");
    let text = match text.strip_prefix(own.as_str()) {
        // The ARN of a bare word and of a path of one level are the same; the path is what has more slashes.
        Some(rest) if rest.matches('/').count() > 1 => rest,
        Some(rest) => rest.strip_prefix('/').unwrap_or(rest),
        None => text,
    };
    match text.split_once(':') {
        Some((name, selector)) if !text.starts_with("arn:") => Named { name, selector: Some(selector) },
        _ => Named { name: text, selector: None },
    }
}

/// Refuses a name under which no parameter can be put.
pub fn check(name: &str) -> Result<(), AwsError> {
    let invalid = |message: &str| Err(AwsError::new("ValidationException", message));
    let is_allowed = |one: char| one.is_ascii_alphanumeric() || "_.-/".contains(one);
    let first = name.trim_start_matches('/').split('/').next().unwrap_or_default().to_ascii_lowercase();
    if first.starts_with("aws") {
        let message = format!("No access to reserved parameter name: {name}.");
        return Err(AwsError::new("AccessDeniedException", message));
    }
    if first.starts_with("ssm") || name.chars().any(|one| !is_allowed(one)) || name.contains("//") {
        return invalid(
            "Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as a path, it can \
             consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, \
             numbers and the following 3 symbols .-_",
        );
    }
    if name.contains('/') && !is_path(name) {
        return invalid("Parameter name must be a fully qualified name.");
    }
    if name.is_empty() || name.ends_with('/') {
        return invalid("Parameter name must not end with slash.");
    }
    if name.matches('/').count() > LEVELS {
        // Not confirmed on AWS: the wording.
        let message = format!("The hierarchy can have a maximum of {LEVELS} levels. {name} has more.");
        return Err(AwsError::new("HierarchyLevelLimitExceededException", message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names_arns_and_what_follows_them() {
        let caller = Caller::administrator("111122223333", "us-east-1");
        let read = |text| read(&caller, text);
        assert_eq!(read("/a/b:3"), Named { name: "/a/b", selector: Some("3") });
        let own = arn(&caller, "/a/b");
        assert_eq!(own, "arn:aws:ssm:us-east-1:111122223333:parameter/a/b");
        assert_eq!(self::read(&caller, &own), Named { name: "/a/b", selector: None });
        let bare = arn(&caller, "word") + ":2";
        assert_eq!(self::read(&caller, &bare), Named { name: "word", selector: Some("2") });
        let foreign = "arn:aws:ssm:us-east-1:999999999999:parameter/a";
        assert_eq!(read(foreign), Named { name: foreign, selector: None });
    }

    #[test]
    fn refuses_names_that_aws_refuses() {
        let code = |name: &str| check(name).unwrap_err().code;
        assert_eq!(code("/aws/x"), "AccessDeniedException");
        assert_eq!(code("ssm-x"), "ValidationException");
        assert_eq!(code("a/b"), "ValidationException");
        assert_eq!(code("a b"), "ValidationException");
        assert_eq!(code("/a/"), "ValidationException");
        assert_eq!(code(&"/a".repeat(16)), "HierarchyLevelLimitExceededException");
        assert_eq!(check("/cdk-bootstrap/hnb659fds/version"), Ok(()));
        assert_eq!(check("/team/aws"), Ok(()));
    }
}
