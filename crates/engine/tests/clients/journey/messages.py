"""Topics, queues, rules, schedules and alarms."""

from engine import client

from . import Journey, allowing, arn, attribute, ref, role, unless_gone

sns, sqs, events, scheduler, cloudwatch = map(client, "sns sqs events scheduler cloudwatch".split())

QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "inbox"}}
OTHER = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "other-inbox"}}
TOPIC = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "alerts"}}
INBOX = arn("sqs", "inbox")


def topic(topic_arn):
    found = sns.get_topic_attributes(TopicArn=topic_arn)["Attributes"]
    tags = sns.list_tags_for_resource(ResourceArn=topic_arn)["Tags"]
    return found.get("DisplayName", ""), [tag["Value"] for tag in tags if tag["Key"] == "team"]


def topic_policy(_):
    policy = sns.get_topic_attributes(TopicArn=arn("sns", "alerts"))["Attributes"]["Policy"]
    found = [service for service in ("s3.amazonaws.com", "events.amazonaws.com") if service in policy]
    return found or None


def subscription(subscription_arn):
    found = sns.get_subscription_attributes(SubscriptionArn=subscription_arn)["Attributes"]
    return found["Endpoint"], found["RawMessageDelivery"], found.get("FilterPolicy", "")


def queue(url):
    names = ["VisibilityTimeout", "DelaySeconds"]
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]


def queue_policy(_):
    url = sqs.get_queue_url(QueueName="inbox")["QueueUrl"]
    policy = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes", {}).get("Policy", "")
    found = [service for service in ("s3.amazonaws.com", "events.amazonaws.com") if service in policy]
    return found or None


def rule(name):
    found = events.describe_rule(Name=name)
    targets = [target["Id"] for target in events.list_targets_by_rule(Rule=name)["Targets"]]
    return found.get("ScheduleExpression"), found.get("EventPattern"), found["State"], sorted(targets)


def schedule(name):
    found = scheduler.get_schedule(Name=name)
    return found["ScheduleExpression"], found["State"], found["Target"].get("Input")


def alarm(name):
    found = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return (found[0]["Threshold"], found[0]["EvaluationPeriods"], found[0]["AlarmActions"]) if found else None


def of_service(service, **properties):
    return {"PolicyDocument": allowing("*", {"Service": service}), **properties}


def rule_properties(expression, targets, **properties):
    return {"ScheduleExpression": expression, "Targets": [{"Id": one, "Arn": INBOX} for one in targets], **properties}


def schedule_properties(expression, **properties):
    target = {"Arn": attribute("Queue", "Arn"), "RoleArn": attribute("Role", "Arn"), "Input": expression}
    return {"ScheduleExpression": expression, "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": target, **properties}


def alarm_properties(threshold, **properties):
    return {
        "Namespace": "AWS/Kinesis",
        "MetricName": "GetRecords.IteratorAgeMilliseconds",
        "Statistic": "Maximum",
        "Period": 60,
        "EvaluationPeriods": 2,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": threshold,
        "AlarmActions": [ref("Topic")],
        **properties,
    }


def tagged(team, **properties):
    return {"Tags": [{"Key": "team", "Value": team}], **properties}


ALERTS = [arn("sns", "alerts")]
PATTERN = '{"source":["app"]}'

JOURNEYS = [
    Journey(
        "AWS::SNS::Topic",
        tagged("a", DisplayName="one"),
        tagged("b"),
        tagged("b", TopicName="named"),
        unless_gone(topic, "NotFound"),
        [("one", ["a"]), ("", ["b"]), ("", ["b"])],
        attribute="TopicName",
    ),
    Journey(
        "AWS::SNS::TopicPolicy",
        of_service("s3.amazonaws.com", Topics=[ref("Topic")]),
        of_service("events.amazonaws.com", Topics=[ref("Topic")]),
        None,
        unless_gone(topic_policy, "NotFound"),
        [["s3.amazonaws.com"], ["events.amazonaws.com"]],
        beside={"Topic": TOPIC},
    ),
    Journey(
        "AWS::SNS::Subscription",
        {"TopicArn": ref("Topic"), "Protocol": "sqs", "Endpoint": attribute("Queue", "Arn")},
        {
            "TopicArn": ref("Topic"), "Protocol": "sqs", "Endpoint": attribute("Queue", "Arn"),
            "RawMessageDelivery": True, "FilterPolicy": {"kind": ["a"]},
        },
        {"TopicArn": ref("Topic"), "Protocol": "sqs", "Endpoint": attribute("Other", "Arn")},
        unless_gone(subscription, "NotFound"),
        [(INBOX, "false", ""), (INBOX, "true", '{"kind":["a"]}'), (arn("sqs", "other-inbox"), "false", "")],
        beside={"Topic": TOPIC, "Queue": QUEUE, "Other": OTHER},
    ),
    Journey(
        "AWS::SQS::Queue",
        {"VisibilityTimeout": 45, "DelaySeconds": 1},
        {"VisibilityTimeout": 60},
        {"QueueName": "named"},
        unless_gone(queue, "AWS.SimpleQueueService.NonExistentQueue"),
        [
            {"VisibilityTimeout": "45", "DelaySeconds": "1"},
            {"VisibilityTimeout": "60", "DelaySeconds": "0"},
            {"VisibilityTimeout": "30", "DelaySeconds": "0"},
        ],
        attribute="Arn",
    ),
    Journey(
        "AWS::SQS::QueuePolicy",
        of_service("s3.amazonaws.com", Queues=[ref("Queue")]),
        of_service("events.amazonaws.com", Queues=[ref("Queue")]),
        None,
        unless_gone(queue_policy, "AWS.SimpleQueueService.NonExistentQueue"),
        [["s3.amazonaws.com"], ["events.amazonaws.com"]],
        beside={"Queue": QUEUE},
    ),
    Journey(
        "AWS::Events::Rule",
        rule_properties("rate(1 day)", ["a", "b"], State="DISABLED"),
        rule_properties("rate(2 days)", ["b", "c"]),
        {"Name": "named", "EventPattern": {"source": ["app"]}},
        unless_gone(rule, "ResourceNotFoundException"),
        [
            ("rate(1 day)", None, "DISABLED", ["a", "b"]),
            ("rate(2 days)", None, "ENABLED", ["b", "c"]),
            (None, PATTERN, "ENABLED", []),
        ],
        beside={"Queue": QUEUE},
        attribute="Arn",
    ),
    Journey(
        "AWS::Scheduler::Schedule",
        schedule_properties("rate(1 day)", State="DISABLED"),
        schedule_properties("cron(0 12 * * ? *)"),
        schedule_properties("at(2040-01-01T00:00:00)", Name="named"),
        unless_gone(schedule, "ResourceNotFoundException"),
        [
            ("rate(1 day)", "DISABLED", "rate(1 day)"),
            ("cron(0 12 * * ? *)", "ENABLED", "cron(0 12 * * ? *)"),
            ("at(2040-01-01T00:00:00)", "ENABLED", "at(2040-01-01T00:00:00)"),
        ],
        beside={"Queue": QUEUE, "Role": role("scheduler")},
        attribute="Arn",
    ),
    Journey(
        "AWS::CloudWatch::Alarm",
        alarm_properties(1000),
        alarm_properties(2000, EvaluationPeriods=3, AlarmActions=[]),
        alarm_properties(2000, AlarmName="named"),
        alarm,
        [(1000.0, 2, ALERTS), (2000.0, 3, []), (2000.0, 2, ALERTS)],
        beside={"Topic": TOPIC},
        attribute="Arn",
    ),
]
