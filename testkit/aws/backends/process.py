"""A task's container as a local process. Looks to MiniStack like as much of docker-py as it uses.

The program learns where it is from its environment:

| variable | holds |
|---|---|
| `REFRACTORY_TASK_ADDRESS` | the task's own loopback address, on which to listen |
| `REFRACTORY_TASK_MOUNTS` | JSON: path in the container to folder on this machine |
| `HOSTNAME` | a name that is another at each start |
"""
import json
import os
import re
import subprocess
import tempfile
import threading
import uuid

from .addresses import Address

_ARN = "com.amazonaws.ecs.task-arn"
_CONTAINER = "com.amazonaws.ecs.container-name"


class NotFound(Exception):
    """As docker-py says it, which is not imported for this."""


class Engine:
    """One account's processes: `containers` and `images` of a Docker client."""

    def __init__(self, account):
        self.account = account
        self.images = _Images()
        self.containers = self
        self._lock = threading.Lock()
        self._all = {}
        self._addresses = {}

    def run(self, image, **settings):
        program = self.images.program(image)
        # The containers of a task share its network, and so its address.
        task = settings.get("labels", {}).get(_ARN) or uuid.uuid4().hex
        # An entry point of its own is run whatever the image would have run.
        still = program is None and not settings.get("entrypoint")
        container = (Still if still else Process)(self, task, image, program or {}, settings)
        with self._lock:
            self._all[container.id] = container
        return container

    def get(self, identifier):
        with self._lock:
            if identifier not in self._all:
                raise NotFound(identifier)
            return self._all[identifier]

    def list(self, **_filters):
        return []

    def running(self):
        with self._lock:
            return [container.described() for container in self._all.values() if container.status == "running"]

    def address_of(self, task):
        with self._lock:
            return self._addresses.setdefault(task, Address())

    def forget(self, container):
        with self._lock:
            self._all.pop(container.id, None)
            if not any(other.task == container.task for other in self._all.values()):
                address = self._addresses.pop(container.task, None)
                if address:
                    address.release()


class _Images(dict):
    """What runs as which image."""

    def program(self, image):
        if image not in self:
            raise RuntimeError(
                "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref "
                f"{image}: not found"
            )
        return dict.get(self, image)


class Still:
    """A container of which nothing is asked but to be there: an address, and no process."""

    def __init__(self, engine, task, image, program, settings):
        self.id, self.task, self.image = uuid.uuid4().hex, task, image
        self.name, self.labels = settings.get("name"), settings.get("labels", {})
        self.binds = [bind.rsplit(":", 2) for bind in settings.get("volumes") or []]
        self._engine, self._ended, self._code = engine, threading.Event(), 0
        self._address = engine.address_of(task)
        self.environment = self._environment(settings)
        self._begin(program, settings)

    def _begin(self, _program, _settings):
        pass

    def _environment(self, settings):
        told = {name: value.replace("host.docker.internal", "127.0.0.1")
                for name, value in settings.get("environment", {}).items()}
        return {
            **told,
            "REFRACTORY_TASK_ADDRESS": self._address.text,
            "REFRACTORY_TASK_MOUNTS": json.dumps({inside: outside for outside, inside, _ in self.binds}),
            "HOSTNAME": self._address.host_name,
        }

    @property
    def pid(self):
        return None

    @property
    def status(self):
        return "exited" if self._ended.is_set() else "running"

    @property
    def attrs(self):
        return {"NetworkSettings": {"Networks": {"bridge": {"IPAddress": self._address.text}}},
                "State": {"Status": self.status}}

    def described(self):
        return {"task": self.task, "container": self.labels.get(_CONTAINER), "image": self.image,
                "address": self._address.text, "pid": self.pid, "environment": self.environment,
                "mounts": {inside: outside for outside, inside, _ in self.binds}}

    def reload(self):
        pass

    def wait(self, **_):
        self._ended.wait()
        return {"StatusCode": self._code}

    def stop(self, timeout=30, **_):
        self._code = 0 if self._ended.is_set() else 143
        self._ended.set()

    kill = stop

    def remove(self, **_):
        self.stop(timeout=2)
        self._engine.forget(self)

    def logs(self, stream=False, **_):
        return iter(()) if stream else b""


class Process(Still):
    """A container that is a process, with its output."""

    def _begin(self, program, settings):
        self._said, self._news = [], threading.Condition()
        argv = self._argv(program, settings)
        environment = {**program.get("env", {}), **self.environment, "PATH": os.environ.get("PATH", os.defpath)}
        self._folder = tempfile.TemporaryDirectory(prefix="task-", dir=os.environ["REFRACTORY_STATE"])
        try:
            self._child = subprocess.Popen(
                argv, env=environment, cwd=self._folder.name, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT)
        except OSError as error:
            self._folder.cleanup()
            self._engine.forget(self)
            raise RuntimeError(f"CannotStartContainerError: {argv[0]}: {error.strerror}") from error
        ears = threading.Thread(target=self._listen, daemon=True, name=f"heard-{self.id[:8]}")
        ears.start()
        threading.Thread(target=self._await, args=(ears,), daemon=True, name=f"task-{self.id[:8]}").start()

    def _argv(self, program, settings):
        """As in Docker: an entry point replaces the image's, a command follows it. Paths in the task definition are the
        container's, and are put where the volume really is: a process has no mounts of its own."""
        told = [self._outside(word) for word in [*(settings.get("entrypoint") or []), *(settings.get("command") or [])]]
        return told if settings.get("entrypoint") else [*program["argv"], *told]

    def _outside(self, word):
        for outside, inside, _mode in self.binds:
            word = re.sub(rf"(?<![\w./-]){re.escape(inside)}(?=$|[/\s;\"'*])", lambda _: outside, word)
        return word

    def _listen(self):
        for line in self._child.stdout:
            with self._news:
                self._said.append(line)
                self._news.notify_all()

    def _await(self, ears):
        code = self._child.wait()
        ears.join(timeout=1)  # its last words; a grandchild may hold the pipe for longer
        self._code = code if code >= 0 else 128 - code
        self._folder.cleanup()
        with self._news:
            self._ended.set()
            self._news.notify_all()

    @property
    def pid(self):
        return self._child.pid

    def stop(self, timeout=30, **_):
        if not self._ended.is_set():
            self._child.terminate()
        if not self._ended.wait(timeout):
            self.kill()

    def kill(self, **_):
        self._child.kill()
        self._ended.wait()

    def logs(self, stream=False, **_):
        return self._follow() if stream else b"".join(self._said)

    def _follow(self):
        shown = 0
        while True:
            with self._news:
                self._news.wait_for(lambda: len(self._said) > shown or self._ended.is_set())
                fresh, done = self._said[shown:], self._ended.is_set()
            shown += len(fresh)
            yield from fresh
            if done and not fresh:
                return
