"""IAM: two keys for each user, and a user goes last.

Real IAM (API reference: CreateAccessKey, DeleteUser; "IAM and AWS STS quotas"): a third key is LimitExceeded; a user with
inline policies is DeleteConflict.
"""
import re

import switches
from patches import after_import


@after_import("services.iam")
def two_keys(iam):
    plain = iam._IAM_HANDLERS["CreateAccessKey"]

    def create(request):
        user = iam._p(request, "UserName")
        held = [key for key in iam._access_keys.values() if key["UserName"] == user]
        if len(held) >= 2:
            return iam._error(409, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")
        answer = plain(request)
        made = re.search(rb"<AccessKeyId>(\w+)</AccessKeyId>", answer[2])
        if made:
            switches.born("fresh_key_refusals", made.group(1).decode())
        return answer

    iam._IAM_HANDLERS["CreateAccessKey"] = create


@after_import("services.iam")
def user_goes_last(iam):
    plain = iam._IAM_HANDLERS["DeleteUser"]

    def delete(request):
        name = iam._p(request, "UserName")
        if name in iam._users and iam._user_inline_policies.get(name):
            return iam._error(409, "DeleteConflict", "Cannot delete entity, must delete policies first.")
        answer = plain(request)
        if answer[0] == 200:
            iam._user_inline_policies.pop(name, None)
        return answer

    iam._IAM_HANDLERS["DeleteUser"] = delete
