#!/bin/sh
# Sends rows into a stream of four shards with the limits of AWS on, and puts rows there one by one with boto3.
# Prints the part of the shards' ceiling that is reached, and the processor's time for a record beside boto3's.
# Needs cargo and python3; installs boto3 into a temporary folder. HYDRANT names a program that is built already,
# RECORDS=200000 measures longer.
set -eu
cd "$(dirname "$0")/.."
if [ -z "${HYDRANT:-}" ]; then
    cargo build --quiet --release --bin hydrant
fi
hydrant=$(realpath "${HYDRANT:-${CARGO_TARGET_DIR:-target}/release/hydrant}")
records=${RECORDS:-80000}
work=$(mktemp -d)
export HYDRANT_LOCAL_DIR="$work/local"
trap '"$hydrant" local stop --quiet || true; rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" --quiet install boto3

mkdir "$work/stacks"
echo "streams: { Rows: { shards: 4 } }" >"$work/stacks/bench.yaml"
cat >"$work/rows.py" <<'PYTHON'
import json, sys
for number in range(int(sys.argv[1])):
    print(json.dumps({"id": number, "pad": "x" * 150}))
PYTHON
cat >"$work/one_by_one.py" <<'PYTHON'
import boto3, sys
kinesis = boto3.client("kinesis", endpoint_url=sys.argv[1], region_name="us-east-1",
                       aws_access_key_id="000000000000", aws_secret_access_key="any")
for number, row in enumerate(open(sys.argv[2])):
    kinesis.put_record(StreamName="Rows", PartitionKey=str(number), Data=row)
PYTHON
# Prints the seconds that a command took, and the processor's seconds, without what starting it costs.
cat >"$work/measure.py" <<'PYTHON'
import resource, subprocess, sys, time
started = time.monotonic()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(time.monotonic() - started, usage.ru_utime + usage.ru_stime)
PYTHON
python3 "$work/rows.py" "$records" >"$work/rows.ndjson"
head -n 2000 "$work/rows.ndjson" >"$work/some.ndjson"
: >"$work/none.ndjson"

"$hydrant" local start --quiet >/dev/null
url=$("$hydrant" local status --format json | sed -n 's/.*"url": "\(.*\)",/\1/p')
"$hydrant" deploy bench --project "$work" --local --yes --quiet >/dev/null

send() {
    python3 "$work/measure.py" "$hydrant" send bench --project "$work" --local --file "$1" --quiet
}
boto() {
    python3 "$work/measure.py" "$work/venv/bin/python" "$work/one_by_one.py" "$url" "$1"
}
report() {
    awk -v n="$records" -v all="$1" -v idle="$2" -v some="$3" -v start="$4" 'BEGIN {
        split(all, a); split(idle, i); split(some, s); split(start, t)
        cpu = (a[2] - i[2]) / n * 1e6; peer = (s[2] - t[2]) / 2000 * 1e6
        printf "%d rows in %.1f s: %.0f/s, %.0f %% of 4,000/s\n", n, a[1], n / a[1], n / a[1] / 40
        printf "processor per record: %.1f us, boto3 put_record %.0f us, %.0f times as much\n", cpu, peer, peer / cpu
    }'
}
report "$(send "$work/rows.ndjson")" "$(send "$work/none.ndjson")" "$(boto "$work/some.ndjson")" "$(boto "$work/none.ndjson")"
