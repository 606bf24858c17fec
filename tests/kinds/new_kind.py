"""What a kind of File that was just added can do; run by `test_new_kind.py` with a package that has Rubrics.

Every answer is compared with the schema that its operation declares, by `Api`.
"""

import sys
from pathlib import Path

from openapi_spec_validator import validate

import humanloop_emulator
from humanloop_emulator.json_types import JsonObject
from tests.builders.evaluations import Lab
from tests.builders.trees import export_to, import_from
from tests.conftest import Api, make_app

FIRST = {"path": "judging/brevity", "criteria": ["At most three sentences."]}


def main(folder: Path) -> None:
    """Use Rubrics for all that Files are for, and print where the package lies."""
    print(Path(humanloop_emulator.__path__[0]))
    api = Api(make_app(jobs="immediate"))
    versions(api)
    rubric = logs(api)
    evaluation(Lab(api), rubric)
    described(api)
    moved(api, folder)
    seeded(folder)


def versions(api: Api) -> None:
    first = api.post("/rubrics", FIRST)
    assert first["id"].startswith("rb_") and first["version_id"].startswith("rbv_")
    assert api.post("/rubrics", FIRST)["version_id"] == first["version_id"]
    second = api.post("/rubrics", {"id": first["id"], "criteria": ["One sentence."], "version_name": "stricter"})
    assert api.get(f"/rubrics/{first['id']}?version_id={second['version_id']}")["criteria"] == ["One sentence."]
    listed = api.get(f"/rubrics/{first['id']}/versions")["records"]
    assert [version["version_id"] for version in listed] == [second["version_id"], first["version_id"]]
    environment = api.get(f"/rubrics/{first['id']}/environments")[0]["id"]
    api.post(f"/rubrics/{first['id']}/environments/{environment}?version_id={second['version_id']}")
    assert api.get(f"/rubrics/{first['id']}")["version_id"] == second["version_id"]
    for route in ("/rubrics", "/files?type=rubric", "/files?path=judging"):
        assert [file["id"] for file in api.get(route)["records"]] == [first["id"]]
    assert api.post("/files/retrieve-by-path", {"path": FIRST["path"]})["type"] == "rubric"
    assert "'rubric'" in api.detail("GET", "/files?type=other", status=422)[0]["msg"]
    assert api.detail("POST", "/rubrics", {"path": "judging/none"}, status=422)[0]["loc"] == ["body", "criteria"]


def logs(api: Api) -> JsonObject:
    made = api.post("/rubrics/log", {"path": "judging/tone", "rubric": {"criteria": ["Kind."]}, "output": "yes"})
    rubric = api.get(f"/rubrics/{made['rubric_id']}")
    assert rubric["criteria"] == ["Kind."] and rubric["version_logs_count"] == 1
    api.patch(f"/rubrics/{rubric['id']}/log/{made['id']}", {"output": "no"})
    log = api.get(f"/logs/{made['id']}")
    assert log["output"] == "no" and log["rubric"]["version_id"] == made["version_id"]
    assert [found["id"] for found in api.get(f"/logs?file_id={rubric['id']}")["records"]] == [made["id"]]
    return rubric


def evaluation(lab: Lab, rubric: JsonObject) -> None:
    evaluator = lab.evaluator()
    run = lab.evaluation(rubric, evaluator).create_run(lab.dataset(2), rubric, orchestrated=False)
    logs = lab.logs(rubric, 2)
    run.add(logs)
    lab.judge(evaluator, logs[0], True)
    assert run.stats_of(evaluator)["num_true"] == 1
    assert run.get()["version"]["type"] == "rubric"
    body = {"activate": [{"evaluator_version_id": evaluator["version_id"]}]}
    assert lab.api.post(f"/rubrics/{rubric['id']}/evaluators", body)["evaluators"]


def described(api: Api) -> None:
    document = api.http.get("/openapi.json").get_json()
    validate(document)
    assert {"get", "post"} <= document["paths"]["/v5/rubrics"].keys()
    assert "/v5/rubrics/{id}/log/{log_id}" in document["paths"]
    schemas = document["components"]["schemas"]
    assert {"$ref": "#/components/schemas/RubricResponse"} in schemas["FileResponse"]["anyOf"]
    assert {"$ref": "#/components/schemas/RubricLogResponse"} in schemas["LogResponse"]["anyOf"]


def moved(api: Api, folder: Path) -> None:
    other = Api(make_app())
    import_from(other.app, export_to(api.app, folder / "export"))
    for file in api.get("/rubrics")["records"]:
        assert other.get(f"/rubrics/{file['id']}") == file
        logs = api.get(f"/logs?file_id={file['id']}")
        assert other.get(f"/logs?file_id={file['id']}") == logs


def seeded(folder: Path) -> None:
    seed = folder / "seed"
    seed.mkdir()
    lines = ("type: rubric", "path: seeded/rubric", "criteria: [Short.]", "logs: [{output: fine}]")
    (seed / "rubric.yaml").write_text("\n".join(lines))
    app = make_app(seed=str(seed))
    [file] = Api(app).get("/rubrics")["records"]
    assert file["criteria"] == ["Short."]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
