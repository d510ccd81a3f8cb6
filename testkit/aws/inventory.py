"""Every resource of an account, as boto3 sees it: an eye that shares no code with what it judges.

Prints a JSON object: kind of resource to list of names; kinds of which there is nothing are left out. What an account
has from the beginning (default VPC, AWS's own policies and capacity providers) is not listed. Reads only.
"""
import json
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config


def main():
    endpoint, region, key, secret = sys.argv[1:5]
    session = boto3.Session(aws_access_key_id=key, aws_secret_access_key=secret, region_name=region)
    config = Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"})
    client = lambda service: session.client(service, endpoint_url=endpoint, config=config)  # noqa: E731
    clients = {service: client(service) for service in SERVICES}
    with ThreadPoolExecutor(len(SERVICES)) as pool:
        parts = list(pool.map(lambda service: SERVICES[service](clients[service]), SERVICES))
    found = {kind: sorted(names) for part in parts for kind, names in part.items() if names}
    json.dump(found, sys.stdout, indent=1, sort_keys=True)


def pages(client, operation, member, **request):
    """The members of every page of a listing, with or without a paginator of boto3's."""
    if not client.can_paginate(operation):
        return getattr(client, operation)(**request)[member]
    return [one for page in client.get_paginator(operation).paginate(**request) for one in page.get(member, [])]


def ecs(client):
    clusters = pages(client, "list_clusters", "clusterArns")
    in_all = lambda operation, member, **request: [  # noqa: E731
        one for cluster in clusters for one in pages(client, operation, member, cluster=cluster, **request)]
    return {
        "ecs cluster": [one["clusterName"] for one in described_clusters(client, clusters) if one["status"] != "INACTIVE"],
        "ecs service": in_all("list_services", "serviceArns"),
        "ecs task": in_all("list_tasks", "taskArns", desiredStatus="RUNNING") + stopping(client, in_all),
        "ecs task definition": [
            f"{arn} {status}" for status in ("ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS")
            for arn in pages(client, "list_task_definitions", "taskDefinitionArns", status=status)],
    }


def described_clusters(client, clusters):
    return client.describe_clusters(clusters=clusters)["clusters"] if clusters else []


def stopping(client, in_all):
    """Tasks that are to stop and have not: a stopped one is a memory, and nobody can delete it."""
    found = []
    for arn in in_all("list_tasks", "taskArns", desiredStatus="STOPPED"):
        cluster = arn.split("/")[1]
        tasks = client.describe_tasks(cluster=cluster, tasks=[arn])["tasks"]
        found += [arn for task in tasks if task["lastStatus"] != "STOPPED"]
    return found


def efs(client):
    systems = [one["FileSystemId"] for one in pages(client, "describe_file_systems", "FileSystems")]
    return {
        "efs file system": systems,
        "efs access point": [one["AccessPointId"] for one in pages(client, "describe_access_points", "AccessPoints")],
        "efs mount target": [
            one["MountTargetId"] for system in systems
            for one in pages(client, "describe_mount_targets", "MountTargets", FileSystemId=system)],
    }


def s3(client):
    found = {"s3 bucket": [one["Name"] for one in client.list_buckets().get("Buckets", [])],
             "s3 object": [], "s3 version": [], "s3 delete marker": [], "s3 upload": []}
    for bucket in found["s3 bucket"]:
        found["s3 object"] += [f"{bucket}/{one['Key']}" for one in pages(client, "list_objects_v2", "Contents", Bucket=bucket)]
        for kind, member in (("s3 version", "Versions"), ("s3 delete marker", "DeleteMarkers")):
            found[kind] += [f"{bucket}/{one['Key']}@{one['VersionId']}"
                            for one in pages(client, "list_object_versions", member, Bucket=bucket)]
        found["s3 upload"] += [f"{bucket}/{one['Key']}#{one['UploadId']}"
                               for one in pages(client, "list_multipart_uploads", "Uploads", Bucket=bucket)]
    return found


def iam(client):
    users = [one["UserName"] for one in pages(client, "list_users", "Users")]
    roles = [one["RoleName"] for one in pages(client, "list_roles", "Roles")
             if not one["Path"].startswith("/aws-service-role/")]
    of = lambda holder, names, operation, member: [  # noqa: E731
        (name, one) for name in names for one in pages(client, operation, member, **{holder: name})]
    return {
        "iam user": users,
        "iam access key": [f"{user}/{key['AccessKeyId']}"
                           for user, key in of("UserName", users, "list_access_keys", "AccessKeyMetadata")],
        "iam user policy": [f"{user}/{name}" for user, name in of("UserName", users, "list_user_policies", "PolicyNames")],
        "iam role": roles,
        "iam role policy": [f"{role}/{name}" for role, name in of("RoleName", roles, "list_role_policies", "PolicyNames")],
        "iam policy": [one["Arn"] for one in pages(client, "list_policies", "Policies", Scope="Local")],
        "iam group": [one["GroupName"] for one in pages(client, "list_groups", "Groups")],
        "iam instance profile": [
            one["InstanceProfileName"] for one in pages(client, "list_instance_profiles", "InstanceProfiles")],
    }


def secretsmanager(client):
    secrets = pages(client, "list_secrets", "SecretList", IncludePlannedDeletion=True)
    return {
        "secret": [one["Name"] for one in secrets if not one.get("DeletedDate")],
        "secret scheduled for deletion": [one["Name"] for one in secrets if one.get("DeletedDate")],
    }


def elbv2(client):
    balancers = [one["LoadBalancerArn"] for one in pages(client, "describe_load_balancers", "LoadBalancers")]
    listeners = [one["ListenerArn"] for balancer in balancers
                 for one in pages(client, "describe_listeners", "Listeners", LoadBalancerArn=balancer)]
    return {
        "load balancer": balancers,
        "listener": listeners,
        "listener rule": [one["RuleArn"] for listener in listeners
                          for one in pages(client, "describe_rules", "Rules", ListenerArn=listener) if not one["IsDefault"]],
        "target group": [one["TargetGroupArn"] for one in pages(client, "describe_target_groups", "TargetGroups")],
    }


def route53(client):
    zones = pages(client, "list_hosted_zones", "HostedZones")
    return {
        "hosted zone": [one["Name"] for one in zones],
        "record": [
            f"{record['Name']} {record['Type']}" for zone in zones
            for record in pages(client, "list_resource_record_sets", "ResourceRecordSets", HostedZoneId=zone["Id"])
            if not (record["Name"] == zone["Name"] and record["Type"] in ("NS", "SOA"))],
    }


def dynamodb(client):
    return {
        "dynamodb table": pages(client, "list_tables", "TableNames"),
        "dynamodb backup": [one["BackupName"] for one in pages(client, "list_backups", "BackupSummaries")],
    }


def logs(client):
    groups = [one["logGroupName"] for one in pages(client, "describe_log_groups", "logGroups")]
    return {
        "log group": groups,
        "log stream": [f"{group}:{one['logStreamName']}" for group in groups
                       for one in pages(client, "describe_log_streams", "logStreams", logGroupName=group)],
    }


def cloudformation(client):
    living = [one for one in pages(client, "list_stacks", "StackSummaries") if one["StackStatus"] != "DELETE_COMPLETE"]
    return {
        "stack": [one["StackName"] for one in living],
        "change set": [f"{stack['StackName']}/{one['ChangeSetName']}" for stack in living
                       for one in pages(client, "list_change_sets", "Summaries", StackName=stack["StackName"])],
    }


def ec2(client):
    default = {one["VpcId"] for one in pages(client, "describe_vpcs", "Vpcs") if one.get("IsDefault")}
    mine = lambda operation, member, name: [  # noqa: E731
        one[name] for one in pages(client, operation, member) if one.get("VpcId") not in default]
    return {
        "vpc": mine("describe_vpcs", "Vpcs", "VpcId"),
        "subnet": mine("describe_subnets", "Subnets", "SubnetId"),
        "security group": mine("describe_security_groups", "SecurityGroups", "GroupId"),
        "route table": mine("describe_route_tables", "RouteTables", "RouteTableId"),
        "internet gateway": [
            one["InternetGatewayId"] for one in pages(client, "describe_internet_gateways", "InternetGateways")
            if not any(held["VpcId"] in default for held in one["Attachments"])],
        "egress-only gateway": [one["EgressOnlyInternetGatewayId"] for one in pages(
            client, "describe_egress_only_internet_gateways", "EgressOnlyInternetGateways")],
        "nat gateway": [one["NatGatewayId"] for one in pages(client, "describe_nat_gateways", "NatGateways")
                        if one["State"] != "deleted"],
        "elastic address": [one["AllocationId"] for one in client.describe_addresses()["Addresses"]],
        "vpc endpoint": [one["VpcEndpointId"] for one in pages(client, "describe_vpc_endpoints", "VpcEndpoints")
                         if one["State"] != "deleted"],
        "network interface": [one["NetworkInterfaceId"]
                              for one in pages(client, "describe_network_interfaces", "NetworkInterfaces")],
    }


def acm(client):
    return {"certificate": [one["CertificateArn"] for one in pages(client, "list_certificates", "CertificateSummaryList")]}


def lambda_(client):
    return {"lambda function": [one["FunctionName"] for one in pages(client, "list_functions", "Functions")]}


SERVICES = {
    "ecs": ecs, "efs": efs, "s3": s3, "iam": iam, "secretsmanager": secretsmanager, "elbv2": elbv2, "route53": route53,
    "dynamodb": dynamodb, "logs": logs, "cloudformation": cloudformation, "ec2": ec2, "acm": acm, "lambda": lambda_,
}

if __name__ == "__main__":
    main()
