//! The services of one engine and what they share.
//!
//! A service reaches another only through the operations on its handle here, never through its state.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::config::{Config, Limits};
use crate::faults::{FaultPlan, Faults};
use crate::services::Services;
use crate::store::{Store, StoreError};

/// Everything that answers as AWS inside one engine.
pub struct Aws {
    pub clock: Clock,
    pub store: Store,
    /// Folder of the engine's state; services may keep files in a subfolder of their own name.
    pub data_dir: PathBuf,
    pub services: Services,
    /// What goes wrong on purpose.
    faults: RwLock<Arc<Faults>>,
    pub limits: Limits,
    endpoint: OnceLock<String>,
    stop_requested: CancellationToken,
    shutdown: CancellationToken,
    tasks: TaskTracker,
}

impl Aws {
    pub(crate) fn open(config: &Config) -> Result<Arc<Self>, StoreError> {
        let store = Store::open(&config.data_dir.join("state"))?;
        Ok(Arc::new(Self {
            clock: config.clock.clone(),
            services: Services::open(&store, &config.data_dir)?,
            store,
            data_dir: config.data_dir.clone(),
            faults: RwLock::new(Arc::new(Faults::new(config.faults.clone()))),
            limits: config.limits,
            endpoint: OnceLock::new(),
            stop_requested: CancellationToken::new(),
            shutdown: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }))
    }

    pub(crate) fn listens_at(&self, url: String) {
        // Set once, right after the listener is bound.
        let _ = self.endpoint.set(url);
    }

    /// Returns what goes wrong on purpose now.
    pub(crate) fn faults(&self) -> Arc<Faults> {
        Arc::clone(&self.faults.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Lets other things go wrong from now on; every rule counts from its beginning.
    pub(crate) fn set_faults(&self, plan: FaultPlan) {
        *self.faults.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Faults::new(plan));
    }

    /// Returns the URL that clients and function processes use.
    pub fn endpoint(&self) -> &str {
        self.endpoint.get().map_or("", String::as_str)
    }

    /// Runs `task` until it ends or the engine stops.
    pub fn spawn(self: &Arc<Self>, task: impl Future<Output = ()> + Send + 'static) {
        let shutdown = self.shutdown.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = task => {}
            }
        });
    }

    /// Notes that somebody asked the engine to stop.
    pub(crate) fn request_stop(&self) {
        self.stop_requested.cancel();
    }

    pub(crate) async fn stop_requested(&self) {
        self.stop_requested.cancelled().await;
    }

    /// Returns a token that is cancelled when the engine stops.
    pub fn shutdown_token(&self) -> CancellationToken {
        self.shutdown.clone()
    }

    pub(crate) async fn stop(&self) {
        self.shutdown.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}
