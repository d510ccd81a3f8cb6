"""What a policy is held against: the resource a call is about, and what it may be conditional on.

Real IAM (service authorization reference): ECS looks at the task or the task definition, with the cluster as the condition
key `ecs:cluster`; load balancing looks at a rule where one is named, and at the load balancer, listener or target group to
be where none is there yet; EFS looks at an access point where one is named; IAM has the boundary of a user, asked for or
there already, as `iam:PermissionsBoundary`; what is tagged has its tags as `aws:ResourceTag/…`.
"""
import json

from patches import after_import

_OF_TASKS = {"DescribeTasks", "StopTask", "TagResource", "UntagResource", "ListTagsForResource"}
_OF_DEFINITIONS = {"RunTask", "DeleteTaskDefinitions"}
_WIDE = {"RegisterTaskDefinition", "DeregisterTaskDefinition", "DescribeTaskDefinition", "ListTasks",
         "ListTaskDefinitions", "ListTaskDefinitionFamilies"}


@after_import("core.iam_actions")
def resources(actions):
    plain = actions.extract_resource_arn

    def arn(service, method, path, headers, body, query, region, account):
        if service == "ecs":
            found = _ecs(headers, body, region, account)
        elif service == "elasticloadbalancing":
            found = _balancing(actions, query, region, account)
        elif service == "elasticfilesystem":
            found = _files(path, body, region, account)
        elif service == "dynamodb":
            found = _json(body).get("ResourceArn")
        else:
            found = None
        return found or plain(service, method, path, headers, body, query, region, account)

    actions.extract_resource_arn = arn


@after_import("core.iam_actions")
def conditions(actions):
    plain = actions.request_tag_context

    def context(service, action, body, query):
        found = plain(service, action, body, query)
        if service == "ecs":
            found.update(_cluster(body))
        elif service == "iam" and action in ("iam:CreateUser", "iam:PutUserPolicy"):
            found.update(_boundary(actions, action, query))
        return found

    actions.request_tag_context = context


@after_import("core.iam_evaluator")
def transport(evaluator):
    """The tests' loopback stands for TLS: whoever refuses what comes without it does not mean them."""
    plain = evaluator._resolve_condition_key
    evaluator._resolve_condition_key = (
        lambda key, context: "true" if key.lower() == "aws:securetransport" else plain(key, context))


@after_import("services.tagging")
def tags(tagging):
    def balancing():
        from ministack.services import alb

        for arn, found in alb._tags.items():
            yield arn, [{"Key": key, "Value": value} for key, value in found.items()] if isinstance(found, dict) else found

    collectors = tagging._RESOURCE_TAG_COLLECTORS
    collectors["elasticfilesystem"] = tagging._collect_efs
    collectors["elasticloadbalancing"] = balancing


def _ecs(headers, body, region, account):
    action = headers.get("x-amz-target", "").rpartition(".")[2]
    asked = _json(body)
    base = f"arn:aws:ecs:{region}:{account}"
    if action in _WIDE:
        return "*"
    if action in _OF_DEFINITIONS:
        name = asked.get("taskDefinition") or (asked.get("taskDefinitions") or [""])[0]
        if name.startswith("arn:"):
            return name
        return f"{base}:task-definition/{name if ':' in name else name + ':1'}"
    if action in _OF_TASKS:
        name = asked.get("task") or asked.get("resourceArn") or (asked.get("tasks") or [""])[0]
        if name.startswith("arn:"):
            return name
        return f"{base}:task/{_short(asked.get('cluster', 'default'))}/{name}"
    return None


def _cluster(body):
    from ministack.core.responses import get_account_id, get_region

    cluster = _json(body).get("cluster")
    if not isinstance(cluster, str):
        return {}
    return {"ecs:cluster": f"arn:aws:ecs:{get_region()}:{get_account_id()}:cluster/{_short(cluster)}"}


def _balancing(actions, query, region, account):
    action = actions._query_param(query, "Action")
    base = f"arn:aws:elasticloadbalancing:{region}:{account}"
    if action.startswith("Describe"):
        return "*"
    if action == "CreateTargetGroup":
        return f"{base}:targetgroup/{actions._query_param(query, 'Name')}/0"
    if action == "CreateLoadBalancer":
        return f"{base}:loadbalancer/app/{actions._query_param(query, 'Name')}/0"
    for member in ("RuleArn", "ResourceArns.member.1"):
        found = actions._query_param(query, member)
        if found:
            return found
    return None


def _files(path, body, region, account):
    base = f"arn:aws:elasticfilesystem:{region}:{account}"
    parts = [part for part in path.split("/") if part]
    if parts[-1:] == ["access-points"]:
        system = _json(body).get("FileSystemId")
        return f"{base}:file-system/{system}" if system else f"{base}:access-point/*"
    if parts[-1:] == ["file-systems"]:
        return f"{base}:file-system/*"
    if parts[-1:] == ["mount-targets"]:
        return f"{base}:file-system/{_json(body).get('FileSystemId', '*')}"
    if "resource-tags" in parts or "tags" in parts:
        name = parts[-1]
        return f"{base}:{'access-point' if name.startswith('fsap-') else 'file-system'}/{name}"
    return None


def _boundary(actions, action, query):
    from ministack.services import iam

    asked = actions._query_param(query, "PermissionsBoundary")
    if action == "iam:PutUserPolicy":
        asked = (iam._users.get(actions._query_param(query, "UserName")) or {}).get("PermissionsBoundary")
    return {"iam:PermissionsBoundary": asked} if asked else {}


def _short(cluster):
    return cluster.rpartition("/")[2]


def _json(body):
    try:
        read = json.loads(body or b"{}")
    except (ValueError, UnicodeDecodeError):
        return {}
    return read if isinstance(read, dict) else {}
