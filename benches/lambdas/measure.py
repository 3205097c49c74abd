"""A Runtime API for one function at a time, and what functions need under it.

Both sides get the same bytes over the same kind of connection. Measured per function: the time from its start as a
process to its first answer, the processor time per event once it is warm, and the most memory it ever had.
"""

import base64
import glob
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import events

HERE = os.path.dirname(os.path.abspath(__file__))
ROUNDS = int(os.environ.get("ROUNDS", 11))
EVENTS = int(os.environ.get("EVENTS", 200))
WARM_UP = 20
TARGETS = {"cpu": 5, "first": 8, "memory": 3}


class Function:
    """A function as a process, which asks this end for its events."""

    def __init__(self, command, log):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(30)
        port = self.listener.getsockname()[1]
        environment = {
            "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "", "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
            "AWS_LAMBDA_FUNCTION_NAME": "measured", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_LOG_GROUP_NAME": "group",
            "AWS_LAMBDA_LOG_STREAM_NAME": "stream", "AWS_REGION": "us-east-1", "DROP_SECTORS": "energy, healthcare",
        }
        self.begun = time.perf_counter()
        self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT, cwd=HERE)
        self.connection, self.buffer, self.number = None, b"", 0

    def read_request(self):
        """Returns the first line and the body of the next request."""
        while True:
            if self.connection is None:
                self.connection, _ = self.listener.accept()
                self.connection.settimeout(30)
                self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while b"\r\n\r\n" not in self.buffer and self.fill():
                pass
            if self.buffer:
                break
            self.connection = None
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        if fields.get("transfer-encoding") == "chunked":
            return lines[0], self.read_chunks()
        return lines[0], self.take(int(fields.get("content-length", 0)))

    def fill(self):
        piece = self.connection.recv(1 << 20)
        self.buffer += piece
        return bool(piece)

    def take(self, count):
        while len(self.buffer) < count:
            if not self.fill():
                raise EOFError("the function hung up")
        body, self.buffer = self.buffer[:count], self.buffer[count:]
        return body

    def read_chunks(self):
        body = b""
        while True:
            while b"\r\n" not in self.buffer:
                self.fill()
            size, _, self.buffer = self.buffer.partition(b"\r\n")
            body += self.take(int(size, 16))
            self.take(2)
            if int(size, 16) == 0:
                return body

    def invoke(self, event):
        """Gives the function an event, and returns its answer."""
        line, _ = self.read_request()
        assert line.startswith("GET ") and "/invocation/next" in line, line
        self.number += 1
        deadline = int((time.time() + 60) * 1000)
        head = (f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(event)}\r\n"
                f"Lambda-Runtime-Aws-Request-Id: request-{self.number}\r\nLambda-Runtime-Deadline-Ms: {deadline}\r\n"
                "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:000000000000:function:measured\r\n"
                "Lambda-Runtime-Trace-Id: Root=1-0\r\n\r\n")
        self.connection.sendall(head.encode() + event)
        line, answer = self.read_request()
        self.connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
        assert line.endswith("/response HTTP/1.1"), (line, answer[:500])
        return answer

    def processor_time(self):
        """Returns the seconds that all threads had the processor."""
        threads = glob.glob(f"/proc/{self.process.pid}/task/*/schedstat")
        return sum(int(open(thread).read().split()[0]) for thread in threads) / 1e9

    def most_memory(self):
        status = open(f"/proc/{self.process.pid}/status").read()
        return int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1]) / 1024

    def end(self):
        self.process.kill()
        self.process.wait()
        if self.connection:
            self.connection.close()
        self.listener.close()


def first_answer(command, event):
    function = Function(command, subprocess.DEVNULL)
    function.invoke(event)
    took = time.perf_counter() - function.begun
    function.end()
    return took * 1000


def warm(command, event):
    """Returns milliseconds of processor time per event, and MB."""
    function = Function(command, subprocess.DEVNULL)
    for _ in range(WARM_UP):
        function.invoke(event)
    before = function.processor_time()
    for _ in range(EVENTS):
        function.invoke(event)
    result = (function.processor_time() - before) / EVENTS * 1000, function.most_memory()
    function.end()
    return result


def told(command, event):
    """Returns what a function answers and logs, in a form that can be compared."""
    with tempfile.TemporaryFile("w+") as log:
        function = Function(command, log)
        answer = json.loads(function.invoke(event))
        function.end()
        log.seek(0)
        lines = [json.loads(line) for line in log if line.startswith("{")]
    for record in answer.get("records", []):
        if record.get("data"):
            record["data"] = [json.loads(line) for line in base64.b64decode(record["data"]).splitlines()]
    for line in lines:
        # Reasons are in each language's own words, and levels a matter of taste.
        line.pop("reason", None), line.pop("level", None)
    lines = [{name: value for name, value in line.items() if value is not None} for line in lines]
    return answer, [line for line in lines if line.get("message") != "a record cannot be read"]


def compare(name, rust, python, event):
    event = json.dumps(event).encode()
    ours, theirs = told(rust, event), told(python, event)
    if ours != theirs:
        sys.exit(f"{name}: they do not behave the same\n{str(ours)[:600]}\n{str(theirs)[:600]}")
    cold = [(first_answer(rust, event), first_answer(python, event)) for _ in range(ROUNDS)]
    hot = [(warm(rust, event), warm(python, event)) for _ in range(3)]
    middle = statistics.median
    figures = {
        "first": [middle(pair[side] for pair in cold) for side in (0, 1)],
        "cpu": [middle(pair[side][0] for pair in hot) for side in (0, 1)],
        "memory": [middle(pair[side][1] for pair in hot) for side in (0, 1)],
    }
    units = {"first": "ms to the first answer", "cpu": "ms of processor time per event", "memory": "MB of memory at most"}
    met = True
    for what, (ours, theirs) in figures.items():
        ratio = theirs / ours
        met &= ratio >= TARGETS[what]
        note = "" if ratio >= TARGETS[what] else f"  MISSED, {TARGETS[what]} x was aimed at"
        print(f"{name:18} {units[what]:32} {ours:8.2f} {theirs:8.2f} {ratio:6.1f} x{note}", flush=True)
    return met


def main():
    folder = os.path.abspath(sys.argv[1])
    print(f"{'function':18} {'500 records an event':32} {'Rust':>8} {'Python':>8}  ratio")
    outcomes = []
    for name, module, event in [
        ("ticker-transform", "ticker_transform", events.transform()),
        ("taxi-consumer", "taxi_consumer", events.taxi()),
        ("position-consumer", "position_consumer", events.positions()),
    ]:
        rust = [os.path.join(folder, name)]
        python = [sys.executable, os.path.join(HERE, "runtime.py"), module]
        outcomes.append(compare(name, rust, python, event))
    sys.exit(0 if all(outcomes) else 1)


main()
