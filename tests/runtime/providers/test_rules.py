"""Which rule of the scripted models answers a request."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from humanloop_emulator.runtime.providers.base import ModelRequest
from humanloop_emulator.runtime.providers.models import Models as Registry
from humanloop_emulator.runtime.providers.rule_store import load_folder
from humanloop_emulator.settings import Settings
from tests.builders.models import Models
from tests.conftest import make_app
from tests.databases import database_at
from tests.runtime.providers.asking import ask, chat

TOOL = {"name": "look_up", "description": "Looks something up.", "parameters": {}}
NO_RULE = "no rule matches"


@pytest.fixture
def registry(app: Flask) -> Registry:
    return app.extensions["emulator"].runtime.models


def say(registry: Registry, request: ModelRequest) -> str:
    return ask(registry, request).text


@pytest.mark.parametrize(
    ("match", "request_"),
    [
        ({}, chat()),
        ({"provider": "openai"}, chat()),
        ({"provider": "open*"}, chat()),
        ({"model": "gpt-4o"}, chat()),
        ({"model": "gpt-4*"}, chat()),
        ({"role": "user"}, chat()),
        ({"message": "^Hel+o$"}, chat()),
        ({"message": "one.two"}, chat([{"type": "text", "text": "one two"}])),
        ({"message": "on a t"}, chat(messages=(), text="Once upon a time")),
        ({"system": "brief"}, chat(system="Be brief.")),
        ({"tool": "look_*"}, chat(tools=[TOOL])),
        ({"inputs": {"city": "^P", "n": "4"}}, chat(inputs={"city": "Paris", "n": 14})),
        ({"inputs": {"log": '"output":"yes"'}}, chat(inputs={"log": {"output": "yes"}})),
    ],
)
def test_a_rule_answers_what_it_matches(
    registry: Registry, models: Models, match: dict[str, Any], request_: ModelRequest
) -> None:
    models.answer("Found.", match=match)
    assert say(registry, request_) == "Found."


@pytest.mark.parametrize(
    ("match", "request_"),
    [
        ({"provider": "openai"}, chat(provider="anthropic")),
        ({"model": "gpt-4"}, chat()),
        ({"model": "GPT-4o"}, chat()),
        ({"role": "user"}, chat(role="tool")),
        ({"role": "user"}, chat(messages=(), text="Hello")),
        ({"message": "^hello$"}, chat()),
        ({"message": "Hello"}, chat("x" * 20_000 + "Hello")),
        ({"system": "brief"}, chat("Be brief.")),
        ({"tool": "look_up"}, chat()),
        ({"inputs": {"city": "P"}}, chat()),
        ({"inputs": {"city": "P"}}, chat(inputs={"city": None})),
        ({"model": "gpt-4o", "message": "Bye"}, chat()),
    ],
)
def test_a_rule_leaves_what_it_does_not_match(
    registry: Registry, models: Models, match: dict[str, Any], request_: ModelRequest
) -> None:
    models.answer("Found.", match=match)
    assert NO_RULE in say(registry, request_)


def test_the_newest_rule_that_matches_answers(registry: Registry, models: Models) -> None:
    models.answer("old")
    models.answer("new", match={"message": "Hello"})
    assert [say(registry, chat()), say(registry, chat("Bye"))] == ["new", "old"]


def test_a_rule_is_used_as_often_as_it_says(registry: Registry, models: Models) -> None:
    models.answer("always")
    models.answer("twice", times=2)
    models.answer("once", times=1)
    assert [say(registry, chat()) for _ in range(5)] == ["once", "twice", "twice", "always", "always"]


def test_two_processes_share_the_uses(tmp_path: Path) -> None:
    from tests.conftest import make_app

    apps = [make_app(db=database_at(tmp_path / "shared.db")) for _ in range(2)]
    Models(apps[0]).answer("once", times=1)
    said = [say(app.extensions["emulator"].runtime.models, chat()) for app in apps]
    for app in apps:
        app.extensions["emulator"].db.close()
    assert said[0] == "once"
    assert NO_RULE in said[1]


def test_a_rule_that_takes_the_key_of_a_deleted_one_is_another(registry: Registry, app: Flask, models: Models) -> None:
    models.answer("first")
    assert say(registry, chat()) == "first"
    app.test_client().delete("/_emulator/models")
    models.answer("second")
    assert say(registry, chat()) == "second"


# The folder.


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


def load(app: Flask, folder: Path | str) -> None:
    load_folder(app.extensions["emulator"].db, str(folder))


def test_files_and_rules_are_tried_in_their_order(app: Flask, registry: Registry, folder: Path) -> None:
    (folder / "b.yaml").write_text("- {match: {message: c}, reply: b1}\n- {match: {message: '[cd]'}, reply: b2}\n")
    (folder / "a.yml").write_text("- {match: {message: a}, reply: a1}\n")
    (folder / "c.yaml").write_text("- reply: c1\n")
    (folder / "empty.yaml").write_text("# nothing yet\n")
    (folder / "notes.txt").write_text("- {reply: no rule}\n")
    load(app, folder)
    assert [say(registry, chat(text)) for text in "acde"] == ["a1", "b1", "b2", "c1"]


def test_rules_set_at_run_time_come_before_those_of_the_folder(
    app: Flask, registry: Registry, models: Models, folder: Path
) -> None:
    models.answer("set", match={"message": "Hello"})
    (folder / "a.yaml").write_text("- reply: read\n")
    load(app, folder)
    assert [say(registry, chat()), say(registry, chat("Bye"))] == ["set", "read"]


def test_reading_the_folder_again_replaces_its_rules_and_their_uses(
    app: Flask, registry: Registry, folder: Path
) -> None:
    (folder / "a.yaml").write_text("- {reply: once, times: 1}\n")
    for _ in range(2):
        load(app, folder)
        assert say(registry, chat()) == "once"
        assert NO_RULE in say(registry, chat())


def test_a_missing_folder_is_an_error(app: Flask, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="The folder of model rules does not exist"):
        load(app, tmp_path / "missing")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("- reply: a\n- reply: [b]\n", "bad.yaml, rule 2, reply: str type expected"),
        ("- {reply: a, answer: b}\n", "bad.yaml, rule 1, answer: extra fields not permitted"),
        ("- {reply: a, match: {mesage: b}}\n", "bad.yaml, rule 1, match.mesage: extra fields not permitted"),
        ("- {reply: a, match: {message: '('}}\n", "bad.yaml, rule 1, match.message: not a valid regular"),
        ("- {reply: a, match: {inputs: {x: '['}}}\n", "bad.yaml, rule 1, match.inputs.x: not a valid regular"),
        ("- {reply: a, replies: [b]}\n", "bad.yaml, rule 1, replies: only one of reply, replies, table"),
        ("- {replies: []}\n", "bad.yaml, rule 1, replies: at least one reply"),
        ("- {match: {model: a}}\n", "bad.yaml, rule 1: one of reply"),
        ("- {reply: '{{1}}'}\n", "bad.yaml, rule 1, reply: unknown name {{1}}"),
        ("- {reply: '{{2}}', match: {message: (a)}}\n", "bad.yaml, rule 1, reply: unknown name {{2}}"),
        ("- {tool_calls: [{name: f, arguments: {a: ['{{b}}']}}]}\n", "tool_calls: unknown name {{b}}"),
        ("- {reply: a, times: 0}\n", "bad.yaml, rule 1, times: "),
        ("- {reply: a, delay: -1}\n", "bad.yaml, rule 1, delay: a delay must be between"),
        ("- {reply: a, chunks: 0}\n", "bad.yaml, rule 1, chunks: "),
        ("- {error: {message: a, status: 200}}\n", "bad.yaml, rule 1, error.status: the status of an error"),
        ("- {tool_calls: [{arguments: {}}]}\n", "bad.yaml, rule 1, tool_calls.0.name: field required"),
        ("reply: a\n", "bad.yaml: value is not a valid list"),
        ("- just text\n", "bad.yaml, rule 1: value is not a valid dict"),
        ("- {\n", "bad.yaml: "),
    ],
)
def test_an_error_names_file_rule_and_field(
    app: Flask, registry: Registry, folder: Path, text: str, complaint: str
) -> None:
    (folder / "a.yaml").write_text("- reply: kept\n")
    load(app, folder)
    (folder / "bad.yaml").write_text(text)
    with pytest.raises(ValueError) as error:
        load(app, folder)
    assert complaint in str(error.value)
    assert say(registry, chat()) == "kept"


# The rules of the emulator itself.

TOOLS = [{"name": "look_up_capital", "description": "Names the capital of a country.", "parameters": {}}]
JUDGE = "Is it right?\nExpected: {0}\nAnswer: {1}\nEnd with a line that says True or False."


@pytest.fixture
def fixtures(app: Flask) -> Registry:
    load(app, Settings(db=":memory:").models)
    return app.extensions["emulator"].runtime.models


def test_the_default_rules_know_some_capitals(fixtures: Registry) -> None:
    assert say(fixtures, chat("What is the capital of France?")) == "Paris"
    assert say(fixtures, chat("what is the capital of the united states?")) == "New York"
    assert NO_RULE in say(fixtures, chat("What is the capital of Atlantis?"))


def test_the_default_rules_judge(fixtures: Registry) -> None:
    assert say(fixtures, chat(JUDGE.format("Oslo", "oslo."))).endswith("\nTrue")
    assert say(fixtures, chat(JUDGE.format("Canberra", "Sydney"))).endswith("\nFalse")
    assert say(fixtures, chat(JUDGE.format("Oslo", ""))).endswith("\nFalse")


def test_the_default_rules_look_up_with_a_tool(fixtures: Registry) -> None:
    question = chat("What is the capital of Chad?", tools=TOOLS)
    call = ask(fixtures, question).last.tool_calls[0]
    assert call["function"] == {"name": "look_up_capital", "arguments": '{"country":"Chad"}'}
    assert say(fixtures, chat("N'Djamena", role="tool", tools=TOOLS)) == "N'Djamena"


@pytest.mark.parametrize("text", ["Hello", "Say True or False", "Name the capital of France", "Expected: a"])
def test_the_default_rules_leave_other_prompts_alone(fixtures: Registry, text: str) -> None:
    assert NO_RULE in say(fixtures, chat(text))


def test_the_rules_that_come_along_leave_a_database_that_forwards(tmp_path: Path) -> None:
    path = database_at(tmp_path / "used.db")

    def rules(**settings: Any) -> list[Any]:
        app = make_app(db=path, **settings)
        found: list[Any] = app.test_client().get("/_emulator/models").get_json()
        app.extensions["emulator"].runtime.close()
        return found

    assert rules()
    assert not rules(openai_base_url="http://127.0.0.1:1/v1")
    assert rules()
