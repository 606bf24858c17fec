"""The pytest plugin: fixtures that run code written for Humanloop against the emulator, in the test's own process.

It is a module outside the package, because pytest imports it in every project where it is installed. The emulator
itself is only imported when a test uses a fixture.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from humanloop import Humanloop

    from humanloop_emulator.testing import Handle

HANDLE = pytest.StashKey["Handle"]()
MOST_SHOWN = 50  # requests in the report of a failing test
SECTION = "Humanloop requests"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the settings in `pytest.ini`, `pyproject.toml` or `setup.cfg`."""
    parser.addini(
        "humanloop_seed",
        "What every test with the emulator starts from: none, default, demo, or a folder.",
        type="string",
        default="none",
    )
    parser.addini("humanloop_models", "Folder with rules for scripted models.", type="string", default="")
    parser.addini("humanloop_strict", "Refuse unknown fields and query parameters.", type="bool", default=False)
    parser.addini("humanloop_every_test", "Emulate the API in every test.", type="bool", default=False)
    parser.addini("humanloop_base_urls", "Base URLs to intercept in addition to the real one.", type="args", default=[])


@pytest.fixture(scope="session")
def humanloop_settings(pytestconfig: pytest.Config) -> dict[str, Any]:
    """Settings of the emulator, from the ini file; override it, in any scope, to add others."""
    folders = {name: pytestconfig.getini(f"humanloop_{name}") for name in ("seed", "models")}
    settings: dict[str, Any] = {name: _folder(pytestconfig, folder) for name, folder in folders.items() if folder}
    return {**settings, "strict": pytestconfig.getini("humanloop_strict")}


def _folder(config: pytest.Config, folder: str) -> str:
    """Return the path of a folder in the ini file; the name of a bundled seed is not a folder."""
    from humanloop_emulator.bundled import NO_SEED, SEEDS

    return folder if folder in (NO_SEED, *SEEDS) else str(config.rootpath / folder)


@pytest.fixture(scope="session")
def humanloop_base_urls(pytestconfig: pytest.Config) -> list[str]:
    """Base URLs that the emulator answers, in addition to the real one."""
    urls: list[str] = pytestconfig.getini("humanloop_base_urls")
    return urls


@pytest.fixture(scope="session")
def _humanloop_handles() -> Iterator[dict[str, Handle]]:
    """The emulators of this process by their settings, because creating one takes longer than resetting it."""
    handles: dict[str, Handle] = {}
    yield handles
    for handle in handles.values():
        handle.close()


@pytest.fixture
def humanloop(
    request: pytest.FixtureRequest,
    humanloop_settings: dict[str, Any],
    humanloop_base_urls: list[str],
    _humanloop_handles: dict[str, Handle],
) -> Iterator[Handle]:
    """A freshly reset emulator, which answers what this process sends to the real API during the test."""
    from humanloop_emulator.testing import Handle, intercept

    key = repr(sorted(humanloop_settings.items()))
    handle = _humanloop_handles.get(key)
    if handle is None:
        handle = _humanloop_handles[key] = Handle(**humanloop_settings)
    handle.reset()
    request.node.stash[HANDLE] = handle
    with intercept(handle, humanloop_base_urls):
        yield handle
    if handle.emulator.db.in_memory:
        for snapshot in handle.state.snapshots.list():
            handle.state.snapshots.delete(snapshot.name)


@pytest.fixture(autouse=True)
def _humanloop_in_every_test(request: pytest.FixtureRequest) -> None:
    """Keep every test from reaching the real API if the ini file says so, including those of unittest."""
    if request.config.getini("humanloop_every_test"):
        request.getfixturevalue("humanloop")


@pytest.fixture
def humanloop_client(humanloop: Handle) -> Humanloop:
    """A client of the official SDK that calls the emulator."""
    return humanloop.client()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the requests of a failing test to its report."""
    report = yield
    handle = item.stash.get(HANDLE, None)
    if handle is not None and report.failed:
        report.sections.append((SECTION, "\n".join(_told(handle)) or "none"))
    return report


def _told(handle: Handle) -> Iterator[str]:
    requests = handle.journal.requests()
    if len(requests) > MOST_SHOWN:
        yield f"... {len(requests) - MOST_SHOWN} before"
    for request in requests[-MOST_SHOWN:]:
        yield str(request)
        if request.status is None or request.status >= 400:
            yield f"   sent     {request.body}"
            yield f"   answered {request.answer}"
