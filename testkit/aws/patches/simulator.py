"""The policy simulator knows what it is told of a request.

Real IAM (API reference, `SimulatePrincipalPolicy`) holds conditions against the values of `ContextEntries`; plain
MiniStack reads the actions and the resource, and nothing else.
"""
import contextvars

from patches import after_import

_told = contextvars.ContextVar("simulated_context", default=None)


@after_import("services.iam")
def entries(iam):
    plain = iam._simulate_principal_policy

    def simulate(p):
        token = _told.set(_entries(iam, p))
        try:
            return plain(p)
        finally:
            _told.reset(token)

    iam._simulate_principal_policy = simulate
    for table in vars(iam).values():
        if isinstance(table, dict) and table.get("SimulatePrincipalPolicy") is plain:
            table["SimulatePrincipalPolicy"] = simulate


@after_import("core.iam_evaluator")
def conditions(evaluator):
    plain = evaluator.evaluate

    def evaluate(ctx, *others, **named):
        told = _told.get()
        if told:
            ctx.service_context.update(told)
        return plain(ctx, *others, **named)

    evaluator.evaluate = evaluate


def _entries(iam, p):
    found, at = {}, 1
    while key := iam._p(p, f"ContextEntries.member.{at}.ContextKeyName"):
        values, nth = [], 1
        while value := iam._p(p, f"ContextEntries.member.{at}.ContextKeyValues.member.{nth}"):
            values.append(value)
            nth += 1
        found[key.lower()] = values[0] if len(values) == 1 else values
        at += 1
    return found
