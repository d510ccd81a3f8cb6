"""CloudFormation: what a network with IPv6 or a NAT gateway is made of, file systems that come into a stack from outside, the
tags of buckets, how many tasks a service has, and what a change set says.

Real CloudFormation (resource reference): `Ref` of AWS::EC2::VPCCidrBlock and AWS::EC2::SubnetCidrBlock is the association,
`GetAtt Ipv6CidrBlocks` of a VPC the blocks it has by then; AWS::EFS::FileSystem is imported by its FileSystemId,
AWS::IAM::ManagedPolicy by its PolicyArn; `Tags` of AWS::S3::Bucket are the bucket's tags; a parameter of type Number is a number
wherever it is referred to; a change set says nothing of a resource whose condition does not hold, and calls a
property that is updated "No interruption" one that never replaces.
"""
import random
import string

from patches import after_import

_V6 = "2a05:d014:1c6:5c00::/56"


@after_import("services.cloudformation.provisioners")
def network(provisioners):
    handlers = provisioners._RESOURCE_HANDLERS
    handlers["AWS::EC2::VPCCidrBlock"] = {"create": _vpc_block(provisioners), "delete": _forget_vpc_block(provisioners)}
    handlers["AWS::EC2::SubnetCidrBlock"] = {"create": _subnet_block(provisioners), "delete": _forget_subnet_block(provisioners)}
    handlers["AWS::EC2::EIP"] = {"create": _address(provisioners), "delete": _forget_address(provisioners)}
    handlers["AWS::EC2::NatGateway"] = {"create": _gateway(provisioners), "delete": _forget_gateway(provisioners)}
    vpc = handlers["AWS::EC2::VPC"]
    create = vpc["create"]

    def created(logical, properties, stack):
        physical, attributes = create(logical, properties, stack)
        return physical, {**attributes, "Ipv6CidrBlocks": [_V6]}

    vpc["create"] = created


@after_import("services.cloudformation.provisioners")
def file_systems(provisioners):
    def adopt(identifier):
        system = provisioners._efs._file_systems[identifier["FileSystemId"]]
        return system["FileSystemId"], provisioners._efs_file_system_attrs(system)

    provisioners._RESOURCE_HANDLERS["AWS::EFS::FileSystem"]["import"] = adopt


@after_import("services.cloudformation.provisioners")
def policies(provisioners):
    def adopt(identifier):
        arn = identifier["PolicyArn"]
        return arn, {"PolicyArn": arn}

    provisioners._RESOURCE_HANDLERS["AWS::IAM::ManagedPolicy"]["import"] = adopt


@after_import("services.cloudformation.changesets")
def imports(changesets):
    def no_policy(identifier):
        from ministack.services import iam

        return None if identifier in iam._policies else f"Policy '{identifier}' does not exist."

    changesets._IMPORT_LOOKUPS["AWS::IAM::ManagedPolicy"] = (("PolicyArn",), no_policy)

    def problem(identifier):
        from ministack.services import efs

        return None if identifier in efs._file_systems else f"File system '{identifier}' does not exist."

    changesets._IMPORT_LOOKUPS["AWS::EFS::FileSystem"] = (("FileSystemId",), problem)


@after_import("services.cloudformation.provisioners")
def buckets(provisioners):
    bucket = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]
    create, update = bucket["create"], bucket["update"]

    def tagged(name, properties):
        provisioners._s3._bucket_tags[name] = {tag["Key"]: tag["Value"] for tag in properties.get("Tags") or []}

    def created(logical, properties, stack):
        answer = create(logical, properties, stack)
        tagged(answer[0], properties)
        return answer

    def updated(physical, old, new, *more, **named):
        answer = update(physical, old, new, *more, **named)
        tagged(answer[0], new)
        return answer

    bucket.update(create=created, update=updated)


@after_import("services.cloudformation.provisioners")
def replacements(provisioners):
    provisioners._REPLACING_PROPERTIES.setdefault("AWS::Logs::LogGroup", ("LogGroupName",))


@after_import("services.cloudformation.changesets")
def conditions(changesets):
    plain = changesets._resolve_props_for_diff

    def resolved(template, params, *more):
        found = plain(template, params, *more)
        if found:
            holds = changesets._evaluate_conditions(template, params)
            found["Resources"] = {name: resource for name, resource in found["Resources"].items()
                                  if holds.get(resource.get("Condition"), True)}
        return found

    changesets._resolve_props_for_diff = resolved


@after_import("services.cloudformation.provisioners")
def services(provisioners):
    service = provisioners._RESOURCE_HANDLERS["AWS::ECS::Service"]
    create, update = service["create"], service["update"]

    def counted(properties):
        count = properties.get("DesiredCount")
        return properties if count is None else {**properties, "DesiredCount": int(count)}

    service.update(
        create=lambda logical, properties, stack: create(logical, counted(properties), stack),
        update=lambda physical, old, new, *more, **named: update(physical, counted(old), counted(new), *more, **named),
    )


def _id(prefix):
    return f"{prefix}-{''.join(random.choices(string.hexdigits[:16].lower(), k=17))}"


def _vpc_block(provisioners):
    def create(_logical, properties, _stack):
        made = _id("vpc-cidr-assoc")
        provisioners._ec2._vpcs[properties["VpcId"]].setdefault("Ipv6", {})[made] = _V6
        return made, {"Id": made}

    return create


def _forget_vpc_block(provisioners):
    def delete(physical, properties):
        (provisioners._ec2._vpcs.get(properties["VpcId"]) or {}).get("Ipv6", {}).pop(physical, None)

    return delete


def _subnet_block(provisioners):
    def create(_logical, properties, _stack):
        subnet = provisioners._ec2._subnets[properties["SubnetId"]]
        if not provisioners._ec2._vpcs[subnet["VpcId"]].get("Ipv6"):
            raise ValueError("The VPC of the subnet has no IPv6 CIDR block")
        subnet["Ipv6"] = properties["Ipv6CidrBlock"]
        return _id("subnet-cidr-assoc"), {}

    return create


def _forget_subnet_block(provisioners):
    def delete(_physical, properties):
        (provisioners._ec2._subnets.get(properties["SubnetId"]) or {}).pop("Ipv6", None)

    return delete


def _address(provisioners):
    def create(_logical, properties, _stack):
        status, _headers, body = provisioners._ec2._allocate_address({"Domain": ["vpc"]})
        if status >= 400:
            raise ValueError(body.decode())
        made = body.decode().split("<allocationId>")[1].split("<")[0]
        return made, {"AllocationId": made}

    return create


def _forget_address(provisioners):
    def delete(physical, _properties):
        provisioners._ec2._release_address({"AllocationId": [physical]})

    return delete


def _gateway(provisioners):
    def create(_logical, properties, _stack):
        asked = {"SubnetId": [properties["SubnetId"]], "AllocationId": [properties["AllocationId"]]}
        status, _headers, body = provisioners._ec2._create_nat_gateway(asked)
        if status >= 400:
            raise ValueError(body.decode())
        made = body.decode().split("<natGatewayId>")[1].split("<")[0]
        return made, {"NatGatewayId": made}

    return create


def _forget_gateway(provisioners):
    def delete(physical, _properties):
        provisioners._ec2._delete_nat_gateway({"NatGatewayId": [physical]})
        provisioners._ec2._nat_gateways.pop(physical, None)

    return delete
