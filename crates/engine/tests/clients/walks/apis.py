"""API Gateway's HTTP APIs."""

from engine import ACCOUNT, REGION


def apigatewayv2(call):
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:echo"
    cors = {"AllowOrigins": ["https://example.com"], "AllowMethods": ["GET"], "MaxAge": 300}
    made = call("CreateApi", Name="front", ProtocolType="HTTP", CorsConfiguration=cors, Tags={"a": "b"})
    api = {"ApiId": made["ApiId"]}
    call("GetApi", **api)
    call("GetApis", MaxResults="1")
    call("UpdateApi", **api, Description="the front door")
    call("DeleteCorsConfiguration", **api)
    arn = f"arn:aws:apigateway:{REGION}::/apis/{made['ApiId']}"
    call("TagResource", ResourceArn=arn, Tags={"c": "d"})
    assert call("GetTags", ResourceArn=arn)["Tags"] == {"a": "b", "c": "d"}
    call("UntagResource", ResourceArn=arn, TagKeys=["c"])

    integration = {"IntegrationType": "AWS_PROXY", "IntegrationUri": function, "PayloadFormatVersion": "2.0"}
    integration_id = call("CreateIntegration", **api, **integration)["IntegrationId"]
    call("GetIntegration", **api, IntegrationId=integration_id)
    call("GetIntegrations", **api)
    call("UpdateIntegration", **api, IntegrationId=integration_id, TimeoutInMillis=5000)
    target = f"integrations/{integration_id}"
    route = {**api, "RouteId": call("CreateRoute", **api, RouteKey="GET /items", Target=target)["RouteId"]}
    call("GetRoute", **route)
    call("GetRoutes", **api)
    call("UpdateRoute", **route, RouteKey="ANY /items/{proxy+}")

    deployment = {**api, "DeploymentId": call("CreateDeployment", **api, Description="first")["DeploymentId"]}
    call("GetDeployment", **deployment)
    call("GetDeployments", **api)
    call("UpdateDeployment", **deployment, Description="the first")
    limits = {"ThrottlingBurstLimit": 5, "ThrottlingRateLimit": 5.0}
    call("CreateStage", **api, StageName="test", DeploymentId=deployment["DeploymentId"], DefaultRouteSettings=limits)
    call("GetStage", **api, StageName="test")
    call("GetStages", **api)
    call("UpdateStage", **api, StageName="test", StageVariables={"a": "1"})
    call("DeleteStage", **api, StageName="test")
    call("DeleteDeployment", **deployment)
    call("DeleteRoute", **route)
    call("DeleteIntegration", **api, IntegrationId=integration_id)
    call("DeleteApi", **api)
