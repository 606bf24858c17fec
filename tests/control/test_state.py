"""The state as a whole: counts, reset to the seed, snapshots; in memory and in a file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.builders.evaluations import Lab
from tests.conftest import Api, make_app
from tests.databases import database_at

PLACES = ["memory", "file"]
ADMIN_KEY = "secret"


class Emulator:
    """Calls the emulator's own routes and, as a client with a key, the API."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.http = app.test_client()
        self.http.environ_base["HTTP_X_EMULATOR_KEY"] = ADMIN_KEY
        self.api = Api(app)
        self.lab = Lab(self.api)

    def post(self, path: str, body: Any = None, *, status: int = 204) -> Any:
        answer = self.http.post(f"/_emulator{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.get_json() if answer.data else None

    def save(self, name: str) -> Any:
        return self.post("/snapshots", {"name": name}, status=201)

    def load(self, name: str) -> None:
        self.post(f"/snapshots/{name}/load")

    def snapshots(self) -> list[str]:
        return [snapshot["name"] for snapshot in self.http.get("/_emulator/snapshots").get_json()["snapshots"]]

    def prompts(self, key: str = "test-key") -> list[str]:
        return sorted(record["path"] for record in Api(self.app, key).get("/prompts")["records"])

    def counts(self) -> dict[str, Any]:
        organisations = self.http.get("/_emulator/state").get_json()["organisations"]
        return {organisation.pop("name"): organisation for organisation in organisations}


@pytest.fixture(params=PLACES)
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Emulator]:
    """Return a function that makes an emulator; in a file, all that are made share it, as processes do."""
    db = ":memory:" if request.param == "memory" else database_at(tmp_path / "emulator.db")
    return lambda **settings: Emulator(make_app(**{"db": db, **settings}))


@pytest.fixture
def make_shared(tmp_path: Path) -> Callable[..., Emulator]:
    return lambda **settings: Emulator(make_app(**{"db": database_at(tmp_path / "shared.db"), **settings}))


@pytest.fixture
def emulator(make: Callable[..., Emulator]) -> Emulator:
    return make()


def test_counts_what_each_organisation_has(make: Callable[..., Emulator]) -> None:
    emulator = make(api_keys="test-key=acme,other=beta", admin_key=ADMIN_KEY)
    lab = emulator.lab
    prompt, dataset, judge = lab.prompt(), lab.dataset(size=2), lab.evaluator()
    lab.prompt(model="model-2")
    lab.judge(judge, lab.log(prompt), True)
    emulator.api.delete(f"/flows/{lab.flow()['id']}")
    assert emulator.prompts("other") == []
    assert dataset["datapoints_count"] == 2
    assert emulator.counts() == {
        "acme": {
            "files": {"dataset": 1, "evaluator": 1, "prompt": 1},
            "versions": 4,
            "datapoints": 2,
            "logs": 2,
            "verdicts": 1,
            "evaluations": 0,
            "runs": 0,
        },
        "beta": {
            "files": {},
            "versions": 0,
            "datapoints": 0,
            "logs": 0,
            "verdicts": 0,
            "evaluations": 0,
            "runs": 0,
        },
    }


def test_reset_goes_back_to_an_empty_database(emulator: Emulator) -> None:
    for path in ("qa/first", "qa/second"):
        emulator.lab.log(emulator.lab.prompt(path))
        emulator.post("/reset")
        assert emulator.counts() == {}
        assert emulator.prompts() == []
        assert [environment["name"] for environment in environments(emulator)] == [
            "production",
            "staging",
            "development",
        ]


def environments(emulator: Emulator) -> Any:
    prompt = emulator.lab.prompt("any/prompt")
    return emulator.api.get(f"/prompts/{prompt['id']}/environments")


def test_reset_replays_the_seed(make: Callable[..., Emulator], tmp_path: Path) -> None:
    folder = tmp_path / "seed"
    folder.mkdir()
    (folder / "one.yaml").write_text("type: prompt\npath: seeded/prompt\nmodel: gpt-4o\n")
    emulator = make(seed=str(folder))
    assert emulator.prompts() == ["seeded/prompt"]
    emulator.lab.prompt("added/prompt")
    emulator.post("/reset")
    assert emulator.prompts() == ["seeded/prompt"]


def test_reset_restores_the_models_and_the_clock(emulator: Emulator) -> None:
    emulator.post("/models", {"reply": "Set at run time."}, status=200)
    emulator.post("/clock", {"freeze": "2030-01-01T00:00:00"}, status=200)
    emulator.post("/reset")
    assert not [rule for rule in emulator.http.get("/_emulator/models").get_json() if rule["source"] is None]
    assert emulator.lab.prompt()["created_at"] < "2030"


def test_snapshots_are_saved_loaded_listed_and_deleted(emulator: Emulator) -> None:
    emulator.lab.prompt("first/prompt")
    saved = emulator.save("one-prompt")
    assert saved["name"] == "one-prompt" and saved["size"] > 0 and saved["created_at"].endswith("Z")
    emulator.lab.prompt("second/prompt")
    emulator.save("both.prompts")
    assert emulator.snapshots() == ["both.prompts", "one-prompt"]
    emulator.load("one-prompt")
    assert emulator.prompts() == ["first/prompt"]
    emulator.load("both.prompts")
    assert emulator.prompts() == ["first/prompt", "second/prompt"]
    assert emulator.http.delete("/_emulator/snapshots/one-prompt").status_code == 204
    assert emulator.snapshots() == ["both.prompts"]
    emulator.post("/snapshots/one-prompt/load", status=404)
    assert emulator.http.delete("/_emulator/snapshots/one-prompt").status_code == 404


def test_saving_again_replaces_the_snapshot(emulator: Emulator) -> None:
    emulator.save("state")
    emulator.lab.prompt("later/prompt")
    emulator.save("state")
    emulator.post("/reset")
    assert emulator.snapshots() == ["state"]
    emulator.load("state")
    assert emulator.prompts() == ["later/prompt"]


@pytest.mark.parametrize("body", [None, {}, [], {"name": 1}, {"name": ""}, {"name": "a/b"}, {"name": ".hidden"}])
def test_unusable_names_are_refused(emulator: Emulator, body: Any) -> None:
    assert emulator.post("/snapshots", body, status=422)["detail"]["type"] == "invalid_request_error"
    assert emulator.snapshots() == []


def test_answers_are_the_same_after_a_snapshot_is_loaded(emulator: Emulator) -> None:
    lab = emulator.lab
    prompt, dataset, judge = lab.prompt(), lab.dataset(), lab.evaluator()
    evaluation = emulator.api.post("/evaluations", {"evaluators": [{"version_id": judge["version_id"]}]})
    run = emulator.api.post(
        f"/evaluations/{evaluation['id']}/runs",
        {"dataset": {"version_id": dataset["version_id"]}, "version": {"version_id": prompt["version_id"]}},
    )
    logs = lab.logs_of(prompt, dataset)
    emulator.api.post(f"/evaluations/{evaluation['id']}/runs/{run['id']}/logs", {"log_ids": logs})
    paths = [
        f"/evaluations/{evaluation['id']}",
        f"/evaluations/{evaluation['id']}/stats",
        f"/evaluations/{evaluation['id']}/logs",
        f"/prompts/{prompt['id']}",
    ]
    before = [emulator.api.get(path) for path in paths]
    emulator.save("before")
    lab.judge(judge, logs[0], True)
    lab.prompt(model="model-2")
    assert [emulator.api.get(path) for path in paths] != before
    emulator.load("before")
    assert [emulator.api.get(path) for path in paths] == before


def test_keys_of_organisations_do_not_outlive_their_state(make_shared: Callable[..., Emulator]) -> None:
    """A process that remembers an organisation by its number must not show another's files when that one gets it."""
    keys = "one=first,two=second"
    ours, theirs = (make_shared(api_keys=keys, admin_key=ADMIN_KEY) for _ in range(2))
    Lab(Api(ours.app, "one")).prompt("first/prompt")
    theirs.post("/reset")
    Lab(Api(theirs.app, "two")).prompt("second/prompt")
    assert ours.prompts("one") == []
    assert ours.prompts("two") == ["second/prompt"]


def test_another_process_sees_the_new_state(make_shared: Callable[..., Emulator]) -> None:
    ours, theirs = make_shared(), make_shared()
    ours.lab.prompt("shared/prompt")
    ours.save("one")
    assert theirs.prompts() == ["shared/prompt"] and theirs.snapshots() == ["one"]
    ours.post("/reset")
    assert theirs.prompts() == []
    theirs.load("one")
    assert ours.prompts() == ["shared/prompt"]


def test_snapshots_of_a_file_outlast_the_process(make_shared: Callable[..., Emulator]) -> None:
    first = make_shared()
    first.lab.prompt("kept/prompt")
    first.save("kept")
    first.post("/reset")
    first.app.extensions["emulator"].db.close()
    second = make_shared()
    second.load("kept")
    assert second.prompts() == ["kept/prompt"]


def test_a_judge_finds_its_queue_after_a_reset(make_shared: Callable[..., Emulator]) -> None:
    """The queue of jobs is in the same file; a state that is loaded may come from before there was one."""
    emulator = make_shared()
    emulator.save("new")
    emulator.load("new")
    judge = emulator.lab.evaluator(evaluator_type="python", code="def check(log):\n    return True\n")
    prompt = emulator.lab.prompt()
    emulator.api.post(
        f"/prompts/{prompt['id']}/evaluators", {"activate": [{"evaluator_version_id": judge["version_id"]}]}
    )
    for _ in range(2):
        assert emulator.lab.log(prompt)
        emulator.save("assigned")
        emulator.load("assigned")
