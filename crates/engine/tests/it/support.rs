//! An engine of its own for every test, and clients that speak to it.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use hydrant_engine::{Clock, Config, Engine, Timestamp};
use tempfile::TempDir;

/// The moment at which manual clocks of tests begin: 2026-01-15T10:30:00Z.
pub const START: Timestamp = Timestamp(1_768_473_000_000);

/// The account that the tests' access key names.
pub const ACCOUNT: &str = "111122223333";

/// A running engine in a folder that goes with it.
pub struct TestEngine {
    pub engine: Engine,
    pub folder: TempDir,
}

impl TestEngine {
    /// Starts an engine whose clock stands still until the test moves it.
    pub async fn manual() -> Self {
        Self::with(Clock::manual(START)).await
    }

    /// Starts an engine on the given clock.
    pub async fn with(clock: Clock) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let config = Config { clock, ..Config::new(folder.path()) };
        let engine = Engine::start(config).await.expect("the engine starts");
        Self { engine, folder }
    }

    /// Returns the configuration from which SDK clients are made.
    pub async fn sdk(&self) -> SdkConfig {
        sdk(&self.engine.url()).await
    }

    /// Moves a manual clock in steps of one second, so that what is due in between happens in order.
    pub async fn advance(&self, duration: Duration) {
        for _ in 0..duration.as_secs() {
            self.engine.clock().advance(Duration::from_secs(1));
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

/// Returns a client configuration for an endpoint, with credentials that name [`ACCOUNT`].
pub async fn sdk(url: &str) -> SdkConfig {
    let credentials = aws_sdk_sts::config::Credentials::new(ACCOUNT, "secret", None, None, "tests");
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(credentials)
        .endpoint_url(url)
        .load()
        .await
}

/// Repeats `probe` until it returns something, for at most ten seconds of real time.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut probe: impl FnMut() -> F) -> T {
    for _ in 0..1000 {
        if let Some(found) = probe().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("did not happen within ten seconds: {what}");
}
