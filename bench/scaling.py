"""`python -m bench.scaling` tells what servers of one and of several processes hold, on SQLite and on PostgreSQL.

Each row is a way to serve; each pair of columns what that holds of one kind of request, sent by eight clients at a time
that wait for each answer: requests a second, and the time within which 99 of 100 are answered. The clients run on the
same machine and take their part of it. The last lines are about PostgreSQL without the emulator: how many transactions
it commits when they wait for one another, as those that write do, and when they do not.
"""

import argparse
import re
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import orjson
import psycopg

from humanloop_emulator.store.dialects.states import LOCK_OUT_WRITERS
from tests.postgresql import Server, running

from .requests import LOG, PROMPT
from .runs import Client, serving

CLIENTS = 8
ROUNDS = 3
COLUMNS = ("reads", "logs", "adds to one Run", "adds to eight Runs")
DURABLE = "-c fsync=on -c full_page_writes=on"  # which tests go without


@dataclass(frozen=True)
class Way:
    """A way to serve: so many servers, each with so many processes."""

    name: str
    postgresql: bool
    servers: int
    processes: int


WAYS = (
    *(Way(f"SQLite, {_processes}", False, 1, number) for number, _processes in ((1, "1 process"), (2, "2"), (4, "4"))),
    *(Way(f"PostgreSQL, {_name}", True, 1, number) for number, _name in ((1, "1 process"), (2, "2"), (4, "4"))),
    Way("PostgreSQL, 2 servers of 1", True, 2, 1),
)


class Load:
    """Sends requests on one connection, written beforehand, and reads no more of an answer than it has to."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, payload: bytes) -> bytes:
        self._socket.sendall(payload)
        answer = b""
        while True:
            answer += self._socket.recv(1 << 20)
            head, found, body = answer.partition(b"\r\n\r\n")
            if found:
                length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
                assert head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")) and length, answer[:500]
                if len(body) >= int(length[1]):
                    return body


def payload(method: str, path: str, body: object = None) -> bytes:
    """Write a request down."""
    content = b"" if body is None else orjson.dumps(body)
    head = f"{method} /v5{path} HTTP/1.1\r\nHost: bench\r\nX-API-KEY: bench\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content


def best(work: Sequence[Callable[[], object]], seconds: float) -> tuple[float, float]:
    """Return what was held in the best of several rounds, for others may work on the machine too."""
    return max(held(work, seconds / ROUNDS) for _ in range(ROUNDS))


def held(work: Sequence[Callable[[], object]], seconds: float) -> tuple[float, float]:
    """Let each do its work again and again; return how often all did it in a second, and the 99th percentile in ms."""
    times: list[float] = []
    begun = time.perf_counter()

    def repeat(do: Callable[[], object]) -> None:
        own = []
        before = time.perf_counter()
        while before < begun + seconds:
            try:
                do()
            except StopIteration:  # there is no more to do
                break
            after = time.perf_counter()
            own.append(after - before)
            before = after
        times.extend(own)

    threads = [threading.Thread(target=repeat, args=[do]) for do in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - begun
    if len(times) < 2:  # earlier rounds have done all that there was
        return 0.0, 0.0
    return len(times) / took, statistics.quantiles(times, n=100)[98] * 1000


def measure(db: str, way: Way, seconds: float) -> list[tuple[float, float]]:
    """Return what this way to serve holds: reads of a Run, new Logs, Logs added to one Run, and to a Run for each."""
    with ExitStack() as stack:
        options = ("--workers", str(way.processes), "--jobs", "off")
        ports = [stack.enter_context(serving(db, *options)) for _ in range(way.servers)]
        client = Client(ports[0])
        prompt = client("POST", "/prompts", PROMPT)
        evaluation = client("POST", "/evaluations", {"file": {"id": prompt["id"]}, "evaluators": []})["id"]
        body = {"version": {"version_id": prompt["version_id"]}}
        runs = [client("POST", f"/evaluations/{evaluation}/runs", body)["id"] for _ in range(CLIENTS)]
        loads = [Load(port) for port, _ in zip(cycle(ports), range(CLIENTS), strict=False)]
        logs: list[str] = []

        def log(load: Load) -> None:
            logs.append(orjson.loads(load.send(logging))["id"])

        def add(load: Load, run: str) -> None:
            if not logs:
                raise StopIteration
            load.send(payload("POST", f"/evaluations/{evaluation}/runs/{run}/logs", {"log_ids": [logs.pop()]}))

        def each(do: Callable[..., object], *others: Sequence[object]) -> list[Callable[[], object]]:
            return [lambda arguments=arguments: do(*arguments) for arguments in zip(loads, *others, strict=True)]  # type: ignore[misc]

        reading, logging = payload("GET", f"/evaluations/{evaluation}/runs"), payload("POST", "/prompts/log", LOG)
        held(each(log), seconds / 4)  # what is done first makes what all others use
        if way.postgresql:
            with psycopg.connect(db, autocommit=True) as connection:
                connection.execute("ANALYZE")  # as PostgreSQL does by itself, every minute
        results = [best(each(lambda load: load.send(reading)), seconds), best(each(log), seconds)]
        half = logs[len(logs) // 2 :]
        del logs[len(logs) // 2 :]
        results.append(best(each(add, runs[:1] * CLIENTS), seconds))
        logs[:] = half
        results.append(best(each(add, runs), seconds))
        return results


def commits(server: Server, clients: int, seconds: float, *, lock: str) -> tuple[float, float]:
    """Return how many transactions of one small row PostgreSQL commits in a second, and the 99th percentile in ms."""
    with ExitStack() as stack:
        url = server.bare_url()
        connections = [stack.enter_context(psycopg.connect(url, autocommit=True)) for _ in range(clients)]
        connections[0].execute("CREATE TABLE line (id BIGSERIAL PRIMARY KEY, text TEXT)")
        if "generation" in lock:
            connections[0].execute("CREATE TABLE generation (number BIGINT)")
        statement = f"BEGIN; {lock}; INSERT INTO line (text) VALUES (repeat('x', 500)); COMMIT"
        return held([lambda c=c: c.execute(statement) for c in connections], seconds)  # type: ignore[misc]


def line(name: str, results: Sequence[tuple[float, float]]) -> str:
    """Return a row of the table."""
    return f"| {name} | " + " | ".join(f"{rate:,.0f} | {slow:.1f}" for rate, slow in results) + " |"


def main() -> None:
    """Measure every way to serve and print a row for each."""
    parser = argparse.ArgumentParser(prog="python -m bench.scaling", description=__doc__)
    parser.add_argument("--seconds", type=float, default=4, help="How long each kind of request is sent.")
    seconds = parser.parse_args().seconds
    print("| Served by | " + " | ".join(f"{name}/s | p99, ms" for name in COLUMNS) + " |")
    print("|---" + "|--:|--:" * len(COLUMNS) + "|")
    with running(DURABLE) as server, tempfile.TemporaryDirectory() as folder:
        for number, way in enumerate(WAYS):
            db = server.new_url() if way.postgresql else str(Path(folder) / f"{number}.db")
            print(line(way.name, measure(db, way, seconds)), flush=True)
        print("\n| PostgreSQL alone | commits/s | p99, ms |")
        print("|---|--:|--:|")
        for clients in (1, 2, 4, 8):
            for name, lock in (("one after the other", LOCK_OUT_WRITERS), ("at will", "SELECT 1")):
                result = commits(server, clients, seconds / 2, lock=lock)
                print(line(f"{clients} client{'s' * (clients > 1)}, {name}", [result]), flush=True)


if __name__ == "__main__":
    main()
