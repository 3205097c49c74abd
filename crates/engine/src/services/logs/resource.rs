//! `AWS::Logs::LogGroup` and `AWS::Logs::LogStream`.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::groups::{NewGroup, check_retention, group_arn};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType, gone_is_fine, live, tag_list};

/// Returns the resource types of CloudWatch Logs.
pub fn types() -> Vec<Box<dyn ResourceType>> {
    vec![Box::new(LogGroup), Box::new(LogStream)]
}

struct LogGroup;

#[async_trait]
impl ResourceType for LogGroup {
    fn type_name(&self) -> &'static str {
        "AWS::Logs::LogGroup"
    }

    fn properties(&self) -> &'static [&'static str] {
        &["LogGroupName", "RetentionInDays", "Tags"]
    }

    fn remembered(&self) -> &'static [&'static str] {
        &["KmsKeyId", "LogGroupClass"]
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        let retention = retention(request)?;
        let name = request.name("LogGroupName", 512);
        let tags = request.all_tags();
        let new = NewGroup {
            log_group_name: name.clone(),
            kms_key_id: request.text("KmsKeyId").map(str::to_owned),
            tags: tags.clone(),
            log_group_class: request.text("LogGroupClass").map(str::to_owned),
            deletion_protection_enabled: None,
        };
        let logs = &aws.services.logs;
        match logs.create_group(aws, request.caller, new) {
            Err(refusal) if refusal.code == "ResourceAlreadyExistsException" => {
                // A create that was interrupted finds the group that it made.
                let existing = logs.group(request.caller, &name)?;
                if !request.has_made(&existing.tags) {
                    let message = format!(
                        "Resource of type 'AWS::Logs::LogGroup' with identifier \
                         '{{\"/properties/LogGroupName\":\"{name}\"}}' already exists."
                    );
                    return Err(AwsError::new("AlreadyExists", message));
                }
            }
            other => other?,
        }
        if retention.is_some() {
            logs.set_retention(aws, request.caller, &name, retention)?;
        }
        Ok(describe(request, &name))
    }

    async fn update(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
        _previous: &Value,
    ) -> Result<Resource, AwsError> {
        let logs = &aws.services.logs;
        logs.set_retention(aws, request.caller, physical_id, retention(request)?)?;
        logs.change_group(request.caller, physical_id, |group| {
            group.tags = request.all_tags();
            group.kms_key = request.text("KmsKeyId").map(str::to_owned);
            if let Some(class) = request.text("LogGroupClass") {
                group.class = class.to_owned();
            }
        })?;
        Ok(describe(request, physical_id))
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<(), AwsError> {
        gone_is_fine(
            aws.services.logs.delete_group(aws, request.caller, physical_id),
            "ResourceNotFoundException",
        )
    }

    async fn find(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<Option<Resource>, AwsError> {
        let arn = group_arn(request.caller, physical_id);
        aws.services.iam.authorize(request.caller, "logs:DescribeLogGroups", &arn, None, &[])?;
        let group = live(aws.services.logs.group(request.caller, physical_id), "ResourceNotFoundException")?;
        Ok(group.map(|group| describe(request, &group.name)))
    }

    async fn read(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<Option<Value>, AwsError> {
        let arn = group_arn(request.caller, physical_id);
        aws.services.iam.authorize(request.caller, "logs:DescribeLogGroups", &arn, None, &[])?;
        let group = aws.services.logs.group(request.caller, physical_id);
        let group = live(group, "ResourceNotFoundException")?;
        Ok(group.map(|group| {
            json!({
                "LogGroupName": group.name,
                "RetentionInDays": group.retention_days,
                "LogGroupClass": group.class,
                "KmsKeyId": group.kms_key,
                "Tags": tag_list(&group.tags),
            })
        }))
    }
}

/// Reads a retention, which templates may write as text.
fn retention(request: &ResourceRequest<'_>) -> Result<Option<u32>, AwsError> {
    let days = match request.properties.get("RetentionInDays") {
        None => return Ok(None),
        Some(Value::String(text)) => text.parse().ok(),
        Some(days) => days.as_u64().and_then(|days| u32::try_from(days).ok()),
    };
    let days = days.unwrap_or(0);
    check_retention(days)?;
    Ok(Some(days))
}

fn describe(request: &ResourceRequest<'_>, name: &str) -> Resource {
    let arn = format!("{}:*", group_arn(request.caller, name));
    Resource::new(name, [("Arn", json!(arn))])
}

struct LogStream;

#[async_trait]
impl ResourceType for LogStream {
    fn type_name(&self) -> &'static str {
        "AWS::Logs::LogStream"
    }

    fn properties(&self) -> &'static [&'static str] {
        &["LogGroupName", "LogStreamName"]
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        let group = request.text("LogGroupName").unwrap_or_default();
        let name = request.name("LogStreamName", 512);
        let is_generated = request.text("LogStreamName").is_none();
        let logs = &aws.services.logs;
        if is_generated {
            // A generated name is this resource's own, so one that exists was made by an interrupted create.
            logs.ensure_stream(aws, request.caller, group, &name)?;
        } else {
            logs.create_stream(aws, request.caller, group, &name)?;
        }
        Ok(Resource::new(name, []))
    }

    async fn update(
        &self,
        _aws: &Arc<Aws>,
        _request: &ResourceRequest<'_>,
        physical_id: &str,
        _previous: &Value,
    ) -> Result<Resource, AwsError> {
        // Every property of a stream asks for a replacement.
        Ok(Resource::new(physical_id, []))
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<(), AwsError> {
        let group = request.text("LogGroupName").unwrap_or_default();
        gone_is_fine(
            aws.services.logs.delete_stream(aws, request.caller, group, physical_id),
            "ResourceNotFoundException",
        )
    }

    async fn read(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<Option<Value>, AwsError> {
        let group = request.text("LogGroupName").unwrap_or_default();
        let arn = group_arn(request.caller, group);
        aws.services.iam.authorize(request.caller, "logs:DescribeLogStreams", &arn, None, &[])?;
        let stream = aws.services.logs.stream(request.caller, group, physical_id);
        let stream = live(stream, "ResourceNotFoundException")?;
        Ok(stream.map(|stream| json!({"LogGroupName": group, "LogStreamName": stream.name})))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::clock::{Clock, Timestamp};
    use crate::config::Config;
    use crate::identity::Caller;

    #[tokio::test]
    async fn makes_a_group_with_a_retention_that_aws_offers() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { clock: Clock::manual(Timestamp(0)), ..Config::new(folder.path()) };
        let aws = Aws::open(&config).unwrap();
        let caller = Caller::administrator("111122223333", "us-east-1");
        let no_tags = BTreeMap::new();
        let request = |properties| ResourceRequest {
            caller: &caller,
            stack_name: "gps",
            stack_id: "id",
            logical_id: "Log",
            properties,
            tags: &no_tags,
            suffix: "ABC123",
        };
        let wrong = json!({"RetentionInDays": 2});
        let refusal = LogGroup.create(&aws, &request(&wrong)).await.unwrap_err();
        assert_eq!(refusal.code, "InvalidParameterException");

        let properties = json!({"LogGroupName": "/aws/lambda/f", "RetentionInDays": "14"});
        let made = LogGroup.create(&aws, &request(&properties)).await.unwrap();
        assert_eq!(made.physical_id, "/aws/lambda/f");
        assert_eq!(made.attributes["Arn"], "arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/f:*");
        let logs = &aws.services.logs;
        assert_eq!(logs.group(&caller, "/aws/lambda/f").unwrap().retention_days, Some(14));
        let again = LogGroup.create(&aws, &request(&properties)).await.unwrap_err();
        assert_eq!(again.code, "AlreadyExists");

        let stream = json!({"LogGroupName": "/aws/lambda/f"});
        let made = LogStream.create(&aws, &request(&stream)).await.unwrap();
        assert_eq!(made.physical_id, "gps-Log-ABC123");
        LogGroup.delete(&aws, &request(&properties), "/aws/lambda/f").await.unwrap();
        LogStream.delete(&aws, &request(&stream), "gps-Log-ABC123").await.unwrap();
        assert!(!logs.exists(&aws, &caller, "/aws/lambda/f").unwrap());
    }

    #[tokio::test]
    async fn removes_events_for_good_when_their_time_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { clock: Clock::manual(Timestamp(0)), ..Config::new(folder.path()) };
        let aws = Aws::open(&config).unwrap();
        let caller = Caller::administrator("111122223333", "us-east-1");
        let logs = &aws.services.logs;
        let new = NewGroup { log_group_name: "g".to_owned(), ..NewGroup::default() };
        logs.create_group(&aws, &caller, new).unwrap();
        logs.set_retention(&aws, &caller, "g", Some(1)).unwrap();
        logs.ensure_stream(&aws, &caller, "g", "s").unwrap();
        logs.ensure_stream(&aws, &caller, "g", "s").unwrap();
        let events = [(Timestamp(2), "b".to_owned()), (Timestamp(1), "a".to_owned())];
        logs.put(&aws, &caller, "g", "s", &events).unwrap();
        let stream = logs.stream(&caller, "g", "s").unwrap();
        let count = || {
            let (start, end) = (super::super::events::Place::START, Timestamp(i64::MAX));
            let end = super::super::events::Place::at(end);
            logs.events.between(stream.number, std::ops::Bound::Included(start), end).count()
        };
        logs.purge(Timestamp(86_400_002)).unwrap();
        assert_eq!(count(), 1);
        logs.purge(Timestamp(86_400_003)).unwrap();
        assert_eq!(count(), 0);
    }
}
