#!/bin/sh
# Puts the same load on kinesalite 3.3.3, ministack 1.5.33 and this engine, and prints records per second.
# Needs cargo, npm and python3; installs the peers into a temporary folder. SECONDS_EACH=10 measures longer.
set -eu
cd "$(dirname "$0")/.."
. benches/setup.sh

npm install --silent --prefix "$work/npm" kinesalite@3.3.3
python3 -m venv "$work/venv"
"$work/venv/bin/pip" --quiet install ministack==1.5.33

# measure NAME PORT COMMAND...: starts a server, puts the load on it and prints the records per second.
measure() {
    name=$1 port=$2
    shift 2
    "$@" >"$work/$name.log" 2>&1 &
    server=$!
    started="$started $server"
    wait_for "$port"
    "$load" kinesis --url "http://127.0.0.1:$port" --seconds "${SECONDS_EACH:-5}" >"$work/$name.json"
    kill "$server"
    number records_per_second "$work/$name.json"
}

kinesalite=$(measure kinesalite 4571 "$work/npm/node_modules/.bin/kinesalite" --port 4571)
ministack=$(measure ministack 4572 env GATEWAY_PORT=4572 "$work/venv/bin/ministack")
hydrant=$(measure hydrant 4573 "$load" engine --data "$work/hydrant" --port 4573 --no-limits kinesis)

echo "PutRecords of 500 x 200 B over two connections, records/s"
echo "kinesalite 3.3.3  $kinesalite"
echo "ministack 1.5.33  $ministack"
echo "hydrant           $hydrant"
awk -v h="$hydrant" -v k="$kinesalite" -v m="$ministack" \
    'BEGIN { printf "hydrant/kinesalite %.1f, hydrant/ministack %.1f\n", h / k, h / m }'
