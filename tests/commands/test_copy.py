"""`copy`: everything from one database into another, with SQLite and PostgreSQL at either end."""

import json
import sqlite3
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from humanloop_emulator.commands.cli import main
from humanloop_emulator.store import copying
from humanloop_emulator.store.models import TABLES
from tests.builders.evaluations import Lab
from tests.builders.trees import answers, contents, export_to
from tests.conftest import Api, make_app
from tests.databases import database_at

LARGE = 2**62  # an etag has 63 bits
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda values: st.lists(values, max_size=3) | st.dictionaries(TEXTS, values, max_size=3),
    max_leaves=5,
)


def copy(*words: str) -> Result:
    return CliRunner().invoke(main, ["copy", *words])


def copied(*words: str) -> Any:
    """Copy, and return what is told."""
    done = copy(*words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


def served(db: str) -> Flask:
    return make_app(db=db)


def fill(app: Flask) -> None:
    """Store some of everything, and what databases differ in: NUL, large numbers, booleans, order, deleted rows."""
    lab = Lab(Api(app))
    prompt, dataset = lab.prompt(), lab.dataset()
    judges = [lab.evaluator(), lab.evaluator("number"), lab.evaluator("text")]
    evaluation = lab.evaluation(prompt, *judges, name="nightly")
    run = evaluation.create_run(dataset, prompt)
    logs = lab.logs_of(prompt, dataset)
    run.add(logs)
    for log in logs[:2]:
        for judge, value in zip(judges, (True, 0.1, "nul \0 and \U0010ffff0"), strict=True):
            lab.judge(judge, log, value)
    lab.log(prompt, output="nul \0 \U0010ffff", inputs={"größe": 2**53, "deep": [{"null": None}, True, 1e-9]})
    lab.api.delete(f"/flows/{lab.flow()['id']}")
    parent = lab.log(lab.flow("qa/trace"))
    lab.log(prompt, trace_parent_id=parent)
    with app.extensions["emulator"].db.writing():
        app.extensions["emulator"].db.run(copying.sql("UPDATE file SET etag = :etag"), etag=LARGE)


@pytest.fixture
def source(tmp_path: Path) -> str:
    """Return a database of SQLite with some of everything."""
    path = str(tmp_path / "source.db")
    fill(served(path))
    return path


@pytest.fixture
def target(tmp_path: Path) -> str:
    return database_at(tmp_path / "target.db")


def rows(path: str) -> dict[str, list[Any]]:
    """Return all rows as they are stored, without the revision that tells servers of them."""
    with closing(sqlite3.connect(path)) as connection:
        found = {}
        for table in TABLES:
            columns = [f'"{field.column_name}"' for field in table._meta.sorted_fields if field.name != "revision"]
            types = ", ".join(f"typeof({column})" for column in columns)
            query = f'SELECT {", ".join(columns)}, {types} FROM "{table._meta.table_name}" ORDER BY 1, 2'
            found[table._meta.table_name] = connection.execute(query).fetchall()
        return found


def test_there_and_back_every_row_is_the_same(source: str, target: str, tmp_path: Path) -> None:
    back = str(tmp_path / "new" / "back.db")
    counts = copied(source, target)["copied"]
    assert counts == {
        "organisations": 1,
        "files": 7,
        "versions": 7,
        "datapoints": 3,
        "logs": 12,
        "evaluations": 1,
        "runs": 1,
    }
    assert copied(target, back)["copied"] == counts
    assert rows(back) == rows(source)
    assert all(found for name, found in rows(back).items() if name in counts)


def test_a_copy_answers_and_exports_the_same(source: str, target: str, tmp_path: Path) -> None:
    copied(source, target)
    old, new = served(source), served(target)
    assert answers(Api(new)) == answers(Api(old))
    assert contents(export_to(new, tmp_path / "new")) == contents(export_to(old, tmp_path / "old"))


def test_what_comes_after_a_copy_goes_on_from_there(source: str, target: str) -> None:
    copied(source, target)
    lab = Lab(Api(served(target)))
    prompt = lab.prompt(model="another")
    assert len(lab.logs(prompt, 3)) == 3


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bodies=st.lists(st.dictionaries(TEXTS, VALUES, max_size=3), min_size=1, max_size=3), outputs=TEXTS)
def test_whatever_is_stored_is_copied(
    tmp_path_factory: pytest.TempPathFactory, bodies: list[dict[str, Any]], outputs: str
) -> None:
    folder = tmp_path_factory.mktemp("any")
    source, target, back = str(folder / "source.db"), database_at(folder / "target.db"), str(folder / "back.db")
    app = served(source)
    lab = Lab(Api(app))
    prompt = lab.prompt()
    for body in bodies:
        lab.log(prompt, inputs=body, output=outputs, metadata=body)
    copied(source, target)
    copied(target, back)
    assert rows(back) == rows(source)
    assert answers(Api(served(target))) == answers(Api(app))


def test_a_server_on_the_target_goes_on_with_what_comes(source: str, target: str) -> None:
    server = Lab(Api(served(target)))
    server.prompt("theirs/prompt")
    assert [file["path"] for file in server.api.get("/prompts")["records"]] == ["theirs/prompt"]
    copied(source, target, "--replace")
    assert [file["path"] for file in server.api.get("/prompts")["records"]] == ["qa/answer"]


def test_clock_and_seeded_ids_go_on(tmp_path: Path, target: str) -> None:
    source = str(tmp_path / "source.db")
    frozen = make_app(db=source, clock="2030-01-01T00:00:00", seed_ids="seed")
    Lab(Api(frozen)).prompt()
    server = served(target)
    copied(source, target, "--replace")
    made = [Lab(Api(app)).prompt("qa/next") for app in (server, frozen)]
    assert made[0]["id"] == made[1]["id"]
    assert made[0]["created_at"] == made[1]["created_at"]


def test_what_is_there_is_only_replaced_when_told(source: str, target: str) -> None:
    Lab(Api(served(target))).prompt("theirs/prompt")
    done = copy(source, target)
    assert (done.exit_code, done.output) == (
        1,
        f"Error: The database {target} is not empty: --replace deletes what it holds.\n",
    )
    assert [file["path"] for file in Api(served(target)).get("/prompts")["records"]] == ["theirs/prompt"]


@pytest.mark.parametrize("filled", [True, False])
def test_a_copy_that_fails_changes_nothing(
    source: str, target: str, filled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if filled:
        Lab(Api(served(target))).prompt("theirs/prompt")

    def fail(done: int) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(copying, "STEP", 5)
    with monkeypatch.context() as patched:
        patched.setattr("humanloop_emulator.commands.copy.progress_bar", lambda *_: nullcontext(fail))
        done = copy(source, target, "--replace")
    assert (done.exit_code, done.output) == (1, f"Error: Cannot copy {source} to {target}: the disk is full.\n")
    paths = [file["path"] for file in Api(served(target)).get("/prompts")["records"]]
    assert paths == (["theirs/prompt"] if filled else [])
    copied(source, target, "--replace")


def test_the_summary_is_one_line(source: str, target: str) -> None:
    assert copy(source, target).output == (
        f"Copied {source} to {target}: 1 organisations, 7 files, 7 versions, 3 datapoints, 12 logs, 1 evaluations, "
        "1 runs.\n"
    )


def test_a_database_is_not_copied_onto_itself(target: str) -> None:
    served(target)
    done = copy(target, target, "--replace")
    assert done.exit_code == 2 and done.output.endswith("Error: FROM and TO are the same database.\n")


def test_a_missing_database_is_not_made(tmp_path: Path) -> None:
    done = copy(str(tmp_path / "none.db"), str(tmp_path / "new.db"))
    assert done.exit_code == 2 and done.output.endswith(f"Error: There is no database {tmp_path / 'none.db'}.\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [(":memory:", "target.db"), ("source.db", ":memory:")])
def test_memory_is_refused(words: tuple[str, str]) -> None:
    done = copy(*words)
    assert done.exit_code == 2 and "A database in memory ends with its process" in done.output


def test_passwords_are_not_told(source: str) -> None:
    url = "postgresql://me:secret@127.0.0.1:1/name"
    for words in ((source, url), (url, source)):
        done = copy(*words)
        assert done.exit_code == 1
        assert done.output.startswith("Error: Cannot ") and "me:***@" in done.output and "secret" not in done.output
