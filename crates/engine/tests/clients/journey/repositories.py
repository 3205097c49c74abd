"""Repositories of container images."""

from engine import client

from . import Journey, unless_gone

ecr = client("ecr")


def repository(name):
    found = ecr.describe_repositories(repositoryNames=[name])["repositories"][0]
    return found["imageTagMutability"], found["imageScanningConfiguration"]["scanOnPush"]


JOURNEYS = [
    Journey(
        "AWS::ECR::Repository",
        {"RepositoryName": "team/api"},
        {
            "RepositoryName": "team/api",
            "ImageTagMutability": "IMMUTABLE",
            "ImageScanningConfiguration": {"ScanOnPush": True},
        },
        {"RepositoryName": "team/other"},
        unless_gone(repository, "RepositoryNotFoundException"),
        [("MUTABLE", False), ("IMMUTABLE", True), ("MUTABLE", False)],
        attribute="RepositoryUri",
    ),
]
