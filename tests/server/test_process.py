"""The life of the server process: ready, answering, ended in every way, started again."""

import http.server
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import requests

from tests.builders.processes import ServerProcess, run
from tests.databases import database_at

Make = Callable[..., ServerProcess]


def health(server: ServerProcess) -> str:
    answer = requests.get(f"{server.url}/_emulator/health", timeout=10)
    assert answer.status_code == 200
    return str(answer.json()["status"])


def test_ready_line_names_url_database_and_sdk_call(make_server: Make, tmp_path: Path) -> None:
    server = make_server(db=database_at(tmp_path / "emulator.db"))
    ready = server.start()
    assert database_at(tmp_path / "emulator.db") in ready
    assert f'Humanloop(api_key="any", base_url="{server.url}/v5")' in ready
    assert server.url.startswith("http://127.0.0.1:")
    assert health(server) == "ok"


def test_listed_keys_are_not_printed(make_server: Make) -> None:
    ready = make_server("--api-keys", "hl_secret=acme").start()
    assert "hl_secret" not in ready
    assert '"any"' not in ready


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("end", [ServerProcess.terminate, ServerProcess.interrupt])
def test_ends_cleanly(make_server: Make, end: Callable[[ServerProcess], int], workers: str) -> None:
    server = make_server("--workers", workers)
    server.start()
    assert health(server) == "ok"
    assert end(server) == 0
    assert server.errors == ""


@pytest.mark.sqlite_only("the file and its folder are made")
def test_leaves_one_database_file(make_server: Make, tmp_path: Path) -> None:
    server = make_server(db=str(tmp_path / "new" / "data" / "emulator.db"))
    server.start()
    server.terminate()
    assert [path.name for path in (tmp_path / "new" / "data").iterdir()] == ["emulator.db"]


def test_ends_when_its_whole_process_group_is_told_to(make_server: Make) -> None:
    server = make_server("--workers", "2")
    server.start()
    assert server.signal_group(signal.SIGTERM) == 0
    assert "Traceback" not in server.errors


def workers_of(server: ServerProcess) -> list[psutil.Process]:
    try:
        children = psutil.Process(server.process.pid).children()
    except psutil.NoSuchProcess:
        return []
    return [child for child in children if "--multiprocessing-fork" in cmdline_of(child)]


def cmdline_of(process: psutil.Process) -> list[str]:
    with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
        return list(process.cmdline())
    return []


def test_ends_cleanly_when_its_workers_are_told_a_moment_before_it(make_server: Make) -> None:
    server = make_server("--workers", "2")
    server.start()
    workers = workers_of(server)
    for worker in workers:
        worker.terminate()
    while any(worker.is_running() for worker in workers):
        assert server.process.poll() is None, server.errors
    assert server.terminate() == 0


def test_a_process_that_dies_is_replaced(make_server: Make) -> None:
    server = make_server("--workers", "2")
    server.start()
    first = workers_of(server)
    for process in first:
        process.kill()
    while server.errors.count(" died (signal 9); another takes its place.") < len(first):
        assert health(server) == "ok"
    assert not {process.pid for process in first} & {process.pid for process in workers_of(server)}


def test_processes_that_keep_dying_are_a_failure(make_server: Make) -> None:
    server = make_server("--workers", "2")
    server.start()
    while server.process.poll() is None:
        for process in workers_of(server):
            with suppress(psutil.NoSuchProcess):
                process.kill()
    assert server.wait() == 1
    assert server.errors.endswith("The processes of the server keep dying (signal 9).\n")


def test_ctrl_c_while_the_processes_start_shows_no_traceback(make_server: Make) -> None:
    server = make_server("--workers", "2")
    server.launch()
    while not workers_of(server):
        assert server.process.poll() is None, server.errors
    assert server.interrupt() == 0
    assert server.errors == ""


def test_starts_again_on_the_same_file_and_port_after_a_kill(server_process: ServerProcess) -> None:
    url = server_process.url
    assert server_process.kill() != 0
    server_process.restart()
    assert server_process.url == url
    assert health(server_process) == "ok"


def test_restart_ends_the_running_server_first(server_process: ServerProcess) -> None:
    first = server_process.process.pid
    server_process.restart()
    assert server_process.process.pid != first
    assert health(server_process) == "ok"


def test_port_of_another_emulator_is_refused(server_process: ServerProcess, tmp_path: Path) -> None:
    port = server_process.url.rpartition(":")[2]
    ended = run("--port", port, "--db", database_at(tmp_path / "second.db"))
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.splitlines() == [
        f"Error: Cannot listen on 127.0.0.1 port {port}: Address already in use."
        " Stop the server that runs there, or take another port: --port 0 finds a free one."
    ]
    assert health(server_process) == "ok"


def test_address_of_another_machine_is_refused(tmp_path: Path) -> None:
    ended = run("--host", "192.0.2.1", "--port", "0", "--db", database_at(tmp_path / "emulator.db"))
    assert ended.returncode == 1
    assert " This machine has no such address: take --host 127.0.0.1" in ended.stderr


def test_port_of_another_program_is_refused(tmp_path: Path) -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as other:
        ended = run("--port", str(other.server_port), "--db", database_at(tmp_path / "emulator.db"))
    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize("path", ["file.txt", "file.txt/emulator.db", "."])
def test_unusable_database_is_refused(tmp_path: Path, path: str) -> None:
    (tmp_path / "file.txt").write_text("This is no database, and long enough for nobody to take it for an empty one.")
    ended = run("--port", "0", "--db", str(tmp_path / path))
    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1
    assert ended.stderr.startswith(f"Error: Cannot use the database {tmp_path / path}: ")


def test_memory_database_with_several_workers_is_refused() -> None:
    ended = run("--port", "0", "--db", ":memory:", "--workers", "2")
    assert ended.returncode == 2
    assert ":memory:" in ended.stderr.splitlines()[-1]


def test_warns_when_others_can_reach_it_with_any_key(make_server: Make) -> None:
    server = make_server("--host", "0.0.0.0")
    server.start()
    assert server.errors.splitlines() == [
        "Warning: 0.0.0.0 can be reached from other machines, and any key is accepted."
    ]
    assert server.url.startswith("http://127.0.0.1:")
    assert health(server) == "ok"


def test_does_not_warn_when_keys_are_listed(make_server: Make) -> None:
    server = make_server("--host", "0.0.0.0", "--api-keys", "hl_secret=acme")
    server.start()
    assert server.errors == ""


def test_a_queue_that_cannot_be_used_starts_nothing(tmp_path: Path) -> None:
    for command in (("serve", "--port", "0"), ("worker",)):
        result = run(*command, "--db", database_at(tmp_path / "a.db"), "--redis-url", "redis://127.0.0.1:1")
        assert result.returncode == 1
        assert result.stderr.startswith("Error: Cannot use the queue redis://127.0.0.1:1: ")
        assert "Traceback" not in result.stderr
