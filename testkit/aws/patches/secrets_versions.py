"""Secrets Manager: a version is written once.

Real Secrets Manager (API reference, PutSecretValue): a version that exists is left alone if it holds the same, and
ResourceExistsException otherwise; ECS reads the version that a task definition names (`:json-key:stage:version`).
"""
from ministack.core.responses import error_response_json, json_response
from patches import after_import

_EXISTS = "You can't use ClientRequestToken {} because that value is already in use for a version of secret {}."


@after_import("services.secretsmanager")
def put(secrets):
    plain = secrets._put_secret_value

    def put_secret_value(request):
        token = request.get("ClientRequestToken")
        _, known = secrets._resolve(request.get("SecretId"))
        version = known["Versions"].get(token) if known and token and not known.get("DeletedDate") else None
        if version is None:
            return plain(request)
        if any(version.get(part) != request.get(part) for part in ("SecretString", "SecretBinary")):
            return error_response_json("ResourceExistsException", _EXISTS.format(token, known["ARN"]), 400)
        stages = list(version["Stages"])
        return json_response({"ARN": known["ARN"], "Name": known["Name"], "VersionId": token, "VersionStages": stages})

    secrets._put_secret_value = put_secret_value
