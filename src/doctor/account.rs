//! Where calls go, and as whom: endpoint, region and credentials, each with where it was said.

use super::Check;
use crate::aws::Identity;
use crate::error::Error;

/// What flags, the stack files and the environment say of where to go.
#[derive(Debug, Default)]
pub struct Where {
    pub is_local: bool,
    /// The endpoint, and who named it.
    pub endpoint: Option<(String, &'static str)>,
    /// The region, and who named it; absent when the AWS configuration is to say.
    pub region: Option<(String, String)>,
    pub profile: Option<String>,
    /// The account to which an environment is pinned, and whose it is.
    pub pinned: Vec<(String, String)>,
}

impl Where {
    /// Returns what the SDK takes from variables by itself.
    pub fn region_variable() -> Option<(String, String)> {
        ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().find_map(|name| {
            let value = std::env::var(name).ok().filter(|value| !value.is_empty())?;
            Some((value, name.to_owned()))
        })
    }
}

/// Says where calls go.
pub fn endpoint(place: &Where) -> Check {
    let name = "endpoint";
    match &place.endpoint {
        Some((url, by)) if by.starts_with("AWS_") => Check::warn(
            name,
            format!("every call goes to {url}, as {by} says"),
            format!("unset {by} to reach AWS"),
        ),
        Some((url, by)) => Check::ok(name, format!("{url}, {by}")),
        None if place.is_local => Check::ok(name, "the local engine"),
        None => Check::ok(name, "AWS itself"),
    }
}

/// Says which region it is and who says so.
pub fn region(place: &Where, identity: Option<&Identity>) -> Check {
    let name = "region";
    if let Some((region, by)) = &place.region {
        return Check::ok(name, format!("{region}, by {by}"));
    }
    let profile = place.profile.as_deref().unwrap_or("default");
    match identity.and_then(|identity| identity.region.as_ref()) {
        Some(region) => Check::ok(name, format!("{region}, by the AWS configuration (profile {profile})")),
        None if place.is_local => Check::ok(name, "us-east-1, which --local takes when nothing names one"),
        None => Check::fail(
            name,
            "none is set",
            "set `region` in the stack file's environment, pass --region, or set AWS_REGION",
        ),
    }
}

/// Says whose credentials there are; with whether they will do.
pub fn account(place: &Where, identity: Option<&Identity>) -> Vec<Check> {
    let name = "credentials";
    let Some(identity) = identity else {
        return vec![Check::ok(name, "the local engine takes any")];
    };
    let source = match &identity.source {
        Ok(source) => source,
        Err(error) => return vec![refused(name, error)],
    };
    let found = Check::ok(name, format!("from {source}"));
    match &identity.caller {
        None => vec![found, Check::skip("account", "without a region nobody can be asked whose they are")],
        Some(Err(error)) => vec![found, refused("account", error)],
        Some(Ok(caller)) => {
            let says = format!("{}, as {}", caller.account, caller.arn);
            let strange = place.pinned.iter().find(|(account, _)| *account != caller.account);
            let account = match strange {
                None => Check::ok("account", says),
                Some((pinned, whose)) => Check::fail(
                    "account",
                    format!("{says}; {whose} is pinned to {pinned}"),
                    "use the credentials of that account, for example with --profile",
                ),
            };
            vec![found, account]
        }
    }
}

fn refused(name: &'static str, error: &Error) -> Check {
    let causes = error.causes();
    let says = match causes.last() {
        Some(cause) => format!("{error}: {}", cause.lines().next().unwrap_or_default()),
        None => error.to_string(),
    };
    let help = error.hints.first().cloned();
    let help = help.unwrap_or_else(|| {
        "configure them with `aws configure`, AWS_PROFILE or --profile, or add --local, which needs none"
            .to_owned()
    });
    Check::fail(name, says, help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::identity::Caller;
    use crate::doctor::State;
    use crate::error::Kind;

    fn identity(account: &str) -> Identity {
        let arn = format!("arn:aws:iam::{account}:user/ada");
        Identity {
            region: Some("eu-west-1".into()),
            source: Ok("environment variables".into()),
            caller: Some(Ok(Caller { account: account.into(), arn })),
        }
    }

    #[test]
    fn says_who_named_the_region() {
        let named = Where { region: Some(("us-east-2".into(), "--region".into())), ..Where::default() };
        assert_eq!(region(&named, None).says, "us-east-2, by --region");
        let found = identity("111122223333");
        let says = region(&Where::default(), Some(&found)).says;
        assert_eq!(says, "eu-west-1, by the AWS configuration (profile default)");
        assert_eq!(region(&Where::default(), None).state, State::Fail);
    }

    #[test]
    fn fails_when_the_environment_is_pinned_to_another_account() {
        let pinned = Where {
            pinned: vec![("444455556666".into(), "the environment prod of taxi".into())],
            ..Where::default()
        };
        let checks = account(&pinned, Some(&identity("111122223333")));
        assert_eq!(checks[0].state, State::Ok);
        assert_eq!(checks[1].state, State::Fail);
        assert!(checks[1].says.ends_with("the environment prod of taxi is pinned to 444455556666"));
        let own = account(&pinned, Some(&identity("444455556666")));
        assert_eq!(own[1].state, State::Ok);
    }

    #[test]
    fn says_why_there_are_no_credentials() {
        let none = Identity {
            region: None,
            source: Err(
                Error::new(Kind::Credentials, "no AWS credentials can be used").because("no provider")
            ),
            caller: None,
        };
        let checks = account(&Where::default(), Some(&none));
        assert_eq!(checks.len(), 1);
        assert_eq!(checks[0].says, "no AWS credentials can be used: no provider");
        assert_eq!(checks[0].state, State::Fail);
    }
}
