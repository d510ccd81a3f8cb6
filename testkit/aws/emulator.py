"""The AWS of the tests: MiniStack, made stricter by `patches/`, with tasks that run by `backends/`.

Started by `testkit::aws::Emulator`. Listens at BIND_HOST on a port that the kernel chooses, says
`{"port": N}` on standard output once it answers, and lives until it is killed with its process group. Where containers are to
reach it, it answers at the address that tasks know for credentials, too.
"""
import asyncio
import json
import os
import socket
import sys
from pathlib import Path

# Of ECS: where a task asks for the credentials of its role. An engine of the tests has it on its bridge.
CREDENTIALS = "169.254.170.2"


def main():
    os.setpgid(0, 0)  # tasks are in our group: whoever kills the group leaves nothing behind
    die_with_parent()
    host = os.environ.setdefault("BIND_HOST", "127.0.0.1")
    listeners = [socket.create_server((host, 0), backlog=512)]
    port = listeners[0].getsockname()[1]
    if not host.startswith("127."):
        listeners.append(socket.create_server((CREDENTIALS, port), backlog=512))
    prepare(port)
    import patches

    patches.load()
    from ministack.app import app

    import control

    asyncio.run(serve(control.around(app, ready=lambda: announce(port)), listeners))


def die_with_parent():
    """Kills the group when whoever started us is killed and cannot."""
    import ctypes
    import signal

    signal.signal(signal.SIGTERM, lambda *_: os.killpg(0, signal.SIGKILL))
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def prepare(port):
    """What MiniStack reads from the environment while it is imported."""
    os.environ.update(
        AUTH="true",
        GATEWAY_PORT=str(port),
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
        LOG_LEVEL=os.environ.get("LOG_LEVEL", "WARNING"),
        # An engine that happens to run on this machine is none of ours: see backends/docker.py.
        DOCKER_HOST="unix:///nonexistent/docker.sock",
    )
    os.environ.setdefault("MINISTACK_REGION", "eu-central-1")
    os.environ.setdefault("REFRACTORY_STATE", str(Path.cwd()))
    os.environ.pop("AWS_PROFILE", None)
    raise_limit_of_open_files()


def raise_limit_of_open_files():
    import resource

    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def serve(app, listeners):
    from hypercorn.asyncio import serve as hypercorn
    from hypercorn.config import Config

    config = Config()
    config.bind = [f"fd://{listener.detach()}" for listener in listeners]
    config.keep_alive_timeout = 75
    config.loglevel = "WARNING"
    await hypercorn(app, config, shutdown_trigger=asyncio.Event().wait)


def announce(port):
    print(json.dumps({"port": port}), flush=True)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main()
