#!/bin/sh
# Changes one setting of one function of a deployed stack, on the local engine: by `deploy`, through CloudFormation, and by
# `deploy --hot`, five times each in turns, and prints both medians, without the compiler's part, and their ratio.
# Needs cargo and python3. HYDRANT names a program that is built already.
set -eu
cd "$(dirname "$0")/.."
if [ -z "${HYDRANT:-}" ]; then
    cargo build --quiet --release --bin hydrant
fi
hydrant=$(realpath "${HYDRANT:-${CARGO_TARGET_DIR:-target}/release/hydrant}")
work=$(mktemp -d)
export HYDRANT_LOCAL_DIR="$work/local" CARGO_TARGET_DIR="$work/target"
trap '"$hydrant" local stop --quiet || true; rm -rf "$work"' EXIT

mkdir "$work/stacks"
cp -r tests/fixtures/greeter "$work/greeter"
sed -i '/workspace/d' "$work/greeter/Cargo.toml"
printf '[workspace]\nmembers = ["greeter"]\nresolver = "3"\n' >"$work/Cargo.toml"
cat >"$work/measure.py" <<'PYTHON'
import statistics, subprocess, sys, time
hydrant, work = sys.argv[1:]
stack = """
streams: {{ Names: {{ shards: 1 }} }}
deliveries: {{ names-to-s3: {{ from: Names, to: {{ bucket: names, prefix: in/ }} }} }}
functions: {{ greeter: {{ crate: greeter, timeout: {}s }} }}
"""
def deploy(timeout, *flags):
    open(f"{work}/stacks/bench.yaml", "w").write(stack.format(timeout))
    started = time.monotonic()
    command = [hydrant, "deploy", "bench", "--project", work, "--local", "--yes", "--quiet", *flags]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started
def build():
    started = time.monotonic()
    subprocess.run(["cargo", "build", "--quiet", "--package", "greeter", "--config", 'profile.dev.strip="symbols"'],
                   check=True, cwd=work)
    return time.monotonic() - started
deploy(10)
full, hot, cargo = [], [], []
for number in range(5):
    cargo.append(build())
    hot.append(deploy(20 + number, "--hot"))
    full.append(deploy(40 + number))
cargo = statistics.median(cargo)
full, hot = (max(statistics.median(times) - cargo, 0.001) for times in (full, hot))
print(f"deploy {full * 1000:.0f} ms, deploy --hot {hot * 1000:.0f} ms: {full / hot:.1f} times as fast "
      f"(besides {cargo * 1000:.0f} ms in which cargo finds nothing to build)")
PYTHON
python3 "$work/measure.py" "$hydrant" "$work"
