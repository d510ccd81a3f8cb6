"""ECS: whose token it was.

Real ECS (API reference, ConflictException): `resourceIds` are the tasks that the client token made.
"""
import json

from ministack.core.responses import json_response
from patches import after_import, ecs_run_task


@after_import("services.ecs")
def named(ecs):
    plain = ecs._ACTION_MAP["RunTask"]

    def answer(request):
        status, headers, body = plain(request)
        told = json.loads(body) if status == 400 else {}
        known = ecs_run_task._tokens.get(request.get("clientToken") or "")
        if not known or not str(told.get("__type", "")).endswith("ConflictException"):
            return status, headers, body
        return json_response({**told, "resourceIds": known[0]}, 400)

    ecs._ACTION_MAP["RunTask"] = answer
