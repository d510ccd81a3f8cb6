"""Elastic Load Balancing: what is in use, what is not there, and how much there may be.

Real ELB (API reference, errors of each action; user guide, "Quotas for your Application Load Balancers"): 100 rules and
100 target groups for each load balancer, priorities from 1 to 50000 and each once, a port once for each load balancer; five values
in all conditions of a rule, regular expressions of paths (`RegexValues`) of 128 characters, without look-around and back references.
"""
import re
import socket

import switches
from patches import after_import

MOST_RULES = 100
MOST_GROUPS = 100
MOST_VALUES = 5
LONGEST_VALUE = 128


@after_import("services.alb")
def rules(alb):
    create, delete, order = (alb._ACTION_MAP[name] for name in ("CreateRule", "DeleteRule", "SetRulePriorities"))

    def create_rule(request):
        refusal = _refusal_of_rule(alb, request)
        return alb._error(*refusal) if refusal else create(request)

    def delete_rule(request):
        if alb._p(request, "RuleArn") not in alb._rules:
            return alb._error("RuleNotFound", "One or more rules not found")
        return delete(request)

    def set_priorities(request):
        wanted = dict(_pairs(alb, request))
        for arn, priority in wanted.items():
            if arn not in alb._rules:
                return alb._error("RuleNotFound", "One or more rules not found")
            others = [rule for other, rule in alb._rules.items() if other not in wanted
                      and rule["ListenerArn"] == alb._rules[arn]["ListenerArn"]]
            if any(str(rule["Priority"]) == priority for rule in others):
                return alb._error("PriorityInUse", f"Priority '{priority}' is currently in use")
        return order(request)

    alb._ACTION_MAP.update(CreateRule=create_rule, DeleteRule=delete_rule, SetRulePriorities=set_priorities)


@after_import("services.alb")
def expressions(alb):
    """Paths that are given as regular expressions."""
    parse, show, match = alb._parse_conditions, alb._condition_xml, alb._match_condition

    def parse_conditions(request, prefix="Conditions"):
        conditions = parse(request, prefix)
        for number, condition in enumerate(conditions, 1):
            found = list(_members(alb, request, f"{prefix}.member.{number}.PathPatternConfig.RegexValues"))
            if found:
                condition["RegexValues"] = found
        return conditions

    def condition_xml(condition):
        text = show(condition)
        members = "".join(f"<member>{alb._esc(value)}</member>" for value in condition.get("RegexValues", []))
        return text.replace("</PathPatternConfig>", f"<RegexValues>{members}</RegexValues></PathPatternConfig>") if members else text

    def match_condition(condition, method, path, headers, query):
        if any(re.search(value, path) for value in condition.get("RegexValues", [])):
            return True
        return match(condition, method, path, headers, query)

    alb._parse_conditions, alb._condition_xml, alb._match_condition = parse_conditions, condition_xml, match_condition


def _members(alb, request, prefix):
    number = 1
    while value := alb._p(request, f"{prefix}.member.{number}"):
        yield value
        number += 1


def _values(condition):
    return condition.get("Values", []) + condition.get("RegexValues", [])


def _pairs(alb, request):
    number = 1
    while arn := alb._p(request, f"RulePriorities.member.{number}.RuleArn"):
        yield arn, alb._p(request, f"RulePriorities.member.{number}.Priority")
        number += 1


def _refusal_of_rule(alb, request):
    listener = alb._p(request, "ListenerArn")
    if listener not in alb._listeners:
        return None
    priority = alb._p(request, "Priority", "")
    if not priority.isdigit() or not 1 <= int(priority) <= 50000:
        return "ValidationError", f"Priority '{priority}' must be in the range 1-50000"
    rules = [rule for rule in alb._rules.values() if rule["ListenerArn"] == listener]
    if any(str(rule["Priority"]) == priority for rule in rules):
        return "PriorityInUse", f"Priority '{priority}' is currently in use"
    conditions = alb._parse_conditions(request)
    if sum(len(_values(one)) for one in conditions) > MOST_VALUES:
        return "ValidationError", f"A rule can only have '{MOST_VALUES}' condition values"
    if any(len(value) > LONGEST_VALUE for one in conditions for value in _values(one)):
        return "ValidationError", f"A condition value can be at most '{LONGEST_VALUE}' characters in length"
    balancer = alb._listeners[listener]["LoadBalancerArn"]
    if sum(not rule["IsDefault"] for rule in _rules_of(alb, balancer)) >= MOST_RULES:
        return "TooManyRules", f"The maximum number of rules on load balancer '{balancer}' has been reached"
    return _refusal_of_groups(alb, balancer, _groups(alb._parse_actions(request, "Actions")))


def _refusal_of_groups(alb, balancer, groups):
    for group in groups:
        if group not in alb._tgs:
            return "TargetGroupNotFound", f"Target groups '{group}' not found"
        others = [other for other in _balancers_of(alb, group) if other != balancer]
        if others:
            return ("TargetGroupAssociationLimit",
                    f"The following target groups cannot be associated with more than one load balancer: {group}")
    used = {group for rule in _rules_of(alb, balancer) for group in _groups(rule["Actions"])}
    if len(used | groups) > MOST_GROUPS:
        return ("TooManyUniqueTargetGroupsPerLoadBalancer",
                f"The maximum number of unique target groups for load balancer '{balancer}' has been reached")
    return None


def _rules_of(alb, balancer):
    return [rule for rule in alb._rules.values()
            if alb._listeners.get(rule["ListenerArn"], {}).get("LoadBalancerArn") == balancer]


def _balancers_of(alb, group):
    return {alb._listeners[rule["ListenerArn"]]["LoadBalancerArn"] for rule in alb._rules.values()
            if rule["ListenerArn"] in alb._listeners and group in _groups(rule["Actions"])}


def _groups(actions):
    direct = {action["TargetGroupArn"] for action in actions if action.get("TargetGroupArn")}
    shared = {group["TargetGroupArn"] for action in actions
              for group in (action.get("ForwardConfig") or {}).get("TargetGroups", []) if group.get("TargetGroupArn")}
    return direct | shared


@after_import("services.alb")
def target_groups(alb):
    create, delete = alb._ACTION_MAP["CreateTargetGroup"], alb._ACTION_MAP["DeleteTargetGroup"]

    def create_group(request):
        name = alb._p(request, "Name")
        if not re.fullmatch(r"(?!-)[A-Za-z0-9-]{1,32}(?<!-)", name):
            return alb._error("ValidationError", f"Target group name '{name}' must be 1 to 32 letters, digits or hyphens, and "
                                                 "must not begin or end with a hyphen")
        return create(request)

    def delete_group(request):
        group = alb._p(request, "TargetGroupArn")
        if any(group in _groups(rule["Actions"]) for rule in alb._rules.values()):
            return alb._error("ResourceInUse", f"Target group '{group}' is currently in use by a listener or a rule")
        return delete(request)

    alb._ACTION_MAP.update(CreateTargetGroup=create_group, DeleteTargetGroup=delete_group)


@after_import("services.alb")
def listeners(alb):
    create = alb._ACTION_MAP["CreateListener"]

    def create_listener(request):
        balancer, port = alb._p(request, "LoadBalancerArn"), alb._p(request, "Port", "80")
        if any(other["LoadBalancerArn"] == balancer and str(other["Port"]) == port for other in alb._listeners.values()):
            return alb._error("DuplicateListener", "A listener already exists on this port for this load balancer")
        return create(request)

    alb._ACTION_MAP["CreateListener"] = create_listener


@after_import("services.alb")
def health(alb):
    """A target is `initial` at first, and healthy while something listens there. Only loopback addresses are looked at:
    others are made up by tests that have no tasks."""
    register, describe = alb._ACTION_MAP["RegisterTargets"], alb._ACTION_MAP["DescribeTargetHealth"]

    def register_targets(request):
        group = alb._p(request, "TargetGroupArn")
        for target in alb._parse_targets_param(request):
            switches.born("unhealthy", (group, target["Id"]))
        return register(request)

    def describe_health(request):
        status, headers, body = describe(request)
        group = alb._p(request, "TargetGroupArn")
        for target in alb._targets.get(group, []) if status == 200 else []:
            state = _state(group, target["Id"], int(target.get("Port") or alb._tgs[group]["Port"]))
            body = _told(body, target["Id"], state)
        return status, headers, body

    alb._ACTION_MAP.update(RegisterTargets=register_targets, DescribeTargetHealth=describe_health)


def _state(group, address, port):
    if switches.still_new("unhealthy", (group, address)):
        return "initial"
    if not address.startswith("127."):
        return "healthy"
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return "healthy" if probe.connect_ex((address, port)) == 0 else "unhealthy"


_REASONS = {
    "healthy": b"",
    "initial": b"<Reason>Elb.RegistrationInProgress</Reason><Description>Target registration is in progress</Description>",
    "unhealthy": b"<Reason>Target.FailedHealthChecks</Reason><Description>Health checks failed</Description>",
}


def _told(body, address, state):
    pattern = rb"(<Id>" + re.escape(address.encode()) + rb"</Id>.*?<TargetHealth><State>)healthy(</State>)"
    body = re.sub(pattern, lambda found: found[1] + state.encode() + found[2] + _REASONS[state], body, count=1, flags=re.S)
    return body.replace(b"<HealthStatus>healthy</HealthStatus>", b"")
