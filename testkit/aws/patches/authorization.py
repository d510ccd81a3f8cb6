"""Who may do what, where MiniStack is too lax or too strict.

Real IAM (user guide, "How IAM works" and "Granting a user permissions to pass a role"; service authorization
reference): a new key is refused for some seconds, as an unknown one is; the ARN of a user or role holds its path; whoever registers or runs a
task definition must be allowed to pass its roles to ecs-tasks.amazonaws.com.
"""
import json

import switches
from patches import after_import


@after_import("core.iam_evaluator")
def fresh_keys(evaluator):
    plain = evaluator.authenticate

    def authenticate(key, account):
        request = evaluator._signed_request.get()
        if request is not None and request.access_key_id == key and switches.still_new("fresh_key_refusals", key):
            evaluator._signed_request.set(None)
            unknown = evaluator._unknown_access_key()
            return evaluator.AuthError(unknown.code, unknown.message)
        return plain(key, account)

    evaluator.authenticate = authenticate


@after_import("core.iam_actions")
def paths(actions):
    plain = actions.extract_resource_arn

    def arn(service, method, path, headers, body, query, region, account):
        found = plain(service, method, path, headers, body, query, region, account)
        return _with_path(found, actions._query_param(query, "Path")) if service == "iam" else found

    actions.extract_resource_arn = arn


def _with_path(arn, path):
    """`arn` of a user or role, with its path: the one that it has, or is about to be given."""
    from ministack.services import iam

    prefix, _, name = arn.rpartition("/")
    kind = prefix.rpartition(":")[2]
    known = {"user": iam._users, "role": iam._roles}.get(kind)
    if known is None:
        return arn
    if name in known:
        return known[name]["Arn"]
    return f"{prefix}{path}{name}" if path else arn


@after_import("services.ecs")
def pass_role(ecs):
    plain = ecs.handle_request

    async def handle(method, path, headers, body, query):
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        if action in ("RegisterTaskDefinition", "RunTask"):
            refusal = _may_pass(ecs, headers, query, _roles(ecs, json.loads(body or b"{}")))
            if refusal:
                return refusal
        return await plain(method, path, headers, body, query)

    ecs.handle_request = handle


def _roles(ecs, request):
    definition = ecs._task_defs.get(ecs._resolve_td_key(request.get("taskDefinition", ""))) or {}
    places = (request, request.get("overrides") or {}, definition)
    return sorted({place[role] for place in places for role in ("taskRoleArn", "executionRoleArn") if place.get(role)})


def _may_pass(_ecs, headers, query, roles):
    from ministack.core.iam_actions import access_denied_response
    from ministack.core.iam_evaluator import AuthError, enforce
    from ministack.core.responses import get_region, new_uuid
    from ministack.core.router import extract_access_key_id

    key = extract_access_key_id(headers, query)
    for role in roles:
        denied = enforce(key, "iam:PassRole", "iam", get_region(), resource_arn=role,
                         service_context={"iam:PassedToService": "ecs-tasks.amazonaws.com"})
        if denied and not isinstance(denied, AuthError):
            return access_denied_response("ecs", "iam:PassRole", denied.principal_arn, new_uuid(), headers=headers,
                                          resource_arn=role, explicit_deny=denied.decision == "Deny",
                                          resource_policy_arn=denied.resource_policy_arn)
    return None
