"""The tests' own door, beside AWS's: `/_refractory/<what>/<account>`.

| request | effect |
|---|---|
| `PUT switches` | see switches.py |
| `GET switches` | the same, with the counts left |
| `PUT images` | `{"<image>": {"argv": [..], "env": {..}} or null}`: what runs as that image; null runs nothing |
| `PUT backend` | `{"docker": "unix:///.."}`: tasks are containers of that engine; `{}`: local processes |
| `GET tasks` | the tasks' processes: `[{"task", "container", "image", "address", "pid", "mounts", "environment"}]` |
| `GET census` | what there is, by store: see census.py |
| `GET launches` | every task that there ever was, as `[{"task", "family", "created", "stopped"}]` |
"""
import json

import backends
import census
import switches

PREFIX = "/_refractory/"


def around(app, ready):
    """`app`, with the door in front; `ready` is called once the server answers."""

    async def outer(scope, receive, send):
        if scope["type"] == "lifespan":
            await app(scope, receive, _noticing(send, ready))
        elif scope["type"] == "http" and scope["path"].startswith(PREFIX):
            await _answer(scope, receive, send)
        else:
            await app(scope, receive, send)

    return outer


def _noticing(send, ready):
    async def noticing(message):
        await send(message)
        if message["type"] == "lifespan.startup.complete":
            ready()

    return noticing


async def _answer(scope, receive, send):
    try:
        body = json.loads(await _body(receive) or b"{}")
        status, answer = 200, _do(scope["method"], scope["path"][len(PREFIX):], body)
    except (ValueError, KeyError, TypeError) as error:
        status, answer = 400, {"error": str(error)}
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": json.dumps(answer).encode()})


async def _body(receive):
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


def _do(method, path, body):
    what, account = path.split("/")
    routes = {
        ("PUT", "switches"): lambda: switches.set_all(account, body),
        ("GET", "switches"): lambda: switches.get_all(account),
        ("PUT", "images"): lambda: backends.set_images(account, body),
        ("PUT", "backend"): lambda: backends.choose(account, body),
        ("GET", "tasks"): lambda: backends.tasks(account),
        ("GET", "census"): lambda: census.taken(account),
        ("GET", "launches"): lambda: census.launches(account),
    }
    if (method, what) not in routes:
        raise ValueError(f"no such request: {method} {what}")
    return routes[method, what]()
