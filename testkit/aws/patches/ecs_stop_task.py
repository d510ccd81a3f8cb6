"""ECS: stopping takes time.

Real ECS (developer guide, "Task lifecycle" and "stopTimeout"): `StopTask` answers at once with desiredStatus STOPPED;
the containers get SIGTERM, and SIGKILL after `stopTimeout` (30 s unless said otherwise); the task passes through
DEACTIVATING, STOPPING and DEPROVISIONING; the exit code is the process's own. MiniStack stops within the call and
says 0.
"""
from ministack.core.concurrency import resource_lock, spawn_background
from ministack.core.responses import error_response_json, get_account_id, get_region, json_response, request_scope
from patches import after_import


@after_import("services.ecs")
def stop_task(ecs):
    def answer(request):
        cluster = ecs._resolve_cluster_name(request.get("cluster", "default"))
        if cluster not in ecs._clusters:
            return error_response_json("ClusterNotFoundException", "Cluster not found.", 400)
        task = ecs._resolve_task(request.get("task", ""), cluster)
        if not task:
            return error_response_json("InvalidParameterException", "The referenced task was not found.", 400)
        begun = _begin(ecs, task, request.get("reason", "Task stopped by user"))
        with resource_lock("ecs-task", task["taskArn"]):
            told = json_response({"task": ecs._sanitize(task)})
        if begun:
            spawn_background(_bring_down, ecs, task, get_account_id(), get_region(), thread_name="ecs-stop")
        return told

    ecs._ACTION_MAP["StopTask"] = answer


def _begin(ecs, task, reason):
    with resource_lock("ecs-task", task["taskArn"]):
        if task["desiredStatus"] == "STOPPED":
            return False
        ecs._bump_task_version(task)
        task.update(desiredStatus="STOPPED", stoppingAt=ecs._iso(), stoppedReason=reason, stopCode="UserInitiated")
        return True


def _bring_down(ecs, task, account, region):
    with request_scope(account, region):
        engine = ecs._get_docker()
        _now(task, "DEACTIVATING")
        _now(task, "STOPPING")
        with resource_lock("ecs-task", task["taskArn"]):
            identifiers = list(task.get("_docker_ids") or [])
        for index, identifier in enumerate(identifiers):
            _record(task, index, _stop(engine, identifier))
        _now(task, "DEPROVISIONING")
        ecs._bump_task_version(task)
        ecs._cleanup_task_resources(task, engine)
        with resource_lock("ecs-task", task["taskArn"]):
            for container in task["containers"]:
                container["lastStatus"] = "STOPPED"
            ecs._bump_task_version(task)
            task.update(lastStatus="STOPPED", stoppedAt=ecs._iso(), executionStoppedAt=ecs._iso())
        ecs._recount_cluster(ecs._cluster_name_from_arn(task["clusterArn"]))


def _now(task, state):
    with resource_lock("ecs-task", task["taskArn"]):
        task["lastStatus"] = state


def _stop(engine, identifier):
    """The container's exit code; nothing if the engine has forgotten it."""
    try:
        container = engine.containers.get(identifier)
        container.stop(timeout=int(container.labels.get("refractory.stop-timeout", 30)))
        return container.wait()["StatusCode"]
    except Exception as error:
        if type(error).__name__ == "NotFound":  # the engine's own or docker-py's
            return None
        raise


def _record(task, index, code):
    with resource_lock("ecs-task", task["taskArn"]):
        if index < len(task["containers"]):
            task["containers"][index].update(lastStatus="STOPPED", exitCode=code)
