"""What reads cost.

Real DynamoDB (developer guide, "Capacity unit consumption for read operations" and "Local secondary indexes: read
capacity units"): a Query is charged for the sum of all that it read - of an index, for its entries - in steps of 4 KB,
a GetItem for its item, a BatchGetItem for each item of its own, found or not; each step is one unit where the read is
consistent, and half a one where not. MiniStack counts one step whatever was read, and says nothing about a BatchGetItem.
"""
import json

from patches import after_import

STEP = 4096


@after_import("services.dynamodb")
def read_units(dynamodb):
    plain = dynamodb._add_consumed_capacity

    def add(result, data, table_name, write=False, **more):
        plain(result, data, table_name, write=write, **more)
        capacity = result.get("ConsumedCapacity")
        # Where not all that was read is shown, it cannot be measured here.
        if capacity and not write and not _narrowed(data):
            shown = result.get("Items") or [result.get("Item") or {}]
            size = sum(dynamodb._item_size_bytes(item) for item in shown)
            _multiply(capacity, max(1, -(-size // STEP)))

    dynamodb._add_consumed_capacity = add


@after_import("services.dynamodb")
def batch_units(dynamodb):
    plain = dynamodb._batch_get_item

    def get(data):
        status, headers, body = plain(data)
        if status != 200 or data.get("ReturnConsumedCapacity", "NONE") == "NONE":
            return status, headers, body
        answer = json.loads(body)
        capacities = []
        for table, asked in data["RequestItems"].items():
            found = answer["Responses"].get(table, [])
            steps = [max(1, -(-dynamodb._item_size_bytes(item) // STEP)) for item in found]
            steps += [1] * (len(asked["Keys"]) - len(found))
            unit = 1.0 if asked.get("ConsistentRead") else 0.5
            capacities.append({"TableName": table, "CapacityUnits": unit * sum(steps)})
        return dynamodb.json_response({**answer, "ConsumedCapacity": capacities})

    dynamodb._batch_get_item = get


def _narrowed(data):
    return data.get("Select") == "COUNT" or any(
        data.get(name) for name in ("ProjectionExpression", "AttributesToGet", "FilterExpression", "QueryFilter")
    )


def _multiply(capacity, steps):
    for name, value in capacity.items():
        if isinstance(value, dict):
            _multiply(value, steps)
        elif name == "CapacityUnits":
            capacity[name] = value * steps
