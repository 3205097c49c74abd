"""Events as the services send them: 500 records each, the same in every run."""

import base64
import json
import random
import uuid

RECORDS = 500


def encoded(value):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.b64encode(data).decode()


def transform():
    chance = random.Random(1)
    records = []
    for number in range(RECORDS):
        ticker = {
            "ticker_symbol": chance.choice(["hjk", "QXZ", "aly"]),
            "sector": chance.choice(["technology", "ENERGY", "financial", "healthcare"]),
            "change": round(chance.uniform(-5, 5), 2),
            "price": round(chance.uniform(-1, 500), 2),
            "id": str(uuid.UUID(int=chance.getrandbits(128))),
            "note": "x" * 40,
        }
        data = b"no JSON" if number % 50 == 7 else ticker
        records.append({"recordId": f"{49546986683135544286507457936321625675700192471156785154 + number}",
                        "approximateArrivalTimestamp": 1495072949453, "data": encoded(data)})
    return {"invocationId": "invocationIdExample", "deliveryStreamArn": "arn:aws:firehose:us-east-1:000000000000:deliverystream/tm",
            "region": "us-east-1", "records": records}


def kinesis(data):
    def record(number, data):
        sequence = str(49590338271490256608559692538361571095921575989136588898 + number)
        return {"kinesis": {"kinesisSchemaVersion": "1.0", "partitionKey": "1", "sequenceNumber": sequence,
                            "data": data, "approximateArrivalTimestamp": 1545084650.987},
                "eventSource": "aws:kinesis", "eventVersion": "1.0", "eventID": "shardId-000000000006:" + sequence,
                "eventName": "aws:kinesis:record", "invokeIdentityArn": "arn:aws:iam::000000000000:role/lambda-role",
                "awsRegion": "us-east-1", "eventSourceARN": "arn:aws:kinesis:us-east-1:000000000000:stream/taxi"}
    return {"Records": [record(number, encoded(data)) for number, data in enumerate(data)]}


def trip(chance):
    return {"VendorID": 2, "tpep_pickup_datetime": "2026-01-01 00:46:40", "tpep_dropoff_datetime": "2026-01-01 00:53:20",
            "passenger_count": 1.0, "trip_distance": round(chance.uniform(0.1, 20), 2), "RatecodeID": 1,
            "store_and_fwd_flag": "N", "PULocationID": chance.randint(1, 265), "DOLocationID": 239, "payment_type": 1,
            "fare_amount": round(chance.uniform(-5, 70), 2), "extra": 0.5, "mta_tax": 0.5, "tip_amount": 1.65,
            "tolls_amount": 0, "improvement_surcharge": 0.3, "total_amount": 9.95, "congestion_surcharge": None}


def taxi():
    """A batch without windows, so that each event costs the same."""
    chance = random.Random(2)
    return kinesis([b"{" if number % 100 == 3 else trip(chance) for number in range(RECORDS)])


def positions():
    chance = random.Random(3)
    return kinesis([{"id": str(uuid.UUID(int=chance.getrandbits(128))), "latitude": chance.uniform(-90, 90),
                     "longitude": chance.uniform(-180, 180)} for _ in range(RECORDS)])
