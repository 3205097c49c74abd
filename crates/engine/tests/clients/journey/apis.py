"""HTTP APIs and their parts."""

from engine import client

from . import Journey, attribute, function, ref, role, unless_gone

gateway = client("apigatewayv2")

API = {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "front", "ProtocolType": "HTTP"}}
OTHER = {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "other", "ProtocolType": "HTTP"}}
BESIDE = {"Role": role("lambda"), "Worker": function(FunctionName="worker"), "Api": API, "Other": OTHER}
INTEGRATION = {
    "Type": "AWS::ApiGatewayV2::Integration",
    "Properties": {
        "ApiId": ref("Api"),
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": attribute("Worker", "Arn"),
        "PayloadFormatVersion": "2.0",
    },
}


def api(api_id):
    found = gateway.get_api(ApiId=api_id)
    return found["Name"], found.get("Description", ""), found.get("CorsConfiguration", {}).get("AllowOrigins", [])


def part(look):
    """Returns what `look` finds in the first API that has the part."""

    def looked(part_id):
        for one in gateway.get_apis()["Items"]:
            try:
                return one["Name"], *look(one["ApiId"], part_id)
            except gateway.exceptions.NotFoundException:
                continue
        return None

    return looked


@part
def integration(api_id, part_id):
    found = gateway.get_integration(ApiId=api_id, IntegrationId=part_id)
    return found["TimeoutInMillis"], found.get("Description", "")


@part
def route(api_id, part_id):
    found = gateway.get_route(ApiId=api_id, RouteId=part_id)
    return found["RouteKey"], found["Target"].split("/")[0]


@part
def stage(api_id, name):
    found = gateway.get_stage(ApiId=api_id, StageName=name)
    limits = found.get("DefaultRouteSettings", {})
    return found["AutoDeploy"], limits.get("ThrottlingBurstLimit"), found.get("StageVariables", {})


def integration_properties(**properties):
    return {**INTEGRATION["Properties"], **properties}


def route_properties(key, **properties):
    target = {"Fn::Join": ["/", ["integrations", ref("Integration")]]}
    return {"ApiId": ref("Api"), "RouteKey": key, "Target": target, **properties}


LIMITS = {"ThrottlingBurstLimit": 5, "ThrottlingRateLimit": 5}

JOURNEYS = [
    Journey(
        "AWS::ApiGatewayV2::Api",
        {"Name": "front", "ProtocolType": "HTTP", "Description": "one"},
        {"Name": "front", "ProtocolType": "HTTP", "CorsConfiguration": {"AllowOrigins": ["https://example.com"]}},
        None,
        unless_gone(api, "NotFoundException"),
        [("front", "one", []), ("front", "", ["https://example.com"])],
        attribute="ApiEndpoint",
    ),
    Journey(
        "AWS::ApiGatewayV2::Integration",
        integration_properties(TimeoutInMillis=5000),
        integration_properties(Description="changed"),
        integration_properties(ApiId=ref("Other")),
        integration,
        [("front", 5000, ""), ("front", 30000, "changed"), ("other", 30000, "")],
        beside=BESIDE,
    ),
    Journey(
        "AWS::ApiGatewayV2::Route",
        route_properties("GET /a"),
        route_properties("POST /b"),
        None,
        route,
        [("front", "GET /a", "integrations"), ("front", "POST /b", "integrations")],
        beside={**BESIDE, "Integration": INTEGRATION},
    ),
    Journey(
        "AWS::ApiGatewayV2::Stage",
        {"ApiId": ref("Api"), "StageName": "$default", "AutoDeploy": True, "DefaultRouteSettings": LIMITS},
        {"ApiId": ref("Api"), "StageName": "$default", "AutoDeploy": True, "StageVariables": {"a": "1"}},
        {"ApiId": ref("Api"), "StageName": "next"},
        stage,
        [("front", True, 5, {}), ("front", True, None, {"a": "1"}), ("front", False, None, {})],
        beside=BESIDE,
    ),
]
