#!/bin/sh
# Deletes 60 delivery streams with `purge` while the local engine allows five calls a second, as AWS does, and prints how
# long that took beside what the throttle allows: five at once, then five a second. A stack owns one more, which is
# looked at too, and stays.
# Needs cargo and python3; installs boto3 into a temporary folder. HYDRANT names a program that is built already,
# STREAMS=200 measures longer.
set -eu
cd "$(dirname "$0")/.."
if [ -z "${HYDRANT:-}" ]; then
    cargo build --quiet --release --bin hydrant
fi
hydrant=$(realpath "${HYDRANT:-${CARGO_TARGET_DIR:-target}/release/hydrant}")
streams=${STREAMS:-60}
work=$(mktemp -d)
export HYDRANT_LOCAL_DIR="$work/local"
trap '"$hydrant" local stop --quiet || true; rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" --quiet install boto3

mkdir "$work/stacks"
echo 'deliveries: { owned: { to: { bucket: rows, prefix: in/, error_prefix: failed/ } } }' >"$work/stacks/bench.yaml"
cat >"$work/make.py" <<'PYTHON'
import boto3, sys
firehose = boto3.client("firehose", endpoint_url=sys.argv[1], region_name="us-east-1",
                        aws_access_key_id="000000000000", aws_secret_access_key="any")
name = firehose.list_delivery_streams()["DeliveryStreamNames"][0]
to = firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]["Destinations"][0]
to = to["ExtendedS3DestinationDescription"]
for number in range(int(sys.argv[2])):
    firehose.create_delivery_stream(
        DeliveryStreamName=f"bench-{number:04}",
        ExtendedS3DestinationConfiguration={"RoleARN": to["RoleARN"], "BucketARN": to["BucketARN"]})
PYTHON

# Made without throttles, deleted with them.
"$hydrant" local start --quiet --no-limits firehose >/dev/null
url=$("$hydrant" local status --format json | sed -n 's/.*"url": "\(.*\)",/\1/p')
"$hydrant" deploy bench --project "$work" --local --yes --quiet >/dev/null
"$work/venv/bin/python" "$work/make.py" "$url" "$streams"
"$hydrant" local stop --quiet
"$hydrant" local start --quiet >/dev/null

cat >"$work/measure.py" <<'PYTHON'
import json, subprocess, sys, time
streams = int(sys.argv[1])
started = time.monotonic()
report = json.loads(subprocess.run(sys.argv[2:], check=True, stdout=subprocess.PIPE).stdout)
took = time.monotonic() - started
deleted = sum(stream["outcome"] == "deleted" for stream in report["streams"])
kept = sum(stream["outcome"] == "kept" for stream in report["streams"])
allowed = (streams + kept - 5) / 5
print(f"{deleted} of {streams} deleted, {kept} owned kept, {report['remaining'] - kept} left "
      f"in {took:.2f} s: {took / allowed:.2f} times the {allowed:.1f} s that the throttle allows")
PYTHON
python3 "$work/measure.py" "$streams" "$hydrant" purge --project "$work" --local --yes --quiet --format json
