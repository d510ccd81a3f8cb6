"""What schemathesis cannot read in the schema: what texts of a format look like, and who asks."""
import itertools
import os

import schemathesis
from hypothesis import strategies as st


def text(pattern: str) -> st.SearchStrategy[str]:
    return st.from_regex(pattern, fullmatch=True)


FORMATS = {
    "label": text(r"[A-Za-z0-9]([A-Za-z0-9 ._-]{0,40}[A-Za-z0-9])?"),
    "instance-name": text(r"t[a-z0-9]{1,30}"),
    "group-name": text(r"g[a-z0-9]{1,30}"),
    "mail-address": text(r"[a-z0-9]{1,20}@[a-z0-9]{1,20}\.example"),
    "locale": text(r"[a-z]{2}(-[A-Z]{2})?"),
    "user-name": text(r"[a-z0-9][a-z0-9._-]{0,30}"),
    "license-key": text(r"[A-Z1-9]{4}(-[A-Z1-9]{4}){5}"),
    "language": text(r"[a-z]{2}\.[a-z]{1,20}"),
    "world": text(r"[a-z0-9][a-z0-9-]{0,40}"),
    # What these name has to be there.
    "release": st.just("newest"),
    "license": st.sampled_from(["any", "not-needed"]),
    "owner": st.just("api0"),
    "user": st.just("api0"),
    "grantee": st.sampled_from(["signed-in", "user:api0"]),
    "cursor": st.just("610061"),
    "log-position": st.just("0"),
    "entity-tag": st.just("*"),
}

for name, strategy in FORMATS.items():
    schemathesis.openapi.format(name, strategy)


# Each user has a rate: many of them are as fast as the server.
TOKENS = itertools.cycle(os.environ["REFRACTORY_TOKENS"].split())


@schemathesis.hook
def filter_case(context, case):
    """Those who ask stay who they are, or the rest would be asked by no one; and no text is wrong for its format alone."""
    # What a format looks like is said above, for data that is accepted; a text of another form need not be wrong.
    if "`format`" in repr(case.meta):
        return False
    name = str((case.path_parameters or {}).get("name", "")).strip().lower()
    return not (case.method != "GET" and name.startswith("api"))


@schemathesis.serializer("application/zip")
def archive(context, value):
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.auth()
class Token:
    def get(self, case, context):
        return next(TOKENS)

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data}"
