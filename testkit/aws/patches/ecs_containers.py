"""ECS: containers of a task that wait for one another, and a folder that is the task's own.

Real ECS (API reference, ContainerDependency; developer guide, "Container startup dependencies" and "bind mounts"): with
`dependsOn` and the condition SUCCESS or COMPLETE a container starts once the other has ended, and not at all if it had
to succeed and did not; then the task stops with TaskFailedToStart. A volume of which nothing but the name is said is an
empty folder on the task's disk, shared by its containers, and ends with it.
"""
import os
import shutil
from pathlib import Path

from patches import after_import

_TASK = "com.amazonaws.ecs.task-arn"
_NAME = "com.amazonaws.ecs.container-name"


@after_import("services.ecs")
def in_order(ecs):
    plain = ecs._run_docker_container

    def run(engine, container, settings, **named):
        for dependency in container.get("dependsOn") or []:
            _wait(ecs, engine, settings["labels"], dependency)
        return plain(engine, container, settings, **named)

    ecs._run_docker_container = run


def _wait(ecs, engine, labels, dependency):
    if dependency["condition"] not in ("SUCCESS", "COMPLETE"):
        return
    task = ecs._tasks.get(labels[_TASK]) or {}
    for identifier in list(task.get("_docker_ids") or []):
        other = engine.containers.get(identifier)
        if other.labels.get(_NAME) != dependency["containerName"]:
            continue
        code = other.wait()["StatusCode"]
        if code and dependency["condition"] == "SUCCESS":
            raise RuntimeError(f"dependency {dependency['containerName']} exited with {code}")


@after_import("services.ecs")
def own_folders(ecs):
    plain = ecs._build_run_kwargs

    def settings(container, definition, *arguments, **named):
        settings = plain(container, definition, *arguments, **named)
        task = settings["labels"][_TASK].rsplit("/", 1)[-1]
        bare = {volume["name"] for volume in definition.get("volumes", []) if _is_bare(volume)}
        for mount in container.get("mountPoints", []):
            if mount.get("sourceVolume") in bare:
                folder = _own(task) / mount["sourceVolume"]
                folder.mkdir(parents=True, exist_ok=True)
                mode = "ro" if mount.get("readOnly") else "rw"
                settings["volumes"] = [*(settings.get("volumes") or []), f"{folder}:{mount['containerPath']}:{mode}"]
        return settings

    ecs._build_run_kwargs = settings


@after_import("services.ecs")
def own_folders_end(ecs):
    plain = ecs._cleanup_task_resources

    def cleanup(task, *arguments, **named):
        answer = plain(task, *arguments, **named)
        shutil.rmtree(_own(task["taskArn"].rsplit("/", 1)[-1]), ignore_errors=True)
        return answer

    ecs._cleanup_task_resources = cleanup


def _is_bare(volume):
    kinds = ("efsVolumeConfiguration", "dockerVolumeConfiguration", "fsxWindowsFileServerVolumeConfiguration")
    host = volume.get("host") or {}
    return not any(volume.get(kind) for kind in kinds) and not host.get("sourcePath")


def _own(task):
    return Path(os.environ["REFRACTORY_STATE"], "tasks", task)
