"""What lambdas/taxi-consumer does, as one would write it in Python."""

import base64
import collections
import json
import math

REMEMBERED = 1024
MISSING = object()


def hundredths(trip, name):
    value = trip.get(name, MISSING)
    if value is MISSING:
        value = next((value for known, value in trip.items() if known.lower() == name.lower()), None)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    number = float(value)
    if not math.isfinite(number) or abs(number) > 1e7:
        raise ValueError(f"`{name}` is no number")
    return round(number * 100)


def add(zones, trip):
    zone = hundredths(trip, "PULocationID")
    if zone is None or zone % 100 or not 100 <= zone <= 999999900:
        raise ValueError("`PULocationID` is no zone")
    fare, distance = hundredths(trip, "fare_amount") or 0, hundredths(trip, "trip_distance") or 0
    sums = zones.setdefault(str(zone // 100), {"trips": 0, "fare": 0, "distance": 0})
    sums["trips"] += 1
    sums["fare"] += fare
    sums["distance"] += distance


def table(event, state):
    zones = [
        {"zone": int(zone), "trips": sums["trips"], "fare_total": sums["fare"] / 100, "distance": sums["distance"] / 100}
        for zone, sums in sorted(state["zones"].items(), key=lambda item: int(item[0]))
    ]
    print(json.dumps({
        "level": "INFO", "message": "trips per zone", "window": event.get("window"), "shard_id": event.get("shardId"),
        "terminated_early": event.get("isWindowTerminatedEarly", False), "trips": sum(zone["trips"] for zone in zones),
        "bad_records": state["bad_records"], "duplicates": state["duplicates"], "zones": zones,
    }), flush=True)


def handler(event):
    state = {"zones": {}, "bad_records": 0, "duplicates": 0, **(event.get("state") or {})}
    order = collections.deque(state.pop("seen", []))
    known = set(order)
    for record in event["Records"]:
        number = record["kinesis"]["sequenceNumber"]
        if number in known:
            state["duplicates"] += 1
            continue
        known.add(number)
        order.append(number)
        if len(order) > REMEMBERED:
            known.discard(order.popleft())
        try:
            add(state["zones"], json.loads(base64.b64decode(record["kinesis"]["data"], validate=True)))
        except (ValueError, AttributeError, TypeError):
            state["bad_records"] += 1
    windowed = event.get("window") is not None
    if not windowed or event.get("isFinalInvokeForWindow") or event.get("isWindowTerminatedEarly"):
        table(event, state)
        empty = {"zones": {}, "bad_records": 0, "duplicates": 0}
        return {"state": empty, "batchItemFailures": []} if windowed else {"batchItemFailures": []}
    # Digits as they are: a hash that is the same in every process would cost Python more than it saves.
    return {"state": {**state, "seen": list(order)}, "batchItemFailures": []}
