"""SNS, SQS, EventBridge, its Scheduler and CloudWatch."""

import datetime
import http.server
import json
import threading

from engine import ACCOUNT, REGION

ANYBODY = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}]})


def sqs(call):
    dead = call("CreateQueue", QueueName="dead", tags={"a": "b"})["QueueUrl"]
    dead_arn = call("GetQueueAttributes", QueueUrl=dead, AttributeNames=["All"])["Attributes"]["QueueArn"]
    queue = {"QueueUrl": call("CreateQueue", QueueName="inbox", Attributes={"VisibilityTimeout": "600"})["QueueUrl"]}
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 3})
    call("SetQueueAttributes", **queue, Attributes={"RedrivePolicy": redrive, "Policy": ANYBODY})
    call("GetQueueUrl", QueueName="inbox")
    call("ListQueues", QueueNamePrefix="in", MaxResults=1)
    call("ListDeadLetterSourceQueues", QueueUrl=dead)
    call("TagQueue", **queue, Tags={"c": "d"})
    call("ListQueueTags", **queue)
    call("UntagQueue", **queue, TagKeys=["c"])
    attributes = {"kind": {"DataType": "String", "StringValue": "a"}}
    call("SendMessage", **queue, MessageBody="one", MessageAttributes=attributes)
    entries = [{"Id": str(number), "MessageBody": str(number)} for number in range(3)]
    call("SendMessageBatch", **queue, Entries=entries)
    names = {"MessageAttributeNames": ["All"], "MessageSystemAttributeNames": ["All"]}
    got = call("ReceiveMessage", **queue, MaxNumberOfMessages=10, **names)["Messages"]
    handles = [message["ReceiptHandle"] for message in got]
    assert sorted(message["Body"] for message in got) == ["0", "1", "2", "one"], got
    call("ChangeMessageVisibility", **queue, ReceiptHandle=handles[0], VisibilityTimeout=300)
    entries = [{"Id": "1", "ReceiptHandle": handles[1], "VisibilityTimeout": 300}]
    call("ChangeMessageVisibilityBatch", **queue, Entries=entries)
    call("DeleteMessage", **queue, ReceiptHandle=handles[0])
    wrong = {"Id": "2", "ReceiptHandle": "none"}
    deleted = call("DeleteMessageBatch", **queue, Entries=[{"Id": "1", "ReceiptHandle": handles[1]}, wrong])
    assert [len(deleted.get(name, [])) for name in ("Successful", "Failed")] == [1, 1], deleted
    call("PurgeQueue", **queue)
    spare = call("CreateQueue", QueueName="spare")["QueueUrl"]
    call("DeleteQueue", QueueUrl=spare)
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:inbox"


def sns(call, queue):
    topic = {"TopicArn": call("CreateTopic", Name="alerts", Tags=[{"Key": "a", "Value": "b"}])["TopicArn"]}
    call("ListTopics")
    call("SetTopicAttributes", **topic, AttributeName="DisplayName", AttributeValue="Alerts")
    call("GetTopicAttributes", **topic)
    call("TagResource", ResourceArn=topic["TopicArn"], Tags=[{"Key": "c", "Value": "d"}])
    call("ListTagsForResource", ResourceArn=topic["TopicArn"])
    call("UntagResource", ResourceArn=topic["TopicArn"], TagKeys=["c"])
    made = call("Subscribe", **topic, Protocol="sqs", Endpoint=queue, ReturnSubscriptionArn=True)
    subscription = {"SubscriptionArn": made["SubscriptionArn"]}
    policy = {"AttributeName": "FilterPolicy", "AttributeValue": '{"kind":["a"]}'}
    call("SetSubscriptionAttributes", **subscription, **policy)
    call("GetSubscriptionAttributes", **subscription)
    call("ListSubscriptions")
    call("ListSubscriptionsByTopic", **topic)
    call("Publish", **topic, Message="one", Subject="of many")
    call("PublishBatch", **topic, PublishBatchRequestEntries=[{"Id": "1", "Message": "two"}])
    with Listener() as listener:
        call("Subscribe", **topic, Protocol="http", Endpoint=listener.url)
        call("ConfirmSubscription", **topic, Token=listener.token())
    call("AddPermission", **topic, Label="others", AWSAccountId=["999922223333"], ActionName=["Publish"])
    policy = json.loads(call("GetTopicAttributes", **topic)["Attributes"]["Policy"])
    assert policy["Statement"][1]["Principal"] == {"AWS": ["arn:aws:iam::999922223333:root"]}, policy
    call("RemovePermission", **topic, Label="others")
    assert len(json.loads(call("GetTopicAttributes", **topic)["Attributes"]["Policy"])["Statement"]) == 1
    call("Unsubscribe", **subscription)
    spare = call("CreateTopic", Name="spare")["TopicArn"]
    call("DeleteTopic", TopicArn=spare)
    return topic["TopicArn"]


class Listener:
    """A web site that waits to be asked whether it wants a subscription."""

    def __enter__(self):
        asked, self.asked, self.body = threading.Event(), None, {}
        self.asked = asked

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(handler):
                self.body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
                handler.send_response(200)
                handler.end_headers()
                asked.set()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()

    def token(self):
        assert self.asked.wait(10), "nobody asked for a confirmation"
        return self.body["Token"]


def events(call, queue):
    call("PutRule", Name="tick", ScheduleExpression="rate(1 day)", Description="once a day")
    call("PutRule", Name="orders", EventPattern='{"source": ["app"]}', State="DISABLED")
    call("DescribeRule", Name="tick")
    call("ListRules", NamePrefix="t", Limit=1)
    call("EnableRule", Name="orders")
    call("DisableRule", Name="tick")
    put = call("PutTargets", Rule="tick", Targets=[{"Id": "q", "Arn": queue, "Input": '"now"'}])
    assert put["FailedEntryCount"] == 0, put
    call("ListTargetsByRule", Rule="tick")
    put = call("PutEvents", Entries=[{"Source": "app", "DetailType": "Order", "Detail": "{}"}, {"Source": "app"}])
    assert put["FailedEntryCount"] == 1, put
    event = {"id": "1", "account": ACCOUNT, "source": "app", "time": "2026-01-15T10:30:00Z", "region": REGION,
             "resources": [], "detail-type": "Order", "detail": {"count": 5}}
    for count, expected in ((3, True), (7, False)):
        pattern = json.dumps({"source": ["app"], "detail": {"count": [{"numeric": [">", count]}]}})
        assert call("TestEventPattern", EventPattern=pattern, Event=json.dumps(event))["Result"] is expected
    rule = {"ResourceARN": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/tick"}
    call("TagResource", **rule, Tags=[{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d"}])
    call("UntagResource", **rule, TagKeys=["a"])
    assert call("ListTagsForResource", **rule)["Tags"] == [{"Key": "c", "Value": "d"}]
    call("RemoveTargets", Rule="tick", Ids=["q", "none"])
    call("DeleteRule", Name="tick")


def scheduler(call, role, queue):
    target = {"Arn": queue, "RoleArn": role, "Input": "now", "RetryPolicy": {"MaximumRetryAttempts": 1}}
    schedule = {"Name": "nightly", "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": target}
    call("CreateSchedule", **schedule, ScheduleExpression="cron(0 2 * * ? *)", ScheduleExpressionTimezone="Europe/Paris")
    call("GetSchedule", Name="nightly")
    call("ListSchedules", NamePrefix="night")
    call("UpdateSchedule", **schedule, ScheduleExpression="at(2040-01-01T00:00:00)", ActionAfterCompletion="DELETE")
    call("DeleteSchedule", Name="nightly")


def cloudwatch(call, topic):
    # The engine's time may be far ahead of the wall clock.
    span = {"StartTime": datetime.datetime(2020, 1, 1), "EndTime": datetime.datetime(2090, 1, 1)}
    shop = [{"Name": "Shop", "Value": "7"}]
    data = [{"MetricName": "Orders", "Dimensions": shop, "Value": 2.5, "Unit": "Count"}]
    call("PutMetricData", Namespace="App", MetricData=data)
    listed = call.until("ListMetrics", lambda answer: answer["Metrics"], Namespace="App")
    assert listed["Metrics"][0]["Dimensions"] == shop, listed
    metric = {"Namespace": "App", "MetricName": "Orders", "Dimensions": shop}
    day = 86400 * 365
    found = call("GetMetricStatistics", **metric, **span, Period=day, Statistics=["Sum", "Average", "SampleCount"])
    assert [point["Sum"] for point in found["Datapoints"]] == [2.5], found
    query = {"Id": "a", "MetricStat": {"Metric": metric, "Period": day, "Stat": "Sum"}}
    found = call("GetMetricData", MetricDataQueries=[query], **span)
    assert found["MetricDataResults"][0]["Values"] == [2.5], found
    alarm = {"Period": 60, "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold"}
    call("PutMetricAlarm", AlarmName="many", **metric, **alarm, Statistic="Sum", AlarmActions=[topic])
    call("DescribeAlarms", AlarmNamePrefix="ma")
    call("SetAlarmState", AlarmName="many", StateValue="ALARM", StateReason="a test")
    call("DescribeAlarms", StateValue="ALARM")
    arn = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:many"
    call("TagResource", ResourceARN=arn, Tags=[{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d"}])
    call("UntagResource", ResourceARN=arn, TagKeys=["a"])
    assert call("ListTagsForResource", ResourceARN=arn)["Tags"] == [{"Key": "c", "Value": "d"}]
    history = call("DescribeAlarmHistory", AlarmName="many", ScanBy="TimestampAscending")["AlarmHistoryItems"]
    kinds = [item["HistoryItemType"] for item in history]
    assert kinds == ["ConfigurationUpdate", "StateUpdate", "Action"], history
    call("DescribeAlarmHistory", HistoryItemType="StateUpdate", MaxRecords=1)
    call("DeleteAlarms", AlarmNames=["many"])
