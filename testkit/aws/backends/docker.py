"""Tasks as containers of an engine that the tests have started. Their addresses are reachable from this machine.

What an agent of ECS does for a task, done here:

- The containers of a task share one network, which a container that does nothing holds: with an address of its own, and a name
  of the machine that is another at each start. It begins with the first container of the task and goes with the last.
- A volume of EFS is mounted so that whatever the container's user is, all that it does there is done as the access point's
  user (see volumes.py).
- Nothing is pulled: the tests know no registry.
"""
import contextlib
import os
import threading

from ministack.core.responses import get_account_id

from . import volumes

_ARN = "com.amazonaws.ecs.task-arn"
_ACCOUNT = "refractory.account"
_ROLE = "refractory.network-of"
# As the agent of ECS calls it.
_PAUSE = "amazon/amazon-ecs-pause:0.1.0"


def engine(url):
    """The client of the engine at `url`, for example `unix:///run/tests/docker.sock`."""
    import docker  # half a second that few servers need
    from docker.errors import ImageNotFound, NotFound
    from docker.models.containers import Container, ContainerCollection
    from docker.models.images import ImageCollection

    lock = threading.Lock()

    class Here(docker.DockerClient):
        @property
        def containers(self):
            return Containers(client=self)

        @property
        def images(self):
            return Images(client=self)

    class Images(ImageCollection):
        def pull(self, repository, *_arguments, **_settings):
            raise ImageNotFound(f"{repository}: there is no registry")

        def get_registry_data(self, name, *_arguments, **_settings):
            raise ImageNotFound(f"{name}: there is no registry")

    class Contained(Container):
        """A container of a task. Where it is in the network, its task's own says."""

        def reload(self):
            super().reload()
            mode = self.attrs["HostConfig"]["NetworkMode"]
            if mode.startswith("container:"):
                held = self.client.api.inspect_container(mode.partition(":")[2])
                self.attrs["NetworkSettings"]["Networks"] = held["NetworkSettings"]["Networks"]

        def remove(self, **settings):
            super().remove(**settings)
            _let_go(self.client.api, self.labels.get(_ARN))

    class Containers(ContainerCollection):
        model = Contained

        def run(self, image, command=None, owners=None, **settings):
            try:
                made = self.client.images.get(image)
            except ImageNotFound:
                raise RuntimeError(
                    "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref "
                    f"{image}: not found"
                ) from None
            settings["labels"][_ACCOUNT] = f"{os.environ['GATEWAY_PORT']}/{get_account_id()}"
            self._join(settings)
            user = str(settings.get("user") or made.attrs["Config"].get("User") or "0")
            with volumes.as_owners(settings.get("volumes"), owners or {}, user, _folder(url)) as mounted:
                settings["volumes"] = mounted
                try:
                    return super().run(image, command, **settings)
                except Exception:
                    self._forget(settings)
                    raise

        def _join(self, settings):
            """Puts the container into the network of its task."""
            task = settings["labels"][_ARN]
            own = {"ports": settings.pop("ports", None), "extra_hosts": settings.pop("extra_hosts", None)}
            settings.pop("network", None)
            with lock:
                held = self.client.api.containers(filters={"label": f"{_ROLE}={task}"})
                name = held[0]["Id"] if held else self._held(task, own)
            settings["network_mode"] = f"container:{name}"

        def _forget(self, settings):
            """Removes what was made, and did not start."""
            with contextlib.suppress(NotFound):
                self.client.api.remove_container(settings["name"], force=True, v=True)
            _let_go(self.client.api, settings["labels"][_ARN])

        def _held(self, task, settings):
            labels = {_ROLE: task, "ministack": "ecs-network"}
            return super().run(_PAUSE, detach=True, labels=labels, **settings).id

    def _let_go(api, task):
        """Removes the network of a task that has no containers any more."""
        with lock:
            if not api.containers(all=True, filters={"label": f"{_ARN}={task}"}):
                for held in api.containers(all=True, filters={"label": f"{_ROLE}={task}"}):
                    api.remove_container(held["Id"], force=True, v=True)

    client = Here(base_url=url, timeout=60)
    client.ping()
    return client


def _folder(url):
    """Where the engine's own folder has room for mounts, which go with it."""
    return os.path.join(os.path.dirname(url.removeprefix("unix://")), "mounts")
