"""ECS: a task with a role has that role's credentials, and one without has none.

Real ECS (developer guide, "Task IAM role"): the agent answers at 169.254.170.2 to who knows the task's own path
(AWS_CONTAINER_CREDENTIALS_RELATIVE_URI) with keys of a session of `taskRoleArn`, for as long as the task runs. Plain MiniStack
hands out keys that it does not know itself. Here the path comes with its port (AWS_CONTAINER_CREDENTIALS_FULL_URI), because
several emulators share the address; a task that is a local process asks on the loopback. Policies hold for the session as for
the role.
"""
import os
import secrets as random
import time

from ministack.core.responses import get_account_id, get_region, json_response, request_scope
from patches import after_import

_HOURS = 6
_PLACE, _WORD = "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN"
_issued = {}


@after_import("services.ecs")
def place(ecs):
    plain = ecs._register_metadata

    def register(task, cluster, definition, container, launch_type, env, *arguments, **named):
        token = plain(task, cluster, definition, container, launch_type, env, *arguments, **named)
        env.pop(_PLACE, None)
        word = env.pop(_WORD, None)
        if definition.get("taskRoleArn"):
            path = f"/v2/credentials/{random.token_urlsafe(16)}"
            _issued[path] = get_account_id(), get_region(), definition["taskRoleArn"], task, word
            env[_PLACE], env[_WORD] = f"http://{_host()}:{os.environ['GATEWAY_PORT']}{path}", word
        return token

    ecs._register_metadata = register


def _host():
    here = os.environ["BIND_HOST"]
    return here if here.startswith("127.") else "169.254.170.2"


@after_import("services.imds")
def credentials(imds):
    plain = imds.handle_request

    async def handle(method, path, headers, body, query):
        if not path.startswith("/v2/credentials/"):
            return await plain(method, path, headers, body, query)
        told = {name.lower(): value for name, value in headers.items()}
        account, region, role, task, word = _issued.get(path, (None,) * 5)
        if account is None or told.get("authorization") != word:
            return json_response({"code": "InvalidIdInRequest", "message": "CredentialsV2Request: Credentials not found"}, 400)
        with request_scope(account, region):
            return _session(role, task)

    imds.handle_request = handle


def _session(role, task):
    from ministack.services import ecs, sts

    known = ecs._tasks.get(task) or {}
    if known.get("lastStatus", "STOPPED") == "STOPPED":
        return json_response({"code": "InvalidIdInRequest", "message": "The task has stopped"}, 400)
    name, session, until = role.rsplit("/", 1)[-1], task.rsplit("/", 1)[-1], time.time() + _HOURS * 3600
    key, secret, token = sts._gen_session_access_key(), sts._gen_secret(), sts._gen_session_token()
    sts.register_session(key, {
        "Arn": f"arn:aws:sts::{get_account_id()}:assumed-role/{name}/{session}",
        "UserId": f"{sts._role_id(role)}:{session}",
        "SecretAccessKey": secret,
        "SessionToken": token,
        "Expiration": until,
        "AccountId": get_account_id(),
        "PrincipalType": "AssumedRole",
    })
    expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(until))
    return json_response({"RoleArn": role, "AccessKeyId": key, "SecretAccessKey": secret, "Token": token, "Expiration": expires})
