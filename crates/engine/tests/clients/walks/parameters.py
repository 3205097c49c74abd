"""Parameters of Systems Manager."""


def ssm(call):
    name = {"Name": "/orders/threshold"}
    tags = [{"Key": "team", "Value": "a"}]
    call("PutParameter", **name, Value="17", Type="String", Description="of orders", Tags=tags)
    call("PutParameter", **name, Value="18", Type="String", Overwrite=True)
    call("PutParameter", Name="/orders/key", Value="hidden", Type="SecureString")
    call("PutParameter", Name="/orders/zones", Value="a,b", Type="StringList")
    found = call("GetParameter", **name)["Parameter"]
    assert (found["Value"], found["Version"]) == ("18", 2), found
    key = call("GetParameter", Name="/orders/key", WithDecryption=True)["Parameter"]
    assert key["Value"] == "hidden", key
    some = call("GetParameters", Names=["/orders/threshold", "/orders/none"])
    assert some["InvalidParameters"] == ["/orders/none"], some
    page = call("GetParametersByPath", Path="/orders", MaxResults=2)
    rest = call("GetParametersByPath", Path="/orders", MaxResults=2, NextToken=page["NextToken"])
    assert len(page["Parameters"] + rest["Parameters"]) == 3, (page, rest)
    assert len(call("GetParameterHistory", **name)["Parameters"]) == 2
    call("DescribeParameters")
    resource = {"ResourceType": "Parameter", "ResourceId": "/orders/threshold"}
    call("AddTagsToResource", **resource, Tags=[{"Key": "stage", "Value": "test"}])
    assert len(call("ListTagsForResource", **resource)["TagList"]) == 2
    call("RemoveTagsFromResource", **resource, TagKeys=["stage"])
    call("DeleteParameter", **name)
    gone = call("DeleteParameters", Names=["/orders/key", "/orders/zones", "/orders/none"])
    assert sorted(gone["DeletedParameters"]) == ["/orders/key", "/orders/zones"], gone
