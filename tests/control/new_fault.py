"""What a fault that was just added can do; run by `test_new_fault.py` with a package that has the fault `html`."""

from pathlib import Path

import humanloop_emulator
from tests.conftest import Api, make_app


def main() -> None:
    """Use the fault in every way in which faults are used, and print where the package is."""
    print(Path(humanloop_emulator.__path__[0]))
    api = Api(make_app())
    in_python(api)
    over_http(api)
    in_a_header(api)


def in_python(api: Api) -> None:
    faults = api.app.extensions["emulator"].faults
    faults.add(path="/files", html=True, delay=0, times=1)
    assert_page(api)
    assert api.get("/files")["total"] == 0
    assert faults.list()[0].document()["html"] is True
    faults.clear()


def over_http(api: Api) -> None:
    made = api.http.post("/_emulator/faults", json={"path": "/files", "html": True, "times": 1})
    assert (made.status_code, made.get_json()["html"]) == (201, True)
    assert_page(api)
    assert api.get("/files")["total"] == 0
    refused = api.http.post("/_emulator/faults", json={"html": True, "status": 500})
    assert refused.get_json()["detail"][0]["msg"] == "cannot be combined with status"


def in_a_header(api: Api) -> None:
    assert_page(api, {"X-Emulator-Fault": "html"})


def assert_page(api: Api, headers: dict[str, str] | None = None) -> None:
    answer = api.http.get("/v5/files", headers={**api.headers, **(headers or {})})
    assert (answer.status_code, answer.mimetype) == (502, "text/html")
    assert "Bad Gateway" in answer.text


if __name__ == "__main__":
    main()
