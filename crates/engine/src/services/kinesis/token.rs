//! Shard iterators and paging tokens: opaque to callers, signed by the engine, valid for five minutes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::clock::Timestamp;

/// How long an iterator or token can be used.
pub const LIFETIME_MILLIS: i64 = 300_000;

/// The secret with which this engine signs; it is stored, so that iterators outlive a restart.
#[derive(Debug, Clone)]
pub struct Seal(pub [u8; 32]);

impl Seal {
    fn signature(&self, purpose: &str, payload: &[u8]) -> [u8; 32] {
        let inner = Sha256::new().chain_update(self.0).chain_update(purpose).chain_update(payload).finalize();
        Sha256::new().chain_update(self.0).chain_update(inner).finalize().into()
    }

    /// Returns `content` as text that only [`Seal::open`] with the same purpose reads.
    pub fn close(&self, purpose: &str, content: &impl Serialize) -> String {
        // A structure of numbers and texts always has a JSON form.
        let payload = serde_json::to_vec(content).unwrap_or_default();
        let mut bytes = self.signature(purpose, &payload).to_vec();
        bytes.extend_from_slice(&payload);
        STANDARD.encode(bytes)
    }

    /// Reads what [`Seal::close`] made; `None` for anything else.
    pub fn open<T: DeserializeOwned>(&self, purpose: &str, text: &str) -> Option<T> {
        let bytes = STANDARD.decode(text).ok()?;
        let (signature, payload) = bytes.split_at_checked(32)?;
        (signature == self.signature(purpose, payload))
            .then(|| serde_json::from_slice(payload).ok())
            .flatten()
    }
}

/// Formats a moment as it stands in AWS's messages about expired iterators.
pub fn moment(moment: Timestamp) -> String {
    moment.format("%a %b %d %H:%M:%S UTC %Y")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_only_what_it_has_closed() {
        let seal = Seal([7; 32]);
        let text = seal.close("iterator", &(1, "a"));
        assert_eq!(seal.open("iterator", &text), Some((1, "a".to_owned())));
        assert_eq!(seal.open::<(i32, String)>("token", &text), None);
        assert_eq!(Seal([8; 32]).open::<(i32, String)>("iterator", &text), None);
        let mut bytes = STANDARD.decode(&text).unwrap();
        bytes[33] ^= 1;
        assert_eq!(seal.open::<(i32, String)>("iterator", &STANDARD.encode(bytes)), None);
        for garbage in ["", "AAAA", "not base64!", "äöü"] {
            assert_eq!(seal.open::<(i32, String)>("iterator", garbage), None);
        }
    }

    #[test]
    fn writes_a_moment_as_aws_does() {
        assert_eq!(moment(Timestamp(1_421_889_722_000)), "Thu Jan 22 01:22:02 UTC 2015");
    }
}
