"""Asks every operation with something that is there, and holds each answer to the description: statuses, forms, headers.

responses.py URL DATA: of a fresh deployment with the demo's table, and its data folder. Ends with an error where an operation was never answered well.
"""
import os
import sys
import time
from pathlib import Path

import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]

# Operations that nothing here can be answered well: a machine is not lost, no license is waited for, uploads need no key on
# one machine, and the vendor's site is not asked.
ELSEWHERE = {"assumeLost", "takeLicense", "rotateAssetCredentials", "fetchRelease"}

TOKENS = os.environ["REFRACTORY_TOKENS"].split()
SCHEMA = schemathesis.openapi.from_url(f"{sys.argv[1]}/api/openapi.json")
SCHEMA.config.update(base_url=sys.argv[1])
ANSWERED = set()
ASKED = 0


@schemathesis.serializer("application/zip")
def archive_as_it_is(context, value):
    return value


def ask(name, wanted=None, *, body=None, at=None, query=None, headers=None):
    """Asks an operation, and checks what it answers. `wanted` is the status; any good one where it is left out."""
    global ASKED
    ASKED += 1
    operation = SCHEMA.find_operation_by_id(name)
    parts = {"path_parameters": at or {}, "query": query or {}, "headers": dict(headers or {})}
    # Each caller has a rate.
    parts["headers"]["Authorization"] = f"Bearer {TOKENS[ASKED % len(TOKENS)]}"
    if body is not None:
        kinds = [name for name in ("application/merge-patch+json", "application/json") if name in media_types(operation)]
        parts |= {"body": body, "media_type": kinds[0] if kinds else next(iter(media_types(operation)))}
    case = operation.Case(**parts)
    answer = case.call()
    case.validate_response(answer, checks=CHECKS)
    status = answer.status_code
    if status != wanted if wanted else not 200 <= status < 300:
        sys.exit(f"{name} {at or ''}: {status} {answer.text}")
    if 200 <= status < 300:
        ANSWERED.add(name)
    return answer


def as_read(answer):
    return {"If-Match": answer.headers["etag"][0]}


def media_types(operation):
    return operation.definition.raw["requestBody"]["content"]


def until(name, at, done):
    for _ in range(600):
        found = ask(name, at=at).json()
        if done(found):
            return found
        time.sleep(0.2)
    sys.exit(f"{name} {at}: {found}")


def ended(answer):
    found = until("getOperation", {"id": answer.json()["id"]}, lambda it: it["ended_at"] is not None)
    if found["state"] != "succeeded":
        sys.exit(f"{found}")
    return found


def instances():
    made = ask("createInstance", 201, body={"title": "Friday Night", "access": {"view": ["signed-in"]}}).json()
    at = {"name": made["name"]}
    read = ask("getInstance", at=at)
    ask("changeInstance", at=at, body={"title": "Friday", "limits": {"memory": None}}, headers=as_read(read))
    ask("changeInstance", 412, at=at, body={"title": "Late"}, headers=as_read(read))
    ask("changeInstance", 422, at=at, body={"access": {"view": ["user:nobody"]}})
    ask("listInstances", query={"limit": 1})
    ask("listInstanceEvents", at=at)
    ask("deleteInstance", 412, at=at, query={"confirm": at["name"]}, headers=as_read(read))
    ask("deleteInstance", 202, at=at, query={"confirm": at["name"]})
    ask("getInstance", 404, at={"name": "nowhere"})


def lives():
    demo = {"name": "demo"}
    until("getInstance", demo, lambda it: it["phase"] == "on")
    ask("readInstanceLog", at=demo, query={"limit": 5})
    ask("restartInstance", 202, at=demo, query={"force": "true"})
    until("getInstance", demo, lambda it: it["phase"] == "on")
    ask("stopInstance", 202, at=demo, query={"now": "true", "force": "true"})
    until("getInstance", demo, lambda it: it["phase"] == "off")
    # Without a world, it opens Foundry's setup.
    ask("changeInstance", at=demo, body={"world": None})
    ask("startInstance", 202, at=demo)
    until("getInstance", demo, lambda it: it["phase"] == "on")
    ask("createSetupLink", 201, at=demo)
    ask("stopInstance", 202, at=demo, query={"now": "true", "force": "true"})
    until("getInstance", demo, lambda it: it["phase"] == "off")


def backups():
    demo = {"name": "demo"}
    at = {"id": ended(ask("createBackup", 202, at=demo, body={}))["backup"]}
    ask("getBackup", at=at)
    ended(ask("verifyBackup", 202, at=at))
    ask("restoreBackup", 422, at=at, body={"confirm": "no"})
    restored = ask("restoreBackup", 202, at=at, body={"into": "demo", "confirm": "demo"})
    ended(restored)
    ask("cancelOperation", 409, at={"id": restored.json()["id"]})
    ask("listBackups", at=demo)
    ask("listOrphanedBackups")
    ask("listOperations", query={"limit": 1})
    ask("listInstanceOperations", at=demo)
    ended(ask("deleteBackup", 202, at=at))
    ask("getBackup", 404, at=at)
    # One that is held back by another can be canceled for as long as it waits.
    for _ in range(20):
        asked = ask("createBackup", 202, at=demo, body={"stop": True}).json()["id"]
        case = SCHEMA.find_operation_by_id("cancelOperation").Case(
            path_parameters={"id": asked}, headers={"Authorization": f"Bearer {TOKENS[0]}"}
        )
        answer = case.call()
        case.validate_response(answer, checks=CHECKS)
        until("getOperation", {"id": asked}, lambda it: it["ended_at"] is not None)
        if answer.status_code == 202:
            ANSWERED.add("cancelOperation")
            return
    sys.exit("no backup was canceled before it was done")


def groups():
    crew, jane = {"name": "crew"}, {"name": "crew", "user": "jane"}
    ask("addUser", 201, body={"name": "jane", "role": "player"})
    ask("createGroup", 201, body={"name": "crew"})
    read = ask("getGroup", at=crew)
    ask("setMember", 201, at=jane, body={"administrator": True})
    ask("setMember", 200, at=jane, body={})
    ask("getMember", at=jane)
    ask("listMembers", at=crew)
    ask("changeInstance", at={"name": "demo"}, body={"access": {"view": ["group:crew"], "game_master": ["user:jane"]}})
    ask("listGroupInstances", at=crew)
    ask("changeGroup", 412, at=crew, body={"name": "late"}, headers=as_read(read))
    ask("changeGroup", at=crew, body={"name": "others"})
    ask("listGroups")
    others = {"name": "others"}
    ask("removeMember", 204, at=jane | others)
    ask("removeMember", 404, at=jane | others)
    ask("deleteGroup", 422, at=others, query={"confirm": "crew"})
    ask("deleteGroup", 204, at=others, query={"confirm": "others"})


def users():
    jane = {"name": "jane"}
    ask("listUsers", query={"limit": 1})
    read = ask("getUser", at=jane)
    body = {"role": "game-master", "email": "jane@example.com", "locale": "en", "state": "disabled"}
    ask("changeUser", at=jane, body=body, headers=as_read(read))
    ask("changeUser", at=jane, body={"state": "active", "email": None})
    ask("createSignInLink", 201, at=jane)
    ask("signOutUser", at=jane)
    token = ask("createToken", 201, body={"name": "lights", "user": "jane", "expires_in": None}).json()
    ask("listTokens", query={"user": "jane"})
    ask("getToken", at={"id": token["id"]})
    ask("revokeToken", 204, at={"id": token["id"]})
    ask("removeUser", 204, at=jane)


def stock():
    club = {"name": "Club"}
    ask("addLicense", 201, body={"name": "Club", "key": "ABCD-EFGH-IJKL-MNOP-QRST-1239"})
    ask("getLicense", at=club)
    ask("acceptEula", at=club, body={"accept": True})
    ask("changeLicense", at=club, body={"name": "Second"})
    ask("listLicenses")
    ask("removeLicense", 204, at={"name": "Second"})
    release = ask("listReleases").json()["items"][0]
    ask("getRelease", at={"name": release["id"]})
    ask("removeRelease", 409, at={"name": release["id"]})
    ask("deleteInstance", 202, at={"name": "demo"}, query={"confirm": "demo"})
    for _ in range(600):
        left = [it["name"] for it in ask("listInstances").json()["items"]]
        if "demo" not in left:
            break
        time.sleep(0.2)
    archive = (Path(sys.argv[2]) / "releases" / f"{release['id']}.zip").read_bytes()
    ask("removeRelease", 204, at={"name": release["id"]})
    ask("uploadRelease", 201, body=archive)


def deployment():
    for name in ("getStatus", "listWorkers", "listDamagedRecords", "listEvents", "getSession"):
        ask(name)
    session = ask("openSession", 201, body={"name": "api0", "password": "correct horse battery staple 0"}).json()
    ask("closeSession", 409)
    case = SCHEMA.find_operation_by_id("closeSession").Case(headers={"Authorization": f"Bearer {session['token']}"})
    answer = case.call()
    case.validate_response(answer, checks=CHECKS)
    if answer.status_code == 204:
        ANSWERED.add("closeSession")


for part in (instances, lives, backups, groups, users, deployment, stock):
    part()
known = {operation.ok().definition.raw["operationId"] for operation in SCHEMA.get_all_operations()}
missing = known - ANSWERED - ELSEWHERE
if missing:
    sys.exit(f"No good answer of these was compared with the description: {sorted(missing)}")
print(f"{ASKED} answers of {len(ANSWERED)} operations are as the description says.")
