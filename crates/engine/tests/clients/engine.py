"""The engine that a test started, as boto3 sees it: its address is in the environment, as for any other program."""

import json
import os
import urllib.request

import boto3
from botocore.config import Config

URL = os.environ["AWS_ENDPOINT_URL"]
ACCOUNT = os.environ["AWS_ACCESS_KEY_ID"]
REGION = os.environ["AWS_DEFAULT_REGION"]

# The names under which botocore knows services, where requests are signed with another one.
BOTO_NAMES = {"apigateway": "apigatewayv2", "monitoring": "cloudwatch"}


def client(service, **options):
    """Returns a client that shows every answer at once, refusals too."""
    config = Config(retries={"total_max_attempts": 1}, inject_host_prefix=False, **options)
    return boto3.client(service, config=config)


def supported():
    """Returns what the engine says that it has: operations and resource types by boto3's name of the service."""
    with urllib.request.urlopen(URL + "/_hydrant/supported") as answer:
        services = json.load(answer)
    return {BOTO_NAMES.get(one["service"], one["service"]): one for one in services}
