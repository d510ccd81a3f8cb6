"""Secrets Manager: the token of `CreateSecret`, and names that are about to be free.

Real Secrets Manager (API reference, CreateSecret, DeleteSecret): a repeated ClientRequestToken is answered as the first
time if the value is the same; the name of a secret that is scheduled for deletion cannot be taken
(InvalidRequestException); deleting by force what is not there succeeds.
"""
import time

from ministack.core.responses import error_response_json, get_account_id, get_region, json_response
from patches import after_import

_SCHEDULED = ("You can't create this secret because a secret with this name is already scheduled for deletion.")


@after_import("services.secretsmanager")
def create(secrets):
    plain = secrets._create_secret

    def create_secret(request):
        known = secrets._secrets.get(request.get("Name"))
        token = request.get("ClientRequestToken")
        if known is None:
            answer = plain(request)
            return _with_token(secrets, request, token) if answer[0] == 200 and token else answer
        if known.get("DeletedDate"):
            return error_response_json("InvalidRequestException", _SCHEDULED, 400)
        version = known["Versions"].get(token)
        if version and all(version.get(part) == request.get(part) for part in ("SecretString", "SecretBinary")):
            return _made(known, token)
        return plain(request)

    secrets._create_secret = create_secret


def _with_token(secrets, request, token):
    """The token is the version's id."""
    known = secrets._secrets[request["Name"]]
    known["Versions"] = {token: next(iter(known["Versions"].values()))}
    return _made(known, token)


def _made(known, token):
    return json_response({"ARN": known["ARN"], "Name": known["Name"], "VersionId": token})


@after_import("services.secretsmanager")
def delete(secrets):
    plain = secrets._delete_secret

    def delete_secret(request):
        name = request.get("SecretId", "")
        if secrets._resolve(name)[1] is None and request.get("ForceDeleteWithoutRecovery"):
            arn = f"arn:aws:secretsmanager:{get_region()}:{get_account_id()}:secret:{name}"
            return json_response({"ARN": arn, "Name": name, "DeletionDate": int(time.time())})
        return plain(request)

    secrets._delete_secret = delete_secret
