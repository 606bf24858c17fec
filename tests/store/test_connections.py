"""Connections to PostgreSQL that get lost, cannot be had, or on which nothing is said any more."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from flask import Flask
from psycopg.sql import SQL, Identifier
from werkzeug.test import TestResponse

from humanloop_emulator.commands.cli import main
from humanloop_emulator.errors import Unavailable
from humanloop_emulator.store.database import Database
from humanloop_emulator.store.dialects import connections
from humanloop_emulator.store.statement import sql
from tests.builders.trees import export_to
from tests.conftest import make_app
from tests.databases import bare_database, new_database, node

pytestmark = pytest.mark.postgresql_only("SQLite has no server")

ONE = sql("SELECT 1")
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
OTHERS = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> %s"


class Here:
    """An application on a database, and a connection of somebody else to the same."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.app: Flask = make_app(db=url)
        self.db: Database = self.app.extensions["emulator"].db
        self.other = psycopg.connect(url, autocommit=True)

    def get(self, path: str = "/v5/prompts") -> TestResponse:
        return self.app.test_client().get(path, headers={"X-API-KEY": "k"})

    def log(self) -> TestResponse:
        body = {"path": "prompt", "prompt": {"model": "m"}, "output": "x"}
        return self.app.test_client().post("/v5/prompts/log", json=body, headers={"X-API-KEY": "k"})

    def end_connections(self) -> None:
        """Let the server close all connections of the application."""
        self.other.execute(OTHERS, [self.other.info.backend_pid])

    def count(self) -> int:
        found: Any = self.other.execute("SELECT count(*) FROM log").fetchone()
        return int(found[0])

    def wait_for(self, query: str) -> None:
        """Wait until a query counts something."""
        while not self.other.execute(query).fetchone()[0]:  # type: ignore[index]
            pass


@pytest.fixture
def here() -> Iterator[Here]:
    here = Here(new_database())
    with closing(here.other), closing(here.db):
        yield here


def refused(answer: TestResponse) -> bool:
    """Tell whether a request was answered as one that the database cannot serve now."""
    assert answer.status_code in (200, 503), answer.text
    if answer.status_code == 503:
        assert list(answer.get_json()) == ["detail"] and isinstance(answer.get_json()["detail"], str)
        assert answer.headers["Retry-After"] == "1"
    return answer.status_code == 503


def test_a_connection_that_was_closed_meanwhile_is_not_noticed(here: Here) -> None:
    assert not refused(here.log())
    here.end_connections()
    assert not refused(here.log())
    here.end_connections()
    assert not refused(here.get())
    here.end_connections()
    assert not refused(here.get("/_emulator/health"))
    assert here.count() == 2


def test_a_request_that_loses_its_connection_stores_nothing(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = here.db.dialect.commit

    def lose(connection: Any) -> None:
        here.end_connections()
        commit(connection)

    with monkeypatch.context() as patch:
        patch.setattr(here.db.dialect, "commit", lose)
        assert refused(here.log())  # the first of all, which makes the organisation
    assert here.count() == 0
    assert not refused(here.log())
    assert here.count() == 1


def test_a_failed_statement_that_somebody_overlooks_is_not_stored_silently(here: Here) -> None:
    with pytest.raises(psycopg.errors.InFailedSqlTransaction), here.db.writing():
        here.db.run(sql("UPDATE timeline SET seed = 'lost'"))
        with pytest.raises(psycopg.errors.DivisionByZero):
            here.db.value(sql("SELECT 1 / 0"))
    assert here.other.execute("SELECT seed FROM timeline").fetchone() == ("",)


def test_no_more_connections_are_opened_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "SECONDS_TO_WAIT", 0.05)
    with closing(Database(new_database(), connections=2)) as db:
        begun, end = threading.Barrier(3), threading.Event()

        def read() -> None:
            with db.reading():
                begun.wait()
                end.wait()

        readers = [threading.Thread(target=read) for _ in range(2)]
        for reader in readers:
            reader.start()
        begun.wait()
        with pytest.raises(Unavailable), db.reading():
            pass
        end.set()
        for reader in readers:
            reader.join()
        with db.reading():
            assert db.value(ONE) == 1


def test_one_connection_is_enough_to_start_and_to_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "SECONDS_TO_WAIT", 0.05)
    app = make_app(db=bare_database(), db_connections=1, seed="default", jobs="immediate")
    with closing(app.extensions["emulator"].db):
        answers = [app.test_client().get(path, headers={"X-API-KEY": "k"}) for path in ("/v5/evaluators", "/")]
    assert [answer.status_code for answer in answers] == [200, 404]


@pytest.fixture
def poor() -> Iterator[str]:
    """Return the URL of a user without rights, in a database of somebody else."""
    url = bare_database()
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        name = connection.info.dbname
        connection.execute(
            SQL("CREATE ROLE poor LOGIN; REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(Identifier(name))
        )
        yield url.replace("emulator@", "poor@")
        connection.execute("DROP OWNED BY poor; DROP ROLE poor")


@pytest.mark.parametrize(
    "words",
    [["serve", "--port", "0"], ["worker"], ["seed", "demo"], ["import", "examples"]],
    ids=lambda words: words[0],
)
def test_a_user_without_rights_is_told_so_in_one_line(poor: str, words: list[str], tmp_path: Path) -> None:
    if words[0] == "import":
        (tmp_path / "files").mkdir()
        words = ["import", str(tmp_path)]
    done = CliRunner().invoke(main, [*words, "--db", poor])
    refusal = f"Error: Cannot use the database {poor}: permission denied for schema public.\n"
    assert (done.exit_code, done.output) == (1, refusal)


def test_an_import_without_temporary_tables_says_so_in_one_line(poor: str, tmp_path: Path) -> None:
    with closing(psycopg.connect(poor.replace("poor@", "emulator@"), autocommit=True)) as connection:
        connection.execute("GRANT CREATE ON SCHEMA public TO poor")
    tree = export_to(make_app(), tmp_path / "tree")
    done = CliRunner().invoke(main, ["import", str(tree), "--db", poor])
    assert (done.exit_code, done.output.count("\n")) == (1, 1), done.output
    assert done.output.startswith("Error: permission denied to create temporary tables in database")


def test_who_waits_too_long_for_others_to_write_is_told_to_come_back(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "SET_UP", "SET lock_timeout = '50ms'")
    assert not refused(here.log())
    here.end_connections()
    with here.other.transaction():
        here.other.execute("SELECT pg_advisory_xact_lock(7401501)")
        assert refused(here.log())
    assert not refused(here.log())


def test_a_deadlock_is_never_seen(here: Here) -> None:
    """Somebody locks tables the other way round: the request is ended by the server, and served again."""
    here.log()
    answers: list[TestResponse] = []
    reader = threading.Thread(target=lambda: answers.append(here.log()))
    with closing(psycopg.connect(here.url)) as other:
        other.execute("LOCK TABLE log IN ACCESS EXCLUSIVE MODE")
        reader.start()
        here.wait_for(WAITING)
        other.execute("SET deadlock_timeout = '1min'")
        other.execute("LOCK TABLE file IN ACCESS EXCLUSIVE MODE")  # which the request has read
        other.commit()
    reader.join()
    assert not refused(answers[0])
    assert here.count() == 2


def test_a_server_that_says_nothing_keeps_nobody_waiting(
    here: Here, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(connections, "SECONDS_OF_PATIENCE", 0.1)
    monkeypatch.setattr(connections, "SECONDS_TO_ANSWER", 0.3)
    monkeypatch.setattr(connections, "SECONDS_BETWEEN_LOOKS", 0.05)
    assert not refused(here.log()) and not refused(here.get("/_emulator/health"))
    waiting: list[tuple[bool, float]] = []

    def read() -> None:
        begun = time.monotonic()
        waiting.append((refused(here.get()), time.monotonic() - begun))

    readers = [threading.Thread(target=read) for _ in range(3)]
    with caplog.at_level(logging.WARNING), node().frozen():
        for reader in readers:
            reader.start()
        assert refused(here.get("/_emulator/health"))
        for reader in readers:
            reader.join()
        assert [lost for lost, _ in waiting] == [True] * 3
        assert max(seconds for _, seconds in waiting) < 5
        begun = time.monotonic()
        assert refused(here.log()) and refused(here.get("/_emulator/health"))
        assert time.monotonic() - begun < 0.5  # who comes later is not kept at all
    while refused(here.get("/_emulator/health")):
        pass
    assert not refused(here.log())
    assert here.count() == 2
    said = [record.message for record in caplog.records]
    assert len(said) == 2 and said[0].startswith("The database cannot be reached: "), said
    assert said[1] == "The database can be reached again."


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("postgresql://u:secret@127.0.0.1:1/db", "connection failed: connection to server at"),
        ("postgresql://u:secret@127.0.0.1:1,127.0.0.1:2/db", "port: '2'"),
        ("postgresql://u:sec@ret@127.0.0.1:1/db", "percent-encoded"),
        ("postgresql://u:secret%zz@127.0.0.1:1/db", "percent-encoded"),
        ("postgresql://u:secret/x@127.0.0.1:1/db", "percent-encoded"),
        ("postgresql://127.0.0.1:1/db?user=u&password=secret", "connection failed: connection to server at"),
        ("postgresql://127.0.0.1:1/db?colour=red", 'invalid URI query parameter: "colour"'),
    ],
)
def test_why_a_server_cannot_be_used_is_said_without_its_password(url: str, reason: str) -> None:
    with pytest.raises(ValueError) as refusal:
        Database(url).dialect.prove()
    text = str(refusal.value)
    assert reason in text and "\n" not in text
    assert "sec" not in text and "ret" not in text
