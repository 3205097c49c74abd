"""Repositories of container images."""

import json


def ecr(call):
    name = {"repositoryName": "team/api"}
    made = call("CreateRepository", **name, tags=[{"Key": "team", "Value": "a"}], imageTagMutability="MUTABLE")
    arn = made["repository"]["repositoryArn"]
    call("DescribeRepositories", repositoryNames=["team/api"])
    call("DescribeRepositories", maxResults=1)
    call("TagResource", resourceArn=arn, tags=[{"Key": "stage", "Value": "test"}])
    assert len(call("ListTagsForResource", resourceArn=arn)["tags"]) == 2
    call("UntagResource", resourceArn=arn, tagKeys=["stage"])
    call("PutImageTagMutability", **name, imageTagMutability="IMMUTABLE")
    call("PutImageScanningConfiguration", **name, imageScanningConfiguration={"scanOnPush": True})
    statement = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "ecr:BatchGetImage"}
    call("SetRepositoryPolicy", **name, policyText=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    call("GetRepositoryPolicy", **name)
    call("DeleteRepositoryPolicy", **name)
    rule = {"rulePriority": 1, "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1}}
    policy = json.dumps({"rules": [{**rule, "action": {"type": "expire"}}]})
    call("PutLifecyclePolicy", **name, lifecyclePolicyText=policy)
    call("GetLifecyclePolicy", **name)
    call("DeleteLifecyclePolicy", **name)
    call("DeleteRepository", **name)
