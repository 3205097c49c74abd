#!/bin/sh
# Empties a bucket of 20,000 objects with `destroy`, the stack with it, and as many with `aws s3 rm --recursive`.
# Needs cargo and python3; installs the AWS CLI into a temporary folder. HYDRANT names a program that is built already,
# OBJECTS=100000 measures longer.
set -eu
cd "$(dirname "$0")/.."
if [ -z "${HYDRANT:-}" ]; then
    cargo build --quiet --release --bin hydrant
fi
hydrant=$(realpath "${HYDRANT:-${CARGO_TARGET_DIR:-target}/release/hydrant}")
objects=${OBJECTS:-20000}
work=$(mktemp -d)
export HYDRANT_LOCAL_DIR="$work/local"
export AWS_ACCESS_KEY_ID=000000000000 AWS_SECRET_ACCESS_KEY=any AWS_DEFAULT_REGION=us-east-1
trap '"$hydrant" local stop --quiet || true; rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" --quiet install awscli boto3

mkdir "$work/stacks"
echo 'deliveries: { rows: { to: { bucket: rows, prefix: in/, error_prefix: failed/ } } }' >"$work/stacks/bench.yaml"
cat >"$work/fill.py" <<'PYTHON'
import botocore.session, concurrent.futures, sys
url, count = sys.argv[1], int(sys.argv[2])
s3 = botocore.session.get_session().create_client("s3", endpoint_url=url)
bucket = next(bucket["Name"] for bucket in s3.list_buckets()["Buckets"] if bucket["Name"].startswith("rows"))
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    put = lambda number: s3.put_object(Bucket=bucket, Key=f"in/{number:06}", Body=b"a row")
    for _ in pool.map(put, range(count)):
        pass
print(bucket)
PYTHON
cat >"$work/measure.py" <<'PYTHON'
import subprocess, sys, time
started = time.monotonic()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(time.monotonic() - started)
PYTHON

"$hydrant" local start --quiet >/dev/null
url=$("$hydrant" local status --format json | sed -n 's/.*"url": "\(.*\)",/\1/p')
"$hydrant" deploy bench --project "$work" --local --yes --quiet >/dev/null
bucket=$("$work/venv/bin/python" "$work/fill.py" "$url" "$objects")
peer=$(python3 "$work/measure.py" "$work/venv/bin/aws" --endpoint-url "$url" s3 rm --recursive --quiet "s3://$bucket")
"$work/venv/bin/python" "$work/fill.py" "$url" "$objects" >/dev/null
own=$(python3 "$work/measure.py" "$hydrant" destroy bench --project "$work" --local --yes --delete-data --no-drain --quiet)
awk -v n="$objects" -v own="$own" -v peer="$peer" 'BEGIN {
    printf "%d objects: destroy %.1f s, aws s3 rm %.1f s, %.1f times as long\n", n, own, peer, peer / own
}'
