"""CloudFormation: what a table asks for, and names that are taken.

Real CloudFormation (resource reference, AWS::DynamoDB::Table; troubleshooting guide, "Resource already exists"):
`TimeToLiveSpecification` and `PointInTimeRecoverySpecification` are applied at creation and at an update; a resource
whose name is taken fails, and the stack is rolled back without touching what was there.
"""
import importlib

from patches import after_import

# Type: property with the name, service's module, where it keeps them.
_NAMED = {
    "AWS::S3::Bucket": ("BucketName", "s3", "_buckets"),
    "AWS::DynamoDB::Table": ("TableName", "dynamodb", "_tables"),
    "AWS::Logs::LogGroup": ("LogGroupName", "cloudwatch_logs", "_log_groups"),
    "AWS::IAM::Role": ("RoleName", "iam", "_roles"),
    "AWS::IAM::User": ("UserName", "iam", "_users"),
    "AWS::SecretsManager::Secret": ("Name", "secretsmanager", "_secrets"),
    "AWS::ECS::Cluster": ("ClusterName", "ecs", "_clusters"),
}


@after_import("services.cloudformation.provisioners")
def names(provisioners):
    for kind, place in _NAMED.items():
        handler = provisioners._RESOURCE_HANDLERS[kind]
        handler["create"] = _unless_taken(kind, place, handler["create"])


def _unless_taken(kind, place, create):
    member, service, store = place

    def created(logical, properties, *more):
        name = properties.get(member)
        if name and name in getattr(importlib.import_module(f"ministack.services.{service}"), store):
            raise ValueError(f"Resource handler returned message: \"Resource of type '{kind}' with identifier '{name}' "
                             "already exists.\" (HandlerErrorCode: AlreadyExists)")
        return create(logical, properties, *more)

    return created


@after_import("services.cloudformation.provisioners")
def tables(provisioners):
    table = provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::Table"]
    create, update = table["create"], table["update"]

    def created(logical, properties, *more):
        answer = create(logical, properties, *more)
        _apply(answer[0], properties)
        return answer

    def updated(physical, old, new, stack, *more, **named):
        answer = update(physical, old, new, stack, *more, **named)
        _apply(answer[0] if isinstance(answer, tuple) else physical, new)
        return answer

    table.update(create=created, update=updated)


def _apply(name, properties):
    from ministack.services import dynamodb

    for member, apply in (("TimeToLiveSpecification", dynamodb._update_ttl),
                          ("PointInTimeRecoverySpecification", dynamodb._update_continuous_backups)):
        if properties.get(member):
            status, _headers, body = apply({"TableName": name, member: _typed(properties[member])})
            if status != 200:
                raise ValueError(body.decode())


def _typed(specification):
    """Templates may say "true" where the API has a boolean."""
    return {key: value.lower() == "true" if isinstance(value, str) and value.lower() in ("true", "false") else value
            for key, value in specification.items()}
