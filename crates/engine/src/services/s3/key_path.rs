//! Turns an object's key into the path of the file that holds it, so that a person finds it with `ls`.
//!
//! `gps/2026/01/15/part-1.gz` is just that path. What a file system cannot hold is escaped with `%`, which
//! never stands for itself; the index remembers the path of every object, so paths are never turned back.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// Longest name of a file or folder before it is cut; file systems allow 255 bytes, and a suffix may follow.
const LONGEST_NAME: usize = 180;

/// Returns the names of the folders and, last, of the file for `key`.
pub fn names(key: &str) -> Vec<String> {
    key.split('/').map(name).collect()
}

/// Returns the name of the file of one version, beside that of the null version.
pub fn version_name(name: &str, version_id: &str) -> String {
    format!("{name}%version={version_id}")
}

fn name(part: &str) -> String {
    if part.is_empty() {
        return "%empty".to_owned();
    }
    let mut escaped = String::with_capacity(part.len());
    for (index, character) in part.chars().enumerate() {
        // A leading dot would hide the file, or climb out of the folder.
        let is_leading_dot = index == 0 && character == '.';
        if character == '%' || character == '\\' || character.is_control() || is_leading_dot {
            for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(escaped, "%{byte:02X}");
            }
        } else {
            escaped.push(character);
        }
    }
    if escaped.len() <= LONGEST_NAME {
        return escaped;
    }
    let digest = Sha256::digest(part.as_bytes());
    let cut = escaped.floor_char_boundary(LONGEST_NAME - 40);
    escaped.truncate(cut);
    escaped.push_str("%long=");
    for byte in &digest[..12] {
        let _ = write!(escaped, "{byte:02x}");
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(key: &str) -> String {
        names(key).join("/")
    }

    #[test]
    fn keeps_an_ordinary_key_as_it_is() {
        for key in ["gps/2026/01/15/10/stream-1-2026-01-15-10-30-00-a1b2.gz", "a b+c=d,é.txt", "v1.2/x"] {
            assert_eq!(path(key), key);
        }
    }

    #[test]
    fn never_leaves_the_folder() {
        assert_eq!(path("../../etc/passwd"), "%2E./%2E./etc/passwd");
        assert_eq!(path("/etc/passwd"), "%empty/etc/passwd");
        assert_eq!(path("a//b/"), "a/%empty/b/%empty");
        assert_eq!(path("./a"), "%2E/a");
        assert_eq!(path("nul\0\\"), "nul%00%5C");
    }

    #[test]
    fn gives_different_keys_different_paths() {
        assert_ne!(path("%2E."), path(".."));
        assert_ne!(path("%empty"), path(""));
        assert_ne!(path("a%version=1"), version_name("a", "1"));
        let (one, other) = ("é".repeat(400) + "1", "é".repeat(400) + "2");
        assert_ne!(path(&one), path(&other));
        assert!(path(&one).len() <= LONGEST_NAME);
    }
}
