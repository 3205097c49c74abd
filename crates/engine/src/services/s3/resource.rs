//! The resource types that CloudFormation provisions here.

mod bucket;
mod bucket_policy;
mod lifecycle;
mod live;

pub use self::bucket::flag;
use crate::resource::ResourceType;

/// Returns the resource types of S3.
pub fn types() -> Vec<Box<dyn ResourceType>> {
    vec![Box::new(bucket::BucketType), Box::new(bucket_policy::BucketPolicyType)]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use bytes::Bytes;
    use serde_json::{Value, json};

    use super::*;
    use crate::aws::Aws;
    use crate::clock::{Clock, Timestamp};
    use crate::config::Config;
    use crate::identity::Caller;
    use crate::resource::ResourceRequest;

    struct Stack {
        _folder: tempfile::TempDir,
        aws: Arc<Aws>,
        caller: Caller,
        tags: BTreeMap<String, String>,
    }

    impl Stack {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let config = Config { clock: Clock::manual(Timestamp(0)), ..Config::new(folder.path()) };
            let tags = [("stack-id", "id"), ("logical-id", "Data")];
            Self {
                aws: Aws::open(&config).unwrap(),
                caller: Caller::administrator("111122223333", "eu-central-1"),
                tags: tags.map(|(name, value)| (format!("aws:cloudformation:{name}"), value.into())).into(),
                _folder: folder,
            }
        }

        fn request<'a>(&'a self, properties: &'a Value) -> ResourceRequest<'a> {
            ResourceRequest {
                caller: &self.caller,
                stack_name: "Gps",
                stack_id: "id",
                logical_id: "Data",
                properties,
                tags: &self.tags,
                suffix: "ABC123",
            }
        }
    }

    #[tokio::test]
    async fn makes_a_bucket_with_a_generated_name_once() {
        let stack = Stack::new();
        let properties = json!({"VersioningConfiguration": {"Status": "Enabled"}});
        let request = stack.request(&properties);
        let made = bucket::BucketType.create(&stack.aws, &request).await.unwrap();
        assert_eq!(made.physical_id, "gps-data-abc123");
        assert_eq!(made.attributes["Arn"], "arn:aws:s3:::gps-data-abc123");
        assert_eq!(made.attributes["RegionalDomainName"], "gps-data-abc123.s3.eu-central-1.amazonaws.com");
        assert_eq!(
            made.attributes["WebsiteURL"],
            "http://gps-data-abc123.s3-website.eu-central-1.amazonaws.com"
        );
        let other = ResourceRequest { stack_id: "other", ..stack.request(&properties) };
        assert_eq!(bucket::BucketType.create(&stack.aws, &other).await.unwrap_err().code, "AlreadyExists");
    }

    #[tokio::test]
    async fn does_not_delete_a_bucket_that_holds_objects() {
        let stack = Stack::new();
        let properties = json!({"BucketName": "data"});
        let request = stack.request(&properties);
        bucket::BucketType.create(&stack.aws, &request).await.unwrap();
        let s3 = &stack.aws.services.s3;
        s3.put_object(&stack.aws, &stack.caller, "data", "a", Bytes::from("a"), None).await.unwrap();
        let refusal = bucket::BucketType.delete(&stack.aws, &request, "data").await.unwrap_err();
        assert_eq!(refusal.code, "BucketNotEmpty");
        let words = "The bucket you tried to delete is not empty (Service: S3, Status Code: 409, ";
        assert!(refusal.message.starts_with(words), "{refusal}");
        assert!(bucket::BucketType.delete(&stack.aws, &request, "gone").await.is_ok());
    }

    #[tokio::test]
    async fn updates_what_is_configured_and_keeps_the_policy() {
        let stack = Stack::new();
        let before = json!({"BucketName": "data", "VersioningConfiguration": {"Status": "Enabled"}});
        bucket::BucketType.create(&stack.aws, &stack.request(&before)).await.unwrap();
        let policy = json!({"Bucket": "data", "PolicyDocument": {"Statement": [
            {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::data/*"},
        ]}});
        bucket_policy::BucketPolicyType.create(&stack.aws, &stack.request(&policy)).await.unwrap();
        let after = json!({"BucketName": "data", "Tags": [{"Key": "team", "Value": "gps"}]});
        let request = stack.request(&after);
        bucket::BucketType.update(&stack.aws, &request, "data", &before).await.unwrap();
        let bucket = stack.aws.services.s3.bucket("data").unwrap();
        assert_eq!(bucket.versioning, crate::services::s3::bucket::Versioning::Suspended);
        assert!(bucket.configuration.policy.is_some());
        assert_eq!(bucket.configuration.tags.unwrap().len(), 3);
    }
}
