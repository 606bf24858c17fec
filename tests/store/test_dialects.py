"""What the databases spell differently, and what they have to answer alike."""

import json
import sys

import pytest

from humanloop_emulator.store.database import Database
from humanloop_emulator.store.dialects import shown
from humanloop_emulator.store.dialects.sqlite import Sqlite
from humanloop_emulator.store.models import Organisation
from humanloop_emulator.store.schema import migrate
from humanloop_emulator.store.statement import sql
from tests.databases import new_database

WORDS = {
    "SELECT value FROM integers(?)": "SELECT value FROM json_each(?)",
    "text_at(v.content, spec.return_type)": "json_extract(v.content, '$.spec.return_type')",
    "is_object(d.document, target)": "json_type(d.document, '$.target') = 'object'",
    "least_of(count(l.id), ?)": "min(count(l.id), ?)",
}


@pytest.fixture
def db() -> Database:
    db = Database(new_database())
    migrate(db)
    return db


@pytest.mark.parametrize("text", WORDS)
def test_words_are_spelled_as_the_database_knows_them(text: str) -> None:
    assert Sqlite(":memory:").spell(text) == WORDS[text]


def test_the_members_of_lists_keep_their_places(db: Database) -> None:
    statement = sql("SELECT key, value FROM texts(:uids) ORDER BY key")
    assert db.tuples(statement, uids=["b", "a", "'"]) == [(0, "b"), (1, "a"), (2, "'")]
    assert db.tuples(sql("SELECT value FROM integers(:keys)"), keys=[2**40]) == [(2**40,)]


def test_json_is_read_where_it_stands(db: Database) -> None:
    at = sql("SELECT text_at(:document, spec.return_type)")
    assert db.value(at, document='{"spec": {"return_type": "number"}}') == "number"
    names = sql("SELECT k.key FROM names(:document) k ORDER BY 1")
    assert db.column(names, document='{"b": 1, "a": {}}') == ["a", "b"]


HOSTILE = ["nul \0 inside", "\1\2\2\0\3\1", "\\u0000 \\\0", "100 % ? 'quoted' \\", "ä\U0001f600 \U0010ffff"]


@pytest.mark.parametrize("name", HOSTILE)
def test_texts_come_back_as_they_were(db: Database, name: str) -> None:
    with db.writing():
        key = db.insert(Organisation, name=name, created_at="")
    assert db.value(sql("SELECT name FROM organisation WHERE id = :key"), key=key) == name


@pytest.mark.parametrize("text", HOSTILE)
def test_json_is_read_whatever_it_holds(db: Database, text: str) -> None:
    document = json.dumps({"a": "found", "b": {"c": text}, "d": text})
    assert db.value(sql("SELECT text_at(:document, a)"), document=document) == "found"
    assert db.column(sql("SELECT k.key FROM names(:document) k ORDER BY 1"), document=document) == ["a", "b", "d"]
    with db.writing():
        db.insert(Organisation, name=text, created_at="")
    listed: str = db.value(sql("SELECT list_of(name) FROM organisation"))
    assert json.loads(listed) == [text]


def test_texts_sort_by_their_code_points(db: Database) -> None:
    with db.writing():
        for name in ("a", "Z", "\0", "\1", "\0a", "\4", "é", "", "z"):
            db.insert(Organisation, name=name, created_at="")
    names = ["", "\0", "\0a", "\1", "\4", "Z", "a", "z", "é"]
    assert db.column(sql("SELECT name FROM organisation ORDER BY name")) == names


def test_a_search_ignores_case_in_every_alphabet(db: Database) -> None:
    found = sql("SELECT CASE WHEN contains_text(:text, :needle) THEN 1 ELSE 0 END")
    assert db.value(found, text="Die STRASSE nach ΣΟΦΟΣ", needle="straße nach σοφος".casefold()) == 1
    assert db.value(found, text="100 %", needle="1%") == 0
    assert db.value(found, text="\0", needle="\2") == 0


CASED = [c for c in map(chr, range(sys.maxunicode)) if c != c.casefold() or c != c.lower()]
FOUND = sql("""
    SELECT f.value FROM texts(:folded) f JOIN texts(:texts) t ON t.key = f.key
    WHERE contains_text(t.value, f.value) ORDER BY f.key
""")


def hold_case_to_python(db: Database) -> None:
    folded = [f"ss{c.casefold()}" for c in CASED]
    assert len(CASED) > 1000
    assert db.column(FOUND, texts=[f"ß{c}" for c in CASED], folded=folded) == folded


def test_case_is_folded_as_python_does(db: Database) -> None:
    hold_case_to_python(db)


@pytest.mark.postgresql_only("SQLite asks Python")
def test_case_is_folded_alike_by_servers_without_icu(db: Database) -> None:
    from humanloop_emulator.store.dialects.texts import functions  # which needs psycopg

    with db.writing():
        for signature, body in functions(icu=False).items():
            db.connection.execute(f"CREATE OR REPLACE FUNCTION {signature} IMMUTABLE LANGUAGE sql AS $$ {body} $$")
        hold_case_to_python(db)


def test_all_is_replaced_and_new_rows_follow_what_came(db: Database) -> None:
    source = Database(":memory:")
    migrate(source)
    with source.writing():
        source.insert(Organisation, name="theirs", created_at="")
    with db.writing():
        db.insert(Organisation, name="ours", created_at="")
    before = db.state
    db.replace_with(source)
    assert db.column(sql("SELECT name FROM organisation")) == ["theirs"]
    assert db.state > before
    with db.writing():
        assert db.insert(Organisation, name="next", created_at="") == 2


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("postgresql://me:secret@host/name", "postgresql://me:***@host/name"),
        (
            "postgresql://me@host/name?password=secret&sslmode=require",
            "postgresql://me@host/name?password=***&sslmode=require",
        ),
        ("postgresql://one:5432,two:5432/name", "postgresql://one:5432,two:5432/name"),
        ("data/a:b@c.db", "data/a:b@c.db"),
    ],
)
def test_passwords_are_not_shown(target: str, text: str) -> None:
    assert shown(target) == text
