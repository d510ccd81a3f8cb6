"""ECS: tasks run where the test wants them, and as the task definition says."""
import backends
from patches import after_import


@after_import("services.ecs")
def engine_of_the_account(ecs):
    ecs._get_docker = backends.engine


@after_import("services.ecs")
def settings_of_the_definition(ecs):
    """Honours `user`, `entryPoint`, `readonlyRootFilesystem` and the task's memory, which MiniStack leaves out."""
    plain = ecs._build_run_kwargs

    def settings(container, definition, *arguments, **named):
        settings = plain(container, definition, *arguments, **named)
        if container.get("user"):
            settings["user"] = container["user"]
        if container.get("entryPoint"):
            settings["entrypoint"] = container["entryPoint"]
        if container.get("readonlyRootFilesystem"):
            settings["read_only"] = True
        if container.get("stopTimeout"):
            settings["labels"]["refractory.stop-timeout"] = str(container["stopTimeout"])
        if definition.get("memory"):
            settings["mem_limit"] = int(definition["memory"]) * 1024 * 1024
        # The architecture is asked for on Fargate; an engine here has images of its own kind only.
        settings.pop("platform", None)
        return settings

    ecs._build_run_kwargs = settings
