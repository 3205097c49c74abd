//! Clients that are made when they are first used: each reads the endpoints of all its regions for that, and a command
//! needs three of the ten.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, LazyLock};

use aws_config::SdkConfig;

type Make<T> = Box<dyn FnOnce() -> T + Send>;

/// A client in waiting, the same one for all clones.
pub struct Lazy<T>(Arc<LazyLock<T, Make<T>>>);

impl<T> Lazy<T> {
    /// Returns the client that `make` will make of a configuration.
    pub fn of(config: &SdkConfig, make: impl FnOnce(&SdkConfig) -> T + Send + 'static) -> Self {
        let config = config.clone();
        Self(Arc::new(LazyLock::new(Box::new(move || make(&config)))))
    }

    /// Makes the client now.
    pub fn wake(&self) {
        LazyLock::force(&self.0);
    }
}

impl<T> Deref for Lazy<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> Clone for Lazy<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Lazy<T> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a client")
    }
}
