"""Seeds that cannot be stored: what is wrong is told by file, line and field, and nothing is stored."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from humanloop_emulator.commands.cli import main
from humanloop_emulator.exchange.seeds import SeedError
from tests.builders.seeds import CAPITAL, CORRECT, write
from tests.conftest import Api, make_app
from tests.databases import database_at


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "seed"


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"a/x.yaml": "files:\n- type: flow\n  path: F\n  attributes: 3\n"},
         "a/x.yaml, line 4: `files[0].attributes`: value is not a valid dict"),
        ({"x.json": '{"files": [\n{"type": "flow",\n"path": "F",\n"atributes": {}}]}'},
         "x.json, line 4: `files[0].atributes`: extra fields not permitted"),
        ({"x.yaml": "files:\n- type: flow\n\n- type: flop\n"},
         "x.yaml, line 2: `files[0].path`: field required"),
        ({"x.yaml": "type: prompt\nversions:\n- model: m\n- model: m\n  temperature: hot\n"},
         "x.yaml, line 5: `versions[1].temperature`: value is not a valid float"),
        ({"x.yaml": "type: flow\nversions: [{attributes: {}}]\nattributes: {}\n"},
         "x.yaml, line 3: `attributes`: content belongs inside `versions`, unless "),
        ({"x.yaml": "type: flow\nattributes: {}\npath: /F\n"}, "x.yaml, line 3: `path`: Path `/F` must be names"),
        ({"x.yaml": "type: flow\nversions:\n- {name: a, attributes: {}}\n- {name: a, attributes: {b: 1}}\n"},
         "x.yaml, line 4: `versions[1]`: Another version of `x` is already named `a`"),
        ({"x.yaml": "type: flow\nattributes: {}\ndeployed_to: [moon]\n"},
         "x.yaml, line 3: `deployed_to[0]`: Environment `moon` does not exist"),
        ({"a.yaml": "type: flow\npath: F\nattributes: {}\n",
          "b.yaml": "files:\n- {type: flow, path: F, attributes: {}}\n"},
         "b.yaml, line 2: `files[0]`: the file at the path F is already in a.yaml, line 1"),
        ({"x.yaml": "files:\n- {type: flow, path: a/F}\n"}, "x.yaml, line 2: `files[0]`: a/F has no version"),
        ({"x.yaml": "a: [1\nb: 2\n"}, "x.yaml, line 2: "),
        ({"x.yaml": "- a\n"}, "x.yaml, line 1: the YAML must be a mapping"),
        ({"x.yaml": "filez: []\n"}, "x.yaml, line 1: `filez`: extra fields not permitted"),
        ({"x.json": '{"files":\n]}'}, "x.json, line 2: "),
        ({"x.yaml": "type: flow\nattributes: {}\nlogs:\n- output: yes\n"},
         "x.yaml, line 4: `logs[0].output`: str type expected"),
        ({"x.yaml": "type: prompt\nmodel: m\nmax_tokens: 1.5\n"},
         "x.yaml, line 3: `max_tokens`: value is not a valid integer"),
        ({"x.json": "[]"}, "x.json, line 1: value is not a valid dict"),
        ({"x.prompt": "---\nmodel: m\ntemperature: hot\n---\nHi\n"},
         "x.prompt, line 3: `temperature`: value is not a valid float"),
        ({"x.prompt": "---\nmodel: m\n"}, "x.prompt, line 1: the front matter has no closing line"),
        ({"x.yaml": "type: dataset\ndatapoints: x.csv\n", "x.csv": "a,b\n1\n"}, "x.csv, line 2: it does not have"),
        ({"x.yaml": "type: dataset\ndatapoints: x.csv\n"}, "x.yaml, line 2: `datapoints`: there is no file x.csv"),
        ({"x.yaml": "type: dataset\ndatapoints: x.jsonl\n", "x.jsonl": '{}\n{"inputs": 3}\n'},
         "x.jsonl, line 2: `inputs`: value is not a valid dict"),
        ({"x.yaml": "type: flow\nattributes: {}\nlogs: x.jsonl\n", "x.jsonl": '{"output": "a"}\n{"output": \n'},
         "x.jsonl, line 2: "),
        ({"x.yaml": "type: flow\nattributes: {}\nlogs:\n- output: a\n  children:\n  - {path: x, versoin: b}\n"},
         "x.yaml, line 6: `logs[0].children[0].versoin`: extra fields not permitted"),
        ({"x.yaml": "type: flow\nattributes: {}\nlogs:\n- version: b\n"},
         "x.yaml, line 4: `logs[0]`: x has no version with the name b"),
        ({"x.yaml": "type: flow\nattributes: {}\nlogs:\n- {log_id: a}\n- {log_id: a}\n"},
         "x.yaml, line 5: `logs[1]`: A log with ID 'a' exists already"),
        ({"x.yaml": "type: flow\nattributes: {}\nlogs:\n- flow: {attributes: {}}\n"},
         "x.yaml, line 4: `logs[0].flow`: a log names a `version`"),
        ({"x.yaml": "type: flow\nattributes: {}\nlogs:\n- judgments:\n    y: 3\n", "y.yaml": CORRECT},
         "x.yaml, line 5: `logs[0].judgments.y`: The evaluator returns booleans."),
        ({"x.yaml": "type: flow\nattributes: {}\nlogs:\n- judgments: {x: true}\n"},
         "x.yaml, line 4: `logs[0].judgments.x`: x is of type flow, not evaluator"),
        ({"x.yaml": "type: flow\nattributes: {}\nlogs: [{dataset: d}]\n", "d.yaml": "type: dataset\ndatapoints: []"},
         "x.yaml, line 3: `logs[0].inputs`: the dataset has no datapoint with these inputs"),
        ({"x.yaml": "type: dataset\ndatapoints: []\nlogs: [{}]\n"},
         "x.yaml, line 3: `logs[0].path`: x is of type dataset, which has no logs"),
        ({"x.yaml": "type: flow\nattributes: {}\nmonitors: [x]\n"},
         "x.yaml, line 3: `monitors[0]`: `x` is of type flow, not evaluator."),
        ({"x.yaml": "evaluations:\n- {file: y, evaluators: []}\n"},
         "x.yaml, line 2: `evaluations[0].file`: the seed has no file at the path y"),
        ({"x.yaml": "evaluations:\n- file: y\n  runs:\n  - run: z\n", "y.yaml": CAPITAL},
         "x.yaml, line 4: `evaluations[0].runs[0].run`: no run above has the key z"),
        ({"x.yaml": "evaluations:\n- file: y\n  runs:\n  - {logs: [log_1]}\n", "y.yaml": CAPITAL},
         "x.yaml, line 4: `evaluations[0].runs[0]`: Could not find logs with IDs 'log_1'."),
        ({"x.yaml": "environments:\n- canary\n- {name: production}\n"},
         "x.yaml, line 3: `environments[1]`: Environment `production` is the default one: make another"),
        ({"x.yaml": "type: flow\nattributes: {n: 99999999999999999999}\n"}, "x.yaml, line 1: Integer exceeds 64-bit"),
        ({"x.json": '{"a": ' * 300 + "1" + "}" * 300}, "x.json, line 1: Recursion limit reached"),
        ({"a/left.jsonl": "{}"}, "a/left.jsonl: no document in a names this file."),
    ],
)  # fmt: skip
def test_fault_is_told_by_file_line_and_field(folder: Path, files: dict[str, str], problem: str) -> None:
    write(folder, {"0.yaml": "type: flow\nattributes: {}\nlogs: [{}]", **files})
    with pytest.raises(SeedError) as error:
        make_app(seed=str(folder))
    assert str(error.value).startswith(problem)
    assert "\n" not in str(error.value)


def test_file_that_is_no_utf_8_is_told(folder: Path) -> None:
    write(folder, {"a.yaml": CAPITAL})
    (folder / "x.yaml").write_text("type: flow\n", encoding="utf-16")
    with pytest.raises(SeedError, match=r"^x\.yaml cannot be read: it is not in UTF-8\.$"):
        make_app(seed=str(folder))


def test_bad_seed_stores_nothing(folder: Path, tmp_path: Path) -> None:
    write(folder, {"a.yaml": "environments: [canary]", "b.yaml": CAPITAL + "logs: [{}]\n", "c.yaml": "type: flow"})
    db = database_at(tmp_path / "workspace.db")
    result = CliRunner().invoke(main, ["seed", str(folder), "--db", db])
    assert (result.exit_code, result.output) == (
        1,
        "Error: c.yaml, line 1: c has no version, neither here nor in an earlier document\n",
    )
    app = make_app(db=db)
    api = Api(app)
    assert api.get("/files")["total"] == 0
    flow = api.post("/flows", {"path": "F", "attributes": {}})
    names = [item["name"] for item in api.get(f"/flows/{flow['id']}/environments")]
    assert names == ["production", "staging", "development"]
    app.extensions["emulator"].db.close()
