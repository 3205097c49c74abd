//! Whose credentials the SDK finds, and where: for saying so, not for calling anything with them.

use aws_credential_types::credential_feature::AwsCredentialFeature;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;

use super::failure::unsupported;
use super::{Target, failure, load};
use crate::error::{Error, Kind, Result};

/// What the SDK makes of flags, variables and the AWS configuration.
#[derive(Debug)]
pub struct Identity {
    /// Absent when nothing names one.
    pub region: Option<String>,
    /// Where the credentials come from, said as a noun.
    pub source: Result<String>,
    /// Absent when there are no credentials or no region to ask with.
    pub caller: Option<Result<Caller>>,
}

/// Who AWS says the credentials belong to.
#[derive(Debug)]
pub struct Caller {
    pub account: String,
    pub arn: String,
}

impl Identity {
    /// Looks for credentials, and asks STS whose they are.
    pub async fn find(target: &Target) -> Self {
        let config = load(target).await;
        let region = config.region().map(|region| region.as_ref().to_owned());
        let source = match config.credentials_provider() {
            None => Err(Error::new(Kind::Credentials, "there are no AWS credentials")),
            Some(provider) => match provider.provide_credentials().await {
                Ok(credentials) => Ok(source(credentials.get_property::<Vec<AwsCredentialFeature>>())),
                // The one that says where it looked is long and helps nobody.
                Err(CredentialsError::CredentialsNotLoaded(_)) => {
                    Err(Error::new(Kind::Credentials, "there are no AWS credentials"))
                }
                Err(error) => Err(refused(error)),
            },
        };
        let caller = match (&source, &region) {
            (Ok(_), Some(_)) => Some(caller(&config).await),
            _ => None,
        };
        Self { region, source, caller }
    }
}

fn refused(error: CredentialsError) -> Error {
    let causes = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source());
    let unsupported = causes.map(ToString::to_string).find_map(|cause| unsupported(&cause));
    let refused = || Error::new(Kind::Credentials, "no AWS credentials can be used").because(error);
    unsupported.unwrap_or_else(refused)
}

async fn caller(config: &aws_config::SdkConfig) -> Result<Caller> {
    let identity = aws_sdk_sts::Client::new(config).get_caller_identity().send().await;
    let identity = identity.map_err(|error| failure("find out whose credentials these are", error))?;
    Ok(Caller {
        account: identity.account().unwrap_or_default().to_owned(),
        arn: identity.arn().unwrap_or_default().to_owned(),
    })
}

/// Says where credentials come from; what was found last is what they were made from first.
fn source(features: Option<&Vec<AwsCredentialFeature>>) -> String {
    use AwsCredentialFeature as Feature;
    let says = |feature: &Feature| match feature {
        Feature::CredentialsEnvVars => Some("environment variables"),
        Feature::CredentialsProfile => Some("a profile of the AWS configuration"),
        Feature::CredentialsProfileSourceProfile => Some("a source profile"),
        Feature::CredentialsProfileSso | Feature::CredentialsSso => Some("an SSO session"),
        Feature::CredentialsProfileProcess | Feature::CredentialsProcess => Some("a credential process"),
        Feature::CredentialsProfileLogin | Feature::CredentialsLogin => Some("a login session"),
        Feature::CredentialsStsAssumeRole => Some("a role that was assumed"),
        Feature::CredentialsStsAssumeRoleWebId
        | Feature::CredentialsProfileStsWebIdToken
        | Feature::CredentialsEnvVarsStsWebIdToken => Some("a web identity token"),
        Feature::CredentialsHttp => Some("the container's endpoint"),
        Feature::CredentialsImds => Some("the instance's metadata"),
        _ => None,
    };
    let found: Vec<&str> = features.into_iter().flatten().filter_map(says).collect();
    match found.is_empty() {
        true => "the SDK's own search".to_owned(),
        false => found.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_where_credentials_come_from() {
        use AwsCredentialFeature::{CredentialsEnvVars, CredentialsProfile, CredentialsStsAssumeRole};
        assert_eq!(source(Some(&vec![CredentialsEnvVars])), "environment variables");
        let chain = vec![CredentialsStsAssumeRole, CredentialsProfile];
        assert_eq!(source(Some(&chain)), "a role that was assumed, a profile of the AWS configuration");
        assert_eq!(source(None), "the SDK's own search");
    }
}
