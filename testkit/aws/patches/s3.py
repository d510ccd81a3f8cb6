"""S3: a bucket policy that cannot be read is MalformedPolicy, not stored (API reference, PutBucketPolicy)."""
import json

from patches import after_import


@after_import("services.s3")
def policies(s3):
    plain = s3._put_bucket_policy

    def put(bucket, body):
        if not _readable(body):
            return s3._error("MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'", 400)
        return plain(bucket, body)

    s3._put_bucket_policy = put


def _readable(body):
    try:
        statements = json.loads(body)["Statement"]
    except (ValueError, KeyError, TypeError):
        return False
    statements = statements if isinstance(statements, list) else [statements]
    return all(isinstance(one, dict) and one.get("Effect") in ("Allow", "Deny") and ("Principal" in one or "NotPrincipal" in one)
               for one in statements)
