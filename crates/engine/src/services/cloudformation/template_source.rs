//! Where a request's template comes from: the request itself, an object in the engine's S3, or the stack as it is.

use super::stack::Stack;
use super::template::{INLINE_LIMIT, SIZE_LIMIT, validation_error};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;

/// The three ways to name a template.
#[derive(Debug, Default)]
pub struct TemplateSource {
    pub body: Option<String>,
    pub url: Option<String>,
    pub uses_previous: bool,
}

impl TemplateSource {
    /// Returns the template's text; `stack` is the one whose template may be used again.
    pub async fn read(&self, aws: &Aws, caller: &Caller, stack: Option<&Stack>) -> Result<String, AwsError> {
        let given =
            [self.body.is_some(), self.url.is_some(), self.uses_previous].iter().filter(|one| **one).count();
        if given != 1 {
            return Err(validation_error(match stack {
                Some(_) => {
                    "Either Template URL or Template Body must be specified, or UsePreviousTemplate must be true."
                }
                None => "Either Template URL or Template Body must be specified.",
            }));
        }
        if let Some(body) = &self.body {
            if body.len() > INLINE_LIMIT {
                return Err(validation_error(format!(
                    "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: \
                     Member must have length less than or equal to {INLINE_LIMIT}"
                )));
            }
            return Ok(body.clone());
        }
        if let Some(url) = &self.url {
            return download(aws, caller, url).await;
        }
        let previous = stack.and_then(|stack| stack.blueprint.as_ref());
        let previous = previous.map(|blueprint| blueprint.given().to_owned());
        previous.ok_or_else(|| validation_error("No previous template exists."))
    }
}

async fn download(aws: &Aws, caller: &Caller, url: &str) -> Result<String, AwsError> {
    let (bucket, key) =
        object_of(url).ok_or_else(|| validation_error("TemplateURL must be a supported URL."))?;
    let bytes = aws.services.s3.get_object(aws, caller, &bucket, &key, None).await;
    let bytes = bytes.map_err(|error| {
        validation_error(format!("S3 error: {}\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html", error.message))
    })?;
    if bytes.len() > SIZE_LIMIT {
        return Err(validation_error(format!("Template may not exceed {SIZE_LIMIT} bytes in size.")));
    }
    String::from_utf8(bytes.to_vec())
        .map_err(|_| validation_error("Template format error: unsupported structure."))
}

/// Returns bucket and key of an object's URL, in the path and the virtual-hosted style, on AWS or on this machine.
fn object_of(url: &str) -> Option<(String, String)> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let rest = rest.split(['?', '#']).next()?;
    let (host, path) = rest.split_once('/')?;
    let host = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) { name } else { host }
    });
    let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let by_path = || {
        let (bucket, key) = path.split_once('/')?;
        (!bucket.is_empty() && !key.is_empty()).then(|| (decode(bucket), decode(key)))
    };
    let is_local = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    let is_s3_itself =
        host.ends_with(".amazonaws.com") && (host.starts_with("s3.") || host.starts_with("s3-"));
    if is_local || is_s3_itself || host == "s3.localhost" {
        return by_path();
    }
    let bucket =
        host.strip_suffix(".s3.localhost").or_else(|| host.strip_suffix(".localhost")).or_else(|| {
            let host = host.strip_suffix(".amazonaws.com")?;
            let at = host
                .rfind(".s3.")
                .or_else(|| host.rfind(".s3-"))
                .or_else(|| host.strip_suffix(".s3").map(str::len))?;
            Some(&host[..at])
        })?;
    (!bucket.is_empty() && !path.is_empty()).then(|| (bucket.to_owned(), decode(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_bucket_and_key_from_every_style_of_url() {
        for url in [
            "https://s3.amazonaws.com/my-bucket/a/t%20.yaml",
            "https://s3.eu-west-1.amazonaws.com/my-bucket/a/t%20.yaml",
            "https://my-bucket.s3.amazonaws.com/a/t%20.yaml",
            "https://my-bucket.s3.eu-west-1.amazonaws.com/a/t%20.yaml?versionId=1",
            "http://127.0.0.1:4566/my-bucket/a/t%20.yaml",
            "http://my-bucket.localhost:4566/a/t%20.yaml",
        ] {
            assert_eq!(object_of(url), Some(("my-bucket".to_owned(), "a/t .yaml".to_owned())), "{url}");
        }
        for url in ["ftp://x/y", "https://example.com/a/b", "https://s3.amazonaws.com/bucket"] {
            assert_eq!(object_of(url), None, "{url}");
        }
    }
}
