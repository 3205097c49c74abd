"""Roles, users, their keys and their policies."""

from engine import client

from . import Journey, allowing, ref, trust, unless_gone

iam = client("iam")

READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
FULL = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
ROLE = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "worker", "AssumeRolePolicyDocument": trust("lambda")}}
USER = {"Type": "AWS::IAM::User", "Properties": {"UserName": "dcUser"}}
OTHER = {"Type": "AWS::IAM::User", "Properties": {"UserName": "other"}}


def role(name):
    found = iam.get_role(RoleName=name)["Role"]
    service = found["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"][0]
    attached = [one["PolicyArn"] for one in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]]
    return service, found["MaxSessionDuration"], attached, iam.list_role_policies(RoleName=name)["PolicyNames"]


def user(name):
    attached = [one["PolicyArn"] for one in iam.list_attached_user_policies(UserName=name)["AttachedPolicies"]]
    return iam.get_user(UserName=name)["User"]["Path"], attached, iam.list_user_policies(UserName=name)["PolicyNames"]


def access_key(key_id):
    for name in ("dcUser", "other"):
        for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
            if key["AccessKeyId"] == key_id:
                return name, key["Status"]
    return None


def actions(document):
    return document["Statement"][0]["Action"]


def inline(_):
    """Returns what the policy allows to the role and to the user, whoever of them has it."""
    found = {}
    for name in iam.list_role_policies(RoleName="worker")["PolicyNames"]:
        found[name, "role"] = actions(iam.get_role_policy(RoleName="worker", PolicyName=name)["PolicyDocument"])
    for name in iam.list_user_policies(UserName="dcUser")["PolicyNames"]:
        found[name, "user"] = actions(iam.get_user_policy(UserName="dcUser", PolicyName=name)["PolicyDocument"])
    return found or None


def managed(arn):
    policy = iam.get_policy(PolicyArn=arn)["Policy"]
    version = iam.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])["PolicyVersion"]
    entities = iam.list_attached_role_policies(RoleName="worker")["AttachedPolicies"]
    return policy["PolicyName"], actions(version["Document"]), [one["PolicyName"] for one in entities]


def policy(name, action):
    return {"PolicyName": name, "PolicyDocument": allowing(action)}


JOURNEYS = [
    Journey(
        "AWS::IAM::Role",
        {"AssumeRolePolicyDocument": trust("lambda"), "Policies": [policy("a", "s3:*")], "ManagedPolicyArns": [FULL]},
        {"AssumeRolePolicyDocument": trust("firehose"), "MaxSessionDuration": 7200, "Policies": [policy("b", "s3:*")],
         "ManagedPolicyArns": [READ_ONLY]},
        {"AssumeRolePolicyDocument": trust("firehose"), "RoleName": "named"},
        unless_gone(role, "NoSuchEntity"),
        [
            ("lambda.amazonaws.com", 3600, [FULL], ["a"]),
            ("firehose.amazonaws.com", 7200, [READ_ONLY], ["b"]),
            ("firehose.amazonaws.com", 3600, [], []),
        ],
        attribute="RoleId",
    ),
    Journey(
        "AWS::IAM::User",
        {"Policies": [policy("a", "s3:*")], "ManagedPolicyArns": [FULL]},
        {"Path": "/cars/", "Policies": [policy("b", "s3:*")]},
        {"UserName": "named"},
        unless_gone(user, "NoSuchEntity"),
        [("/", [FULL], ["a"]), ("/cars/", [], ["b"]), ("/", [], [])],
        attribute="Arn",
    ),
    Journey(
        "AWS::IAM::AccessKey",
        {"UserName": ref("User")},
        {"UserName": ref("User"), "Status": "Inactive"},
        {"UserName": ref("Other")},
        unless_gone(access_key, "NoSuchEntity"),
        [("dcUser", "Active"), ("dcUser", "Inactive"), ("other", "Active")],
        beside={"User": USER, "Other": OTHER},
        attribute="SecretAccessKey",
    ),
    Journey(
        "AWS::IAM::Policy",
        {**policy("first", "s3:*"), "Roles": [ref("Role")]},
        {**policy("second", "s3:GetObject"), "Roles": [ref("Role")], "Users": [ref("User")]},
        None,
        unless_gone(inline, "NoSuchEntity"),
        [
            {("first", "role"): "s3:*"},
            {("second", "role"): "s3:GetObject", ("second", "user"): "s3:GetObject"},
        ],
        beside={"Role": ROLE, "User": USER},
    ),
    Journey(
        "AWS::IAM::ManagedPolicy",
        {"ManagedPolicyName": "first", "PolicyDocument": allowing("s3:*"), "Roles": [ref("Role")]},
        {"ManagedPolicyName": "first", "PolicyDocument": allowing("s3:GetObject")},
        {"ManagedPolicyName": "second", "PolicyDocument": allowing("s3:GetObject")},
        unless_gone(managed, "NoSuchEntity"),
        [("first", "s3:*", ["first"]), ("first", "s3:GetObject", []), ("second", "s3:GetObject", [])],
        beside={"Role": ROLE},
    ),
]
