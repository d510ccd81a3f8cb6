"""Route 53: names of other zones, and a CNAME beside others.

Real Route 53 (API reference, ChangeResourceRecordSets; developer guide, "Supported DNS record types", CNAME): both are
InvalidChangeBatch, and nothing of the batch is done; a caller reference used again is HostedZoneAlreadyExists (409).
"""
from patches import after_import


@after_import("services.route53")
def changes(route53):
    plain = route53._change_resource_record_sets

    def change(zone, body):
        root, known = route53._parse_body(body), route53._zones.get(zone)
        if root is not None and known is not None:
            records = {(record["Name"], record["Type"]) for record in route53._records[zone]}
            for refusal in _refusals(route53, known["name"], records, root):
                return route53._error_response("InvalidChangeBatch", refusal)
        return plain(zone, body)

    route53._change_resource_record_sets = change


def _refusals(route53, zone, records, root):
    """What is wrong with a batch, walking through it as it would be applied."""
    for element in (found for found in root.iter() if found.tag.rpartition("}")[2] == "Change"):
        action = route53._text(element, "Action")
        record = route53._find(element, "ResourceRecordSet")
        name, kind = route53._normalise_name(route53._text(record, "Name")), route53._text(record, "Type")
        if action == "DELETE":
            records.discard((name, kind))
            continue
        if name != zone and not name.endswith(f".{zone}"):
            yield f"RRSet with DNS name {name} is not permitted in zone {zone}"
        beside = {other for other_name, other in records if other_name == name and other != kind}
        if beside and (kind == "CNAME" or "CNAME" in beside):
            yield (f"RRSet of type {kind} with DNS name {name} is not permitted as it conflicts with other records with "
                   f"the same DNS name in zone {zone}")
        records.add((name, kind))


@after_import("services.route53")
def zones(route53):
    plain = route53._create_hosted_zone

    def create(body, query):
        root = route53._parse_body(body)
        if root is not None and route53._text(root, "CallerReference") in route53._caller_refs:
            return route53._error_response("HostedZoneAlreadyExists", "A hosted zone has already been created with the "
                                                                      "specified caller reference.", 409)
        return plain(body, query)

    route53._create_hosted_zone = create
