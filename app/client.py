"""The API as commands call it, on a server or on an application in this process."""

from collections.abc import Iterator
from typing import Any

import httpx

from .settings import Settings

SECONDS = 600  # for an answer: a server with `--jobs immediate` fills a Run before it answers
PAGE = 100

Document = dict[str, Any]


class Refused(Exception):
    """The API refused a request; the text says which one and why, `status` is that of the answer."""

    def __init__(self, method: str, path: str, status: int, text: str) -> None:
        super().__init__(f"{method} {path}: {status}: {text}")
        self.status = status


class Unreachable(Exception):
    """No API answers at the address, or it does not take the key."""


class Api:
    """Calls the API: `api("GET", "/evaluations", file_id="pr_…")` returns the JSON of the answer."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def __call__(self, method: str, path: str, body: Document | None = None, **query: Any) -> Any:
        """Send a request below `/v5`. What is not answered with success is Refused or Unreachable."""
        try:
            response = self._http.request(method, path, json=body, params=query)
        except httpx.TransportError as error:
            raise Unreachable(f"Nothing answers at {self._http.base_url}: {error}") from None
        if response.status_code == 401:
            raise Unreachable(f"{self._http.base_url} does not take the API key.")
        if response.is_error:
            raise Refused(method, path, response.status_code, _reason(response))
        try:
            return response.json()
        except ValueError:
            raise Unreachable(f"What answers at {self._http.base_url} is not this API.") from None

    def pages(self, path: str, **query: Any) -> Iterator[Any]:
        """Yield the records of every page."""
        page = 1
        while records := self("GET", path, page=page, size=PAGE, **query)["records"]:
            yield from records
            page += 1


def _reason(response: httpx.Response) -> str:
    try:
        detail = response.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return response.reason_phrase
    if isinstance(detail, dict):
        return detail.get("description") or detail.get("msg") or str(detail)
    return str(detail)


def of_server(url: str, key: str) -> httpx.Client:
    """Return a client of the server at this URL, with or without the `/v5` at its end."""
    base = url.rstrip("/").removesuffix("/v5")
    return httpx.Client(base_url=f"{base}/v5", headers={"X-API-KEY": key}, timeout=SECONDS)


def of_application(app: Any, organisation: str) -> httpx.Client:
    """Return a client of an application in this process, whose only key opens the organisation."""
    emulator = app.extensions["emulator"]
    settings: Settings = emulator.settings
    emulator.keys.clear()
    emulator.keys["command"] = organisation  # not through the settings: a name may hold any character
    return httpx.Client(
        transport=httpx.WSGITransport(app),
        base_url=f"http://{settings.host}:{settings.port}/v5",  # the links in answers lead to a server that is started
        headers={"X-API-KEY": "command"},
    )
