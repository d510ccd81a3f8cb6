"""CloudWatch Logs: `FilterLogEvents` by the beginning of a stream's name, page by page.

Real CloudWatch Logs (API reference, FilterLogEvents): `logStreamNamePrefix` chooses streams; what does not fit into
`limit` comes with `nextToken`.
"""
import json

from ministack.core.responses import json_response
from patches import after_import

_ALL = 10_000


@after_import("services.cloudwatch_logs")
def filter_events(logs):
    plain = logs._filter_log_events

    def answer(request):
        group = logs._log_groups.get(logs._resolve_log_group_name(request))
        if group is None:
            return plain(request)
        prefix, limit = request.get("logStreamNamePrefix"), min(request.get("limit", _ALL), _ALL)
        names = [name for name in group["streams"] if name.startswith(prefix)] if prefix else request.get("logStreamNames")
        if prefix and not names:
            return json_response({"events": [], "searchedLogStreams": []})
        begin = int(request.get("nextToken") or 0)
        status, headers, body = plain({**request, "logStreamNames": names, "limit": _ALL})
        if status != 200:
            return status, headers, body
        told = json.loads(body)
        every = told["events"]
        told["events"] = every[begin:begin + limit]
        if begin + limit < len(every):
            told["nextToken"] = str(begin + limit)
        return json_response(told)

    logs._filter_log_events = answer
