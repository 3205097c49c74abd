//! Reads who signed a request and for which service and region; the signature itself is not checked.
//!
//! The engine serves one person on loopback, so any secret is accepted: an access key only names an account
//! or a session that the engine's own IAM issued.

use http::Request;

/// What the credential scope of a request says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    pub access_key: String,
    pub region: String,
    /// Signing name of the service, such as `kinesis`; `s3` for unsigned requests, `sts` for unsigned forms.
    pub service: String,
}

/// Returns the credential scope in the `Authorization` header or the query of a presigned URL.
pub fn read<B>(request: &Request<B>) -> Signature {
    let header = request.headers().get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let from_header = header.and_then(|header| {
        let (_, rest) = header.split_once("Credential=")?;
        parse(rest.split([',', ' ']).next()?)
    });
    let from_query = || {
        let query = request.uri().query()?;
        let parameter = |name| query.split('&').find_map(|pair| pair.strip_prefix(name));
        if let Some(value) = parameter("X-Amz-Credential=") {
            return parse(&percent_encoding::percent_decode_str(value).decode_utf8().ok()?);
        }
        // Presigned URLs of signature version 2 name only the key; older CLIs still make them for S3.
        Some(Signature { access_key: parameter("AWSAccessKeyId=")?.to_owned(), ..unsigned() })
    };
    from_header.or_else(from_query).unwrap_or_else(|| Signature {
        // STS is the one service with a form that clients do not sign, as in `AssumeRoleWithWebIdentity`.
        service: if is_form(request) { "sts".to_owned() } else { unsigned().service },
        ..unsigned()
    })
}

fn is_form<B>(request: &Request<B>) -> bool {
    let content_type =
        request.headers().get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_some_and(|content_type| content_type.starts_with("application/x-www-form-urlencoded"))
}

fn unsigned() -> Signature {
    Signature { access_key: String::new(), region: "us-east-1".to_owned(), service: "s3".to_owned() }
}

/// Parses `AKID/20261120/us-east-1/kinesis/aws4_request`.
fn parse(scope: &str) -> Option<Signature> {
    let mut parts = scope.rsplitn(5, '/');
    let (_, service, region, _, access_key) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    Some(Signature {
        access_key: access_key.to_owned(),
        region: region.to_owned(),
        service: service.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(access_key: &str, region: &str, service: &str) -> Signature {
        Signature { access_key: access_key.into(), region: region.into(), service: service.into() }
    }

    #[test]
    fn reads_the_scope_from_a_header() {
        let authorization = "AWS4-HMAC-SHA256 Credential=111122223333/20261120/eu-west-1/kinesis/aws4_request, \
                             SignedHeaders=host, Signature=00";
        let request = Request::builder().header("authorization", authorization).body(()).unwrap();
        assert_eq!(read(&request), signature("111122223333", "eu-west-1", "kinesis"));
    }

    #[test]
    fn reads_the_scope_of_a_presigned_url() {
        let uri = "/b/k?X-Amz-Credential=AKID%2F20261120%2Fus-east-2%2Fs3%2Faws4_request&X-Amz-Date=1";
        let request = Request::builder().uri(uri).body(()).unwrap();
        assert_eq!(read(&request), signature("AKID", "us-east-2", "s3"));
    }

    #[test]
    fn reads_the_key_of_an_older_presigned_url() {
        let request =
            Request::builder().uri("/b/k?AWSAccessKeyId=AKID&Signature=x&Expires=1").body(()).unwrap();
        assert_eq!(read(&request), signature("AKID", "us-east-1", "s3"));
    }

    #[test]
    fn takes_an_unsigned_request_for_s3() {
        assert_eq!(read(&Request::new(())), signature("", "us-east-1", "s3"));
    }
}
