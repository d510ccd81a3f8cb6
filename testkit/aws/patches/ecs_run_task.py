"""ECS: what `RunTask` checks, and what it remembers.

Real ECS (API reference, RunTask and "Ensuring idempotency"; dagster and sleeper for the capacity failure): an unknown
cluster is ClusterNotFoundException; an INACTIVE task definition, a count outside 1 to 10 and a missing network
configuration are refused; a client token is answered with the tasks it made, with ConflictException if the other
parameters differ; no capacity is a 200 with `failures` and no task.
"""
import json
import threading
import time

import switches
from ministack.core.responses import AccountRegionScopedDict, error_response_json, json_response
from patches import after_import

_CAPACITY = "Capacity is unavailable at this time. Please try again later or in a different availability zone"
_CONFLICT = ("The RunTask request could not be processed due to conflicts. The provided clientToken is already in use "
             "with a different RunTask request.")

_tokens = AccountRegionScopedDict()
_lock = threading.Lock()


@after_import("services.ecs")
def run_task(ecs):
    plain = ecs._ACTION_MAP["RunTask"]

    def answer(request):
        refusal = _refusal(ecs, request)
        if refusal:
            return error_response_json(*refusal, 400)
        token = request.get("clientToken")
        if not token:
            return _launch(ecs, plain, request)
        with _lock:
            known = _tokens.get(token)
            if known is None:
                return _remember(token, request, _launch(ecs, plain, request))
        tasks, first = known
        if first != request:
            return error_response_json("ConflictException", _CONFLICT, 400)
        return _again(ecs, tasks)

    ecs._ACTION_MAP["RunTask"] = answer


def _refusal(ecs, request):
    cluster = ecs._resolve_cluster_name(request.get("cluster", "default"))
    if cluster not in ecs._clusters or ecs._clusters[cluster].get("status") == "INACTIVE":
        return "ClusterNotFoundException", "Cluster not found."
    definition = ecs._task_defs.get(ecs._resolve_td_key(request.get("taskDefinition", "")))
    if definition and definition.get("status") == "INACTIVE":
        return "ClientException", "TaskDefinition is inactive"
    if not 1 <= request.get("count", 1) <= 10:
        return "InvalidParameterException", "count must be greater than 0 and less than or equal to 10."
    if definition and definition.get("networkMode") == "awsvpc" and not _subnets(request):
        return ("InvalidParameterException",
                "Network Configuration must be provided when networkMode 'awsvpc' is specified.")
    token = request.get("clientToken")
    if token and len(token) > 64:
        return "InvalidParameterException", "Client token must be 64 characters or less"
    return None


def _subnets(request):
    network = request.get("networkConfiguration") or {}
    return (network.get("awsvpcConfiguration") or {}).get("subnets") or []


def _launch(ecs, plain, request):
    subnets = _subnets(request)
    if switches.capacity_refused([_zone(subnet) for subnet in subnets], subnets, _provider(request)):
        return json_response({"tasks": [], "failures": [{"reason": _CAPACITY}]})
    answer = plain(request)
    for arn in _launched(answer):
        switches.born("missing", arn)
    return answer


def _launched(answer):
    status, _headers, body = answer
    return [task["taskArn"] for task in json.loads(body)["tasks"]] if status == 200 else []


def _zone(subnet):
    from ministack.services import ec2

    return (ec2._subnets.get(subnet) or {}).get("AvailabilityZone")


def _provider(request):
    strategy = request.get("capacityProviderStrategy")
    return strategy[0].get("capacityProvider") if strategy else request.get("launchType")


def _remember(token, request, answer):
    tasks = _launched(answer)
    if tasks:
        _tokens[token] = tasks, request
    return answer


def _again(ecs, tasks):
    """The tasks as they are now; what has ended is not run again."""
    found = [ecs._tasks.get(arn) for arn in tasks]
    return json_response({"tasks": [ecs._sanitize(task) for task in found if task], "failures": []})


@after_import("services.ecs")
def missing_at_first(ecs):
    """`DescribeTasks` is eventually consistent: a task that `RunTask` has just answered may be MISSING."""
    plain = ecs._ACTION_MAP["DescribeTasks"]

    def answer(request):
        if len(request.get("tasks", [])) > 100:
            return error_response_json("InvalidParameterException", "Tasks cannot have more than 100 elements", 400)
        status, headers, body = plain(request)
        if status != 200:
            return status, headers, body
        told = json.loads(body)
        late = {task["taskArn"] for task in told["tasks"] if switches.still_new("missing", task["taskArn"])}
        told["tasks"] = [task for task in told["tasks"] if task["taskArn"] not in late]
        told["failures"] += [{"arn": arn, "reason": "MISSING"} for arn in sorted(late)]
        return json_response(told)

    ecs._ACTION_MAP["DescribeTasks"] = answer


@after_import("services.ecs")
def starts_that_fail_or_dawdle(ecs):
    plain = ecs._start_task_worker

    def start(task, definition, overrides, engine):
        time.sleep(switches.value("slow_starts"))
        if switches.take("broken_starts"):
            raise RuntimeError("ResourceInitializationError: unable to pull secrets or registry auth: execution resource "
                               "retrieval failed: unable to retrieve secret from asm: service call has been retried 1 "
                               "time(s): failed to fetch secret")
        plain(task, definition, overrides, engine)

    ecs._start_task_worker = start


@after_import("services.ecs")
def reasons_are_not_wrapped(ecs):
    """MiniStack puts its own prefix before every reason; the agent's own is said once."""
    plain = ecs._fail_task_start

    def fail(task, engine, reason):
        for known in ("ResourceInitializationError: failed", "ResourceInitializationError: unable to pull secrets",
                      "CannotPullContainerError:", "CannotStartContainerError:"):
            if known in reason:
                reason = reason[reason.rindex(known):]
                break
        plain(task, engine, reason)

    ecs._fail_task_start = fail
