"""Calls every operation that AWS has, and finds that the engine refuses by name exactly those that it does not declare."""

import sys

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from engine import client, supported

# Services that the engine may have; what it says itself would not show one that it keeps to itself.
SERVICES = (
    "apigatewayv2 cloudformation cloudwatch ecr events firehose iam kinesis lambda logs s3 scheduler sns sqs ssm sts".split()
)

METHODS = {}

# The names of old for operations on the same method and path.
OLD_NAMES = {"s3": {"GetBucketLifecycle", "PutBucketLifecycle", "GetBucketNotification", "PutBucketNotification"}}

# What an operation needs to be told apart from a broken request, beside what is required.
BODIES = {
    "PutObjectLegalHold": {"LegalHold": {"Status": "ON"}},
    "PutObjectRetention": {"Retention": {"Mode": "GOVERNANCE"}},
}


def filler(shape, depth=0):
    """Returns a value that the client can send, with the members that are required."""
    if shape.type_name == "structure":
        names = shape.required_members if depth < 6 else []
        return {name: filler(shape.members[name], depth + 1) for name in names}
    if shape.type_name == "list":
        return [filler(shape.member, depth + 1)]
    if shape.type_name == "map":
        return {}
    if shape.type_name in ("integer", "long", "float", "double"):
        return 1
    values = {"boolean": False, "timestamp": 0, "blob": b"{}"}
    return values.get(shape.type_name, getattr(shape, "enum", None) and shape.enum[0] or "none")


def is_refused_by_name(api, operation):
    """Returns whether the engine answers that it does not have the operation."""
    model = api.meta.service_model.operation_model(operation)
    answers = []

    def keep(response_dict, **_):
        body = response_dict["body"]
        answers.append((response_dict["status_code"], body if isinstance(body, bytes) else b""))

    api.meta.events.register("before-parse.*.*", keep, unique_id="keep")
    try:
        parameters = filler(model.input_shape) if model.input_shape else {}
        getattr(api, METHODS[operation])(**parameters, **BODIES.get(operation, {}))
    except ClientError:
        pass
    finally:
        api.meta.events.unregister("before-parse.*.*", unique_id="keep")
    status, body = answers[-1]
    # An operation that is there may refuse one of its members in the same way.
    words = (b"the operation `", b"the service `", b" of Lambda", b" of API Gateway", b"is not implemented yet", b"Unknown operation")
    return status == 501 and any(one in body for one in words)


def main():
    declared = supported()
    unknown = set(declared) - set(SERVICES)
    faults = [f"{service}: not in the list of this script" for service in sorted(unknown)]
    count = 0
    for service in SERVICES:
        api = client(service, parameter_validation=False)
        METHODS.update((operation, method) for method, operation in api.meta.method_to_api_mapping.items())
        names = set(api.meta.service_model.operation_names) - OLD_NAMES.get(service, set())
        mine = set(declared.get(service, {}).get("operations", []))
        faults += [f"{service}:{name} is declared, and AWS has no such operation" for name in sorted(mine - names)]
        for name in sorted(names):
            count += 1
            try:
                refused = is_refused_by_name(api, name)
            except (BotoCoreError, ResponseParserError) as error:
                # A service without anything need not speak its protocol.
                if service in declared:
                    faults.append(f"{service}:{name} cannot be asked: {error!r}")
                continue
            if refused and name in mine:
                faults.append(f"{service}:{name} is declared, and refused by its name")
            elif not refused and name not in mine:
                faults.append(f"{service}:{name} is answered, and not declared among the service's operations()")
    if faults:
        sys.exit("\n".join(faults))
    print(f"{count} operations of {len(SERVICES)} services")


main()
