"""ECS: how a container ended, and what it said last.

Real ECS (developer guide, "Stopped tasks error messages", and the agent's `OutOfMemoryError`): a container that was killed
because the task's memory ran out says so in its `reason`; a task whose essential container ended says "Essential container in
task exited"; everything that a container printed is in its log group before the container is gone. MiniStack leaves out the
first, words the second in its own way, and stops listening when it removes a container; one that ended by itself it leaves to
the engine.
"""
import threading

from patches import after_import

_MEMORY = "OutOfMemoryError: Container killed due to memory usage"
_LAST_WORDS = 5


@after_import("services.ecs")
def reasons(ecs):
    plain = ecs._mark_task_stopped

    def stopped(arn, task, reason, code, *arguments, **named):
        if code == "EssentialContainerExited":
            reason = "Essential container in task exited"
            _tell(ecs._get_docker(), task)
        return plain(arn, task, reason, code, *arguments, **named)

    ecs._mark_task_stopped = stopped


def _tell(engine, task):
    for container, identifier in zip(task["containers"], list(task.get("_docker_ids") or [])):
        try:
            state = engine.containers.get(identifier).attrs["State"]
        except Exception:
            continue  # it is gone, and can be asked nothing
        if state.get("OOMKilled"):
            container["reason"] = _MEMORY


@after_import("services.ecs")
def last_words(ecs):
    plain = ecs._cleanup_task_resources

    def cleanup(task, engine, *arguments, **named):
        engine = engine or ecs._get_docker()
        for identifier in list(task.get("_docker_ids") or []):
            _end(engine, identifier)
        prefix = f"ministack-ecs-awslogs-{task['taskArn'].rsplit('/', 1)[-1][:8]}-"
        for thread in threading.enumerate():
            if thread.name.startswith(prefix):
                thread.join(_LAST_WORDS)
        return plain(task, engine, *arguments, **named)

    ecs._cleanup_task_resources = cleanup


def _end(engine, identifier):
    """Ends what still runs when its task ends: it gets the signal, and then no more time than MiniStack gives it."""
    try:
        engine.containers.get(identifier).stop(timeout=5)
    except Exception:
        return  # it is gone
