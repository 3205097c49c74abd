#!/bin/sh
# Measures this engine by itself: start to first answer, idle memory, a million Kinesis records with the memory
# after each tenth, and Firehose records until all of them lie in S3. Needs cargo.
set -eu
cd "$(dirname "$0")/.."
. benches/setup.sh

"$load" startup

"$load" engine --data "$work/kinesis" --port 4574 --no-limits kinesis >/dev/null &
started=$!
wait_for 4574
"$load" kinesis --url http://127.0.0.1:4574 --records "${RECORDS:-1000000}" --pid "$started"
kill "$started"

"$load" engine --data "$work/firehose" --port 4575 >/dev/null &
started=$!
wait_for 4575
"$load" firehose --url http://127.0.0.1:4575 --seconds "${SECONDS_EACH:-5}" --pid "$started"
