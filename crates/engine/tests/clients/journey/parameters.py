"""Parameters of Systems Manager."""

from engine import client

from . import Journey, unless_gone

ssm = client("ssm")


def parameter(name):
    found = ssm.get_parameter(Name=name)["Parameter"]
    return found["Type"], found["Value"]


JOURNEYS = [
    Journey(
        "AWS::SSM::Parameter",
        {"Name": "/team/threshold", "Type": "String", "Value": "17"},
        {"Name": "/team/threshold", "Type": "String", "Value": "18", "Description": "of orders"},
        {"Name": "/team/limit", "Type": "String", "Value": "17"},
        unless_gone(parameter, "ParameterNotFound"),
        [("String", "17"), ("String", "18"), ("String", "17")],
        attribute="Value",
    ),
]
