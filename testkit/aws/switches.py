"""What a test asks of its account: weather that AWS has and an emulator has not. All of it per account.

| switch | effect |
|---|---|
| `missing` | `DescribeTasks` says MISSING of each new task this many times |
| `fresh_key_refusals` | each new IAM access key is refused this many times before it is known |
| `no_capacity` | list of `{"times": n, "zone": .., "subnet": .., "provider": ..}`: `RunTask` finds no capacity there |
| `broken_starts` | this many tasks stop with `ResourceInitializationError` instead of starting |
| `slow_starts` | seconds for which each new task stays PROVISIONING |
| `unhealthy` | `DescribeTargetHealth` says `initial` of each new target this many times |
"""
import threading

from ministack.core.responses import get_account_id

DEFAULTS = {
    "missing": 0,
    "fresh_key_refusals": 0,
    "no_capacity": [],
    "broken_starts": 0,
    "slow_starts": 0,
    "unhealthy": 0,
}

_lock = threading.Lock()
_switches = {}
_counted = {}


def set_all(account, wanted):
    """Sets the account's switches; what is not named goes back to its default."""
    unknown = set(wanted) - set(DEFAULTS)
    if unknown:
        raise ValueError(f"no such switch: {', '.join(sorted(unknown))}; there are {', '.join(DEFAULTS)}")
    with _lock:
        _switches[account] = {**DEFAULTS, **wanted}


def get_all(account):
    """The account's switches, with the counts that are left."""
    with _lock:
        return dict(_switches.get(account, DEFAULTS))


def value(name):
    """The switch `name` of the account whose request this is."""
    with _lock:
        return _switches.get(get_account_id(), DEFAULTS)[name]


def take(name):
    """Counts the switch `name` down; false once there is nothing left of it."""
    with _lock:
        mine = _switches.get(get_account_id())
        if not mine or mine[name] <= 0:
            return False
        mine[name] -= 1
        return True


def born(name, thing):
    """Says that `thing` is new, so that the switch `name` holds for it from now on."""
    with _lock:
        times = _switches.get(get_account_id(), DEFAULTS)[name]
        if times > 0:
            _counted[get_account_id(), name, thing] = times


def still_new(name, thing):
    """True as often as the switch `name` said when `thing` was born."""
    key = (get_account_id(), name, thing)
    with _lock:
        left = _counted.get(key, 0)
        if left > 0:
            _counted[key] = left - 1
        return left > 0


def capacity_refused(zones, subnets, provider):
    """Whether a rule of `no_capacity` stands against every place that was asked for; counts the rules used."""
    with _lock:
        rules = [rule for rule in _switches.get(get_account_id(), DEFAULTS)["no_capacity"]
                 if rule["times"] > 0 and rule.get("provider") in (None, provider)]
        used = []
        for place in zip(subnets, zones) if subnets else [(None, None)]:
            against = next((rule for rule in rules if _stands_against(rule, *place)), None)
            if against is None:
                return False
            used.append(against)
        for rule in {id(rule): rule for rule in used}.values():
            rule["times"] -= 1
        return True


def _stands_against(rule, subnet, zone):
    return rule.get("subnet") in (None, subnet) and rule.get("zone") in (None, zone)
