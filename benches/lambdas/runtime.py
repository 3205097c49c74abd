"""The smallest runtime that a Python function can have: fetch an event, call the handler, post its answer.

AWS's own runtime (awslambdaric) does the same and more, so what is measured with this one flatters Python.
"""

import http.client
import importlib
import json
import os
import sys


def main():
    handler = importlib.import_module(sys.argv[1]).handler
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    path = "/2018-06-01/runtime/invocation/"
    while True:
        connection.request("GET", path + "next")
        answer = connection.getresponse()
        event = json.loads(answer.read())
        body = json.dumps(handler(event)).encode()
        identifier = answer.headers["Lambda-Runtime-Aws-Request-Id"]
        connection.request("POST", f"{path}{identifier}/response", body)
        connection.getresponse().read()


main()
