//! Opens the objects that a notification tells of.

use std::error::Error;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use lambda_events::ObjectCreated;

/// Where objects are read from.
pub trait Objects {
    /// Returns the object's bytes as they arrive; `None` if it is gone.
    fn open(
        &self,
        object: &ObjectCreated,
    ) -> impl Future<Output = Result<Option<ByteStream>, Box<dyn Error + Send + Sync>>>;
}

/// Objects in S3.
#[derive(Debug, Clone)]
pub struct S3Objects(pub Client);

impl Objects for S3Objects {
    async fn open(&self, object: &ObjectCreated) -> Result<Option<ByteStream>, Box<dyn Error + Send + Sync>> {
        let get = self.0.get_object().bucket(&object.bucket).key(&object.key);
        match get.set_version_id(object.version.clone()).send().await {
            Ok(output) => Ok(Some(output.body)),
            Err(error) if is_gone(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn is_gone<E: aws_sdk_s3::error::ProvideErrorMetadata>(error: &aws_sdk_s3::error::SdkError<E>) -> bool {
    let code = error.as_service_error().and_then(|error| error.code());
    matches!(code, Some("NoSuchKey" | "NoSuchVersion"))
}
