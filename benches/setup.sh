# What the scripts beside this one share: the load program, a temporary folder, and the end of all servers.

# LOAD names a load program that is built already.
if [ -z "${LOAD:-}" ]; then
    cargo build --quiet --release -p hydrant-load
fi
load=${LOAD:-${CARGO_TARGET_DIR:-target}/release/hydrant-load}
work=$(mktemp -d)
started=
trap 'for server in $started; do kill "$server" 2>/dev/null || true; done; rm -rf "$work"' EXIT

# wait_for PORT: waits until something listens there, for at most 30 seconds.
wait_for() {
    tries=0
    until python3 -c "import socket; socket.create_connection(('127.0.0.1', $1), 1)" 2>/dev/null; do
        tries=$((tries + 1))
        if [ "$tries" -gt 150 ]; then
            echo "nothing listens on port $1" >&2
            exit 1
        fi
        sleep 0.2
    done
}

# number NAME FILE: prints a number from a line of JSON.
number() {
    sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" "$2"
}
