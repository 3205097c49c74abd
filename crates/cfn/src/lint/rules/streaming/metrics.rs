//! The metrics that AWS's services of a pipeline publish, with their dimensions.

/// What one service publishes.
pub(super) struct Namespace {
    pub name: &'static str,
    /// Its metrics; one that ends in a point is the beginning of several.
    pub metrics: &'static [&'static str],
    /// The dimensions that its metrics have.
    pub dimensions: &'static [&'static str],
    /// Those of which a metric has one at least; a metric without is published where there are none.
    pub needed: &'static [&'static str],
}

/// <https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html>,
/// <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html>,
/// <https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html>,
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html>,
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html>,
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html>
#[rustfmt::skip]
pub(super) const NAMESPACES: &[Namespace] = &[
    Namespace {
        name: "AWS/Firehose",
        metrics: &[
            "ActivePartitionsLimit", "BackupToS3.", "BytesPerSecondLimit", "DataReadFromKinesisStream.", "DataReadFromSource.", "DeliveryToAmazonOpenSearchServerless.",
            "DeliveryToAmazonOpenSearchService.", "DeliveryToElasticsearch.", "DeliveryToHttpEndpoint.", "DeliveryToIceberg.", "DeliveryToRedshift.",
            "DeliveryToS3.Bytes", "DeliveryToS3.DataFreshness", "DeliveryToS3.ObjectCount", "DeliveryToS3.Records", "DeliveryToS3.Success",
            "DeliveryToSnowflake.", "DeliveryToSplunk.", "DescribeDeliveryStream.", "ExecuteProcessing.Duration", "ExecuteProcessing.Success",
            "FailedConversion.", "FailedValidation.", "IncomingBytes", "IncomingPutRequests", "IncomingRecords", "JQProcessing.Duration", "KMSKeyAccessDenied", "KMSKeyDisabled",
            "KMSKeyInvalidState", "KMSKeyNotFound", "KafkaOffsetLag", "KinesisMillisBehindLatest", "ListDeliveryStreams.", "PartitionCount", "PartitionCountExceeded",
            "PerPartitionThroughput", "PutRecord.", "PutRecordBatch.", "PutRequestsPerSecondLimit", "RecordsPerSecondLimit", "ResourceCount", "SourceThrottled.",
            "SucceedConversion.", "SucceedProcessing.", "ThrottledDescribeStream", "ThrottledGetRecords", "ThrottledGetShardIterator",
            "ThrottledRecords", "UpdateDeliveryStream.",
        ],
        dimensions: &["DeliveryStreamName"],
        needed: &["DeliveryStreamName"],
    },
    Namespace {
        name: "AWS/Kinesis",
        metrics: &[
            "GetRecords.Bytes", "GetRecords.IteratorAge", "GetRecords.IteratorAgeMilliseconds", "GetRecords.Latency", "GetRecords.Records", "GetRecords.Success",
            "IncomingBytes", "IncomingRecords", "IteratorAgeMilliseconds", "OutgoingBytes", "OutgoingRecords", "PutRecord.Bytes", "PutRecord.Latency",
            "PutRecord.Success", "PutRecords.Bytes", "PutRecords.FailedRecords", "PutRecords.Latency", "PutRecords.Records", "PutRecords.Success",
            "PutRecords.SuccessfulRecords", "PutRecords.ThrottledRecords", "PutRecords.TotalRecords", "ReadProvisionedThroughputExceeded", "SubscribeToShard.RateExceeded",
            "SubscribeToShard.Success", "SubscribeToShardEvent.", "WriteProvisionedThroughputExceeded", "MeanProvisionedThroughput",
        ],
        dimensions: &["ConsumerName", "ShardId", "StreamName"],
        needed: &["StreamName"],
    },
    Namespace {
        name: "AWS/Lambda",
        metrics: &[
            "AsyncEventAge", "AsyncEventsDropped", "AsyncEventsReceived", "ClaimedAccountConcurrency", "ConcurrentExecutions", "DeadLetterErrors", "DeletedEventCount",
            "DestinationDeliveryFailures", "DroppedEventCount", "Duration", "Errors", "FailedInvokeEventCount", "FilteredOutEventCount", "InvokedEventCount",
            "Invocations", "IteratorAge", "MaxOffsetLag", "OffsetLag", "OnFailureDestinationDeliveredEventCount", "OversizedRecordCount", "PolledEventCount", "PostRuntimeExtensionsDuration",
            "ProvisionedConcurrencyInvocations", "ProvisionedConcurrencySpilloverInvocations", "ProvisionedConcurrencyUtilization", "ProvisionedConcurrentExecutions", "ProvisionedPollers",
            "RecursiveInvocationsDropped", "SignatureValidationErrors", "SumOffsetLag", "Throttles", "UnreservedConcurrentExecutions", "UrlRequestCount", "Url4xxCount", "Url5xxCount",
            "UrlRequestLatency", "CapacityProviderConcurrentExecutions", "RestoreDuration",
        ],
        dimensions: &["CapacityProviderName", "EventSourceMappingUUID", "ExecutedVersion", "FunctionName", "InstanceType", "Resource"],
        needed: &[],
    },
    Namespace {
        name: "AWS/SQS",
        metrics: &[
            "ApproximateAgeOfOldestMessage", "ApproximateNumberOfGroupsWithInflightMessages", "ApproximateNumberOfMessagesDelayed",
            "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesVisible", "ApproximateNumberOfNoisyGroups", "NumberOfDeduplicatedSentMessages",
            "NumberOfEmptyReceives", "NumberOfMessagesDeleted", "NumberOfMessagesReceived", "NumberOfMessagesSent", "SentMessageSize",
            "ApproximateNumberOfMessagesVisibleInQuietGroups", "ApproximateNumberOfMessagesNotVisibleInQuietGroups", "ApproximateNumberOfMessagesDelayedInQuietGroups", "ApproximateAgeOfOldestMessageInQuietGroups",
        ],
        dimensions: &["QueueName"],
        needed: &["QueueName"],
    },
    Namespace {
        name: "AWS/SNS",
        metrics: &[
            "NumberOfMessagesPublished", "NumberOfNotificationsDelivered", "NumberOfNotificationsFailed", "NumberOfNotificationsFailedToRedriveToDlq",
            "NumberOfNotificationsFilteredOut", "NumberOfNotificationsFilteredOut-InvalidAttributes", "NumberOfNotificationsFilteredOut-InvalidMessageBody",
            "NumberOfNotificationsFilteredOut-MessageAttributes", "NumberOfNotificationsFilteredOut-MessageBody", "NumberOfNotificationsFilteredOut-NoMessageAttributes",
            "NumberOfNotificationsRedrivenToDlq", "PublishSize", "SMSMonthToDateSpentUSD", "SMSSuccessRate",
        ],
        dimensions: &["Application", "Country", "Platform", "SMSType", "TopicName"],
        needed: &[],
    },
    Namespace {
        name: "AWS/ApiGateway",
        metrics: &[
            "4XXError", "4xx", "5XXError", "5xx", "CacheHitCount", "CacheMissCount", "ClientError", "ConnectCount", "Count", "DataProcessed", "ExecutionError",
            "IntegrationError", "IntegrationLatency", "Latency", "MessageCount",
        ],
        dimensions: &["ApiId", "ApiName", "Method", "Resource", "Route", "Stage"],
        needed: &["ApiId", "ApiName"],
    },
];

/// Namespaces of which no metrics are known here.
pub(super) const OTHERS: &[&str] = &[
    "AWS/ACMPrivateCA",
    "AWS/ApplicationELB",
    "AWS/AppSync",
    "AWS/Athena",
    "AWS/AutoScaling",
    "AWS/Backup",
    "AWS/Bedrock",
    "AWS/Billing",
    "AWS/CertificateManager",
    "AWS/CloudFront",
    "AWS/CloudTrail",
    "AWS/CodeBuild",
    "AWS/Cognito",
    "AWS/DAX",
    "AWS/DMS",
    "AWS/DX",
    "AWS/DynamoDB",
    "AWS/EBS",
    "AWS/EC2",
    "AWS/EC2Spot",
    "AWS/ECR",
    "AWS/ECS",
    "AWS/EFS",
    "AWS/ELB",
    "AWS/ES",
    "AWS/EKS",
    "AWS/ElastiCache",
    "AWS/ElasticBeanstalk",
    "AWS/ElasticMapReduce",
    "AWS/EventBridge/Pipes",
    "AWS/Events",
    "AWS/FSx",
    "AWS/GlobalAccelerator",
    "AWS/Glue",
    "AWS/GuardDuty",
    "AWS/IoT",
    "AWS/KMS",
    "AWS/Kafka",
    "AWS/KafkaConnect",
    "AWS/KinesisAnalytics",
    "AWS/KinesisVideo",
    "AWS/Logs",
    "AWS/MemoryDB",
    "AWS/NATGateway",
    "AWS/Neptune",
    "AWS/NetworkELB",
    "AWS/NetworkFirewall",
    "AWS/OpsWorks",
    "AWS/PrivateLinkEndpoints",
    "AWS/RDS",
    "AWS/Redshift",
    "AWS/Route53",
    "AWS/Route53Resolver",
    "AWS/S3",
    "AWS/SES",
    "AWS/SSM-RunCommand",
    "AWS/SageMaker",
    "AWS/Scheduler",
    "AWS/SecretsManager",
    "AWS/States",
    "AWS/StorageGateway",
    "AWS/Synthetics",
    "CloudWatchSynthetics",
    "AWS/Timestream",
    "AWS/TransitGateway",
    "AWS/TrustedAdvisor",
    "AWS/Usage",
    "AWS/VPN",
    "AWS/WAFV2",
    "AWS/WorkSpaces",
    "AWS/X-Ray",
];

impl Namespace {
    /// Says whether a metric is one of the service's.
    pub(super) fn has(&self, metric: &str) -> bool {
        self.metrics.iter().any(|known| metric == *known || known.ends_with('.') && metric.starts_with(known))
    }
}
