//! From the engine's request to one that the `s3s` crate answers, and back.
//!
//! The engine knows the caller and checks no signatures, so everything about signing is taken off: the
//! header, the query of a presigned URL, and the chunks of a signed body.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use http::header::{AUTHORIZATION, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, EXPECT};
use http::{HeaderMap, HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use s3s::S3Result;
use s3s::host::{S3Host, VirtualHost};
use s3s::service::S3ServiceBuilder;
use s3s::validation::NameValidation;

use super::chunked::Decoder;
use super::protocol::Session;
use super::unread::Unread;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::{self, Body};

type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// The headers that follow a body, filled when the body has been read to its end.
#[derive(Debug, Clone, Default)]
pub struct Trailers(Arc<Mutex<HeaderMap>>);

impl Trailers {
    /// Returns the headers that have arrived.
    pub fn take(&self) -> HeaderMap {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Answers a request for S3.
pub async fn answer(aws: &Arc<Aws>, caller: &Caller, request: Request<Incoming>) -> Response<Body> {
    let waits = request.headers().contains_key(EXPECT);
    let request = request.map(|body| Unread::new(body, waits));
    let mut response = answer_unsigned(aws, caller, request).await;
    if waits && response.status().as_u16() >= 400 {
        // The client will not send the body that it held back, so what it sends next on this connection
        // would be taken for that body.
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

async fn answer_unsigned(aws: &Arc<Aws>, caller: &Caller, request: Request<Unread>) -> Response<Body> {
    let request = match check_subresource(&request).and_then(|()| unsign(request)) {
        Ok(request) => request,
        Err(refusal) => return refused(refusal),
    };
    let owner = request.headers().get("x-amz-expected-bucket-owner");
    let expected_owner = owner.and_then(|owner| owner.to_str().ok()).map(str::to_owned);
    let session = Session { aws: Arc::clone(aws), caller: caller.clone(), expected_owner };
    let mut builder = S3ServiceBuilder::new(session);
    builder.set_host(LocalHost);
    builder.set_validation(AnyName);
    match builder.build().call(request).await {
        Ok(response) => finish(response),
        Err(error) => refused(AwsError::internal(BodyError::from(error))),
    }
}

/// Encodes a refusal as S3 does.
pub fn refused(refusal: AwsError) -> Response<Body> {
    match s3s::S3Error::from(refusal).to_http_response() {
        Ok(response) => finish(response),
        Err(error) => wire::json::error(&AwsError::internal(error)),
    }
}

fn finish(response: Response<s3s::Body>) -> Response<Body> {
    let mut response = response.map(BodyExt::boxed_unsync);
    if let Ok(id) = HeaderValue::from_str(&wire::request_id()) {
        response.headers_mut().insert("x-amz-request-id", id);
    }
    response.headers_mut().insert(http::header::SERVER, HeaderValue::from_static("AmazonS3"));
    response
}

/// Refuses operations that the `s3s` crate does not know, and would take for those without the subresource: it would
/// make a bucket, list its objects, or write an empty one.
fn check_subresource<B>(request: &Request<B>) -> Result<(), AwsError> {
    const UNKNOWN: &[&str] = &[
        "abac",
        "annotation",
        "metadataConfiguration",
        "metadataInventoryTable",
        "metadataJournalTable",
        "metadataTable",
        "renameObject",
    ];
    let host = request.headers().get(http::header::HOST).and_then(|host| host.to_str().ok());
    let host = host.and_then(|host| LocalHost.parse_host_header(host).ok());
    let path = request.uri().path().trim_start_matches('/');
    let names_object = match host.as_ref().and_then(VirtualHost::bucket) {
        Some(_) => !path.is_empty(),
        None => path.split_once('/').is_some_and(|(_, key)| !key.is_empty()),
    };
    let query = request.uri().query().unwrap_or_default();
    let names = query.split('&').filter_map(|pair| pair.split('=').next());
    let is_unknown = |name: &&str| UNKNOWN.contains(name) || (*name == "encryption" && names_object);
    match names.into_iter().find(is_unknown) {
        Some(name) => {
            Err(AwsError::not_supported(format_args!("the operation `{} ?{name}`", request.method())))
        }
        None => Ok(()),
    }
}

/// Takes everything about signatures off a request.
fn unsign(request: Request<Unread>) -> Result<s3s::HttpRequest, AwsError> {
    let (mut head, body) = request.into_parts();
    head.headers.remove(AUTHORIZATION);
    if let Some(query) = head.uri.query() {
        check_expiry(query, SystemTime::now())?;
        head.uri = without_signature(&head.uri, query)?;
    }
    let payload = head.headers.remove("x-amz-content-sha256");
    let is_chunked = payload.is_some_and(|payload| payload.as_bytes().starts_with(b"STREAMING-"))
        || content_encodings(&head.headers).any(|encoding| encoding == "aws-chunked");
    if !is_chunked {
        return Ok(Request::from_parts(head, s3s::Body::http_body_unsync(body)));
    }
    let announced = head.headers.remove("x-amz-decoded-content-length");
    let announced: Option<u64> = announced.and_then(|length| length.to_str().ok()?.parse().ok());
    head.headers.remove(CONTENT_LENGTH);
    if let Some(length) = announced {
        head.headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    remove_chunked_encoding(&mut head.headers);
    let trailers = Trailers::default();
    head.extensions.insert(trailers.clone());
    let frames = decoded(body, Decoder::new(announced), trailers).map(|chunk| chunk.map(Frame::data));
    Ok(Request::from_parts(head, s3s::Body::http_body_unsync(StreamBody::new(frames))))
}

fn content_encodings(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all(CONTENT_ENCODING).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).filter(|encoding| !encoding.is_empty())
}

/// Leaves the encodings that are the object's own.
fn remove_chunked_encoding(headers: &mut HeaderMap) {
    let own: Vec<_> = content_encodings(headers).filter(|encoding| *encoding != "aws-chunked").collect();
    let own = HeaderValue::from_str(&own.join(",")).ok().filter(|own| !own.is_empty());
    match own {
        Some(own) => drop(headers.insert(CONTENT_ENCODING, own)),
        None => drop(headers.remove(CONTENT_ENCODING)),
    }
}

/// Decodes a body as it streams, and hands over what follows it.
fn decoded(
    body: Unread,
    decoder: Decoder,
    trailers: Trailers,
) -> impl Stream<Item = Result<Bytes, BodyError>> {
    stream::try_unfold(
        (body.into_data_stream(), decoder, trailers),
        |(mut body, mut decoder, trailers)| async {
            loop {
                if let Some(bytes) = decoder.next()? {
                    return Ok(Some((bytes, (body, decoder, trailers))));
                }
                match body.next().await {
                    Some(piece) => decoder.push(&piece?),
                    None => {
                        *trailers.0.lock().unwrap_or_else(PoisonError::into_inner) = decoder.finish()?;
                        return Ok(None);
                    }
                }
            }
        },
    )
}

/// Returns whether a query parameter belongs to the signature of a presigned URL.
fn is_signature(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default();
    let of_version_4 = [
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-SignedHeaders",
        "X-Amz-Signature",
        "X-Amz-Security-Token",
        "X-Amz-Content-Sha256",
    ];
    let of_version_2 = ["AWSAccessKeyId", "Signature", "Expires"];
    of_version_4.contains(&name) || of_version_2.contains(&name)
}

fn without_signature(uri: &Uri, query: &str) -> Result<Uri, AwsError> {
    let kept: Vec<_> = query.split('&').filter(|pair| !is_signature(pair)).collect();
    let path =
        if kept.is_empty() { uri.path().to_owned() } else { format!("{}?{}", uri.path(), kept.join("&")) };
    path.parse().map_err(|_| AwsError::new("InvalidURI", "Couldn't parse the specified URI."))
}

/// Refuses a presigned URL after its time. Its signer used the wall clock, so that one counts.
fn check_expiry(query: &str, now: SystemTime) -> Result<(), AwsError> {
    let parameter = |name: &str| {
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| *key == name)
            .map(|pair| pair.1)
    };
    let refuse_after = |end: SystemTime| {
        let refusal = AwsError::new("AccessDenied", "Request has expired").status(403);
        if now > end { Err(refusal) } else { Ok(()) }
    };
    // Signature version 2 says when the URL ends, version 4 when it began and how long it lasts.
    if let (Some(_), Some(end)) = (parameter("AWSAccessKeyId"), parameter("Expires")) {
        let invalid =
            |_| AwsError::new("AccessDenied", "Invalid date (should be seconds since epoch)").status(403);
        return refuse_after(
            UNIX_EPOCH + Duration::from_secs(u64::from(end.parse::<u32>().map_err(invalid)?)),
        );
    }
    let (Some(date), Some(expires)) = (parameter("X-Amz-Date"), parameter("X-Amz-Expires")) else {
        return Ok(());
    };
    let malformed =
        || AwsError::new("AuthorizationQueryParametersError", "X-Amz-Date or X-Amz-Expires is not valid");
    let signed = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", date).map_err(|_| malformed())?;
    let signed = signed.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| malformed())?.timestamp().as_second();
    let expires: u32 = expires.parse().map_err(|_| malformed())?;
    let begin = UNIX_EPOCH + Duration::from_secs(signed.max(0).unsigned_abs());
    refuse_after(begin + Duration::from_secs(expires.into()))
}

/// Lets every bucket name through, so that the refusal of a bad one has S3's words.
struct AnyName;

impl NameValidation for AnyName {
    fn validate_bucket_name(&self, _name: &str) -> bool {
        true
    }
}

/// Finds the bucket in a host name such as `bucket.localhost:4566`.
struct LocalHost;

impl S3Host for LocalHost {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let bucket = name.strip_suffix(".localhost").filter(|bucket| *bucket != "s3");
        let virtual_host = VirtualHost::new("localhost");
        Ok(match bucket {
            Some(bucket) => virtual_host.with_bucket(bucket.strip_suffix(".s3").unwrap_or(bucket)),
            None => virtual_host,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_bucket_in_the_host() {
        let bucket = |host| LocalHost.parse_host_header(host).unwrap().bucket().map(str::to_owned);
        assert_eq!(bucket("localhost:4566"), None);
        assert_eq!(bucket("s3.localhost"), None);
        assert_eq!(bucket("my.bucket.localhost:4566"), Some("my.bucket".into()));
        assert_eq!(bucket("bucket.s3.localhost"), Some("bucket".into()));
    }

    #[test]
    fn refuses_subresources_that_would_be_overlooked() {
        let check = |host: &str, uri: &str| {
            let request = Request::put(uri).header("host", host).body(()).unwrap();
            check_subresource(&request).map_err(|refusal| refusal.code)
        };
        let refused = Err("NotImplemented".to_owned());
        assert_eq!(check("localhost", "/b/k?renameObject"), refused);
        assert_eq!(check("localhost", "/b?abac="), refused);
        assert_eq!(check("localhost", "/b/k?encryption"), refused);
        assert_eq!(check("b.localhost", "/k?encryption"), refused);
        for (host, uri) in
            [("localhost", "/b?encryption"), ("b.localhost", "/?encryption"), ("localhost", "/b/abac")]
        {
            assert_eq!(check(host, uri), Ok(()));
        }
    }

    #[test]
    fn takes_the_signature_out_of_a_presigned_url() {
        let uri: Uri = "/b/k?X-Amz-Date=1&versionId=2&X-Amz-Signature=3".parse().unwrap();
        assert_eq!(without_signature(&uri, uri.query().unwrap()).unwrap(), "/b/k?versionId=2");
    }

    #[test]
    fn refuses_a_presigned_url_after_its_time() {
        let query = "X-Amz-Date=20260115T103000Z&X-Amz-Expires=60";
        let signed = UNIX_EPOCH + Duration::from_secs(1_768_473_000);
        assert!(check_expiry(query, signed + Duration::from_secs(60)).is_ok());
        let refusal = check_expiry(query, signed + Duration::from_secs(61)).unwrap_err();
        assert_eq!((refusal.code.as_str(), refusal.status), ("AccessDenied", 403));
        assert!(check_expiry("X-Amz-Date=x&X-Amz-Expires=60", signed).is_err());
        assert!(check_expiry("AWSAccessKeyId=A&Expires=1768473000", signed).is_ok());
        assert!(check_expiry("AWSAccessKeyId=A&Expires=1768472999", signed).is_err());
    }

    #[test]
    fn keeps_the_encodings_that_are_the_objects_own() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip, aws-chunked"));
        remove_chunked_encoding(&mut headers);
        assert_eq!(headers[CONTENT_ENCODING], "gzip");
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("aws-chunked"));
        remove_chunked_encoding(&mut headers);
        assert!(!headers.contains_key(CONTENT_ENCODING));
    }
}
