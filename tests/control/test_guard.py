"""Who may use the routes below `/_emulator`."""

import pytest
from werkzeug.test import TestResponse

from tests.conftest import make_app

ROUTES = tuple(
    f"/_emulator/{name}" for name in ("clock", "faults", "journal", "models", "snapshots", "state", "transitions")
)


def get(path: str, headers: dict[str, str] | None = None, **settings: str) -> TestResponse:
    return make_app(**settings).test_client().get(path, headers=headers or {})


@pytest.mark.parametrize("path", ROUTES)
def test_without_listed_keys_everybody_may(path: str) -> None:
    assert get(path).status_code == 200


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("headers", [{}, {"X-API-KEY": "k"}, {"X-Emulator-Key": "k"}, {"X-Emulator-Key": ""}])
def test_with_listed_keys_none_of_them_opens_these_routes(path: str, headers: dict[str, str]) -> None:
    response = get(path, headers, api_keys="k=team")
    assert response.status_code == 401
    assert response.get_json() == {"detail": "Could not validate credentials."}


def test_the_admin_key_opens_them() -> None:
    assert get("/_emulator/state", {"X-Emulator-Key": "s"}, api_keys="k=team", admin_key="s").status_code == 200
    assert get("/_emulator/state", {"X-Emulator-Key": "t"}, api_keys="k=team", admin_key="s").status_code == 401
    assert get("/_emulator/state", admin_key="s").status_code == 401


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1"])
def test_a_page_of_another_site_may_not(origin: str) -> None:
    response = make_app().test_client().post("/_emulator/reset", headers={"Origin": origin})
    assert response.status_code == 403


def test_a_page_of_this_server_may() -> None:
    assert get("/_emulator/state", {"Origin": "http://localhost"}).status_code == 200


def test_health_is_open() -> None:
    assert get("/_emulator/health", {"Origin": "https://evil.example"}, api_keys="k=team").status_code == 200


def test_what_is_tested_here_is_all_that_can_be_read() -> None:
    read = {
        rule.rule
        for rule in make_app().url_map.iter_rules()
        if "GET" in (rule.methods or ()) and "emulator" in rule.rule
    }
    assert read == {*ROUTES, "/_emulator/health"}
