"""ECS: what a task definition may say, and in which order things go.

Real ECS (API reference and developer guide, "Task size", "Deleting a task definition"): Fargate has certain pairs of CPU and
memory and needs awsvpc; an ACTIVE revision is not deleted but named in `failures`; a deleted one is DELETE_IN_PROGRESS
until no task refers to it, and then gone; a cluster with tasks stays.
"""
import json

from ministack.core.responses import error_response_json, json_response
from patches import after_import

_GIB = 1024
_SIZES = {
    256: [512, 1 * _GIB, 2 * _GIB],
    512: [size * _GIB for size in range(1, 5)],
    1024: [size * _GIB for size in range(2, 9)],
    2048: [size * _GIB for size in range(4, 17)],
    4096: [size * _GIB for size in range(8, 31)],
    8192: [size * _GIB for size in range(16, 61, 4)],
    16384: [size * _GIB for size in range(32, 121, 8)],
}
_STILL_ACTIVE = "The specified task definition is still in ACTIVE status. Please de-register the target and try again."


@after_import("services.ecs")
def register(ecs):
    plain = ecs._ACTION_MAP["RegisterTaskDefinition"]

    def answer(request):
        refusal = _refusal(request) if "FARGATE" in request.get("requiresCompatibilities", []) else None
        return error_response_json("ClientException", refusal, 400) if refusal else plain(request)

    ecs._ACTION_MAP["RegisterTaskDefinition"] = answer


def _refusal(request):
    if request.get("networkMode") != "awsvpc":
        return f"When networkMode={request.get('networkMode')}, the requiresCompatibilities FARGATE is not supported."
    cpu, memory = str(request.get("cpu", "")), str(request.get("memory", ""))
    if not memory:
        return "Fargate requires that 'memory' be defined at the task level."
    if not cpu:
        return "Fargate requires that 'cpu' be defined at the task level."
    if not cpu.isdigit() or not memory.isdigit() or int(memory) not in _SIZES.get(int(cpu), []):
        return (f"No Fargate configuration exists for given values: {cpu} CPU, {memory} memory. See the Amazon ECS "
                "documentation for the valid values.")
    containers = request.get("containerDefinitions") or []
    needs_role = any(one.get("secrets") or (one.get("logConfiguration") or {}).get("logDriver") == "awslogs"
                     for one in containers)
    if needs_role and not request.get("executionRoleArn"):
        return "Fargate requires task definition to have execution role ARN to support log driver awslogs."
    if any(int(one.get("stopTimeout") or 0) > 120 for one in containers):
        return "Container.stopTimeout must be at most 120 seconds."
    return None


@after_import("services.ecs")
def delete_definitions(ecs):
    plain = ecs._ACTION_MAP["DeleteTaskDefinitions"]

    def answer(request):
        wanted = request.get("taskDefinitions", [])
        if len(wanted) > 10:
            return error_response_json("InvalidParameterException", "Task definitions cannot be more than 10.", 400)
        active = [ref for ref in wanted
                  if (ecs._task_defs.get(ecs._resolve_td_delete_key(ref)) or {}).get("status") == "ACTIVE"]
        status, headers, body = plain({**request, "taskDefinitions": [ref for ref in wanted if ref not in active]})
        if not active or status != 200:
            return status, headers, body
        told = json.loads(body)
        told["failures"] = told.get("failures", []) + [{"arn": ref, "reason": _STILL_ACTIVE} for ref in active]
        return json_response(told)

    ecs._ACTION_MAP["DeleteTaskDefinitions"] = answer


@after_import("services.ecs")
def deleted_definitions_go(ecs):
    for name in ("ListTaskDefinitions", "ListTaskDefinitionFamilies", "DescribeTaskDefinition"):
        ecs._ACTION_MAP[name] = _after_sweeping(ecs, ecs._ACTION_MAP[name])


def _after_sweeping(ecs, plain):
    def answer(request):
        used = {task["taskDefinitionArn"] for task in ecs._tasks.values() if task["lastStatus"] != "STOPPED"}
        for key, definition in ecs._task_defs.items():
            if definition["status"] == "DELETE_IN_PROGRESS" and definition["taskDefinitionArn"] not in used:
                ecs._task_defs.pop(key, None)
                ecs._tags.pop(definition["taskDefinitionArn"], None)
        return plain(request)

    return answer


@after_import("services.ecs")
def delete_cluster(ecs):
    plain = ecs._ACTION_MAP["DeleteCluster"]

    def answer(request):
        cluster = ecs._clusters.get(ecs._resolve_cluster_name(request.get("cluster", "")))
        if cluster and any(task["clusterArn"] == cluster["clusterArn"] and task["lastStatus"] != "STOPPED"
                           for task in ecs._tasks.values()):
            return error_response_json("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are "
                                                                        "active.", 400)
        return plain(request)

    ecs._ACTION_MAP["DeleteCluster"] = answer
