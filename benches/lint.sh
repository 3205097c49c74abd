#!/bin/sh
# Lints one template of 6.7 kB and a hundred of its kind with this program, with cfn-lint 1.58.0 and with AWS's
# cloudformation-validate 1.14.0, in one run, and prints time and peak memory beside each other; then what `--version`
# takes, the size of the program, and what `lint` of the repository's own stacks takes.
# Needs cargo and python3; installs the peers into a temporary folder unless PEERS names a virtual environment that has
# them. HYDRANT names a program that is built already; an argument names a folder of templates to take instead of
# rendered ones; ROUNDS=15 measures longer.
set -eu
cd "$(dirname "$0")/.."
if [ -z "${HYDRANT:-}" ]; then
    cargo build --quiet --release --bin hydrant
fi
hydrant=$(realpath "${HYDRANT:-${CARGO_TARGET_DIR:-target}/release/hydrant}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -z "${PEERS:-}" ]; then
    python3 -m venv "$work/venv"
    "$work/venv/bin/pip" --quiet install cfn-lint==1.58.0 cloudformation-validate==1.14.0
fi
peers=${PEERS:-$work/venv}

# Four templates: those of the folder, or what our own stacks become. The first is the one that is measured alone.
mkdir "$work/base" "$work/many"
if [ $# -gt 0 ]; then
    cp "$1"/*.yaml "$work/base/"
else
    for stack in telemetric gps ticker taxi; do
        "$hydrant" render "$stack" >"$work/base/$stack.yaml"
    done
fi
# Twenty-five variants of each: the names of their resources differ, so that no reader can know them from before.
python3 - "$work/base" "$work/many" <<'PYTHON'
import pathlib, re, sys
base, many = map(pathlib.Path, sys.argv[1:])
for path in sorted(base.glob("*.yaml")):
    text = path.read_text()
    resources = text[text.index("\nResources:"):]
    names = re.findall(r"^  ([A-Za-z0-9]+):$", resources.split("\nOutputs:")[0], re.M)
    for number in range(25):
        variant = text
        for name in sorted(names, key=len, reverse=True):
            variant = re.sub(rf"(?<![:\w]){name}\b(?!:\w)", f"{name}V{number}", variant)
        (many / f"{path.stem}-{number:02}.yaml").write_text(variant)
PYTHON
one=$(ls "$work"/base/*.yaml | head -n 1)
echo "one template: $(wc -c <"$one") bytes; many: $(ls "$work/many" | wc -l) templates"

cat >"$work/validate.py" <<'PYTHON'
import sys
from cloudformation_validate import RegoEngine
engine = RegoEngine()
for path in sys.argv[1:]:
    engine.validate_template(path)
PYTHON
cat >"$work/measure.py" <<'PYTHON'
import os, pathlib, statistics, subprocess, sys, time
hydrant, peers, work, one, rounds = *sys.argv[1:5], int(sys.argv[5])
many = sorted(map(str, pathlib.Path(work, "many").iterdir()))
root = os.getcwd()

def run(command):
    """Runs a command and returns its seconds and its peak memory in MB."""
    with open(os.devnull, "w") as nothing:
        started = time.monotonic()
        process = subprocess.Popen(command, stdout=nothing, stderr=nothing, cwd=work)
        _, status, usage = os.wait4(process.pid, 0)
        took = time.monotonic() - started
    code = os.waitstatus_to_exitcode(status)
    # Linters end with a code of their own when they find something.
    if code < 0 or code in (1, 2, 127) and command[0] == hydrant:
        sys.exit(f"{command[:3]} ended with {code}")
    return took, usage.ru_maxrss / 1024

def measure(command, rounds):
    runs = [run(command) for _ in range(rounds + 1)][1:]
    return statistics.median(took for took, _ in runs), max(memory for _, memory in runs)

tools = {
    "hydrant": ([hydrant, "lint"], rounds, rounds),
    "cfn-lint 1.58.0": ([f"{peers}/bin/cfn-lint"], max(3, rounds // 3), 1),
    "cloudformation-validate 1.14.0": ([f"{peers}/bin/python", f"{work}/validate.py"], max(3, rounds // 3), 3),
}
print(f"{'':32}{'one':>12}{'peak':>10}{'many':>12}{'peak':>10}")
took = {}
for name, (command, alone, together) in tools.items():
    first = measure([*command, one], alone)
    all_of_them = measure([*command, *many], together)
    took[name] = first[0], all_of_them[0]
    print(f"{name:32}{first[0] * 1e3:9.1f} ms{first[1]:7.0f} MB{all_of_them[0] * 1e3:9.0f} ms{all_of_them[1]:7.0f} MB")
own = took.pop("hydrant")
for name, peer in took.items():
    print(f"{name + ' takes':32}{peer[0] / own[0]:8.0f} times{'':9}{peer[1] / own[1]:8.0f} times as long")
version, _ = measure([hydrant, "--version"], rounds)
stacks, _ = measure([hydrant, "lint", "--project", root], rounds)
print(f"--version {version * 1e3:.1f} ms, program {os.path.getsize(hydrant) / 1e6:.1f} MB, "
      f"all stacks of the repository {stacks * 1e3:.1f} ms")
PYTHON
python3 "$work/measure.py" "$hydrant" "$(realpath "$peers")" "$work" "$one" "${ROUNDS:-9}"
