"""The life of one resource of a stack: made, changed in place, replaced, put back after a failure, deleted."""

import io
import json
import os
import time
import zipfile

from engine import ACCOUNT, REGION, client

cloudformation = client("cloudformation")
s3 = client("s3")

FINAL = ("_COMPLETE", "_FAILED")
# A bucket that another made, so that whatever wants its name fails.
TAKEN = "taken-by-another"
# Where the function that makes custom resources logs what it was asked.
ASKED = "asked"


class Journey:
    """A resource type, three versions of its properties, and how to see outside of CloudFormation what became of them.

    `changed` keeps the resource, `replaced` does not; either is `None` where the type has no such change. `look` takes
    the physical id and returns what is there, or nothing when it is gone; `seen` is what it must return for each version.
    Where the id does not tell which one it is (`sees_all`), it returns all that there are.
    """

    def __init__(self, resource_type, first, changed, replaced, look, seen, beside=None, attribute=None, sees_all=False):
        self.type, self.look = resource_type, look
        self.versions = [first, changed, replaced]
        self.seen = seen
        self.beside = beside or {}
        self.attribute, self.sees_all = attribute, sees_all
        self.stack = "journey-" + resource_type.replace("AWS::", "").replace("::", "-").lower()

    def template(self, properties, is_broken=False):
        resources = {**self.beside, "It": {"Type": self.type, "Properties": properties}}
        if is_broken:
            bucket = {"BucketName": TAKEN}
            resources["Broken"] = {"Type": "AWS::S3::Bucket", "DependsOn": "It", "Properties": bucket}
        outputs = {}
        if self.attribute:
            outputs["Attribute"] = {"Value": {"Fn::GetAtt": ["It", self.attribute]}}
        return json.dumps({"Resources": resources, "Outputs": outputs} if outputs else {"Resources": resources})

    def settle(self, stack):
        for _ in range(600):
            status = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
            if status.endswith(FINAL):
                return status
            time.sleep(0.1)
        return status

    def step(self, operation, properties, expected, is_broken=False):
        """Creates or updates the stack, and returns the physical id of the resource."""
        parameters = {"TemplateBody": self.template(properties, is_broken), "Capabilities": ["CAPABILITY_NAMED_IAM"]}
        getattr(cloudformation, operation)(StackName=self.stack, **parameters)
        status = self.settle(self.stack)
        if status != expected:
            raise AssertionError(f"{self.type}: {operation} ended in {status}: {self.reasons()}")
        others = [reason for reason in self.reasons() if TAKEN not in reason and "cancelled" not in reason]
        assert not others, f"{self.type}: more than the broken resource failed: {others}"
        resource = cloudformation.describe_stack_resource(StackName=self.stack, LogicalResourceId="It")
        return resource["StackResourceDetail"].get("PhysicalResourceId")

    def reasons(self):
        events = cloudformation.describe_stack_events(StackName=self.stack)["StackEvents"]
        return [event["ResourceStatusReason"] for event in events if "FAILED" in event.get("ResourceStatus", "")]

    def sees(self, physical_id, expected, when):
        found = self.look(physical_id)
        assert found == expected, f"{self.type}, {when}: {found!r} is there, and not {expected!r}"

    def delete(self):
        stack = cloudformation.describe_stacks(StackName=self.stack)["Stacks"][0]["StackId"]
        cloudformation.delete_stack(StackName=self.stack)
        status = self.settle(stack)
        assert status == "DELETE_COMPLETE", f"{self.type}: the deletion ended in {status}: {self.reasons()}"

    def go(self):
        first, changed, replaced = self.versions
        # A create that fails beside it takes it away again.
        failed = self.step("create_stack", first, "ROLLBACK_COMPLETE", is_broken=True)
        self.sees(failed, None, "after a create was rolled back")
        self.delete()

        physical_id = self.step("create_stack", first, "CREATE_COMPLETE")
        self.sees(physical_id, self.seen[0], "created")
        if self.attribute:
            output = cloudformation.describe_stacks(StackName=self.stack)["Stacks"][0]["Outputs"][0]
            assert output["OutputValue"], f"{self.type}: {self.attribute} is empty"
        if changed is not None:
            # What an update changed is put back when something else in it fails.
            same = self.step("update_stack", changed, "UPDATE_ROLLBACK_COMPLETE", is_broken=True)
            assert same == physical_id, f"{self.type}: rolled back to {same}, which is not {physical_id}"
            self.sees(physical_id, self.seen[0], "after a change was rolled back")
            same = self.step("update_stack", changed, "UPDATE_COMPLETE")
            assert same == physical_id, f"{self.type}: a change made {same} of {physical_id}"
            self.sees(physical_id, self.seen[1], "changed")
        if replaced is not None:
            before = self.seen[0 if changed is None else 1]
            same = self.step("update_stack", replaced, "UPDATE_ROLLBACK_COMPLETE", is_broken=True)
            assert same == physical_id, f"{self.type}: rolled back to {same}, which is not {physical_id}"
            self.sees(physical_id, before, "after a replacement was rolled back")
            other = self.step("update_stack", replaced, "UPDATE_COMPLETE")
            assert other != physical_id, f"{self.type}: {physical_id} was not replaced"
            self.sees(other, self.seen[2], "replaced")
            if not self.sees_all:
                self.sees(physical_id, None, "after it was replaced")
            physical_id = other
        self.delete()
        self.sees(physical_id, None, "after it was deleted")


def ref(logical_id):
    return {"Ref": logical_id}


def attribute(logical_id, name):
    return {"Fn::GetAtt": [logical_id, name]}


def unless_gone(look, *codes):
    """Returns `look`, which then returns nothing where the service says with one of `codes` that it is not there."""

    def looked(physical_id):
        try:
            return look(physical_id)
        except client("sts").exceptions.ClientError as refusal:
            if refusal.response["Error"]["Code"] not in codes:
                raise
            return None

    return looked


def trust(*services):
    principal = {"Service": [f"{service}.amazonaws.com" for service in services]}
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]}


def allowing(action, principal=None, resource="*", **condition):
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    if principal:
        statement["Principal"] = principal
    if condition:
        statement["Condition"] = condition
    return {"Version": "2012-10-17", "Statement": [statement]}


def role(*services, actions="*"):
    """Returns a role that the services may assume."""
    policy = {"PolicyName": "rights", "PolicyDocument": allowing(actions)}
    return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust(*services), "Policies": [policy]}}


def function(**properties):
    """Returns a function of the role `Role`, whose code lies in the bucket that `prepare` made."""
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "provided.al2023",
            "Handler": "bootstrap",
            "Role": attribute("Role", "Arn"),
            "Code": {"S3Bucket": "packages", "S3Key": "code.zip"},
            **properties,
        },
    }


def prepare():
    """Makes what the journeys find when they begin."""
    s3.create_bucket(Bucket=TAKEN)
    s3.create_bucket(Bucket="packages")
    s3.put_object(Bucket="packages", Key="code.zip", Body=package("#!/bin/sh\nexit 1\n"))
    iam = client("iam")
    provider = iam.create_role(RoleName="provider", AssumeRolePolicyDocument=json.dumps(trust("lambda")))["Role"]
    iam.put_role_policy(RoleName="provider", PolicyName="rights", PolicyDocument=json.dumps(allowing("logs:*")))
    client("logs").create_log_group(logGroupName=ASKED)
    with open(os.environ["BOOTSTRAP"], "rb") as program:
        client("lambda").create_function(
            FunctionName="provider",
            Runtime="provided.al2023",
            Handler="bootstrap",
            Role=provider["Arn"],
            Code={"ZipFile": package(program.read())},
            LoggingConfig={"LogGroup": ASKED},
        )


def package(program):
    """Returns the archive of a function that is this program."""
    archived = io.BytesIO()
    with zipfile.ZipFile(archived, "w") as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o100755 << 16
        archive.writestr(entry, program)
    return archived.getvalue()


def arn(service, resource):
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"
