//! Work that goes on beside other work, and is waited for where what came of it is needed.

use std::future::Future;

use tokio::task::JoinHandle;

use crate::error::{Error, Result};

/// Work that was begun. It goes on when nobody waits for it, to the end of the program at the longest.
#[derive(Debug)]
pub struct Beside<T>(JoinHandle<Result<T>>);

impl<T: Send + 'static> Beside<T> {
    /// Begins a piece of work.
    pub fn begin(work: impl Future<Output = Result<T>> + Send + 'static) -> Self {
        Self(tokio::spawn(work))
    }

    /// Waits for what comes of it.
    pub async fn end(self) -> Result<T> {
        self.0.await.unwrap_or_else(|ended| match ended.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(ended) => Err(Error::failed_to("finish what was begun").because(ended)),
        })
    }
}
