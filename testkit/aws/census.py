"""What an account has, counted inside the server: a hundredth of the price of asking for it (inventory.py), and not independent.

Every store of every service is looked through, whether or not anybody has thought of it; what is left out is named here.
"""
import os
import re
import sys

from ministack.core.responses import AccountRegionScopedDict, AccountScopedDict

# What a service remembers of what is gone, or counts; nobody can delete it, and nobody pays for it.
MEMORIES = {
    "dynamodb._txn_idempotency",
    "ecs._tags",  # those of tasks outlive them, as tasks that have stopped are told of for a while
    "ecs._task_def_latest",
    "route53._changes",
}
# What an account has from the beginning is made when somebody first looks: a network, and a service's own defaults.
FROM_THE_BEGINNING = re.compile(r"(acl|igw|rtb|sg|subnet|vpc)-0000000\d|default\..*")


def taken(account):
    """Store to names; no store without a name."""
    found = {}
    for store, items in _stores(account):
        names = sorted(name for key, value in items for name in _names(store, key, value))
        if names and store not in MEMORIES:
            found[store] = names
    return found


def launches(account):
    """Every task that there ever was: `[{"task", "family", "created", "stopped"}]`, in order."""
    tasks = dict(_stores(account)).get("ecs._tasks", [])
    told = [{"task": arn, "family": task["taskDefinitionArn"].rsplit("/", 1)[-1].rsplit(":", 1)[0],
             "created": task["createdAt"], "stopped": task.get("stoppedAt")} for arn, task in tasks]
    return sorted(told, key=lambda task: task["created"])


def _stores(account):
    region = os.environ["MINISTACK_REGION"]
    for module in [module for name, module in list(sys.modules.items()) if name.startswith("ministack.services.")]:
        for name, store in list(vars(module).items()):
            if isinstance(store, AccountRegionScopedDict):
                items = store.items_scoped(account, region)
            elif isinstance(store, AccountScopedDict):
                items = [(key[1], value) for key, value in list(store._data.items()) if key[0] == account]
            else:
                continue
            if items:
                yield f"{module.__name__.rsplit('.', 1)[-1]}.{name}", items


def _names(store, key, value):
    """What one entry is, and what is in it."""
    if FROM_THE_BEGINNING.fullmatch(str(key)):
        return []
    gone = {"ecs._tasks": ("lastStatus", "STOPPED"), "ecs._task_defs": ("status", "DELETE_IN_PROGRESS")}.get(store)
    if gone and value[gone[0]] == gone[1]:
        return []
    inside = {"cloudwatch_logs._log_groups": "streams", "s3._buckets": "objects"}.get(store)
    if inside:
        return [str(key), *(f"{key}/{name}" for name in value.get(inside, {}))]
    if store == "route53._records":
        return [f"{key}/{record['Name']} {record['Type']}" for record in value]
    return [str(key)]
