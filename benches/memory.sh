#!/bin/sh
# Puts ten million records of 200 bytes, until all of them lie in S3, through a Kinesis stream and then straight to a
# delivery stream, and prints the memory of the engine over time and its peak, in MB. Needs cargo and python3, some
# minutes, and 5 GB of disk; RECORDS=1000000 makes it shorter.
set -eu
cd "$(dirname "$0")/.."
. benches/setup.sh

# measure NAME PORT FLAGS...: starts an engine, puts the records and prints what that took.
measure() {
    name=$1 port=$2
    shift 2
    "$load" engine --data "$work/$name" --port "$port" --no-limits kinesis,firehose >/dev/null &
    server=$!
    started="$started $server"
    wait_for "$port"
    echo "$name"
    "$load" firehose --url "http://127.0.0.1:$port" --records "${RECORDS:-10000000}" --bytes 200 --pid "$server" "$@"
    kill "$server"
    rm -rf "${work:?}/$name"
}

measure through-a-stream 4576 --through-stream
measure straight 4577
