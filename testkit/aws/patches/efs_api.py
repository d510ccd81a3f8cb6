"""EFS: what exists already, how much there may be, and pages.

Real EFS (API reference): a creation token that is taken is FileSystemAlreadyExists with the file system's id, a client
token that is taken AccessPointAlreadyExists with the access point's (both 409); `DescribeAccessPoints` answers pages;
a file system has at most 10 000 access points.
"""
import json

from patches import after_import

MOST_POINTS = 10_000


@after_import("services.efs")
def tokens(efs):
    create_system, create_point = efs._create_file_system, efs._create_access_point

    def file_system(body):
        for known in efs._file_systems.values():
            if body.get("CreationToken") and known["CreationToken"] == body["CreationToken"]:
                return _conflict("FileSystemAlreadyExists", "FileSystemId", known["FileSystemId"],
                                 f"File system '{known['FileSystemId']}' already exists with creation token "
                                 f"'{body['CreationToken']}'")
        return create_system(body)

    def access_point(body):
        points = [point for point in efs._access_points.values() if point["FileSystemId"] == body.get("FileSystemId")]
        for known in points:
            if known["ClientToken"] == body.get("ClientToken"):
                return _conflict("AccessPointAlreadyExists", "AccessPointId", known["AccessPointId"],
                                 f"Access point already exists with creation token {body['ClientToken']}")
        if len(points) >= MOST_POINTS:
            return efs._error(403, "AccessPointLimitExceeded", "You have reached the maximum number of access points for "
                                                               f"the file system {body['FileSystemId']}")
        return create_point(body)

    efs._create_file_system, efs._create_access_point = file_system, access_point


def _conflict(code, member, value, message):
    body = json.dumps({"ErrorCode": code, "Message": message, member: value}).encode()
    return 409, {"Content-Type": "application/json", "x-amzn-errortype": code}, body


@after_import("services.efs")
def pages(efs):
    plain = efs._describe_access_points

    def describe(query):
        if query.get("AccessPointId") and query["AccessPointId"] not in efs._access_points:
            return efs._error(404, "AccessPointNotFound", f"Access point {query['AccessPointId']} does not exist.")
        if query.get("FileSystemId") and query["FileSystemId"] not in efs._file_systems:
            return efs._error(404, "FileSystemNotFound", f"File system '{query['FileSystemId']}' does not exist.")
        status, headers, body = plain({**query, "MaxResults": MOST_POINTS})
        points = json.loads(body)["AccessPoints"]
        begin, most = int(query.get("NextToken") or 0), int(query.get("MaxResults") or 100)
        page = {"AccessPoints": points[begin:begin + most]}
        if begin + most < len(points):
            page["NextToken"] = str(begin + most)
        return status, headers, json.dumps(page).encode()

    efs._describe_access_points = describe
