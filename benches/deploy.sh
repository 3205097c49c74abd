#!/bin/sh
# Deploys the same 20 resources, deploys them again, changes one property and destroys them, with `hydrant`, `cdk` 2.1148.1,
# `sam` 1.170.0 and bare API calls; on ministack 1.5.33, then on the local engine, then on one that is 25 ms away. Prints the
# time of each, and how many times as long the others take as hydrant.
#
# Nobody waits for Firehose's buffers, which are empty: hydrant would with `destroy`, the others do not know of them.
# The CDK app needs no bootstrapped environment and SAM no bucket, so neither uploads anything. The bare calls are made by
# `benches/bare`, with the same SDK: "the fewest" are those without which there is no change, "the same" those on the
# critical path of hydrant, which also asks whose the credentials are, in what state the stack is, what it was deployed
# with, what it holds and what it gives out in the end. Their time is that of the calls alone, and that of the program.
# Needs cargo, npm and python3; installs the clients into the folder CLIENTS, or into a temporary one. HYDRANT and BARE
# name programs that are built already, SERVERS="engine" leaves the others out, PEERS="sam" the CDK, ROUNDS=5 measures
# more often (the fastest round counts).
set -eu
cd "$(dirname "$0")/.."
built=${CARGO_TARGET_DIR:-target}/release
[ -n "${HYDRANT:-}" ] || cargo build --quiet --release --bin hydrant
[ -n "${BARE:-}" ] || cargo build --quiet --release --package hydrant-bare
hydrant=$(realpath "${HYDRANT:-$built/hydrant}")
bare=$(realpath "${BARE:-$built/hydrant-bare}")
work=$(mktemp -d)
clients=${CLIENTS:-$work/clients}
export HYDRANT_LOCAL_DIR="$work/local" HOME="$work"
started=
trap '"$hydrant" local stop --quiet || true; for server in $started; do kill "$server" 2>/dev/null || true; done; rm -rf "$work"' EXIT

mkdir -p "$clients/node"
# Each has an environment of its own: what they depend on does not go together.
for package in aws-sam-cli==1.170.0 ministack==1.5.33; do
    environment=$clients/${package%==*}
    if [ ! -e "$environment/installed" ]; then
        python3 -m venv --clear "$environment"
        "$environment/bin/pip" --quiet --disable-pip-version-check install "$package"
        touch "$environment/installed"
    fi
done
if [ ! -x "$clients/node/node_modules/.bin/cdk" ]; then
    echo '{"private": true}' >"$clients/node/package.json"
    (cd "$clients/node" && npm install --silent --no-audit --no-fund aws-cdk@2.1148.1 aws-cdk-lib@2.276.0 constructs@10.8.1)
fi

# The same stack with one and with two shards in the stream that changes.
for shards in 1 2; do
    mkdir -p "$work/$shards/stacks"
    cat >"$work/$shards/stacks/bench.yaml" <<YAML
streams: { One: { shards: 1 }, Two: { shards: 1 }, Three: { shards: 1 }, Four: { shards: $shards } }
deliveries:
  alpha: { from: One, to: { bucket: alpha, prefix: in/, error_prefix: failed/ } }
  beta: { from: Two, to: { bucket: beta, prefix: in/, error_prefix: failed/ } }
  gamma: { to: { bucket: gamma, prefix: in/, error_prefix: failed/ } }
topics: { alerts: {} }
environments: { dev: { region: us-east-1 } }
YAML
    "$hydrant" render bench --project "$work/$shards" >"$work/$shards/template.yaml"
    cat >"$work/$shards/app.js" <<'JS'
const cdk = require('aws-cdk-lib');
const { CfnInclude } = require('aws-cdk-lib/cloudformation-include');
const app = new cdk.App();
const stack = new cdk.Stack(app, 'bench-cdk', { synthesizer: new cdk.LegacyStackSynthesizer() });
new CfnInclude(stack, 'Template', { templateFile: 'template.yaml' });
JS
done

cat >"$work/measure.py" <<'PYTHON'
import os, subprocess, sys, time

hydrant, bare, clients, work, name, url = sys.argv[1:]
rounds = int(os.environ.get("ROUNDS", "3"))
environment = {
    **os.environ, "AWS_ENDPOINT_URL": url, "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "000000000000", "AWS_SECRET_ACCESS_KEY": "any", "AWS_EC2_METADATA_DISABLED": "true",
    "SAM_CLI_TELEMETRY": "0", "CDK_DISABLE_CLI_TELEMETRY": "1", "CDK_DISABLE_VERSION_CHECK": "1", "CI": "1",
    "NODE_PATH": f"{clients}/node/node_modules",
}
# In seconds, by who did which step.
took = {}


def keep(who, step, seconds):
    took[who, step] = min(took.get((who, step), seconds), seconds)


def run(shards, *command):
    ended = subprocess.run(command, env=environment, cwd=f"{work}/{shards}", stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if ended.returncode:
        sys.exit(f"{' '.join(command)}\n{ended.stdout}")
    return ended.stdout


def calls(extent):
    def act(step, shards):
        milliseconds = run(shards, bare, extent, step, f"bench-{extent}", "template.yaml")
        keep(f"{extent} alone", step, float(milliseconds) / 1000)

    return act


def own(step, shards):
    verb = ["destroy", "--delete-data", "--no-drain"] if step == "destroy" else ["deploy"]
    run(shards, hydrant, *verb, "bench", "--project", ".", "--endpoint-url", url, "--yes", "--quiet")


def cdk(step, shards):
    verb = ["destroy", "--force"] if step == "destroy" else ["deploy", "--require-approval", "never"]
    run(shards, f"{clients}/node/node_modules/.bin/cdk", *verb, "--no-notices", "--app", "node app.js")


def sam(step, shards):
    of = ["--stack-name", "bench-sam", "--region", "us-east-1"]
    if step == "destroy":
        return run(shards, f"{clients}/aws-sam-cli/bin/sam", "delete", *of, "--no-prompts")
    run(shards, f"{clients}/aws-sam-cli/bin/sam", "deploy", *of, "--template-file", "template.yaml", "--capabilities",
        "CAPABILITY_NAMED_IAM", "--no-fail-on-empty-changeset")


steps = [("deploy", 1), ("no-op", 1), ("update", 2), ("destroy", 2)]
chosen = os.environ.get("PEERS", "cdk sam").split()
known = {"hydrant": own, "same": calls("same"), "fewest": calls("fewest"), "cdk": cdk, "sam": sam}
peers = {peer: act for peer, act in known.items() if peer in ("hydrant", "same", "fewest", *chosen)}
# In turn, so that what else the machine does meets all of them.
for turn in range(rounds):
    for peer, act in peers.items():
        for step, shards in steps if turn == 0 or peer not in ("cdk", "sam") else ():
            # AWS answers five calls a second of Firehose's control plane, and so does the engine: nobody deploys as often.
            time.sleep(1)
            begun = time.monotonic()
            act(step, shards)
            keep(peer, step, time.monotonic() - begun)
for step, _ in steps:
    ours = took["hydrant", step]
    others = "".join(f"{peer} {took[peer, step]:.2f} s ({took[peer, step] / ours:.1f} x), " for peer in chosen)
    bares = ", ".join(
        f"the {extent} calls {took[who, step] * 1000:.0f} ms{what} ({ours / took[who, step]:.2f} x)"
        for extent in ("same", "fewest") for who, what in ((f"{extent} alone", ""), (extent, " as a program")))
    print(f"{name}, {step}: hydrant {ours * 1000:.0f} ms; {others}of it bare, {bares}", flush=True)
PYTHON

# As far away as a region is: every answer comes 25 ms later.
printf 'requests:\n  - { service: "*", fault: { slow: { from: 25ms, to: 25ms } } }\n' >"$work/distance.yaml"
for server in ${SERVERS:-ministack engine distant}; do
    if [ "$server" != ministack ]; then
        "$hydrant" local stop --quiet || true
        set --
        [ "$server" = engine ] || set -- --faults "$work/distance.yaml"
        "$hydrant" local start --quiet "$@" >/dev/null
        url=$("$hydrant" local status --format json | sed -n 's/.*"url": "\(.*\)",/\1/p')
    else
        port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
        BIND_HOST=127.0.0.1 GATEWAY_PORT=$port AUTH=true STATE_DIR="$work/state" S3_DATA_DIR="$work/s3" \
            "$clients/ministack/bin/ministack" >"$work/ministack.log" 2>&1 &
        started="$started $!"
        url=http://127.0.0.1:$port
        until python3 -c "import urllib.request; urllib.request.urlopen('$url/_ministack/health', timeout=1)" 2>/dev/null; do
            sleep 0.2
        done
    fi
    python3 "$work/measure.py" "$hydrant" "$bare" "$clients" "$work" "$server" "$url"
done
