"""A provider that is added: an entry in SOURCES of `providers/models.py` is all that the emulator asks."""

from collections.abc import Iterator

import pytest
from flask import Flask

from humanloop_emulator import create_app
from humanloop_emulator.runtime.providers import models
from humanloop_emulator.runtime.providers.base import Chunk, ModelRequest, Pause, Usage
from humanloop_emulator.settings import Settings
from tests.conftest import Api


class Parrot:
    """A provider that says everything twice."""

    def complete(self, request: ModelRequest) -> Iterator[Chunk]:
        yield Chunk(request.last)
        yield Chunk(" " + request.last, finish_reason="stop", usage=Usage(output_tokens=2))


def parrots(settings: Settings, pause: Pause) -> dict[str, Parrot]:
    return {"cohere": Parrot()}


@pytest.fixture
def api(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """Call an emulator with parrots; the application `app` was made before they came."""
    monkeypatch.setattr(models, "SOURCES", [*models.SOURCES, parrots])
    with_parrots = create_app(Settings(db=":memory:", jobs="immediate"))
    yield Api(with_parrots)
    with_parrots.extensions["emulator"].db.close()


def test_a_source_answers_for_its_providers(api: Api) -> None:
    prompt = {"model": "parrot", "provider": "cohere", "template": [{"role": "user", "content": "Hello."}]}
    called = api.post("/prompts/call", {"path": "birds/parrot", "prompt": prompt})
    assert called["logs"][0]["output"] == "Hello. Hello."
    other = api.post("/prompts/call", {"path": "birds/other", "prompt": prompt | {"provider": "anthropic"}})
    assert other["logs"][0]["output"] != "Hello. Hello."


def rules_of(api: Api) -> list[object]:
    return api.http.get("/_emulator/models").get_json()


def test_the_rules_that_come_along_do_not_answer_for_it(app: Flask, api: Api) -> None:
    assert rules_of(Api(app))
    assert rules_of(api) == []
