"""Deployments: which version of a File each environment runs."""

import pytest

from tests.builders.files import KINDS, Files, fresh_api

pytestmark = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def files(kind: str) -> Files:
    return Files(fresh_api(), kind)


def test_every_environment_is_listed_with_what_runs_there(files: Files) -> None:
    file = files.upsert()
    environments = files.environments(file["id"])
    assert {name: item["tag"] for name, item in environments.items()} == {
        "production": "default",
        "staging": "other",
        "development": "other",
    }
    assert environments["production"]["file"] == file
    assert environments["staging"]["file"] is environments["development"]["file"] is None
    assert all(item["id"].startswith("env_") for item in environments.values())


def test_files_share_their_environments(files: Files) -> None:
    one, other = (files.environments(files.upsert(path)["id"]) for path in ("a", "b"))
    assert {name: item["id"] for name, item in one.items()} == {name: item["id"] for name, item in other.items()}


def test_deploying_answers_the_version_with_its_environments(files: Files) -> None:
    files.upsert()
    second = files.upsert(number=2)
    deployed = files.deploy(second, "staging")
    assert deployed["version_id"] == second["version_id"]
    assert [environment["name"] for environment in deployed["environments"]] == ["staging"]
    assert files.environments(second["id"])["staging"]["file"] == deployed


def test_one_version_runs_in_several_environments(files: Files) -> None:
    file = files.upsert()
    deployed = files.deploy(file, "development")
    assert [environment["name"] for environment in deployed["environments"]] == ["production", "development"]


def test_a_new_deployment_takes_the_place_of_the_old_one(files: Files) -> None:
    first, second = files.upsert(), files.upsert(number=2)
    files.deploy(second, "production")
    assert files.get(first["id"])["version_id"] == second["version_id"]
    assert files.page()["records"][0]["version_id"] == second["version_id"]
    assert files.get(first["id"], version_id=first["version_id"])["environments"] == []


def test_deploying_what_runs_there_already_changes_nothing(files: Files) -> None:
    file = files.upsert()
    again = files.deploy(file, "production")
    assert again | {"updated_at": ""} == file | {"updated_at": ""}


def test_a_removed_deployment_is_gone(files: Files) -> None:
    file = files.upsert()
    url = files.environment_url(file["id"], "production")
    files.api.delete(url)
    assert files.environments(file["id"])["production"]["file"] is None
    assert files.get(file["id"])["environments"] == []
    assert files.api.detail("DELETE", url, status=404)["loc"] == ["path", "environment_id"]


def test_later_versions_are_not_deployed_when_the_first_no_longer_is(files: Files) -> None:
    file = files.upsert()
    files.undeploy(file["id"], "production")
    assert files.upsert(number=2)["environments"] == []


def test_unknown_files_environments_and_versions_are_not_found(files: Files) -> None:
    file, other = files.upsert("a"), files.upsert("b")
    staging = files.environment_url(file["id"], "staging")
    version = {"version_id": file["version_id"]}
    for url, query, loc in (
        (f"{files.root}/no_such/environments/no_such", version, ["path", "id"]),
        (f"{files.root}/{file['id']}/environments/no_such", version, ["path", "environment_id"]),
        (staging, {"version_id": "no_such"}, ["query", "version_id"]),
        (staging, {"version_id": other["version_id"]}, ["query", "version_id"]),
    ):
        assert files.api.detail("POST", url, status=404, query_string=query)["loc"] == loc
    assert files.api.detail("POST", staging, status=422)[0]["loc"] == ["query", "version_id"]
    assert files.environments(file["id"])["staging"]["file"] is None
