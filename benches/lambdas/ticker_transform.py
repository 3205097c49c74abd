"""What lambdas/ticker-transform does, as one would write it in Python."""

import base64
import json
import os

DROPPED = {name.strip().upper() for name in os.environ.get("DROP_SECTORS", "").split(",") if name.strip()}
DECODER = json.JSONDecoder()
LIMIT = 6_200_000
FRAME = 64


def tickers(text):
    at, found = 0, []
    while True:
        while at < len(text) and text[at] in " \t\r\n":
            at += 1
        if at == len(text):
            return found
        ticker, at = DECODER.raw_decode(text, at)
        found.append(ticker)


def number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def normalised(ticker):
    symbol, sector = ticker["ticker_symbol"].strip().upper(), ticker["sector"].strip().upper()
    change, price = ticker["change"], ticker["price"]
    if not symbol or not sector or not number(change) or not number(price) or price < 0:
        raise ValueError("no ticker")
    rest = {name: value for name, value in ticker.items() if name not in ("ticker_symbol", "sector", "change", "price")}
    return {"ticker_symbol": symbol, "sector": sector, "change": change, "price": price, **rest}


def lines(record):
    found = tickers(base64.b64decode(record["data"], validate=True).decode())
    if not found:
        raise ValueError("nothing")
    kept = [ticker for ticker in map(normalised, found) if ticker["sector"] not in DROPPED]
    return "".join(json.dumps(ticker, separators=(",", ":"), ensure_ascii=False) + "\n" for ticker in kept)


def handler(event):
    records, counts = [], {"ok": 0, "dropped": 0, "failed": 0, "too_large": 0}
    left = LIMIT - sum(FRAME + len(record["recordId"]) for record in event["records"])
    for record in event["records"]:
        answer = {"recordId": record["recordId"], "result": "ProcessingFailed"}
        try:
            text = lines(record)
            data = base64.b64encode(text.encode()).decode()
            if not text:
                answer["result"] = "Dropped"
                counts["dropped"] += 1
            elif len(data) > left:
                counts["too_large"] += 1
            else:
                left -= len(data)
                answer["result"], answer["data"] = "Ok", data
                counts["ok"] += 1
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            counts.setdefault("reason", str(error))
        counts["failed"] += answer["result"] == "ProcessingFailed"
        records.append(answer)
    print(json.dumps({"level": "INFO", "message": "records transformed", **counts}), flush=True)
    return {"records": records}
