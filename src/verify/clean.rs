//! Removes the objects that hold nothing but the proof's own records.

use std::collections::BTreeSet;

use super::Proof;
use crate::aws::failure;
use crate::error::Result;

/// Deletes them, and returns how many they were.
pub async fn remove<'k>(
    proof: &Proof<'_>,
    own: impl Iterator<Item = (&'k str, &'k [String])>,
) -> Result<u64> {
    let objects: BTreeSet<(&str, &str)> =
        own.flat_map(|(bucket, keys)| keys.iter().map(move |key| (bucket, key.as_str()))).collect();
    for (bucket, key) in &objects {
        let deleted = proof.clients.s3.delete_object().bucket(*bucket).key(*key).send().await;
        deleted.map_err(|error| failure(format!("delete s3://{bucket}/{key}"), error))?;
    }
    Ok(objects.len() as u64)
}
