"""The rules of the scripted models over HTTP."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from humanloop_emulator.runtime.providers.rule_store import load_folder
from tests.conftest import Api, make_app
from tests.runtime.providers.asking import ask, chat

PATH = "/_emulator/models"
HELLO = {"match": {"message": "Hello"}, "reply": "Hello!"}


class Rules:
    """Calls the routes, without a key."""

    def __init__(self, app: Flask) -> None:
        self.http = app.test_client()
        self.models = app.extensions["emulator"].runtime.models

    def add(self, rules: Any) -> Any:
        response = self.http.post(PATH, json=rules)
        assert response.status_code == 200, response.text
        return response.get_json()

    def refused(self, rules: Any) -> Any:
        response = self.http.post(PATH, json=rules)
        assert response.status_code == 422
        return response.get_json()["detail"]

    def show(self) -> Any:
        return self.http.get(PATH).get_json()

    def say(self, text: str) -> str:
        return ask(self.models, chat(text)).text


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """An application without the rules that come along."""
    empty = tmp_path / "empty"
    empty.mkdir()
    return make_app(models=str(empty))


@pytest.fixture
def rules(app: Flask) -> Rules:
    return Rules(app)


@pytest.fixture
def folder(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "read.yaml").write_text("- {reply: once, times: 1}\n- reply: read\n")
    load_folder(app.extensions["emulator"].db, str(tmp_path))


def test_a_rule_is_stored_and_shown(rules: Rules) -> None:
    stored = rules.add(HELLO)
    assert stored == {"id": stored["id"], "source": None, "uses": 0, **HELLO}
    assert rules.show() == [stored]


@pytest.mark.usefixtures("folder")
def test_rules_are_shown_in_the_order_in_which_they_are_tried(rules: Rules) -> None:
    rules.add({"reply": "old"})
    several = rules.add([HELLO, {"reply": "second"}])
    assert [rule["reply"] for rule in several] == ["Hello!", "second"]
    assert [rule["reply"] for rule in rules.show()] == ["Hello!", "second", "old", "once", "read"]
    assert [rule["source"] for rule in rules.show()] == [None, None, None, "read.yaml", "read.yaml"]
    assert [rules.say("Hello"), rules.say("Bye")] == ["Hello!", "second"]
    assert [rule["uses"] for rule in rules.show()] == [1, 1, 0, 0, 0]


def test_wrong_rules_are_refused_with_their_places(rules: Rules) -> None:
    problems = rules.refused([HELLO, {"reply": "a", "match": {"message": "(", "colour": "red"}}])
    assert [(problem["loc"], problem["type"]) for problem in problems] == [
        (["body", 1, "match", "message"], "value_error"),
        (["body", 1, "match", "colour"], "value_error.extra"),
    ]
    assert rules.refused({"reply": "a", "times": 0})[0]["loc"] == ["body", "times"]
    assert rules.refused({"reply": "{{x}}"})[0]["loc"] == ["body", "reply"]
    assert rules.refused({})[0]["loc"] == ["body"]
    assert rules.refused("text")[0]["loc"] == ["body"]
    assert rules.show() == []


def test_a_body_that_is_no_json_is_refused(rules: Rules) -> None:
    response = rules.http.post(PATH, data="{", content_type="application/json")
    assert response.status_code == 422
    assert response.get_json()["detail"][0]["type"] == "value_error.jsondecode"


@pytest.mark.usefixtures("folder")
def test_a_reset_leaves_the_folder_as_it_was_read(rules: Rules) -> None:
    assert rules.say("Hello") == "once"
    rules.add(HELLO)
    assert rules.http.delete(PATH).status_code == 204
    assert [(rule["reply"], rule["uses"]) for rule in rules.show()] == [("once", 0), ("read", 0)]
    assert rules.say("Hello") == "once"


def test_one_rule_is_deleted(rules: Rules) -> None:
    first, second = rules.add({"reply": "first"}), rules.add({"reply": "second"})
    assert rules.http.delete(f"{PATH}/{second['id']}").status_code == 204
    assert rules.show() == [first]


@pytest.mark.parametrize("key", ["7", "9" * 30, "x"])
def test_a_rule_that_is_not_there_is_404(rules: Rules, key: str) -> None:
    assert rules.http.delete(f"{PATH}/{key}").status_code == 404


def test_a_prompt_is_answered_by_a_rule(rules: Rules, api: Api) -> None:
    rules.add(HELLO)
    prompt = {"model": "gpt-4o", "template": [{"role": "user", "content": "{{word}} there"}]}
    answer = api.post("/prompts/call", {"path": "Greeter", "prompt": prompt, "inputs": {"word": "Hello"}})
    assert answer["logs"][0]["output"] == "Hello!"
