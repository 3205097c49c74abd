//! A running engine: a listener, the services behind it, and how both end.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::aws::Aws;
use crate::clock::{Clock, Timestamp};
use crate::config::Config;
use crate::faults::{FaultPlan, Strike};
use crate::http;
use crate::store::StoreError;
use crate::supported::{self, Supported};

/// Why an engine could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("open the engine's state in {folder}")]
    State {
        folder: String,
        #[source]
        source: StoreError,
    },
    #[error("listen on 127.0.0.1:{port}")]
    Listen {
        port: u16,
        #[source]
        source: std::io::Error,
    },
}

/// An engine that answers on a loopback port until it is stopped or dropped.
pub struct Engine {
    aws: Arc<Aws>,
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl Engine {
    /// Opens the state folder, resumes what was under way, and begins to answer.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let folder = config.data_dir.display().to_string();
        let state_error = |source| StartError::State { folder: folder.clone(), source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, config.port))
            .await
            .map_err(|source| StartError::Listen { port: config.port, source })?;
        let address =
            listener.local_addr().map_err(|source| StartError::Listen { port: config.port, source })?;

        let aws = Aws::open(&config).map_err(state_error)?;
        aws.listens_at(format!("http://{address}"));
        keep_time(&aws).map_err(state_error)?;
        for service in aws.services.all() {
            service.start(&aws);
        }
        let server = tokio::spawn(http::serve(Arc::clone(&aws), listener));
        Ok(Self { aws, address, server })
    }

    /// Returns the URL that SDKs take as their endpoint.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the engine's clock; a test with a manual one moves it here.
    pub fn clock(&self) -> &Clock {
        &self.aws.clock
    }

    /// Returns what the engine has, service by service.
    pub fn supported(&self) -> Vec<Supported> {
        supported::list(&self.aws)
    }

    /// Lets other things go wrong from now on; every rule counts from its beginning.
    pub fn set_faults(&self, plan: FaultPlan) {
        self.aws.set_faults(plan);
    }

    /// Returns the requests that the present faults have struck, oldest first.
    pub fn struck(&self) -> Vec<Strike> {
        self.aws.faults().struck()
    }

    /// Waits until somebody asks the engine over HTTP to stop, as `hydrant local stop` does.
    pub async fn asked_to_stop(&mut self) {
        self.aws.stop_requested().await;
    }

    /// Stops answering, ends every task and function process, and closes the state.
    pub async fn stop(self) {
        self.server.abort();
        self.aws.stop().await;
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.server.abort();
        self.aws.shutdown_token().cancel();
    }
}

/// Continues from the latest time that the state has seen, and notes the time every second from then on.
fn keep_time(aws: &Arc<Aws>) -> Result<(), StoreError> {
    let table = aws.store.table::<Timestamp>("clock");
    if let Some(latest) = table.get("latest")? {
        aws.clock.not_before(latest);
    }
    let task = Arc::clone(aws);
    aws.spawn(async move {
        loop {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            if let Err(error) = table.put("latest", &task.clock.now()) {
                tracing::error!(%error, "the time could not be noted");
            }
        }
    });
    Ok(())
}
