"""Who runs an account's tasks: local processes, or containers of an engine that the tests have started."""
import threading

from ministack.core.responses import get_account_id

from . import docker, process

_lock = threading.Lock()
_engines = {}


def engine():
    """What stands in for the Docker client in the account whose request this is."""
    return _engine_of(get_account_id())


def _engine_of(account):
    with _lock:
        if account not in _engines:
            _engines[account] = process.Engine(account)
        return _engines[account]


def choose(account, wanted):
    """Runs the account's tasks in the engine at `wanted["docker"]`, or as processes."""
    chosen = docker.engine(wanted["docker"]) if wanted.get("docker") else process.Engine(account)
    with _lock:
        _engines[account] = chosen


def set_images(account, images):
    """Says what runs as which image in the account."""
    for image, program in images.items():
        if program is not None and not isinstance(program["argv"], list):
            raise ValueError(f"`argv` of {image} is not a list")
    _processes(account).images.update(images)


def tasks(account):
    """The account's processes that run now."""
    return _processes(account).running()


def _processes(account):
    engine = _engine_of(account)
    if not isinstance(engine, process.Engine):
        raise ValueError("this account's tasks are containers")
    return engine
