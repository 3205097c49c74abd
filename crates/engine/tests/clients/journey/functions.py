"""Functions and what belongs to them."""

import json
import time

from engine import client

from . import ASKED, Journey, arn, attribute, function, ref, role, unless_gone

lambda_ = client("lambda")

GONE = "ResourceNotFoundException"
# Lambda's own name for a function, and that of the function beside it.
WORKER, OTHER = arn("lambda", "function:worker"), arn("lambda", "function:other")
BESIDE = {"Role": role("lambda"), "Worker": function(FunctionName="worker"), "Other": function(FunctionName="other")}
VERSION = {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": ref("Worker")}}
STREAM = {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "positions", "ShardCount": 1}}
OTHER_STREAM = {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "other-positions", "ShardCount": 1}}


def configuration(name):
    found = lambda_.get_function_configuration(FunctionName=name)
    return found["Timeout"], found["MemorySize"], found.get("Environment", {}).get("Variables", {})


def version(version_arn):
    found = lambda_.get_function_configuration(FunctionName=version_arn)
    return found["Version"], found["Description"]


def alias(alias_arn):
    function_name, name = alias_arn.split(":")[-2:]
    found = lambda_.get_alias(FunctionName=function_name, Name=name)
    return name, found["FunctionVersion"], found["Description"]


def layer(version_arn):
    found = lambda_.get_layer_version_by_arn(Arn=version_arn)
    return found["Version"], found["Description"]


def url(function_arn):
    return lambda_.get_function_url_config(FunctionName=function_arn).get("Cors", {}).get("AllowOrigins", [])


def invoke_config(_):
    """Returns the settings of both functions, since the physical id names none."""
    found = {}
    for name in ("worker", "other"):
        for one in lambda_.list_function_event_invoke_configs(FunctionName=name)["FunctionEventInvokeConfigs"]:
            found[name] = (one.get("MaximumRetryAttempts"), one.get("MaximumEventAgeInSeconds"))
    return found or None


def permission(sid):
    found = json.loads(lambda_.get_policy(FunctionName="worker")["Policy"])["Statement"]
    return next((one["Principal"]["Service"] for one in found if one["Sid"] == sid), None)


def mapping(uuid):
    found = lambda_.get_event_source_mapping(UUID=uuid)
    return found["EventSourceArn"].split("/")[1], found["BatchSize"], found["State"] in ("Enabled", "Enabling")


def custom(physical_id):
    """Returns the mark of a custom resource, which there is as long as its function was not asked to delete it."""
    # The log of an invocation is written at its end, which is after the answer.
    time.sleep(0.5)
    pages = client("logs").get_paginator("filter_log_events").paginate(logGroupName=ASKED, filterPattern="asked")
    lines = [event["message"].split(" ", 1) for page in pages for event in page["events"]]
    asked = [json.loads(event) for word, event in lines if word == "asked"]
    there = {}
    # In the place of the URL stands when it was.
    for event in sorted(asked, key=lambda event: event["ResponseURL"]):
        if event["RequestType"] == "Delete":
            there.pop(event["PhysicalResourceId"], None)
        else:
            there[event["ResourceProperties"]["Id"]] = event["ResourceProperties"]["Mark"]
    return there.get(physical_id)


def custom_properties(name, mark):
    return {"ServiceToken": arn("lambda", "function:provider"), "Id": name, "Mark": mark, "Data": {"Mark": mark}}


def code(key):
    return {"S3Bucket": "packages", "S3Key": key}


def mapping_properties(stream, **properties):
    position = {"StartingPosition": "LATEST", "FunctionName": ref("Worker")}
    return {"EventSourceArn": attribute(stream, "Arn"), **position, **properties}


JOURNEYS = [
    Journey(
        "AWS::Lambda::Function",
        function(Timeout=10, Environment={"Variables": {"MARK": "1"}})["Properties"],
        function(MemorySize=256, Environment={"Variables": {"MARK": "2"}})["Properties"],
        function(FunctionName="named")["Properties"],
        unless_gone(configuration, GONE),
        [(10, 128, {"MARK": "1"}), (3, 256, {"MARK": "2"}), (3, 128, {})],
        beside={"Role": role("lambda")},
        attribute="Arn",
    ),
    Journey(
        "AWS::Lambda::Version",
        {"FunctionName": ref("Worker"), "Description": "one"},
        None,
        {"FunctionName": ref("Other"), "Description": "two"},
        unless_gone(version, GONE),
        # The first version of the other function went when the update that made it was rolled back.
        [("1", "one"), None, ("2", "two")],
        beside=BESIDE,
        attribute="Version",
    ),
    Journey(
        "AWS::Lambda::Alias",
        {"FunctionName": ref("Worker"), "FunctionVersion": "$LATEST", "Name": "live", "Description": "what users get"},
        {"FunctionName": ref("Worker"), "FunctionVersion": attribute("Version", "Version"), "Name": "live"},
        {"FunctionName": ref("Worker"), "FunctionVersion": attribute("Version", "Version"), "Name": "next"},
        unless_gone(alias, GONE),
        [("live", "$LATEST", "what users get"), ("live", "1", ""), ("next", "1", "")],
        beside={**BESIDE, "Version": VERSION},
    ),
    Journey(
        "AWS::Lambda::LayerVersion",
        {"LayerName": "tools", "Content": code("code.zip"), "Description": "one"},
        None,
        {"LayerName": "tools", "Content": code("code.zip"), "Description": "two"},
        unless_gone(layer, GONE),
        # The numbers of versions that were deleted do not come again.
        [(2, "one"), None, (4, "two")],
    ),
    Journey(
        "AWS::Lambda::Url",
        {"TargetFunctionArn": attribute("Worker", "Arn"), "AuthType": "NONE"},
        {"TargetFunctionArn": attribute("Worker", "Arn"), "AuthType": "NONE", "Cors": {"AllowOrigins": ["*"]}},
        {"TargetFunctionArn": attribute("Other", "Arn"), "AuthType": "NONE"},
        unless_gone(url, GONE),
        [[], ["*"], []],
        beside=BESIDE,
        attribute="FunctionUrl",
    ),
    Journey(
        "AWS::Lambda::EventInvokeConfig",
        {"FunctionName": ref("Worker"), "Qualifier": "$LATEST", "MaximumRetryAttempts": 0},
        {"FunctionName": ref("Worker"), "Qualifier": "$LATEST", "MaximumEventAgeInSeconds": 120},
        {"FunctionName": ref("Other"), "Qualifier": "$LATEST", "MaximumRetryAttempts": 1},
        unless_gone(invoke_config, GONE),
        [{"worker": (0, None)}, {"worker": (None, 120)}, {"other": (1, None)}],
        beside=BESIDE,
        sees_all=True,
    ),
    Journey(
        "AWS::Lambda::Permission",
        {"FunctionName": ref("Worker"), "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"},
        None,
        {"FunctionName": ref("Worker"), "Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com"},
        unless_gone(permission, GONE),
        ["s3.amazonaws.com", None, "sns.amazonaws.com"],
        beside=BESIDE,
    ),
    Journey(
        "AWS::Lambda::EventSourceMapping",
        mapping_properties("Stream", BatchSize=10),
        mapping_properties("Stream", Enabled=False),
        mapping_properties("OtherStream", BatchSize=20),
        unless_gone(mapping, GONE),
        [("positions", 10, True), ("positions", 100, False), ("other-positions", 20, True)],
        beside={**BESIDE, "Stream": STREAM, "OtherStream": OTHER_STREAM},
    ),
    Journey(
        "AWS::CloudFormation::CustomResource",
        custom_properties("one", 1),
        custom_properties("one", 2),
        custom_properties("two", 3),
        custom,
        ["1", "2", "3"],
        attribute="Mark",
    ),
]
