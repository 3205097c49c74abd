//! Links to the zip files of functions and layers, which whoever has one can fetch for ten minutes, as on AWS.
//!
//! A link is signed with a secret of this run of the engine, and does not outlive it. Like presigned URLs it goes by the
//! wall clock.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{Method, Request, Response};
use sha2::{Digest, Sha256};

use super::Lambda;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::wire::{self, Body};

const ROOT: &str = "/_hydrant/package/";
const LIFE: Duration = Duration::from_secs(600);

/// What signs links.
pub struct Links {
    secret: [u8; 32],
}

/// A request for a package.
pub struct Download {
    path: String,
    query: String,
}

impl Links {
    pub fn new() -> Self {
        Self { secret: rand::random() }
    }

    fn signature(&self, path: &str, until: u64) -> String {
        let inner =
            Sha256::new().chain_update(self.secret).chain_update(format!("{until}/{path}")).finalize();
        let outer = Sha256::new().chain_update(self.secret).chain_update(inner).finalize();
        outer.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn link(&self, endpoint: &str, path: &str, now: SystemTime) -> String {
        let until = seconds(now + LIFE);
        format!("{endpoint}{ROOT}{path}?Expires={until}&Signature={}", self.signature(path, until))
    }

    fn check(&self, download: &Download, now: SystemTime) -> Result<(), AwsError> {
        let denied = |message: &str| Err(AwsError::new("AccessDenied", message).status(403));
        let parameter = |name: &str| {
            let mut pairs = download.query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        let until = parameter("Expires").and_then(|until| until.parse().ok());
        let (Some(until), Some(signature)) = (until, parameter("Signature")) else {
            return denied("Access Denied");
        };
        if signature != self.signature(&download.path, until) {
            return denied("Access Denied");
        }
        if seconds(now) > until {
            return denied("Request has expired");
        }
        Ok(())
    }
}

fn seconds(moment: SystemTime) -> u64 {
    moment.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Returns where the package lies that was unpacked into `folder`.
pub fn file(folder: &Path) -> PathBuf {
    let mut name = folder.as_os_str().to_owned();
    name.push(".zip");
    name.into()
}

/// Keeps the package that was unpacked into `folder`.
pub fn keep(package: &[u8], folder: &Path) -> Result<(), AwsError> {
    let file = file(folder);
    if file.is_file() {
        return Ok(());
    }
    let partial = file.with_extension(format!("{}.partial", uuid::Uuid::new_v4().simple()));
    fs::write(&partial, package).and_then(|()| fs::rename(&partial, &file)).map_err(AwsError::internal)
}

impl Download {
    /// Returns what a request asks for, if it is one for a package.
    pub fn read<B>(request: &Request<B>) -> Option<Self> {
        let path = request.uri().path().strip_prefix(ROOT)?;
        let query = request.uri().query().unwrap_or_default();
        (request.method() == Method::GET).then(|| Self { path: path.to_owned(), query: query.to_owned() })
    }
}

impl Lambda {
    /// Returns a link to the package that was unpacked into `folder`; nothing when it was not kept, as by older engines.
    pub(super) fn location(&self, aws: &Aws, folder: &Path) -> Option<String> {
        let file = file(folder);
        let path = file.strip_prefix(&self.folder).ok()?.to_str()?;
        file.is_file().then(|| self.links.link(aws.endpoint(), path, SystemTime::now()))
    }

    /// Answers the request for a package.
    pub async fn answer_download(&self, download: Download) -> Response<Body> {
        let refusal = match self.links.check(&download, SystemTime::now()) {
            // Only paths that this engine signed come so far.
            Ok(()) => match tokio::fs::read(self.folder.join(&download.path)).await {
                Ok(package) => return wire::respond(200, "application/zip", package),
                Err(_) => AwsError::new("NoSuchKey", "The specified key does not exist.").status(404),
            },
            Err(refusal) => refusal,
        };
        let body =
            format!("<Error><Code>{}</Code><Message>{}</Message></Error>", refusal.code, refusal.message);
        wire::respond(refusal.status, "application/xml", body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_what_it_signed_and_only_for_a_while() {
        let (links, now) = (Links::new(), UNIX_EPOCH + Duration::from_secs(1_768_473_000));
        let link = links.link("http://127.0.0.1:1", "1/r/f/a.zip", now);
        let request = |link: &str| Download::read(&Request::get(link).body(()).unwrap()).unwrap();
        let check = |link: &str, at| links.check(&request(link), at).map_err(|refusal| refusal.message);
        assert_eq!(check(&link, now + LIFE), Ok(()));
        assert_eq!(check(&link, now + LIFE + Duration::from_secs(1)), Err("Request has expired".to_owned()));
        for other in [link.replace("a.zip", "../b"), link.replace("=1768473600", "=1768479999")] {
            assert_eq!(check(&other, now), Err("Access Denied".to_owned()), "{other}");
        }
        assert!(Links::new().check(&request(&link), now).is_err());
    }
}
