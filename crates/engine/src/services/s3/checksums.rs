//! The checksums that S3 keeps for an object: which are computed, and how they are compared with the sender's.

use std::collections::BTreeMap;

use http::HeaderMap;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Sha1, Sha256};
use serde::{Deserialize, Serialize};

use crate::error::AwsError;

/// Checksums in base64, by algorithm in S3's spelling (`CRC32`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checksums {
    #[serde(default)]
    pub values: BTreeMap<String, String>,
    /// Whether the values are checksums of the parts' checksums.
    #[serde(default)]
    pub is_composite: bool,
}

const ALGORITHMS: [&str; 5] = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"];

impl Checksums {
    /// Returns the value for an algorithm.
    pub fn value(&self, algorithm: &str) -> Option<String> {
        self.values.get(algorithm).cloned()
    }

    /// Returns what S3 calls the kind of these checksums; `None` when there are none.
    pub fn kind(&self) -> Option<&'static str> {
        let kind = if self.is_composite { "COMPOSITE" } else { "FULL_OBJECT" };
        (!self.values.is_empty()).then_some(kind)
    }
}

/// Which checksums to compute while a body streams in, and what they must be.
#[derive(Debug, Clone, Default)]
pub struct Expectation {
    algorithms: Vec<&'static str>,
    claimed: BTreeMap<&'static str, String>,
    /// MD5 in base64.
    pub md5: Option<String>,
}

impl Expectation {
    /// Reads what a request's headers say, among them which checksums will follow the body.
    pub fn of(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let mut expectation = Self { md5: text("content-md5").map(str::to_owned), ..Self::default() };
        let requested = text("x-amz-sdk-checksum-algorithm")
            .or_else(|| text("x-amz-checksum-algorithm"))
            .unwrap_or_default();
        let trailers = text("x-amz-trailer").unwrap_or_default();
        for algorithm in ALGORITHMS {
            let header = header(algorithm);
            let claim = text(&header);
            let follows = trailers.split(',').any(|name| name.trim().eq_ignore_ascii_case(&header));
            if claim.is_some() || follows || requested.eq_ignore_ascii_case(algorithm) {
                expectation.algorithms.push(algorithm);
            }
            if let Some(claim) = claim {
                expectation.claimed.insert(algorithm, claim.to_owned());
            }
        }
        expectation
    }

    /// Returns an expectation that only asks for an algorithm to be computed.
    pub fn only(algorithm: &str) -> Self {
        let algorithms = ALGORITHMS.into_iter().filter(|known| *known == algorithm).collect();
        Self { algorithms, ..Self::default() }
    }

    /// Asks for `algorithm` too.
    pub fn also(&mut self, algorithm: &str) {
        let known = ALGORITHMS.into_iter().find(|known| *known == algorithm);
        self.algorithms.extend(known.filter(|known| !self.algorithms.contains(known)));
    }

    /// Returns a hasher for the expected algorithms; CRC64NVME, as S3 does, when nothing is asked for.
    pub fn hasher(&self) -> ChecksumHasher {
        let wants = |algorithm: &str| self.algorithms.contains(&algorithm);
        ChecksumHasher {
            crc32: wants("CRC32").then(Crc32::new),
            crc32c: wants("CRC32C").then(Crc32c::new),
            crc64nvme: (wants("CRC64NVME") || self.algorithms.is_empty()).then(Crc64Nvme::new),
            sha1: wants("SHA1").then(Sha1::new),
            sha256: wants("SHA256").then(Sha256::new),
        }
    }

    /// Compares computed checksums with the claims of the headers and of what followed the body.
    pub fn check(&self, computed: &Checksums, trailers: &HeaderMap) -> Result<(), AwsError> {
        for algorithm in ALGORITHMS {
            let trailer = trailers.get(header(algorithm)).and_then(|value| value.to_str().ok());
            let claim = trailer.or(self.claimed.get(algorithm).map(String::as_str));
            let Some(claim) = claim else { continue };
            if computed.values.get(algorithm).is_some_and(|value| value != claim) {
                let message = format!("The {algorithm} you specified did not match the calculated checksum.");
                return Err(AwsError::new("BadDigest", message));
            }
        }
        Ok(())
    }
}

/// Finishes a hasher.
pub fn finish(hasher: ChecksumHasher) -> Checksums {
    let sums = hasher.finalize();
    let all = [
        ("CRC32", sums.checksum_crc32),
        ("CRC32C", sums.checksum_crc32c),
        ("CRC64NVME", sums.checksum_crc64nvme),
        ("SHA1", sums.checksum_sha1),
        ("SHA256", sums.checksum_sha256),
    ];
    let values = all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    Checksums { values, is_composite: false }
}

fn header(algorithm: &str) -> String {
    format!("x-amz-checksum-{}", algorithm.to_ascii_lowercase())
}

/// Copies checksums into the fields that S3's outputs have for them.
macro_rules! put_checksums {
    ($output:expr, $checksums:expr) => {{
        let checksums: &$crate::services::s3::checksums::Checksums = $checksums;
        $output.checksum_crc32 = checksums.value("CRC32");
        $output.checksum_crc32c = checksums.value("CRC32C");
        $output.checksum_crc64nvme = checksums.value("CRC64NVME");
        $output.checksum_sha1 = checksums.value("SHA1");
        $output.checksum_sha256 = checksums.value("SHA256");
    }};
}
pub(super) use put_checksums;

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn sums(expectation: &Expectation, body: &[u8]) -> Checksums {
        let mut hasher = expectation.hasher();
        hasher.update(body);
        finish(hasher)
    }

    #[test]
    fn computes_what_is_announced_and_refuses_what_differs() {
        let expectation = Expectation::of(&headers(&[("x-amz-trailer", "x-amz-checksum-crc32")]));
        let computed = sums(&expectation, b"123456789");
        assert_eq!(computed.values, BTreeMap::from([("CRC32".into(), "y/Q5Jg==".into())]));
        assert!(expectation.check(&computed, &headers(&[("x-amz-checksum-crc32", "y/Q5Jg==")])).is_ok());
        let refusal = expectation.check(&computed, &headers(&[("x-amz-checksum-crc32", "AAAAAA==")]));
        assert_eq!(refusal.unwrap_err().code, "BadDigest");
    }

    #[test]
    fn falls_back_to_crc64nvme() {
        let computed = sums(&Expectation::of(&HeaderMap::new()), b"123456789");
        assert_eq!(computed.values.keys().collect::<Vec<_>>(), ["CRC64NVME"]);
        assert_eq!(computed.kind(), Some("FULL_OBJECT"));
    }
}
