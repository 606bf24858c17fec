"""PostgreSQL goes away while servers and workers use it, and comes back: killed, or replaced by its standby."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from tests.builders.outages import Writer, health, logs
from tests.builders.processes import ServerProcess, Worker, run
from tests.nodes import Node
from tests.server.test_jobs import Client, Experiment

pytestmark = pytest.mark.postgresql_only("SQLite has no server")

SECONDS_TO_NOTICE = 5  # for whoever waits, that the database is gone
SECONDS_TO_RETURN = 5  # after the database has returned
Make = Callable[..., ServerProcess]


def troubles(*errors: str) -> list[str]:
    """Return the lines of stderr that tell of errors of drivers and jobs: an outage is one line of our own."""
    names = ("psycopg", "peewee", "huey", "Unhandled", "Unavailable")
    return [line for text in errors for line in text.splitlines() if any(name in line for name in names)]


class Pair:
    """A server and a standby that has all that was acknowledged, and the URL that leads to whichever writes."""

    def __init__(self, primary: Node, standby: Node) -> None:
        primary.create()
        self.primary, self.standby = primary, standby
        hosts = f"host={primary.folder},{standby.folder}"
        self.url = f"postgresql://emulator@/postgres?{hosts}&target_session_attrs=read-write"

    def restart(self) -> None:
        self.primary.start()

    def promote(self) -> None:
        self.standby.promote()


@pytest.fixture
def pair() -> Iterator[Pair]:
    with ExitStack() as nodes:
        yield Pair(*(nodes.enter_context(closing(Node())) for _ in range(2)))


@pytest.mark.parametrize("back", ["restart", "promote"])
def test_nothing_that_was_acknowledged_is_lost_while_the_database_is_away(
    make_server: Make, make_worker: Callable[[str], Worker], pair: Pair, back: str
) -> None:
    server = make_server("--workers", "2", "--jobs", "off", db=pair.url)
    server.start()
    worker = make_worker(pair.url)
    call = Client(server.url)
    if back == "promote":
        pair.standby.follow(pair.primary)
    spec = {"evaluator_type": "python", "arguments_type": "target_free", "return_type": "number"}
    code = "def length(log):\n    return len(log['output'])"
    judge = call("POST", "/evaluators", {"path": "a/judge", "spec": {**spec, "code": code}})
    prompts = [call("POST", "/prompts", {"path": f"a/{name}", "model": "m"})["id"] for name in "xy"]
    for prompt in prompts:
        watching = {"activate": [{"evaluator_version_id": judge["version_id"]}]}
        call("POST", f"/prompts/{prompt}/evaluators", watching)
    writers = [Writer(server.url, f"a/{name}") for name in "xy"]
    with ExitStack() as stack:
        for writer in writers:
            stack.enter_context(writer.writing())
            writer.wait_for(20)
        pair.primary.kill()
        for _ in range(5):
            status, seconds = health(server.url)
            assert status == 503 and seconds < 1.5
        for writer in writers:
            writer.wait_for_refusal()
        getattr(pair, back)()
        returned = time.monotonic()
        for writer in writers:
            writer.wait_for(20)
        assert health(server.url)[0] == 200
    for writer, prompt in zip(writers, prompts, strict=True):
        assert writer.strange == []
        assert writer.slowest < SECONDS_TO_NOTICE
        assert max(writer.refused) < returned + SECONDS_TO_RETURN
        found = logs(server.url, prompt)
        assert set(writer.acknowledged) <= set(found) and len(set(found)) == len(found)
        assert len(found) <= len(writer.acknowledged) + len(writer.refused)
    number = sum(len(logs(server.url, prompt)) for prompt in prompts)
    until = time.monotonic() + 60
    while call("GET", f"/logs?file_id={judge['id']}&size=0")["total"] < number and time.monotonic() < until:
        pass
    assert len(logs(server.url, judge["id"])) == number  # each Log is judged, and once
    assert worker.is_running()
    assert not troubles(server.errors, worker.errors)


def test_two_servers_and_two_workers_finish_a_run_exactly_once_though_one_of_each_is_killed(
    make_server: Make, make_worker: Callable[[str], Worker], pair: Pair
) -> None:
    servers = [make_server(db=pair.url) for _ in range(2)]
    for server in servers:
        server.start()
    workers = [make_worker(pair.url) for _ in range(2)]
    call = Client(servers[1].url)
    experiment = Experiment(call)
    experiment.run(call)
    experiment.wait(call, 100)
    servers[0].kill()
    workers[0].kill()
    experiment.complete(call)
    assert workers[1].is_running()
    assert not troubles(servers[1].errors, workers[1].errors)


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("worker",), ("state",), ("seed", "demo")])
def test_a_database_that_cannot_be_reached_is_one_line_without_its_password(command: tuple[str, ...]) -> None:
    ended = run(*command, "--db", "postgresql://me:secret@127.0.0.1:1/db")
    assert (ended.returncode, ended.stdout) == (1, "")
    [line] = ended.stderr.splitlines()
    assert line.startswith("Error: Cannot use the database postgresql://me:***@127.0.0.1:1/db: connection failed")
    assert "secret" not in ended.stderr


def test_a_password_is_never_shown(make_server: Make, make_worker: Callable[[str], Worker], pair: Pair) -> None:
    db = pair.url.replace("emulator@", "emulator:secret@")
    server = make_server(db=db)
    ready = server.start()
    worker = make_worker(db)
    assert "emulator:***@" in ready and "emulator:***@" in worker.ready
    told = [run(command, "--db", db) for command in ("state", "reset")]
    pair.primary.kill()
    assert health(server.url)[0] == 503
    said = [ready, worker.ready, *(text for ended in told for text in (ended.stdout, ended.stderr))]
    assert "secret" not in "".join([*said, server.errors, worker.errors])
    assert "The database cannot be reached" in server.errors
