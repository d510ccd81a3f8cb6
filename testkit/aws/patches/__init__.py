"""What AWS does and MiniStack does not: one file for each area, each applied when its service is first imported.

A patch is a function marked `@after_import("services.ecs")`; it gets the module `ministack.services.ecs` and may replace
what it likes there. Nothing is imported for its sake, so a server starts no slower for having many.
"""
import importlib
import importlib.abc
import importlib.util
import pkgutil
import sys
import threading

_waiting = {}


def after_import(part):
    """Applies the function to the module `ministack.<part>` when that is first imported."""

    def mark(patch):
        name = f"ministack.{part}"
        if name in sys.modules:
            patch(sys.modules[name])
        else:
            _waiting.setdefault(name, []).append(patch)
        return patch

    return mark


def load():
    """Reads every file beside this one, and waits for the services they name."""
    sys.meta_path.insert(0, _Finder())
    for found in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{found.name}")


class _Finder(importlib.abc.MetaPathFinder):
    """Finds a service as everybody does, and lets its patches follow its own code."""

    def __init__(self):
        self._busy = threading.local()

    def find_spec(self, name, path=None, target=None):
        if name not in _waiting or getattr(self._busy, "name", None) == name:
            return None
        self._busy.name = name
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self._busy.name = None
        if spec is not None:
            spec.loader = _Patching(spec.loader, _waiting.pop(name))
        return spec


class _Patching(importlib.abc.Loader):
    def __init__(self, loader, patches):
        self._loader, self._patches = loader, patches

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        self._loader.exec_module(module)
        for patch in self._patches:
            patch(module)

    def __getattr__(self, name):
        return getattr(self._loader, name)
