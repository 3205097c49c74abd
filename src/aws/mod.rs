//! The only place that makes SDK clients, all for one endpoint, region and account.

mod failure;
pub mod identity;
mod lazy;
mod patience;
mod transport;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::Credentials;

use crate::error::{Error, Kind, Result};

pub use failure::{code, failure};
pub use identity::Identity;

use lazy::Lazy;
use patience::Patience;

/// The account that the local engine plays when the environment pins none.
pub const LOCAL_ACCOUNT: &str = "000000000000";

/// Where to go, as flags and environment say.
#[derive(Debug, Clone, Default)]
pub struct Target {
    pub region: Option<String>,
    pub profile: Option<String>,
    pub endpoint_url: Option<String>,
    /// The account that must be reached; any when absent.
    pub account: Option<String>,
    /// Whether the endpoint is the local engine, which takes any credentials.
    pub is_local: bool,
}

/// Clients of every service that the program speaks to, and where they lead.
#[derive(Debug, Clone)]
pub struct Clients {
    pub account: String,
    pub region: String,
    pub endpoint_url: Option<String>,
    pub cloudformation: Lazy<aws_sdk_cloudformation::Client>,
    pub cloudwatch: Lazy<aws_sdk_cloudwatch::Client>,
    pub firehose: Lazy<aws_sdk_firehose::Client>,
    pub kinesis: Lazy<aws_sdk_kinesis::Client>,
    pub lambda: Lazy<aws_sdk_lambda::Client>,
    pub logs: Lazy<aws_sdk_cloudwatchlogs::Client>,
    pub s3: Lazy<aws_sdk_s3::Client>,
    pub sns: Lazy<aws_sdk_sns::Client>,
    pub sqs: Lazy<aws_sdk_sqs::Client>,
}

impl Clients {
    /// Makes the clients and asks who they are; an account other than the pinned one is refused.
    pub async fn connect(target: &Target) -> Result<Self> {
        let patience = Patience::of_environment()?;
        let config = patience.soon(&load(target).await);
        let Some(region) = config.region().map(|region| region.as_ref().to_owned()) else {
            return Err(Error::usage("no region is set")
                .hint("set `region` in the stack file's environment, pass --region, or set AWS_REGION"));
        };
        let clients = Self::in_waiting(target, region, &config, &patience);
        let identity = aws_sdk_sts::Client::new(&config).get_caller_identity().send();
        // Meanwhile the one is made that every command needs.
        let (identity, ()) = tokio::join!(identity, async { clients.cloudformation.wake() });
        let identity = identity.map_err(|error| failure("find out whose credentials these are", error))?;
        let account = identity.account().unwrap_or_default().to_owned();
        if let Some(pinned) = target.account.as_ref().filter(|pinned| **pinned != account) {
            let message =
                format!("the credentials are for account {account}, the environment is pinned to {pinned}");
            return Err(Error::new(Kind::Credentials, message)
                .hint("use the credentials of that account, for example with --profile"));
        }
        Ok(Self { account, ..clients })
    }

    /// Returns clients of which nobody knows yet whose account they lead to.
    fn in_waiting(target: &Target, region: String, config: &SdkConfig, patience: &Patience) -> Self {
        let (late, rationed) = (patience.late(config), patience.rationed(config));
        let endpoint_url = target.endpoint_url.clone();
        let is_elsewhere = endpoint_url.is_some();
        let s3 = move |config: &SdkConfig| {
            let builder = aws_sdk_s3::config::Builder::from(config).force_path_style(is_elsewhere);
            aws_sdk_s3::Client::from_conf(builder.build())
        };
        Self {
            account: String::new(),
            region,
            endpoint_url,
            cloudformation: Lazy::of(config, aws_sdk_cloudformation::Client::new),
            cloudwatch: Lazy::of(config, aws_sdk_cloudwatch::Client::new),
            firehose: Lazy::of(&rationed, aws_sdk_firehose::Client::new),
            kinesis: Lazy::of(config, aws_sdk_kinesis::Client::new),
            lambda: Lazy::of(&late, aws_sdk_lambda::Client::new),
            logs: Lazy::of(config, aws_sdk_cloudwatchlogs::Client::new),
            s3: Lazy::of(&late, s3),
            sns: Lazy::of(config, aws_sdk_sns::Client::new),
            sqs: Lazy::of(config, aws_sdk_sqs::Client::new),
        }
    }

    /// Returns whether the clients speak to something other than AWS itself, close by.
    pub fn is_nearby(&self) -> bool {
        self.endpoint_url.is_some()
    }
}

async fn load(target: &Target) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::latest());
    if let Some(region) = &target.region {
        loader = loader.region(Region::new(region.clone()));
    } else if target.is_local {
        loader = loader.region(Region::new("us-east-1"));
    }
    if let Some(profile) = &target.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(endpoint_url) = &target.endpoint_url {
        loader = loader.endpoint_url(endpoint_url);
        if transport::is_plain(endpoint_url) {
            loader = loader.http_client(transport::ByScheme::new());
        }
    }
    if target.is_local {
        let account = target.account.as_deref().unwrap_or(LOCAL_ACCOUNT);
        loader = loader.credentials_provider(Credentials::new(account, "local", None, None, "local engine"));
    }
    loader.load().await
}
