"""The API as commands call it, on a server or on an application in this process."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx

from .json_types import JsonObject
from .settings import Settings

if TYPE_CHECKING:
    from flask import Flask

SECONDS = 600  # for an answer: a server with `--jobs immediate` fills a Run before it answers
PAGE = 100


class Refused(Exception):
    """The API refused a request; the text says which one and why, and `status` is the status of the answer."""

    def __init__(self, method: str, path: str, status: int, text: str) -> None:
        super().__init__(f"{method} {path}: {status}: {text}")
        self.status = status


class Unreachable(Exception):
    """No API answers at this address, or it does not accept the key."""


class Api:
    """Calls the API: `api("GET", "/evaluations", file_id="pr_…")` returns the object in the answer."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def __call__(self, method: str, path: str, body: JsonObject | None = None, **query: Any) -> JsonObject:
        """Send a request below `/v5`. Raises Refused for an error, Unreachable where no API answers."""
        try:
            response = self._http.request(method, path, json=body, params=query)
        except httpx.TransportError as error:
            raise Unreachable(f"Nothing answers at {self._http.base_url}: {error}") from None
        if response.status_code == 401:
            raise Unreachable(f"{self._http.base_url} does not accept the API key.")
        if response.is_error:
            raise Refused(method, path, response.status_code, _reason(response))
        try:
            found: JsonObject = response.json()
            return found
        except ValueError:
            raise Unreachable(f"Something else than this API answers at {self._http.base_url}.") from None

    def pages(self, path: str, **query: Any) -> Iterator[JsonObject]:
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
        return str(detail.get("description") or detail.get("msg") or detail)
    return str(detail)


def of_server(url: str, key: str) -> httpx.Client:
    """Return a client of the server at this URL, which may end in `/v5` or not."""
    base = url.rstrip("/").removesuffix("/v5")
    return httpx.Client(base_url=f"{base}/v5", headers={"X-API-KEY": key}, timeout=SECONDS)


def of_application(app: "Flask", organisation: str) -> httpx.Client:
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
