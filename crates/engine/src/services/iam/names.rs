//! Names, paths, tags and ids: what IAM accepts, and how it makes its own.

use std::collections::BTreeMap;

use rand::Rng;

use crate::error::AwsError;

/// Checks a name of at most `limit` characters; `member` is what AWS calls it, such as `roleName`.
pub(super) fn check_name(name: &str, member: &str, limit: usize) -> Result<(), AwsError> {
    let length = name.chars().count();
    if length > limit {
        return Err(constraint(
            name,
            member,
            &format!("Member must have length less than or equal to {limit}"),
        ));
    }
    if length == 0 {
        return Err(constraint(name, member, "Member must have length greater than or equal to 1"));
    }
    if !name.chars().all(is_name_character) {
        return Err(AwsError::new(
            "ValidationError",
            format!(
                "The specified value for {member} is invalid. It must contain only alphanumeric characters \
                 and/or the following: +=,.@_-"
            ),
        ));
    }
    Ok(())
}

fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_+=,.@-".contains(character)
}

/// Checks a path such as `/app/`.
pub(super) fn check_path(path: &str) -> Result<(), AwsError> {
    let printable = |byte: u8| (b'!'..=b'~').contains(&byte);
    let slashes = path.starts_with('/') && path.ends_with('/');
    if slashes && path.len() <= 512 && path.bytes().all(printable) {
        return Ok(());
    }
    let message = "The specified value for path is invalid. It must begin and end with / and contain only \
                   alphanumeric characters and/or / characters.";
    Err(AwsError::new("ValidationError", message))
}

/// Checks the tags that an entity would have.
pub(super) fn check_tags(tags: &BTreeMap<String, String>) -> Result<(), AwsError> {
    if tags.len() > 50 {
        let message = "The number of tags has reached the maximum limit.";
        return Err(AwsError::new("LimitExceeded", message).status(409));
    }
    for (key, value) in tags {
        if key.is_empty() || key.chars().count() > 128 {
            return Err(constraint(
                key,
                "tags.1.member.key",
                "Member must have length less than or equal to 128",
            ));
        }
        if value.chars().count() > 256 {
            return Err(constraint(
                value,
                "tags.1.member.value",
                "Member must have length less than or equal to 256",
            ));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            let message = "aws: prefixed tag key names are not allowed for external use.";
            return Err(AwsError::new("InvalidInput", message));
        }
    }
    Ok(())
}

pub(super) fn constraint(value: &str, member: &str, constraint: &str) -> AwsError {
    let message = format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"
    );
    AwsError::new("ValidationError", message)
}

/// Returns a unique id: `prefix` and as many characters as AWS's ids of this kind have after it.
pub(super) fn unique_id(prefix: &str, length: usize) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut random = rand::rng();
    let characters = (0..length).map(|_| char::from(ALPHABET[random.random_range(0..ALPHABET.len())]));
    prefix.chars().chain(characters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_iams_names() {
        assert!(check_name("orders-delivery_1+=,.@", "roleName", 64).is_ok());
        for bad in ["", "a b", "a/b", "rôle", &"x".repeat(65)] {
            assert_eq!(check_name(bad, "roleName", 64).unwrap_err().code, "ValidationError", "{bad}");
        }
    }

    #[test]
    fn knows_iams_paths() {
        assert!(check_path("/").is_ok() && check_path("/app/one/").is_ok());
        assert!(check_path("app/").is_err() && check_path("/app").is_err() && check_path("/a b/").is_err());
    }
}
