"""Secrets Manager: a staging label is on one version at a time.

Real Secrets Manager (API reference, PutSecretValue, VersionStages): a label that is on another version is taken off
that one. MiniStack leaves `AWSPENDING` on both, and then reads the older.
"""
import json

from patches import after_import


@after_import("services.secretsmanager")
def put(secrets):
    plain = secrets._put_secret_value

    def put_secret_value(request):
        answer = plain(request)
        if answer[0] == 200:
            _, secret = secrets._resolve(request["SecretId"])
            version = json.loads(answer[2])["VersionId"]
            for label in request.get("VersionStages") or []:
                secrets._remove_stage_everywhere(secret, label, version)
        return answer

    secrets._put_secret_value = put_secret_value
