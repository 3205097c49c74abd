"""Steps that AWS's documentation describes, each with what it must give: one after the other, on one account."""

import base64
import datetime
import gzip
import io
import json
import sys
import time
import traceback
import urllib.error
import urllib.request
import zipfile
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.exceptions import ClientError

from engine import ACCOUNT, REGION, client

s3, iam, sts, kinesis, firehose = map(client, "s3 iam sts kinesis firehose".split())
lambda_, logs, sns, sqs, events, scheduler = map(client, "lambda logs sns sqs events scheduler".split())
STEPS = []


def step(function):
    STEPS.append(function)
    return function


def refusal(call, **parameters):
    """Returns the code and the status with which a call is refused."""
    try:
        call(**parameters)
    except ClientError as refused:
        return refused.response["Error"]["Code"], refused.response["ResponseMetadata"]["HTTPStatusCode"]
    raise AssertionError(f"{call.__name__}({parameters}) is not refused")


def until(probe):
    for _ in range(300):
        found = probe()
        if found:
            return found
        time.sleep(1)
    raise AssertionError("what was waited for never came")


def policy(action, resource="*", **statement):
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **statement}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def role(name, *services):
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {
        "Service": [f"{service}.amazonaws.com" for service in services]}}]}
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=policy("*"))
    return arn


PROGRAM = '''#!/usr/bin/env python3
import base64, json, os, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
def handle(event):
    {body}
while True:
    request = urllib.request.urlopen(api + "next")
    try:
        answer, path = handle(json.load(request)), "response"
    except Exception as error:
        answer, path = {{"errorMessage": str(error), "errorType": type(error).__name__}}, "error"
    url = api + request.headers["Lambda-Runtime-Aws-Request-Id"] + "/" + path
    urllib.request.urlopen(urllib.request.Request(url, data=json.dumps(answer).encode(), method="POST"))
'''


def function(name, program, role_arn, **settings):
    """Deploys a function whose `bootstrap` is a script."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o100755 << 16
        archive.writestr(entry, program)
    made = lambda_.create_function(
        FunctionName=name, Runtime="provided.al2023", Handler="bootstrap", Role=role_arn,
        Code={"ZipFile": package.getvalue()}, **settings,
    )
    lambda_.get_waiter("function_active_v2").wait(FunctionName=name)
    return made["FunctionArn"]


def queue_for(name, service):
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    allowed = policy("sqs:SendMessage", arn("sqs", name), Principal={"Service": f"{service}.amazonaws.com"})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": allowed})
    return url


def received(url):
    found = until(lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5).get("Messages"))
    for message in found:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [message["Body"] for message in found]


def arn(service, resource):
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


@step
def buckets_belong_to_one_account_and_one_region():
    s3.create_bucket(Bucket="vehicles")
    s3.create_bucket(Bucket="vehicles")
    assert s3.get_bucket_location(Bucket="vehicles")["LocationConstraint"] is None
    europe = boto3.client("s3", region_name="eu-west-1")
    assert refusal(europe.create_bucket, Bucket="elsewhere") == ("IllegalLocationConstraintException", 400)
    there = {"LocationConstraint": "eu-west-1"}
    europe.create_bucket(Bucket="elsewhere", CreateBucketConfiguration=there)
    again = {"Bucket": "elsewhere", "CreateBucketConfiguration": there}
    assert refusal(europe.create_bucket, **again) == ("BucketAlreadyOwnedByYou", 409)
    other = boto3.client("s3", aws_access_key_id="999922223333", aws_secret_access_key="any")
    assert refusal(other.create_bucket, Bucket="vehicles") == ("BucketAlreadyExists", 409)
    assert refusal(other.list_objects_v2, Bucket="vehicles") == ("AccessDenied", 403)
    assert refusal(s3.head_bucket, Bucket="not-there") == ("404", 404)
    assert refusal(s3.get_bucket_policy, Bucket="vehicles") == ("NoSuchBucketPolicy", 404)
    assert refusal(s3.get_bucket_tagging, Bucket="vehicles") == ("NoSuchTagSet", 404)
    europe.delete_bucket(Bucket="elsewhere")


@step
def objects_are_read_in_ranges_and_under_conditions():
    key = {"Bucket": "vehicles", "Key": "dir/a b+ü.txt"}
    etag = s3.put_object(**key, Body=b"hello", Metadata={"K": "v"})["ETag"]
    assert s3.get_object(**key)["Metadata"] == {"k": "v"}
    part = s3.get_object(**key, Range="bytes=1-2")
    assert (part["Body"].read(), part["ContentRange"]) == (b"el", "bytes 1-2/5")
    assert refusal(s3.get_object, **key, Range="bytes=9-") == ("InvalidRange", 416)
    assert refusal(s3.get_object, **key, IfNoneMatch=etag) == ("304", 304)
    assert refusal(s3.get_object, **key, IfMatch='"x"') == ("PreconditionFailed", 412)
    assert refusal(s3.put_object, **key, Body=b"", IfNoneMatch="*") == ("PreconditionFailed", 412)
    assert refusal(s3.copy_object, **key, CopySource=key) == ("InvalidRequest", 400)
    assert refusal(s3.delete_bucket, Bucket="vehicles") == ("BucketNotEmpty", 409)
    url = s3.generate_presigned_url("put_object", Params={"Bucket": "vehicles", "Key": "signed"})
    urllib.request.urlopen(urllib.request.Request(url, data=b"new", method="PUT"))
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "vehicles", "Key": "signed"})
    assert urllib.request.urlopen(url).read() == b"new"


@step
def uploads_in_parts_keep_their_order_and_their_parts():
    upload = {"Bucket": "vehicles", "Key": "large"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    bodies = [b"x" * (5 << 20), b"y" * 10]
    tags = [s3.upload_part(**upload, PartNumber=n + 1, Body=body)["ETag"] for n, body in enumerate(bodies)]
    parts = [{"PartNumber": number + 1, "ETag": tag} for number, tag in enumerate(tags)]
    reversed_parts = {"Parts": parts[::-1]}
    assert refusal(s3.complete_multipart_upload, **upload, MultipartUpload=reversed_parts) == ("InvalidPartOrder", 400)
    wrong = {"Parts": [{"PartNumber": 1, "ETag": '"x"'}]}
    assert refusal(s3.complete_multipart_upload, **upload, MultipartUpload=wrong) == ("InvalidPart", 400)
    made = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert made["ETag"].endswith('-2"'), made
    key = {"Bucket": "vehicles", "Key": "large"}
    head = s3.head_object(**key, PartNumber=1)
    assert (head["ContentLength"], head["PartsCount"]) == (5 << 20, 2), head
    last = s3.get_object(**key, PartNumber=2)
    assert (last["Body"].read(), last["ContentRange"]) == (b"y" * 10, f"bytes {5 << 20}-{(5 << 20) + 9}/{(5 << 20) + 10}")
    assert refusal(s3.head_object, **key, PartNumber=3)[1] == 416
    assert refusal(s3.upload_part, **key, UploadId="none", PartNumber=1, Body=b"") == ("NoSuchUpload", 404)


@step
def lists_have_a_thousand_keys_a_page():
    keys = [f"rows/{number:05}" for number in range(1050)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: s3.put_object(Bucket="vehicles", Key=key, Body=b"1"), keys))
    rows = {"Bucket": "vehicles", "Prefix": "rows/"}
    page = s3.list_objects_v2(**rows)
    assert (page["KeyCount"], page["IsTruncated"]) == (1000, True)
    for operation in ("list_objects", "list_objects_v2"):
        pages = s3.get_paginator(operation).paginate(**rows)
        assert [one["Key"] for page in pages for one in page["Contents"]] == keys
    many = {"Objects": [{"Key": key} for key in keys[:1001]]}
    assert refusal(s3.delete_objects, Bucket="vehicles", Delete=many) == ("MalformedXML", 400)
    boto3.resource("s3").Bucket("vehicles").objects.all().delete()
    assert s3.list_objects_v2(Bucket="vehicles")["KeyCount"] == 0


@step
def versions_stay_behind_delete_markers():
    s3.put_bucket_versioning(Bucket="vehicles", VersioningConfiguration={"Status": "Enabled"})
    key = {"Bucket": "vehicles", "Key": "a"}
    first, _ = (s3.put_object(**key, Body=body)["VersionId"] for body in (b"1", b"2"))
    marker = s3.delete_object(**key)
    assert marker["DeleteMarker"] is True
    assert refusal(s3.get_object, **key) == ("NoSuchKey", 404)
    assert refusal(s3.get_object, **key, VersionId=marker["VersionId"]) == ("MethodNotAllowed", 405)
    assert refusal(s3.get_object, **key, VersionId="nonsense") == ("InvalidArgument", 400)
    assert refusal(s3.get_object, **key, VersionId="0" * 32) == ("NoSuchVersion", 404)
    assert s3.get_object(**key, VersionId=first)["Body"].read() == b"1"
    s3.delete_object(**key, VersionId=marker["VersionId"])
    assert s3.get_object(**key)["Body"].read() == b"2"
    boto3.resource("s3").Bucket("vehicles").object_versions.delete()


@step
def objects_have_tags_that_copies_keep():
    key = {"Bucket": "vehicles", "Key": "tagged"}
    s3.put_object(**key, Body=b"1", Tagging="kind=gps&team=a+b")
    both = [{"Key": "kind", "Value": "gps"}, {"Key": "team", "Value": "a b"}]
    assert s3.get_object_tagging(**key)["TagSet"] == both
    assert s3.get_object(**key)["TagCount"] == 2
    s3.copy_object(Bucket="vehicles", Key="kept", CopySource=key)
    s3.copy_object(Bucket="vehicles", Key="other", CopySource=key, TaggingDirective="REPLACE", Tagging="a=b")
    s3.delete_object_tagging(**key)
    found = [s3.get_object_tagging(Bucket="vehicles", Key=name)["TagSet"] for name in ("tagged", "kept", "other")]
    assert found == [[], both, [{"Key": "a", "Value": "b"}]], found
    many = {"TagSet": [{"Key": str(number), "Value": ""} for number in range(11)]}
    assert refusal(s3.put_object_tagging, **key, Tagging=many) == ("BadRequest", 400)
    assert refusal(s3.put_object_tagging, Bucket="vehicles", Key="no", Tagging={"TagSet": []}) == ("NoSuchKey", 404)
    boto3.resource("s3").Bucket("vehicles").object_versions.delete()


@step
def buckets_belong_to_their_owner_and_have_no_other_lists():
    acl = s3.get_bucket_acl(Bucket="vehicles")
    assert [(grant["Grantee"]["ID"], grant["Permission"]) for grant in acl["Grants"]] == [
        (acl["Owner"]["ID"], "FULL_CONTROL")], acl
    assert refusal(s3.put_bucket_acl, Bucket="vehicles", ACL="public-read") == ("AccessControlListNotSupported", 400)
    assert refusal(s3.get_bucket_cors, Bucket="vehicles") == ("NoSuchCORSConfiguration", 404)


@step
def users_may_what_their_policies_say_and_nothing_else():
    iam.create_user(UserName="dcUser")
    key = iam.create_access_key(UserName="dcUser")["AccessKey"]
    iam.create_access_key(UserName="dcUser")
    assert refusal(iam.create_access_key, UserName="dcUser") == ("LimitExceeded", 409)

    def as_user(service):
        keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        return boto3.client(service, **keys)

    assert as_user("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/dcUser"
    assert refusal(as_user("firehose").list_delivery_streams)[0] == "AccessDeniedException"
    assert refusal(as_user("s3").list_buckets) == ("AccessDenied", 403)
    assert refusal(as_user("sns").list_topics) == ("AuthorizationError", 403)
    full = "arn:aws:iam::aws:policy/AmazonKinesisFirehoseFullAccess"
    iam.attach_user_policy(UserName="dcUser", PolicyArn=full)
    assert as_user("firehose").list_delivery_streams()["DeliveryStreamNames"] == []
    assert refusal(iam.delete_user, UserName="dcUser") == ("DeleteConflict", 409)
    for name in ("AmazonSNSFullAccess", "AmazonSQSFullAccess", "AWSLambda_FullAccess", "CloudWatchLogsFullAccess"):
        iam.attach_user_policy(UserName="dcUser", PolicyArn=f"arn:aws:iam::aws:policy/{name}")
    assert as_user("sns").list_topics()["Topics"] == []


@step
def streams_are_read_from_five_places_and_split():
    kinesis.create_stream(StreamName="positions", ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName="positions")
    put = [kinesis.put_record(StreamName="positions", Data=data, PartitionKey="a") for data in (b"one", b"two")]
    shard = {"StreamName": "positions", "ShardId": put[0]["ShardId"]}

    def read(kind, **start):
        iterator = kinesis.get_shard_iterator(**shard, ShardIteratorType=kind, **start)["ShardIterator"]
        return [record["Data"] for record in kinesis.get_records(ShardIterator=iterator)["Records"]]

    assert read("TRIM_HORIZON") == read("AT_TIMESTAMP", Timestamp=datetime.datetime(2020, 1, 1)) == [b"one", b"two"]
    assert read("AT_SEQUENCE_NUMBER", StartingSequenceNumber=put[1]["SequenceNumber"]) == [b"two"]
    assert read("AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=put[0]["SequenceNumber"]) == [b"two"]
    assert read("LATEST") == []
    assert refusal(read, kind="AT_SEQUENCE_NUMBER")[0] == "InvalidArgumentException"
    kinesis.update_shard_count(StreamName="positions", TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    kinesis.get_waiter("stream_exists").wait(StreamName="positions")
    shards = kinesis.list_shards(StreamName="positions")["Shards"]
    assert [shard.get("ParentShardId") for shard in shards] == [None, shard["ShardId"], shard["ShardId"]]
    assert len(kinesis.list_shards(StreamName="positions", ShardFilter={"Type": "AT_LATEST"})["Shards"]) == 2
    five = {"StreamName": "positions", "TargetShardCount": 5, "ScalingType": "UNIFORM_SCALING"}
    assert refusal(kinesis.update_shard_count, **five)[0] == "LimitExceededException"
    short = {"StreamName": "positions", "RetentionPeriodHours": 12}
    assert refusal(kinesis.increase_stream_retention_period, **short)[0] == "InvalidArgumentException"


@step
def deliveries_are_transformed_and_errors_go_elsewhere():
    body = """return {"records": [{"recordId": one["recordId"], "data": one["data"], "result":
        {b"drop": "Dropped", b"fail": "ProcessingFailed"}.get(base64.b64decode(one["data"]), "Ok")}
        for one in event["records"]]}"""
    transform = function("transform", PROGRAM.format(body=body), role("transforms", "lambda"), Timeout=60)
    parameters = [{"ParameterName": "LambdaArn", "ParameterValue": transform}]
    processors = [{"Type": "Lambda", "Parameters": parameters}]
    destination = {
        "RoleARN": role("delivers", "firehose"),
        "BucketARN": "arn:aws:s3:::vehicles",
        "Prefix": "ok/",
        "ErrorOutputPrefix": "err/!{firehose:error-output-type}/",
        "CompressionFormat": "GZIP",
        "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 60},
        "ProcessingConfiguration": {"Enabled": True, "Processors": processors},
    }
    name = {"DeliveryStreamName": "gps"}
    firehose.create_delivery_stream(**name, ExtendedS3DestinationConfiguration=destination)
    firehose.put_record_batch(**name, Records=[{"Data": data} for data in (b"good", b"drop", b"fail")])
    version = {"CurrentDeliveryStreamVersionId": "9", "DestinationId": "destinationId-000000000001"}
    change = {**name, **version, "ExtendedS3DestinationUpdate": {"Prefix": "new/"}}
    assert refusal(firehose.update_destination, **change)[0] == "ConcurrentModificationException"

    def delivered():
        found = s3.list_objects_v2(Bucket="vehicles").get("Contents", [])
        return {one["Key"].split("/")[0]: one["Key"] for one in found} if len(found) == 2 else None

    keys = until(delivered)
    assert keys["err"].startswith("err/processing-failed/"), keys
    read = lambda key: s3.get_object(Bucket="vehicles", Key=key)["Body"].read()
    assert gzip.decompress(read(keys["ok"])) == b"good"
    # An error object is compressed like any other, or not: what matters is what it says.
    error = read(keys["err"])
    error = json.loads(gzip.decompress(error) if error[:2] == b"\x1f\x8b" else error)
    assert (base64.b64decode(error["rawData"]), error["errorCode"]) == (b"fail", "Lambda.ProcessingFailedStatus")


SHELL = """#!/bin/sh
set -eu
API="http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation"
while true; do
  HEADERS="$(mktemp)"
  EVENT=$(curl -sS -LD "$HEADERS" "$API/next")
  ID=$(grep -Fi Lambda-Runtime-Aws-Request-Id "$HEADERS" | tr -d '[:space:]' | cut -d: -f2)
  curl -sS "$API/$ID/response" -d "$EVENT" > /dev/null
done
"""


@step
def functions_are_scripts_too_and_fail_as_such():
    runs = role("runs", "lambda")
    function("shell", SHELL, runs)
    assert json.load(lambda_.invoke(FunctionName="shell", Payload=b'{"a": 1}')["Payload"]) == {"a": 1}
    body = 'return {"items": len(event["items"])}'
    function("counts", PROGRAM.format(body=body), runs)
    assert json.load(lambda_.invoke(FunctionName="counts", Payload=b'{"items": [1]}')["Payload"]) == {"items": 1}
    failed = lambda_.invoke(FunctionName="counts", Payload=b"{}")
    assert (failed["StatusCode"], failed["FunctionError"]) == (200, "Unhandled")
    assert json.load(failed["Payload"])["errorType"] == "KeyError"
    assert lambda_.invoke(FunctionName="counts", InvocationType="DryRun")["StatusCode"] == 204
    assert refusal(lambda_.invoke, FunctionName="none") == ("ResourceNotFoundException", 404)
    version = lambda_.publish_version(FunctionName="counts")["Version"]
    lambda_.create_alias(FunctionName="counts", Name="live", FunctionVersion=version)
    answer = lambda_.invoke(FunctionName="counts:live", Payload=b'{"items": []}')
    assert answer["ExecutedVersion"] == version


@step
def packages_of_functions_and_layers_can_be_fetched():
    code = lambda_.get_function(FunctionName="counts")["Code"]
    assert code["RepositoryType"] == "S3"
    with urllib.request.urlopen(code["Location"]) as answer:
        assert zipfile.ZipFile(io.BytesIO(answer.read())).namelist() == ["bootstrap"]
    try:
        urllib.request.urlopen(code["Location"].replace("Signature=", "Signature=0"))
        raise AssertionError("a link that nobody signed is answered")
    except urllib.error.HTTPError as refused:
        assert refused.code == 403
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("lib/rates.csv", "1,2")
    lambda_.publish_layer_version(LayerName="rates", Content={"ZipFile": package.getvalue()})
    content = lambda_.get_layer_version(LayerName="rates", VersionNumber=1)["Content"]
    with urllib.request.urlopen(content["Location"]) as answer:
        assert answer.read() == package.getvalue()


@step
def topics_let_others_publish_by_label():
    topic = sns.create_topic(Name="shared")["TopicArn"]
    other = boto3.client("sns", aws_access_key_id="999922223333", aws_secret_access_key="any")
    assert refusal(other.publish, TopicArn=topic, Message="one") == ("AuthorizationError", 403)
    sns.add_permission(TopicArn=topic, Label="others", AWSAccountId=["999922223333"], ActionName=["Publish"])
    other.publish(TopicArn=topic, Message="two")
    sns.remove_permission(TopicArn=topic, Label="others")
    assert refusal(other.publish, TopicArn=topic, Message="three") == ("AuthorizationError", 403)


@step
def alarms_say_what_happened_to_them():
    cloudwatch = client("cloudwatch")
    found = cloudwatch.list_metrics(Namespace="AWS/Kinesis", MetricName="ReadProvisionedThroughputExceeded")
    assert {"Name": "StreamName", "Value": "positions"} in found["Metrics"][0]["Dimensions"], found
    rule = {"Namespace": "App", "MetricName": "Late", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1,
            "Statistic": "Sum", "ComparisonOperator": "GreaterThanThreshold"}
    cloudwatch.put_metric_alarm(AlarmName="late", **rule)
    cloudwatch.set_alarm_state(AlarmName="late", StateValue="ALARM", StateReason="a rehearsal")
    cloudwatch.delete_alarms(AlarmNames=["late"])
    history = cloudwatch.describe_alarm_history(AlarmName="late", ScanBy="TimestampAscending")["AlarmHistoryItems"]
    kinds = [item["HistoryItemType"] for item in history]
    assert (kinds[0], kinds[-1]) == ("ConfigurationUpdate", "ConfigurationUpdate") and "StateUpdate" in kinds, kinds


@step
def topics_fan_out_to_queues_that_want_the_message():
    topic = sns.create_topic(Name="fan")["TopicArn"]
    queues = {kind: queue_for(f"kind-{kind}", "sns") for kind in "ab"}
    for kind in queues:
        wants = json.dumps({"kind": [kind], "count": [{"numeric": [">=", 5]}]})
        attributes = {"FilterPolicy": wants, "RawMessageDelivery": "true"}
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn("sqs", f"kind-{kind}"), Attributes=attributes)
    for kind, count in (("a", 5), ("b", 6), ("a", 4)):
        attributes = {
            "kind": {"DataType": "String", "StringValue": kind},
            "count": {"DataType": "Number", "StringValue": str(count)},
        }
        sns.publish(TopicArn=topic, Message=f"{kind}{count}", MessageAttributes=attributes)
    assert {kind: received(queue) for kind, queue in queues.items()} == {"a": ["a5"], "b": ["b6"]}


@step
def messages_that_nobody_deletes_become_dead_letters():
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    redrive = json.dumps({"deadLetterTargetArn": arn("sqs", "dead"), "maxReceiveCount": 2})
    attributes = {"VisibilityTimeout": "1", "RedrivePolicy": redrive}
    queue = sqs.create_queue(QueueName="jobs", Attributes=attributes)["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="poison")
    counts = []

    def is_dead():
        found = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=2, AttributeNames=["All"]).get("Messages", [])
        counts.extend(message["Attributes"]["ApproximateReceiveCount"] for message in found)
        return sqs.receive_message(QueueUrl=dead).get("Messages")

    assert until(is_dead)[0]["Body"] == "poison"
    assert counts == ["1", "2"], counts


@step
def rules_and_schedules_tell_queues():
    queue = queue_for("told", "events")
    pattern = {"source": ["app"], "detail": {"speed": [{"numeric": [">", 50]}]}}
    events.put_rule(Name="fast", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="fast", Targets=[{"Id": "q", "Arn": arn("sqs", "told"), "InputPath": "$.detail"}])
    entries = [{"Source": "app", "DetailType": "t", "Detail": json.dumps({"speed": speed})} for speed in (40, 60)]
    assert events.put_events(Entries=entries)["FailedEntryCount"] == 0
    assert [json.loads(body) for body in received(queue)] == [{"speed": 60}]
    target = {"Arn": arn("sqs", "told"), "RoleArn": role("schedules", "scheduler"), "Input": "now"}
    schedule = {"Name": "once", "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": target}
    clock = scheduler.create_schedule(**{**schedule, "Name": "clock"}, ScheduleExpression="rate(1 day)", State="DISABLED")
    assert clock["ScheduleArn"].endswith("schedule/default/clock")
    now = scheduler.get_schedule(Name="clock")["CreationDate"].astimezone(datetime.timezone.utc)
    at = (now + datetime.timedelta(seconds=30)).strftime("at(%Y-%m-%dT%H:%M:%S)")
    scheduler.create_schedule(**schedule, ScheduleExpression=at, ActionAfterCompletion="DELETE")
    assert received(queue) == ["now"]
    until(lambda: [one["Name"] for one in scheduler.list_schedules()["Schedules"]] == ["clock"])


def main():
    faults = []
    for one in STEPS:
        try:
            one()
        except Exception:
            faults.append(f"{one.__name__}: {traceback.format_exc()}")
    if faults:
        sys.exit("\n".join(faults))
    print(len(STEPS), "steps")


main()
