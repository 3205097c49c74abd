"""Streams, delivery streams, buckets and logs."""

import json

from engine import client

from . import Journey, allowing, attribute, function, ref, role, unless_gone

kinesis, firehose, s3, logs = map(client, "kinesis firehose s3 logs".split())

LANDING = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "landing"}}
GROUP = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "orders"}}


def stream(name):
    found = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    return found["OpenShardCount"], found["RetentionPeriodHours"], found["EncryptionType"]


def delivery(name):
    found = firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
    destination = found["Destinations"][0]["ExtendedS3DestinationDescription"]
    hints = destination["BufferingHints"]
    return hints["SizeInMBs"], hints["IntervalInSeconds"], destination.get("Prefix", ""), destination["CompressionFormat"]


def group(name):
    found = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return next((one.get("retentionInDays", "for ever") for one in found if one["logGroupName"] == name), None)


def log_stream(name):
    found = logs.describe_log_streams(logGroupName="orders", logStreamNamePrefix=name)["logStreams"]
    return [one["logStreamName"] for one in found] or None


def bucket(name):
    """Returns whom a bucket tells, of what, and under which filter; and its versioning and life cycle."""
    told = s3.get_bucket_notification_configuration(Bucket=name)
    found = []
    for kind, target in (("Lambda", "LambdaFunctionArn"), ("Queue", "QueueArn"), ("Topic", "TopicArn")):
        for one in told.get(f"{kind}FunctionConfigurations" if kind == "Lambda" else f"{kind}Configurations", []):
            rules = one.get("Filter", {}).get("Key", {}).get("FilterRules", [])
            found.append((kind, one[target].split(":")[-1], one["Events"], [rule["Value"] for rule in rules]))
    return found, s3.get_bucket_versioning(Bucket=name).get("Status")


def bucket_policy(_):
    return json.loads(s3.get_bucket_policy(Bucket="landing")["Policy"])["Statement"][0]["Action"]


def destination(megabytes, seconds, **properties):
    """Returns the properties of a delivery stream to the bucket `landing`."""
    return {"ExtendedS3DestinationConfiguration": {
        "BucketARN": attribute("Landing", "Arn"),
        "RoleARN": attribute("Role", "Arn"),
        "BufferingHints": {"SizeInMBs": megabytes, "IntervalInSeconds": seconds},
        **properties,
    }}


SOURCE = {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}}
S3 = {"Service": "s3.amazonaws.com"}
# What a bucket may tell. They name no bucket, so that nothing depends on itself.
LISTENERS = {
    "Role": role("lambda"),
    "Recorder": function(FunctionName="recorder"),
    "MayInvoke": {
        "Type": "AWS::Lambda::Permission",
        "Properties": {"FunctionName": ref("Recorder"), "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"},
    },
    "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "inbox"}},
    "MaySend": {
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": {"Queues": [ref("Queue")], "PolicyDocument": allowing("sqs:SendMessage", S3, **SOURCE)},
    },
    "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "alerts"}},
    "MayPublish": {
        "Type": "AWS::SNS::TopicPolicy",
        "Properties": {"Topics": [ref("Topic")], "PolicyDocument": allowing("sns:Publish", S3, **SOURCE)},
    },
    # A bucket asks those whom it is to tell, so they must be ready before it.
    "Ready": {
        "Type": "AWS::Logs::LogGroup",
        "DependsOn": ["MayInvoke", "MaySend", "MayPublish"],
        "Properties": {"LogGroupName": "ready"},
    },
}
# Depends on `Ready` by its tag.
AFTER = {"Tags": [{"Key": "after", "Value": ref("Ready")}]}


def telling(**prefixes):
    """Returns the properties of a bucket that tells each listener of the keys under its prefix."""
    kinds = {
        "Recorder": ("LambdaConfigurations", "Function", attribute("Recorder", "Arn")),
        "Queue": ("QueueConfigurations", "Queue", attribute("Queue", "Arn")),
        "Topic": ("TopicConfigurations", "Topic", ref("Topic")),
    }
    configuration = {}
    for name, prefix in prefixes.items():
        kind, target, value = kinds[name]
        one = {"Event": "s3:ObjectCreated:*", target: value}
        if prefix:
            one["Filter"] = {"S3Key": {"Rules": [{"Name": "prefix", "Value": prefix}]}}
        configuration[kind] = [one]
    return {"NotificationConfiguration": configuration, **AFTER}


CREATED = ["s3:ObjectCreated:*"]

JOURNEYS = [
    Journey(
        "AWS::Kinesis::Stream",
        {"ShardCount": 1},
        {"ShardCount": 2, "RetentionPeriodHours": 48,
         "StreamEncryption": {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}},
        {"Name": "named", "ShardCount": 1},
        unless_gone(stream, "ResourceNotFoundException"),
        [(1, 24, "NONE"), (2, 48, "KMS"), (1, 24, "NONE")],
        attribute="Arn",
    ),
    Journey(
        "AWS::KinesisFirehose::DeliveryStream",
        destination(1, 60, Prefix="gps/", CompressionFormat="GZIP"),
        destination(5, 300),
        {"DeliveryStreamName": "named", **destination(1, 60)},
        unless_gone(delivery, "ResourceNotFoundException"),
        [(1, 60, "gps/", "GZIP"), (5, 300, "", "UNCOMPRESSED"), (1, 60, "", "UNCOMPRESSED")],
        beside={"Landing": LANDING, "Role": role("firehose")},
        attribute="Arn",
    ),
    Journey(
        "AWS::Logs::LogGroup",
        {"RetentionInDays": 7},
        {},
        {"LogGroupName": "named", "RetentionInDays": 14},
        group,
        [7, "for ever", 14],
        attribute="Arn",
    ),
    Journey(
        "AWS::Logs::LogStream",
        {"LogGroupName": ref("Group")},
        None,
        {"LogGroupName": ref("Group"), "LogStreamName": "named"},
        unless_gone(lambda name: log_stream(name) and True, "ResourceNotFoundException"),
        [True, None, True],
        beside={"Group": GROUP},
    ),
    Journey(
        "AWS::S3::Bucket",
        {**telling(Recorder="in/", Topic="out/"), "VersioningConfiguration": {"Status": "Enabled"}},
        {**telling(Queue=""), "VersioningConfiguration": {"Status": "Suspended"}},
        {"BucketName": "named-bucket", **telling(Topic="")},
        unless_gone(bucket, "NoSuchBucket"),
        [
            ([("Lambda", "recorder", CREATED, ["in/"]), ("Topic", "alerts", CREATED, ["out/"])], "Enabled"),
            ([("Queue", "inbox", CREATED, [])], "Suspended"),
            ([("Topic", "alerts", CREATED, [])], None),
        ],
        beside=LISTENERS,
        attribute="RegionalDomainName",
    ),
    Journey(
        "AWS::S3::BucketPolicy",
        {"Bucket": ref("Landing"), "PolicyDocument": allowing("s3:GetObject", S3, "arn:aws:s3:::landing/*")},
        {"Bucket": ref("Landing"), "PolicyDocument": allowing("s3:PutObject", S3, "arn:aws:s3:::landing/*")},
        None,
        unless_gone(bucket_policy, "NoSuchBucket", "NoSuchBucketPolicy"),
        ["s3:GetObject", "s3:PutObject"],
        beside={"Landing": LANDING},
    ),
]
