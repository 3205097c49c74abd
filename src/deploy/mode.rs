//! The ways in which CloudFormation brings a stack to a template.

use aws_sdk_cloudformation::types::{DeploymentConfig, DeploymentConfigMode};
use clap::ValueEnum;

/// How a deployment goes about it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// By a change set that is shown first, to its end when all resources are ready
    #[default]
    Standard,
    /// The same, to its end when all resources are configured: they become ready afterwards
    Express,
    /// Without a change set: nothing is shown first; for development only
    Direct,
}

/// The way in which a stack is brought to its template.
#[derive(Debug, Clone, Copy, Default)]
pub struct Manner {
    pub mode: Mode,
    /// Whether what exists already under the names of the template is taken in.
    pub adopts: bool,
}

impl Mode {
    /// Returns what CloudFormation is told of it. Rollback stays on, which AWS's own tools turn off with it.
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-express-mode.html>
    pub fn config(self) -> Option<DeploymentConfig> {
        let express = DeploymentConfig::builder().mode(DeploymentConfigMode::Express);
        (self == Self::Express).then(|| express.disable_rollback(false).build())
    }
}
