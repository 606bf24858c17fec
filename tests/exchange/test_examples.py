"""The Example Evaluators: every new organisation has them, and they give way to a workspace that is put there whole."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner
from flask import Flask

from humanloop_emulator.bundled import NO_SEED
from humanloop_emulator.commands.cli import main
from tests.builders.seeds import CAPITAL, write
from tests.builders.trees import export_to, import_from
from tests.conftest import Api, make_app
from tests.databases import database_at

TYPES = {
    "AI/Helpfulness": ("llm", "target_free", "boolean"),
    "AI/Semantic similarity": ("llm", "target_required", "number"),
    "Code/Exact match": ("python", "target_required", "boolean"),
    "Code/Latency": ("python", "target_free", "number"),
    "Code/Levenshtein": ("python", "target_required", "number"),
    "Code/Levenshtein distance": ("python", "target_required", "number"),
    "Human/correction": ("human", "target_free", "text"),
    "Human/rating": ("human", "target_free", "select"),
}
EXAMPLES = [f"Example Evaluators/{name}" for name in TYPES]


def paths(api: Api) -> list[str]:
    return sorted(file["path"] for file in api.get("/files?size=100")["records"])


def example(api: Api, name: str) -> Any:
    return api.post("/files/retrieve-by-path", {"path": f"Example Evaluators/{name}"})


@pytest.fixture
def new() -> Flask:
    """Return an application as it is without a word about seeds."""
    return make_app(seed="")


def test_a_new_organisation_has_the_example_evaluators(new: Flask) -> None:
    api = Api(new)
    assert paths(api) == EXAMPLES
    for name, types in TYPES.items():
        spec = example(api, name)["spec"]
        assert (spec["evaluator_type"], spec["arguments_type"], spec["return_type"]) == types
    assert [option["name"] for option in example(api, "Human/rating")["spec"]["options"]] == ["bad", "good"]
    assert example(api, "Code/Exact match")["environments"][0]["name"] == "production"
    assert [directory["path"] for directory in api.get("/directories")] == [
        *("", "Example Evaluators"),
        *(f"Example Evaluators/{name}" for name in ("AI", "Code", "Human")),
    ]


def test_so_has_each_organisation_of_a_key_with_ids_of_its_own() -> None:
    app = make_app(seed="default", organisation_per_key=True)
    ids = [example(Api(app, key), "Code/Exact match")["id"] for key in ("one", "another", "one")]
    assert ids[0] == ids[2] != ids[1]
    listed = make_app(seed="default", api_keys="k-1=acme,k-2=globex")
    assert [paths(Api(listed, key)) for key in ("k-1", "k-2")] == [EXAMPLES, EXAMPLES]


def test_organisations_made_later_have_them_beside_a_seed(tmp_path: Path) -> None:
    write(tmp_path, {"Capital.yaml": CAPITAL})
    app = make_app(seed=str(tmp_path), organisation_per_key=True)
    assert paths(Api(app, "later")) == EXAMPLES


def test_none_is_an_empty_workspace() -> None:
    for settings in ({}, {"organisation_per_key": True}):
        assert paths(Api(make_app(seed=NO_SEED, **settings))) == []


def test_a_reset_brings_the_same_ones_back(new: Flask) -> None:
    api = Api(new)
    before = example(api, "Code/Exact match")["id"]
    api.delete(f"/evaluators/{before}")
    assert len(paths(api)) == 7
    new.extensions["emulator"].reset()
    assert example(api, "Code/Exact match")["id"] == before


def test_a_server_that_starts_again_leaves_them_as_they_are(tmp_path: Path) -> None:
    db = database_at(tmp_path / "workspace.db")
    ids = []
    for _ in range(2):
        app = make_app(db=db, seed="")
        ids.append(example(Api(app), "Code/Exact match")["id"])
        app.extensions["emulator"].db.close()
    assert ids[0] == ids[1]


def test_a_seed_asks_for_them_and_may_refer_to_them(tmp_path: Path) -> None:
    evaluation = {
        "file": "Capital",
        "name": "E",
        "evaluators": ["Example Evaluators/Code/Exact match"],
        "runs": [{"version": "first", "logs": [{"output": "Paris"}]}],
    }
    write(tmp_path, {"Capital.yaml": CAPITAL.replace("model", "versions:\n- name: first\n  model", 1).replace(
        "\ntemplate", "\n  template")})  # fmt: skip
    write(tmp_path, {"all.json": orjson.dumps({"examples": True, "evaluations": [evaluation]}).decode()})
    api = Api(make_app(seed=str(tmp_path)))
    assert paths(api) == ["Capital", *EXAMPLES]
    file = api.post("/files/retrieve-by-path", {"path": "Capital"})
    [found] = api.get(f"/evaluations?file_id={file['id']}")["records"]
    assert found["evaluators"][0]["version"]["path"] == "Example Evaluators/Code/Exact match"


def test_code_of_a_seed_stands_in_files_of_its_own(tmp_path: Path) -> None:
    spec = "{evaluator_type: python, arguments_type: target_free, return_type: boolean, code: yes.py}"
    write(tmp_path, {"a/Yes.yaml": f"type: evaluator\nspec: {spec}\n", "a/yes.py": "def yes(log):\n    return True\n"})
    write(tmp_path, {"Add.yaml": "type: tool\nsource_code: a/yes.py\nfunction: {name: 'yes', description: ''}\n"})
    api = Api(make_app(seed=str(tmp_path)))
    by_path = {file["path"]: file for file in api.get("/files")["records"]}
    assert by_path["a/Yes"]["spec"]["code"] == by_path["Add"]["source_code"] == "def yes(log):\n    return True\n"
    (tmp_path / "a" / "yes.py").unlink()
    with pytest.raises(ValueError, match=r"Add.yaml, line 2: `source_code`: there is no file a/yes.py beside it"):
        make_app(seed=str(tmp_path))


def touch_version(api: Api) -> None:
    file = example(api, "Code/Latency")
    api.patch(f"/evaluators/{file['id']}/versions/{file['version_id']}", {"name": "mine"})


def touch_deletion(api: Api) -> None:
    api.delete(f"/evaluators/{example(api, 'Code/Latency')['id']}")


def touch_evaluation(api: Api) -> None:
    api.post("/evaluations", {"evaluators": [{"path": "Example Evaluators/Code/Latency"}]})


def touch_files(api: Api) -> None:
    api.post("/flows", {"path": "F", "attributes": {}})


@pytest.mark.parametrize("touch", [None, touch_version, touch_deletion, touch_evaluation, touch_files])
def test_a_seed_takes_the_place_of_examples_that_nobody_touched(
    touch: Callable[[Api], None] | None, tmp_path: Path
) -> None:
    db = database_at(tmp_path / "workspace.db")
    write(tmp_path / "seed", {"Capital.yaml": CAPITAL})
    app = make_app(db=db, seed="")
    if touch:
        touch(Api(app))
    done = CliRunner().invoke(main, ["seed", str(tmp_path / "seed"), "--db", db])
    if touch:
        assert done.exit_code != 0 and "is not empty" in done.output
    else:
        assert paths(Api(app)) == ["Capital"]
        assert [directory["path"] for directory in Api(app).get("/directories")] == [""]
    app.extensions["emulator"].db.close()


def test_an_import_brings_the_example_evaluators_of_the_tree(new: Flask, tmp_path: Path) -> None:
    source = make_app(seed="")
    theirs = {path: Api(source).post("/files/retrieve-by-path", {"path": path})["id"] for path in EXAMPLES}
    Api(source).post("/flows", {"path": "F", "attributes": {}})
    tree = export_to(source, tmp_path / "tree")

    api = Api(new)
    used = example(api, "Code/Latency")["id"]
    api.post("/evaluations", {"evaluators": [{"path": "Example Evaluators/Code/Latency"}]})
    report = import_from(new, tree)

    found = {path: api.post("/files/retrieve-by-path", {"path": path})["id"] for path in ["F", *EXAMPLES]}
    assert found.items() >= {**theirs, "Example Evaluators/Code/Latency": used}.items()
    assert report.new["files"] == len(EXAMPLES)  # with the flow, and without Latency
    assert any("Code/Latency" in finding or theirs[EXAMPLES[3]] in finding for finding in report.findings)


def test_the_default_seed_is_as_new_by_the_command_too(tmp_path: Path) -> None:
    db = database_at(tmp_path / "workspace.db")
    for seed in ("default", "demo"):
        assert CliRunner().invoke(main, ["seed", seed, "--db", db]).exit_code == 0


def test_an_export_of_a_new_workspace_imports_as_it_was(tmp_path: Path) -> None:
    source, target = make_app(seed=""), make_app(seed="")
    import_from(target, export_to(source, tmp_path / "tree"))
    assert Api(target).get("/files?size=100") == Api(source).get("/files?size=100")
    assert Api(target).get("/directories") == Api(source).get("/directories")


def test_a_folder_of_that_name_is_named_by_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a server begins with must not depend on what lies in the folder that it is started in."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "default", {"Only.yaml": "type: flow\nattributes: {}\n"})
    assert paths(Api(make_app(seed=""))) == EXAMPLES
    assert paths(Api(make_app(seed="./default"))) == ["Only"]
