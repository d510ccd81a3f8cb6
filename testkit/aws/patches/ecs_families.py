"""ECS: families of task definitions.

Real ECS (API reference): `ListTaskDefinitionFamilies` knows the status ALL; the `familyPrefix` of `ListTaskDefinitions` is a
family's full name.
"""
import json

from patches import after_import


@after_import("services.ecs")
def families(ecs):
    plain = ecs._ACTION_MAP["ListTaskDefinitionFamilies"]
    ecs._ACTION_MAP["ListTaskDefinitionFamilies"] = lambda asked: plain(
        {**asked, "status": ""} if asked.get("status") == "ALL" else asked)


@after_import("services.ecs")
def definitions(ecs):
    plain = ecs._ACTION_MAP["ListTaskDefinitions"]

    def listed(asked):
        family = asked.get("familyPrefix")
        if not family:
            return plain(asked)
        status, headers, body = plain(asked)
        told = json.loads(body)
        told["taskDefinitionArns"] = [
            arn for arn in told.get("taskDefinitionArns", []) if arn.rsplit("/", 1)[-1].rsplit(":", 1)[0] == family]
        return status, headers, json.dumps(told).encode()

    ecs._ACTION_MAP["ListTaskDefinitions"] = listed
