"""Calls every operation that the engine declares, and holds each answer against AWS's own model of it.

A member that the model requires must be there, every member has its type, and a value that the model enumerates is one
of those.
"""

import datetime
import io
import json
import os
import sys
import time
import traceback
import zipfile

from botocore.exceptions import ClientError

from engine import ACCOUNT, REGION, client, supported
from walks import apis, messages, parameters, repositories

TRUST = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {
        "AWS": f"arn:aws:iam::{ACCOUNT}:root",
        "Service": ["lambda.amazonaws.com", "firehose.amazonaws.com", "scheduler.amazonaws.com"],
    }}],
})
EVERYTHING = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
})
TYPES = {
    "string": str,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "boolean": bool,
    "timestamp": datetime.datetime,
    "blob": bytes,
}


class Service:
    """A client that checks what it is told and remembers what it was asked."""

    def __init__(self, name):
        self.name = name
        self.api = client(name)
        self.called = set()
        self.faults = []
        self.methods = {operation: method for method, operation in self.api.meta.method_to_api_mapping.items()}

    def __call__(self, operation, **parameters):
        """Calls an operation, which must succeed, and returns its answer."""
        self.called.add(operation)
        try:
            answer = getattr(self.api, self.methods[operation])(**parameters)
        except ClientError as refusal:
            self.faults.append(f"{self.name}:{operation} is refused: {refusal}")
            return {}
        shape = self.api.meta.service_model.operation_model(operation).output_shape
        if shape is not None:
            self.check(shape, answer, operation)
        return answer

    def may_refuse(self, operation, words, **parameters):
        """Calls an operation that may come too late, and returns whether it did."""
        try:
            getattr(self.api, self.methods[operation])(**parameters)
        except ClientError as refusal:
            if words not in str(refusal):
                raise
            return True
        self.called.add(operation)
        return False

    def until(self, operation, is_done, **parameters):
        """Repeats an operation until its answer is the one that is waited for."""
        for _ in range(200):
            answer = self(operation, **parameters)
            if is_done(answer):
                return answer
            time.sleep(0.05)
        self.faults.append(f"{self.name}:{operation} never gave what was waited for: {answer}")
        return answer

    def check(self, shape, value, path):
        if shape.type_name == "structure":
            for name in shape.required_members:
                if name not in value:
                    self.faults.append(f"{self.name}:{path}.{name} is required, and missing")
            for name, member in shape.members.items():
                if name in value and value[name] is not None:
                    self.check(member, value[name], f"{path}.{name}")
        elif shape.type_name == "list":
            for item in value:
                self.check(shape.member, item, f"{path}[]")
        elif shape.type_name == "map":
            for key, item in value.items():
                self.check(shape.key, key, f"{path} key")
                self.check(shape.value, item, f"{path}{{}}")
        elif shape.type_name == "blob" and hasattr(value, "read"):
            pass
        elif shape.name == "policyDocumentType" and isinstance(value, dict):
            pass  # botocore has decoded it.
        elif not isinstance(value, TYPES[shape.type_name]) or (
            isinstance(value, bool) and shape.type_name != "boolean"
        ):
            self.faults.append(f"{self.name}:{path} is {value!r}, and no {shape.type_name}")
        elif path.endswith(".LastUpdateStatusReasonCode") and value == "Creating":
            pass  # So says AWS too, though its model does not list it there.
        elif getattr(shape, "enum", None) and value not in shape.enum:
            self.faults.append(f"{self.name}:{path} is {value!r}, and none of {shape.enum}")


def iam(call):
    role = call("CreateRole", RoleName="worker", AssumeRolePolicyDocument=TRUST)["Role"]
    call("GetRole", RoleName="worker")
    call("ListRoles")
    call("UpdateRole", RoleName="worker", Description="works", MaxSessionDuration=7200)
    call("UpdateRoleDescription", RoleName="worker", Description="works")
    call("UpdateAssumeRolePolicy", RoleName="worker", PolicyDocument=TRUST)
    call("PutRolePolicy", RoleName="worker", PolicyName="inline", PolicyDocument=EVERYTHING)
    call("GetRolePolicy", RoleName="worker", PolicyName="inline")
    call("ListRolePolicies", RoleName="worker")
    call("DeleteRolePolicy", RoleName="worker", PolicyName="inline")
    call("TagRole", RoleName="worker", Tags=[{"Key": "a", "Value": "b"}])
    call("ListRoleTags", RoleName="worker")
    call("UntagRole", RoleName="worker", TagKeys=["a"])
    call("ListInstanceProfilesForRole", RoleName="worker")
    policy = call("CreatePolicy", PolicyName="everything", PolicyDocument=EVERYTHING)["Policy"]["Arn"]
    call("GetPolicy", PolicyArn=policy)
    call("ListPolicies", Scope="Local")
    call("CreatePolicyVersion", PolicyArn=policy, PolicyDocument=EVERYTHING)
    call("GetPolicyVersion", PolicyArn=policy, VersionId="v2")
    call("ListPolicyVersions", PolicyArn=policy)
    call("SetDefaultPolicyVersion", PolicyArn=policy, VersionId="v2")
    call("DeletePolicyVersion", PolicyArn=policy, VersionId="v1")
    call("AttachRolePolicy", RoleName="worker", PolicyArn=policy)
    call("ListAttachedRolePolicies", RoleName="worker")
    call("GetRole", RoleName="worker")
    call("CreateRole", RoleName="leaver", AssumeRolePolicyDocument=TRUST)
    call("AttachRolePolicy", RoleName="leaver", PolicyArn=policy)
    call("DetachRolePolicy", RoleName="leaver", PolicyArn=policy)
    call("DeleteRole", RoleName="leaver")
    spare = call("CreatePolicy", PolicyName="spare", PolicyDocument=EVERYTHING)["Policy"]["Arn"]
    call("DeletePolicy", PolicyArn=spare)
    users(call, policy)
    return role["Arn"]


def users(call, policy):
    user = {"UserName": "dcUser"}
    call("CreateUser", **user)
    call("GetUser", **user)
    call("ListUsers")
    call("TagUser", **user, Tags=[{"Key": "a", "Value": "b"}])
    call("ListUserTags", **user)
    call("UntagUser", **user, TagKeys=["a"])
    call("ListGroupsForUser", **user)
    call("PutUserPolicy", **user, PolicyName="inline", PolicyDocument=EVERYTHING)
    call("GetUserPolicy", **user, PolicyName="inline")
    call("ListUserPolicies", **user)
    call("DeleteUserPolicy", **user, PolicyName="inline")
    call("AttachUserPolicy", **user, PolicyArn=policy)
    call("ListAttachedUserPolicies", **user)
    call("DetachUserPolicy", **user, PolicyArn=policy)
    key = {**user, "AccessKeyId": call("CreateAccessKey", **user)["AccessKey"]["AccessKeyId"]}
    call("ListAccessKeys", **user)
    call("UpdateAccessKey", **key, Status="Inactive")
    call("DeleteAccessKey", **key)
    call("DeleteUser", **user)


def sts(call, role):
    call("GetCallerIdentity")
    call("AssumeRole", RoleArn=role, RoleSessionName="tests")


def kinesis(call):
    call("CreateStream", StreamName="positions", ShardCount=1)
    active = lambda answer: answer["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE"
    settle = lambda: call.until("DescribeStreamSummary", active, StreamName="positions")
    arn = settle()["StreamDescriptionSummary"]["StreamARN"]
    call("DescribeStream", StreamName="positions")
    call("ListStreams")
    call("DescribeLimits")
    put = call("PutRecord", StreamName="positions", Data=b"1", PartitionKey="a")
    call("PutRecords", StreamName="positions", Records=[{"Data": b"2", "PartitionKey": "a"}])
    shards = call("ListShards", StreamName="positions")["Shards"]
    iterator = call(
        "GetShardIterator", StreamName="positions", ShardId=put["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records = call("GetRecords", ShardIterator=iterator)["Records"]
    assert [record["Data"] for record in records] == [b"1", b"2"], records
    call("IncreaseStreamRetentionPeriod", StreamName="positions", RetentionPeriodHours=48)
    call("DecreaseStreamRetentionPeriod", StreamName="positions", RetentionPeriodHours=24)
    settle()
    call("StartStreamEncryption", StreamName="positions", EncryptionType="KMS", KeyId="alias/aws/kinesis")
    settle()
    call("DescribeStream", StreamName="positions")
    call("StopStreamEncryption", StreamName="positions", EncryptionType="KMS", KeyId="alias/aws/kinesis")
    settle()
    call("AddTagsToStream", StreamName="positions", Tags={"a": "b"})
    call("ListTagsForStream", StreamName="positions")
    call("RemoveTagsFromStream", StreamName="positions", TagKeys=["a"])
    call("TagResource", ResourceARN=arn, Tags={"a": "b"})
    call("ListTagsForResource", ResourceARN=arn)
    call("UntagResource", ResourceARN=arn, TagKeys=["a"])
    call("SplitShard", StreamName="positions", ShardToSplit=shards[0]["ShardId"], NewStartingHashKey=str(1 << 127))
    settle()
    closed = call("GetShardIterator", StreamName="positions", ShardId=shards[0]["ShardId"], ShardIteratorType="LATEST")
    call("GetRecords", ShardIterator=closed["ShardIterator"])
    halves = [shard["ShardId"] for shard in call("ListShards", StreamName="positions")["Shards"][1:]]
    call("MergeShards", StreamName="positions", ShardToMerge=halves[0], AdjacentShardToMerge=halves[1])
    settle()
    call("UpdateShardCount", StreamName="positions", TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    settle()
    call("UpdateStreamMode", StreamARN=arn, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    settle()
    call("CreateStream", StreamName="spare", ShardCount=1)
    call("DeleteStream", StreamName="spare")
    return arn


def s3(call):
    call("CreateBucket", Bucket="landing")
    call("HeadBucket", Bucket="landing")
    call("ListBuckets")
    call("GetBucketLocation", Bucket="landing")
    call("PutBucketVersioning", Bucket="landing", VersioningConfiguration={"Status": "Enabled"})
    call("GetBucketVersioning", Bucket="landing")
    call("PutObject", Bucket="landing", Key="a", Body=b"one", ContentType="text/plain", Metadata={"k": "v"})
    call("HeadObject", Bucket="landing", Key="a")
    got = call("GetObject", Bucket="landing", Key="a")
    assert got["Body"].read() == b"one" and got["Metadata"] == {"k": "v"}, got
    tags = {"TagSet": [{"Key": "a", "Value": "b"}]}
    call("PutObjectTagging", Bucket="landing", Key="a", Tagging=tags)
    assert call("GetObjectTagging", Bucket="landing", Key="a")["TagSet"] == tags["TagSet"]
    assert call("GetObject", Bucket="landing", Key="a")["TagCount"] == 1
    call("DeleteObjectTagging", Bucket="landing", Key="a")
    assert call("GetObjectTagging", Bucket="landing", Key="a")["TagSet"] == []
    call("CopyObject", Bucket="landing", Key="b", CopySource={"Bucket": "landing", "Key": "a"})
    call("ListObjects", Bucket="landing")
    call("ListObjectsV2", Bucket="landing", FetchOwner=True)
    call("ListObjectsV2", Bucket="landing", Delimiter="/", MaxKeys=1)
    call("DeleteObject", Bucket="landing", Key="a")
    versions = call("ListObjectVersions", Bucket="landing")
    gone = [
        {"Key": one["Key"], "VersionId": one["VersionId"]} for one in versions["Versions"] + versions["DeleteMarkers"]
    ]
    call("DeleteObjects", Bucket="landing", Delete={"Objects": gone})
    call("PutObject", Bucket="landing", Key="whole", Body=b"x" * 100)
    upload = {"Bucket": "landing", "Key": "parts"}
    upload["UploadId"] = call("CreateMultipartUpload", **upload)["UploadId"]
    part = call("UploadPart", **upload, PartNumber=1, Body=b"x" * (5 << 20))["ETag"]
    copied = call("UploadPartCopy", **upload, PartNumber=2, CopySource={"Bucket": "landing", "Key": "whole"})
    call("ListParts", **upload)
    call("ListMultipartUploads", Bucket="landing")
    parts = [{"PartNumber": 1, "ETag": part}, {"PartNumber": 2, "ETag": copied["CopyPartResult"]["ETag"]}]
    call("CompleteMultipartUpload", **upload, MultipartUpload={"Parts": parts})
    other = call("CreateMultipartUpload", Bucket="landing", Key="parts")["UploadId"]
    call("AbortMultipartUpload", Bucket="landing", Key="parts", UploadId=other)
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
              "Resource": "arn:aws:s3:::landing/denied/*"}]}
    call("PutBucketPolicy", Bucket="landing", Policy=json.dumps(policy))
    call("GetBucketPolicy", Bucket="landing")
    call("DeleteBucketPolicy", Bucket="landing")
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    call("PutBucketEncryption", Bucket="landing", ServerSideEncryptionConfiguration={"Rules": [rule]})
    call("GetBucketEncryption", Bucket="landing")
    call("DeleteBucketEncryption", Bucket="landing")
    call("PutPublicAccessBlock", Bucket="landing", PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    call("GetPublicAccessBlock", Bucket="landing")
    call("DeletePublicAccessBlock", Bucket="landing")
    call("PutBucketTagging", Bucket="landing", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    call("GetBucketTagging", Bucket="landing")
    acl = call("GetBucketAcl", Bucket="landing")
    call("PutBucketAcl", Bucket="landing", AccessControlPolicy={"Owner": acl["Owner"], "Grants": acl["Grants"]})
    rule = {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://example.com"], "MaxAgeSeconds": 300}
    call("PutBucketCors", Bucket="landing", CORSConfiguration={"CORSRules": [rule]})
    assert call("GetBucketCors", Bucket="landing")["CORSRules"] == [rule]
    call("DeleteBucketCors", Bucket="landing")
    call("DeleteBucketTagging", Bucket="landing")
    rule = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 7}}
    call("PutBucketLifecycleConfiguration", Bucket="landing", LifecycleConfiguration={"Rules": [rule]})
    call("GetBucketLifecycleConfiguration", Bucket="landing")
    call("DeleteBucketLifecycle", Bucket="landing")
    rules = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    call("PutBucketOwnershipControls", Bucket="landing", OwnershipControls=rules)
    call("GetBucketOwnershipControls", Bucket="landing")
    call("DeleteBucketOwnershipControls", Bucket="landing")
    call("PutBucketNotificationConfiguration", Bucket="landing", NotificationConfiguration={})
    call("GetBucketNotificationConfiguration", Bucket="landing")
    call("CreateBucket", Bucket="spare-bucket")
    call("DeleteBucket", Bucket="spare-bucket")


def firehose(call, role):
    destination = {
        "RoleARN": role,
        "BucketARN": "arn:aws:s3:::landing",
        "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 60},
        "CompressionFormat": "GZIP",
    }
    stream = {"DeliveryStreamName": "delivery"}
    call("CreateDeliveryStream", **stream, ExtendedS3DestinationConfiguration=destination)
    described = call("DescribeDeliveryStream", **stream)["DeliveryStreamDescription"]
    call("ListDeliveryStreams")
    call("PutRecord", **stream, Record={"Data": b"1\n"})
    call("PutRecordBatch", **stream, Records=[{"Data": b"2\n"}])
    call(
        "UpdateDestination",
        **stream,
        CurrentDeliveryStreamVersionId=described["VersionId"],
        DestinationId=described["Destinations"][0]["DestinationId"],
        ExtendedS3DestinationUpdate={"Prefix": "new/"},
    )
    call("StartDeliveryStreamEncryption", **stream)
    call("DescribeDeliveryStream", **stream)
    call("StopDeliveryStreamEncryption", **stream)
    call("TagDeliveryStream", **stream, Tags=[{"Key": "a", "Value": "b"}])
    call("ListTagsForDeliveryStream", **stream)
    call("UntagDeliveryStream", **stream, TagKeys=["a"])
    plain = {"RoleARN": role, "BucketARN": "arn:aws:s3:::landing"}
    call("CreateDeliveryStream", DeliveryStreamName="spare", S3DestinationConfiguration=plain)
    call("DescribeDeliveryStream", DeliveryStreamName="spare")
    call("DeleteDeliveryStream", DeliveryStreamName="spare")


def package():
    """Returns a deployment package with the program that the test names as its `bootstrap`."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        with open(os.environ["BOOTSTRAP"], "rb") as program:
            files.writestr(entry, program.read())
    return archive.getvalue()


def lambda_(call, role, stream):
    function = {"FunctionName": "echo"}
    zipped = package()
    arn = call(
        "CreateFunction",
        **function,
        Role=role,
        Runtime="provided.al2023",
        Handler="bootstrap",
        Code={"ZipFile": zipped},
        Environment={"Variables": {"GREETING": "hello"}},
        Tags={"team": "data"},
    )["FunctionArn"]
    call.until("GetFunctionConfiguration", lambda answer: answer["State"] == "Active", **function)
    call("GetFunction", **function)
    call("ListFunctions")
    call("UpdateFunctionConfiguration", **function, Timeout=9)
    call("UpdateFunctionCode", **function, ZipFile=zipped)
    answer = call("Invoke", **function, Payload=b'{"a": 1}', LogType="Tail")
    assert json.load(answer["Payload"]) == {"a": 1}, answer
    call("Invoke", **function, Payload=b'{"a": 1}', InvocationType="Event")
    call(
        "AddPermission",
        **function,
        StatementId="s3",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn="arn:aws:s3:::landing",
        SourceAccount=ACCOUNT,
    )
    call("GetPolicy", **function)
    call("RemovePermission", **function, StatementId="s3")
    call("TagResource", Resource=arn, Tags={"a": "b"})
    call("ListTags", Resource=arn)
    call("UntagResource", Resource=arn, TagKeys=["a"])
    call("PutFunctionConcurrency", **function, ReservedConcurrentExecutions=2)
    call("GetFunctionConcurrency", **function)
    call("DeleteFunctionConcurrency", **function)
    mapping = call(
        "CreateEventSourceMapping", **function, EventSourceArn=stream, StartingPosition="TRIM_HORIZON", BatchSize=10
    )
    uuid = {"UUID": mapping["UUID"]}
    call("ListEventSourceMappings", **function)
    call.until("GetEventSourceMapping", lambda answer: answer["State"] == "Enabled", **uuid)
    call("UpdateEventSourceMapping", **uuid, BatchSize=20)
    call.until("GetEventSourceMapping", lambda answer: answer["State"] == "Enabled", **uuid)
    call("DeleteEventSourceMapping", **uuid)
    call("PutFunctionEventInvokeConfig", **function, MaximumRetryAttempts=1)
    call("UpdateFunctionEventInvokeConfig", **function, MaximumEventAgeInSeconds=120)
    call("GetFunctionEventInvokeConfig", **function)
    call("ListFunctionEventInvokeConfigs", **function)
    call("DeleteFunctionEventInvokeConfig", **function)
    published(call, function)
    layers(call)
    call("CreateFunction", FunctionName="spare", Role=role, Runtime="provided.al2023", Handler="x",
         Code={"ZipFile": zipped})
    call("DeleteFunction", FunctionName="spare")


def published(call, function):
    version = call("PublishVersion", **function)["Version"]
    call("ListVersionsByFunction", **function)
    alias = {**function, "Name": "live"}
    call("CreateAlias", **alias, FunctionVersion=version)
    call("ListAliases", **function)
    call("GetAlias", **alias)
    call("UpdateAlias", **alias, Description="what users get")
    call("DeleteAlias", **alias)
    call("CreateFunctionUrlConfig", **function, AuthType="NONE")
    call("GetFunctionUrlConfig", **function)
    call("UpdateFunctionUrlConfig", **function, Cors={"AllowOrigins": ["https://example.com"]})
    call("ListFunctionUrlConfigs", **function)
    call("DeleteFunctionUrlConfig", **function)


def layers(call):
    layer = {"LayerName": "shared"}
    made = call("PublishLayerVersion", **layer, Content={"ZipFile": package()})
    call("ListLayers")
    call("ListLayerVersions", **layer)
    call("GetLayerVersion", **layer, VersionNumber=made["Version"])
    call("GetLayerVersionByArn", Arn=made["LayerVersionArn"])
    call("DeleteLayerVersion", **layer, VersionNumber=made["Version"])


def logs(call):
    group = {"logGroupName": "orders"}
    stream = {**group, "logStreamName": "one"}
    call("CreateLogGroup", **group, tags={"a": "b"})
    arn = call("DescribeLogGroups", logGroupNamePrefix="orders")["logGroups"][0]["logGroupArn"]
    call("PutRetentionPolicy", **group, retentionInDays=7)
    call("DeleteRetentionPolicy", **group)
    call("CreateLogStream", **stream)
    now = call("DescribeLogGroups")["logGroups"][0]["creationTime"]
    call("PutLogEvents", **stream, logEvents=[{"timestamp": now, "message": "an order"}])
    call("DescribeLogStreams", **group)
    events = call("GetLogEvents", **stream, startFromHead=True)["events"]
    assert [event["message"] for event in events] == ["an order"], events
    call("FilterLogEvents", **group, filterPattern="order")
    call("TagResource", resourceArn=arn, tags={"c": "d"})
    call("ListTagsForResource", resourceArn=arn)
    call("UntagResource", resourceArn=arn, tagKeys=["c"])
    call("DeleteLogStream", **stream)
    call("DeleteLogGroup", **group)


STACK = """
Parameters: {Name: {Type: String, Default: stacked, Description: of the stream}}
Resources:
  Stream: {Type: AWS::Kinesis::Stream, Properties: {Name: !Ref Name, ShardCount: 1}}
Outputs: {Name: {Value: !Ref Stream, Description: of the stream, Export: {Name: stream-name}}}
"""
BROKEN = """
Resources:
  Stream: {Type: AWS::Kinesis::Stream, Properties: {ShardCount: 1}}
  Data: {Type: AWS::S3::Bucket, DependsOn: Stream, Properties: {Foo: bar}}
"""


def cloudformation(call):
    stack = {"StackName": "orders"}
    settled = lambda answer: not answer["Stacks"][0]["StackStatus"].endswith("_IN_PROGRESS")
    settle = lambda name: call.until("DescribeStacks", settled, StackName=name)["Stacks"][0]["StackStatus"]
    call("ValidateTemplate", TemplateBody=STACK)
    call("GetTemplateSummary", TemplateBody=STACK)
    created = call("CreateStack", **stack, TemplateBody=STACK, Tags=[{"Key": "a", "Value": "b"}])
    assert settle("orders") == "CREATE_COMPLETE"
    call("DescribeStackEvents", **stack)
    call("DescribeEvents", **stack)
    call("DescribeStackResource", **stack, LogicalResourceId="Stream")
    call("DescribeStackResources", **stack)
    call("ListStackResources", **stack)
    call("ListStacks")
    call("GetTemplate", **stack)
    call("GetTemplateSummary", **stack)
    call("ListExports")
    importer = "Resources: {G: {Type: 'AWS::Logs::LogGroup', Properties: {LogGroupName: !ImportValue stream-name}}}"
    call("CreateStack", StackName="importer", TemplateBody=importer)
    assert settle("importer") == "CREATE_COMPLETE"
    call("ListImports", ExportName="stream-name")
    call("DeleteStack", StackName="importer")
    detection = call("DetectStackDrift", **stack)
    detected = lambda answer: answer["DetectionStatus"] != "DETECTION_IN_PROGRESS"
    call.until("DescribeStackDriftDetectionStatus", detected, StackDriftDetectionId=detection["StackDriftDetectionId"])
    call("DescribeStackResourceDrifts", **stack)
    drift = call("DetectStackResourceDrift", **stack, LogicalResourceId="Stream")["StackResourceDrift"]
    assert drift["StackResourceDriftStatus"] in ("IN_SYNC", "MODIFIED"), drift
    call("UpdateTerminationProtection", **stack, EnableTerminationProtection=True)
    call("UpdateTerminationProtection", **stack, EnableTerminationProtection=False)
    changes = {**stack, "ChangeSetName": "changes"}
    changed = STACK.replace("ShardCount: 1", "ShardCount: 2")
    ready = lambda answer: answer["Status"] in ("CREATE_COMPLETE", "FAILED")
    for _ in range(2):
        call("CreateChangeSet", **changes, TemplateBody=changed)
        call.until("DescribeChangeSet", ready, **changes, IncludePropertyValues=True)
        call("ListChangeSets", **stack)
        call("DeleteChangeSet", **changes)
    call("CreateChangeSet", **changes, TemplateBody=changed)
    call.until("DescribeChangeSet", ready, **changes)
    call("GetTemplate", **changes)
    call("ExecuteChangeSet", **changes)
    assert settle("orders") == "UPDATE_COMPLETE"
    # An update of many resources, one after the other, so that there is time to cancel it; more on a busy machine.
    for count in (60, 200, 480):
        groups = (
            f"  G{count}N{n}: {{Type: AWS::Logs::LogGroup{f', DependsOn: G{count}N{n - 1}' if n else ''}}}\n"
            for n in range(count)
        )
        call("UpdateStack", **stack, TemplateBody=changed.replace("Outputs:", "".join(groups) + "Outputs:"))
        if call.may_refuse("CancelUpdateStack", "cannot be called from current stack status", **stack):
            assert settle("orders") == "UPDATE_COMPLETE"
        else:
            assert settle("orders") == "UPDATE_ROLLBACK_COMPLETE"
            break
    call("CreateStack", StackName="broken", TemplateBody=BROKEN, DisableRollback=True)
    assert settle("broken") == "CREATE_FAILED"
    call("DescribeStackEvents", StackName="broken")
    call("RollbackStack", StackName="broken")
    assert settle("broken") == "ROLLBACK_COMPLETE"
    call("DeleteStack", StackName="broken")
    # A rollback that fails, because somebody deleted what it would put back, goes on when that is skipped.
    template = "Resources: {G: {Type: 'AWS::Logs::LogGroup', Properties: {LogGroupName: lost, RetentionInDays: 7}}}"
    call("CreateStack", StackName="lost", TemplateBody=template)
    assert settle("lost") == "CREATE_COMPLETE"
    client("logs").delete_log_group(logGroupName="lost")
    call("UpdateStack", StackName="lost", TemplateBody=template.replace(": 7", ": 14"))
    assert settle("lost") == "UPDATE_ROLLBACK_FAILED"
    call("ContinueUpdateRollback", StackName="lost", ResourcesToSkip=["G"])
    assert settle("lost") == "UPDATE_ROLLBACK_COMPLETE"
    call("DeleteStack", **stack)
    gone = call.until("DescribeStacks", settled, StackName=created["StackId"])
    assert gone["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE", gone


def walk(services):
    role = iam(services["iam"])
    sts(services["sts"], role)
    stream = kinesis(services["kinesis"])
    s3(services["s3"])
    firehose(services["firehose"], role)
    lambda_(services["lambda"], role, stream)
    logs(services["logs"])
    queue = messages.sqs(services["sqs"])
    topic = messages.sns(services["sns"], queue)
    messages.events(services["events"], queue)
    messages.scheduler(services["scheduler"], role, queue)
    messages.cloudwatch(services["cloudwatch"], topic)
    apis.apigatewayv2(services["apigatewayv2"])
    repositories.ecr(services["ecr"])
    parameters.ssm(services["ssm"])
    cloudformation(services["cloudformation"])


def main():
    declared = supported()
    services = {name: Service(name) for name in declared}
    stopped = []
    try:
        walk(services)
    except Exception:
        # What was found until here often says why.
        stopped.append(traceback.format_exc())
    faults = [fault for service in services.values() for fault in dict.fromkeys(service.faults)] + stopped
    for name, service in services.items():
        missing = sorted(set(declared[name]["operations"]) - service.called)
        faults += [f"{name}:{operation} is declared, and this script does not call it" for operation in missing]
    if faults:
        sys.exit("\n".join(faults))
    print(sum(len(service.called) for service in services.values()), "operations")


main()
