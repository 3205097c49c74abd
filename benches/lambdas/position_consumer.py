"""What lambdas/position-consumer does; the notes' handler, with partial batch failures."""

import base64
import json


def handler(event):
    records, failures = [], []
    for record in event["Records"]:
        try:
            data = base64.b64decode(record["kinesis"]["data"], validate=True).decode()
            records.append(json.loads(data))
        except ValueError as error:
            number = record["kinesis"]["sequenceNumber"]
            print(json.dumps({"level": "WARN", "message": "a record cannot be read", "reason": str(error)}), flush=True)
            if number:
                failures.append({"itemIdentifier": number})
                break
    print(json.dumps({"count": str(len(records)), "data": records}), flush=True)
    return {"batchItemFailures": failures}
