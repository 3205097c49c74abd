//! A whole streaming pipeline as one stack.

use aws_sdk_cloudformation::types::StackStatus;

use super::support::Cloud;

const PIPELINE: &str = "
Resources:
  Positions:
    Type: AWS::Kinesis::Stream
    Properties: {ShardCount: 1}
  Data:
    Type: AWS::S3::Bucket
  DeliveryLog:
    Type: AWS::Logs::LogGroup
    Properties: {RetentionInDays: 7}
  DeliveryRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: {Service: firehose.amazonaws.com}, Action: sts:AssumeRole}]
  DeliveryPolicy:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: deliver
      Roles: [!Ref DeliveryRole]
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Action: ['kinesis:DescribeStream', 'kinesis:GetShardIterator', 'kinesis:GetRecords', 'kinesis:ListShards']
            Resource: !GetAtt Positions.Arn
          - Effect: Allow
            Action: ['s3:AbortMultipartUpload', 's3:GetBucketLocation', 's3:ListBucket', 's3:PutObject']
            Resource: [!GetAtt Data.Arn, !Sub '${Data.Arn}/*']
  Delivery:
    Type: AWS::KinesisFirehose::DeliveryStream
    DependsOn: DeliveryPolicy
    Properties:
      DeliveryStreamType: KinesisStreamAsSource
      KinesisStreamSourceConfiguration: {KinesisStreamARN: !GetAtt Positions.Arn, RoleARN: !GetAtt DeliveryRole.Arn}
      ExtendedS3DestinationConfiguration:
        BucketARN: !GetAtt Data.Arn
        RoleARN: !GetAtt DeliveryRole.Arn
        Prefix: gps/
        ErrorOutputPrefix: failed/
        BufferingHints: {SizeInMBs: 1, IntervalInSeconds: 60}
        CompressionFormat: GZIP
Outputs:
  Delivery: {Value: !GetAtt Delivery.Arn}
";

#[tokio::test]
async fn stands_as_one_stack_and_goes_without_a_trace() {
    let cloud = Cloud::new().await;
    let stack = cloud.create("telemetric", PIPELINE).await;
    let events = cloud.events("telemetric").await;
    assert_eq!(stack.stack_status(), Some(&StackStatus::CreateComplete), "{events:#?}");
    let arn = stack.outputs()[0].output_value().unwrap();
    assert!(
        arn.starts_with("arn:aws:firehose:us-east-1:111122223333:deliverystream/telemetric-Delivery-"),
        "{arn}"
    );
    let longer = PIPELINE.replace("IntervalInSeconds: 60", "IntervalInSeconds: 90");
    assert_eq!(cloud.update("telemetric", &longer).await.stack_status(), Some(&StackStatus::UpdateComplete));
    let deleted = cloud.delete("telemetric").await;
    assert_eq!(deleted.stack_status(), Some(&StackStatus::DeleteComplete));
    assert!(cloud.streams().await.is_empty() && cloud.buckets().await.is_empty());
}

#[tokio::test]
async fn fails_and_leaves_nothing_when_firehose_may_not_assume_the_role() {
    let cloud = Cloud::new().await;
    let template = PIPELINE.replace("firehose.amazonaws.com", "lambda.amazonaws.com");
    let stack = cloud.create("telemetric", &template).await;
    assert_eq!(stack.stack_status(), Some(&StackStatus::RollbackComplete));
    let events = cloud.events("telemetric").await;
    let first = events.iter().find(|one| one.resource_status().unwrap().as_str() == "CREATE_FAILED").unwrap();
    assert_eq!(first.logical_resource_id(), Some("Delivery"));
    let reason = first.resource_status_reason().unwrap();
    assert!(reason.contains("unable to assume role"), "{reason}");
    assert!(cloud.streams().await.is_empty() && cloud.buckets().await.is_empty());
}
