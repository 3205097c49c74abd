//! Reads objects, several at a time, and hands them on in the order of their keys.

use bytes::Bytes;
use futures::StreamExt;

use super::objects::{Listing, fetch};
use crate::aws::Clients;
use crate::error::{Error, Result};

/// Hands every object of the listing that is there now to `each`, one after the other.
///
/// Memory holds a page of keys and `in_flight` objects, however many there are.
pub async fn read_objects(
    clients: &Clients,
    listing: &mut Listing,
    in_flight: usize,
    mut each: impl FnMut(&str, Bytes) -> Result<()>,
) -> Result<u64> {
    let mut count = 0;
    while let Some(keys) = listing.page(clients).await? {
        let bucket = &listing.selection().bucket;
        // Tasks of their own go on while this one takes an object apart.
        let fetches =
            keys.into_iter().map(|key| tokio::spawn(fetch((*clients.s3).clone(), bucket.clone(), key)));
        let mut objects = futures::stream::iter(fetches).buffered(in_flight);
        while let Some(object) = objects.next().await {
            let (key, bytes) =
                object.map_err(|error| Error::failed_to("read an object").because(error))??;
            each(&key, bytes)?;
            count += 1;
        }
    }
    Ok(count)
}
