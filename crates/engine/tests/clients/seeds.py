"""What the scripts of a course on streaming do, step by step, with its own names, and what each step must give.

Sensors of vehicles write to a delivery stream, which delivers to a bucket; somebody lists and reads the objects, and
takes the highest speed of each vehicle; and in the end every delivery stream is deleted, page by page.
"""

import json
import time
from collections import Counter

import boto3
from botocore.exceptions import ClientError

from engine import ACCOUNT

RECORDS = [
    # record_id, timestamp, vin, lon, lat, speed
    ("939ed1d1-1740-420c-8906-445278573c7f", "4:25:06.000", "4FTEX4944AK844294", 106.9447146, -6.3385652, 25),
    ("f29a5b9a-6d4e-4a1c-9e3c-1a5f5f1d2a10", "4:25:07.000", "4FTEX4944AK844294", 106.9447250, -6.3385660, 38),
    ("ff8e7131-408e-463b-8d35-f3c7a1c0a3b1", "4:26:37.000", "2LAXX1C8VWG419401", 106.9450001, -6.3380001, 75),
    ("15a6d9c1-3f5f-4d7b-9a44-0e7f3a5b8f02", "4:26:38.000", "2LAXX1C8VWG419401", 106.9450102, -6.3380102, 72),
    ("0d0c4f3e-2a9f-4d22-8a4a-5b9f4a0e9d03", "4:27:02.000", "1FMZU77E22UC18440", 106.9460000, -6.3370000, 51),
]
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "firehose.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}

s3 = boto3.client("s3")
iam = boto3.client("iam")
firehose = boto3.client("firehose")


def create():
    """Makes the bucket, the role and the delivery stream."""
    s3.create_bucket(Bucket="sd-vehicle-data")
    names = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    assert "sd-vehicle-data" in names, names
    arns = ["arn:aws:s3:::{}".format(name) for name in names]

    destination = {
        "RoleARN": "arn:aws:iam::{}:role/firehoseDeliveryRole".format(ACCOUNT),
        "BucketARN": arns[names.index("sd-vehicle-data")],
    }
    stream = {"DeliveryStreamName": "gps-delivery-stream", "DeliveryStreamType": "DirectPut"}
    try:
        firehose.create_delivery_stream(**stream, S3DestinationConfiguration=destination)
        raise AssertionError("a delivery stream was made without its role")
    except firehose.exceptions.InvalidArgumentException as refusal:
        assert "unable to assume role" in str(refusal), refusal

    role = iam.create_role(RoleName="firehoseDeliveryRole", AssumeRolePolicyDocument=json.dumps(TRUST))
    assert role["Role"]["Arn"] == destination["RoleARN"], role
    iam.attach_role_policy(RoleName="firehoseDeliveryRole", PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess")

    destination["BufferingHints"] = {"SizeInMBs": 1, "IntervalInSeconds": 60}
    made = firehose.create_delivery_stream(**stream, S3DestinationConfiguration=destination)
    expected = "arn:aws:firehose:us-east-1:{}:deliverystream/gps-delivery-stream".format(ACCOUNT)
    assert made["DeliveryStreamARN"] == expected, made


def send():
    """Writes each record as one line whose fields are apart by blanks, as the sensors do."""
    for row in RECORDS:
        payload = " ".join(str(value) for value in row) + "\n"
        sent = firehose.put_record(DeliveryStreamName="gps-delivery-stream", Record={"Data": payload})
        assert sent["RecordId"] and sent["Encrypted"] is False, sent


def analyze():
    """Reads what was delivered, and returns the highest speed of each vehicle."""
    # A buffer waits sixty seconds, and `sleep` is as much faster here as the engine is.
    for _ in range(6000):
        objects = s3.list_objects(Bucket="sd-vehicle-data").get("Contents", [])
        if objects:
            break
        time.sleep(0.05)
    assert len(objects) == 1, "one buffer is one object: {}".format(objects)
    key = objects[0]["Key"]
    year, month, day, hour, name = key.split("/")
    assert (len(year), len(month), len(day), len(hour)) == (4, 2, 2, 2), key
    assert name.startswith("gps-delivery-stream-1-{}-{}-{}-{}-".format(year, month, day, hour)), key

    rows = []
    for one in objects:
        body = s3.get_object(Bucket="sd-vehicle-data", Key=one["Key"])["Body"].read().decode()
        rows += [line.split(" ") for line in body.splitlines()]
    assert [row[0] for row in rows] == [row[0] for row in RECORDS], rows
    fastest = Counter()
    for _, _, vin, _, _, speed in rows:
        fastest[vin] = max(fastest[vin], int(speed))
    return dict(fastest)


def streaming():
    """Puts records into a Kinesis stream and consumes them shard by shard, as the consumers of the course do."""
    kinesis = boto3.client("kinesis")
    kinesis.create_stream(StreamName="TelemetricStream", ShardCount=2)
    kinesis.get_waiter("stream_exists").wait(StreamName="TelemetricStream")
    for row in RECORDS:
        kinesis.put_record(StreamName="TelemetricStream", Data=json.dumps(row), PartitionKey=row[2])
    batch = [{"Data": json.dumps(row), "PartitionKey": row[2]} for row in RECORDS]
    assert kinesis.put_records(StreamName="TelemetricStream", Records=batch)["FailedRecordCount"] == 0
    counts = Counter()
    for shard in kinesis.list_shards(StreamName="TelemetricStream")["Shards"]:
        iterator = kinesis.get_shard_iterator(
            StreamName="TelemetricStream", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        answer = kinesis.get_records(ShardIterator=iterator, Limit=100)
        assert answer["MillisBehindLatest"] == 0 and answer["NextShardIterator"], answer
        numbers = [int(record["SequenceNumber"]) for record in answer["Records"]]
        assert numbers == sorted(numbers), numbers
        counts.update(json.loads(record["Data"])[2] for record in answer["Records"])
    assert counts == Counter(2 * [row[2] for row in RECORDS]), counts


def delete_all():
    """Deletes all delivery streams. The list has ten at a time, which the scripts of the course overlook."""
    role = "arn:aws:iam::{}:role/firehoseDeliveryRole".format(ACCOUNT)
    for number in range(12):
        firehose.create_delivery_stream(
            DeliveryStreamName="spare-{:02}".format(number),
            S3DestinationConfiguration={"RoleARN": role, "BucketARN": "arn:aws:s3:::sd-vehicle-data"},
        )
    page = firehose.list_delivery_streams()
    assert len(page["DeliveryStreamNames"]) == 10 and page["HasMoreDeliveryStreams"] is True, page
    names = list(page["DeliveryStreamNames"])
    while page["HasMoreDeliveryStreams"]:
        page = firehose.list_delivery_streams(ExclusiveStartDeliveryStreamName=names[-1])
        names += page["DeliveryStreamNames"]
    assert names == ["gps-delivery-stream"] + ["spare-{:02}".format(number) for number in range(12)], names
    for name in names:
        firehose.delete_delivery_stream(DeliveryStreamName=name)
    for _ in range(100):
        left = firehose.list_delivery_streams()
        if not left["DeliveryStreamNames"]:
            break
        time.sleep(0.05)
    assert (left["DeliveryStreamNames"], left["HasMoreDeliveryStreams"]) == ([], False), left
    try:
        firehose.put_record(DeliveryStreamName="gps-delivery-stream", Record={"Data": "late\n"})
        raise AssertionError("a record was put to a delivery stream that is gone")
    except ClientError as refusal:
        assert refusal.response["Error"]["Code"] == "ResourceNotFoundException", refusal


create()
send()
fastest = analyze()
assert fastest == {"4FTEX4944AK844294": 38, "2LAXX1C8VWG419401": 75, "1FMZU77E22UC18440": 51}, fastest
streaming()
delete_all()
