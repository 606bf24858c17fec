"""The pages for a browser: the documentation of the API, and the page behind an Evaluation's `url`."""

from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from flask import Blueprint, Flask

from humanloop_emulator import ui
from tests.conftest import Api, make_app


def make_evaluation(api: Api, name: str = "First look") -> str:
    """Make an Evaluation and return the path of its `url`."""
    file = api.post("/flows", {"path": "answers", "attributes": {}})
    evaluation = api.post("/evaluations", {"file": {"id": file["id"]}, "name": name, "evaluators": []})
    api.post(f"/evaluations/{evaluation['id']}/runs")
    return urlsplit(evaluation["url"]).path


def test_the_documentation_loads_nothing_from_elsewhere(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/docs")
    assert page.status_code == 200 and "://" not in page.text
    for name in ("swagger/swagger-ui.css", "swagger/swagger-ui-bundle.js", "docs.js"):
        assert f"/static/{name}" in page.text
        assert client.get(f"/static/{name}").status_code == 200
    assert "/openapi.json" in client.get("/static/docs.js").text


def test_static_files_outside_the_folder_are_not_served(app: Flask) -> None:
    assert app.test_client().get("/static/..%2fdocumentation.py").status_code == 404


def test_the_url_of_an_evaluation_opens_its_report(api: Api) -> None:
    page = api.http.get(make_evaluation(api))
    assert page.status_code == 200
    assert "First look" in page.text and "Evaluation report" in page.text and "Control" in page.text


def test_what_users_named_is_escaped(api: Api) -> None:
    page = api.http.get(make_evaluation(api, "<script>alert(1)</script>"))
    assert "<script>" not in page.text and "&lt;script&gt;" in page.text


def test_an_unknown_evaluation_or_another_file_is_not_found(api: Api) -> None:
    path = make_evaluation(api)
    assert api.http.get("/project/fl_1/evaluations/evr_1/stats").status_code == 404
    assert api.http.get(path.replace("/project/fl_", "/project/fl_x")).status_code == 404


@pytest.mark.parametrize("settings", [{"api_keys": "one=a"}, {"organisation_per_key": True}])
def test_where_keys_tell_organisations_apart_the_page_asks_for_one(settings: dict[str, object]) -> None:
    app = make_app(**settings)
    path = make_evaluation(Api(app, "one"))
    client = app.test_client()
    assert client.get(path).status_code == 401
    assert client.get(path + "?api_key=one").status_code == 200
    assert client.get(path + "?api_key=two").status_code in (401, 404)


def test_a_page_that_is_added_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    page = SimpleNamespace(blueprint=Blueprint("added", __name__))
    page.blueprint.add_url_rule("/added", view_func=lambda: "It is here.")
    monkeypatch.setattr(ui, "PAGES", [*ui.PAGES, page])
    client = make_app().test_client()
    assert client.get("/added").text == "It is here."
    assert client.get("/docs").status_code == 200
