#!/bin/sh
# Runs functions and Python handlers of the same behaviour under the same Runtime API, checks that they answer the
# same, and prints what they need in relation to each other. Needs cargo and python3 on Linux, and nothing else.
# ROUNDS and EVENTS measure longer.
set -eu
cd "$(dirname "$0")/.."
cargo build --quiet --release -p ticker-transform -p taxi-consumer -p position-consumer
exec python3 benches/lambdas/measure.py "${CARGO_TARGET_DIR:-target}/release"
