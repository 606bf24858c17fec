"""Every list that the official client pages through: all pages are walked, once each, and the walk ends."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest
from humanloop import Humanloop

from humanloop_emulator.json_types import JsonObject
from tests.builders import contents
from tests.conftest import Api, make_app
from tests.sdk.conftest import make_client

AMOUNT = 5
FILES: dict[str, JsonObject] = {
    "prompts": {"model": "gpt-4o"},
    "tools": {"source_code": "pass"},
    "flows": {"attributes": {}},
    "agents": {"model": "gpt-4o"},
    "datasets": {"datapoints": []},
    "evaluators": {"spec": contents.SPECS["boolean"]},
}


class Shelf:
    """Five of everything that the client lists page by page."""

    def __init__(self, api: Api, client: Humanloop) -> None:
        self.client = client
        self.ids: dict[str, set[str]] = {}
        for collection, content in FILES.items():
            made = [api.post(f"/{collection}", {"path": f"{collection}/{n}"} | content) for n in range(AMOUNT)]
            self.ids[collection] = {file["id"] for file in made}
        self.flow = sorted(self.ids["flows"])[0]
        logs = [api.post("/flows/log", {"id": self.flow}) for _ in range(AMOUNT)]
        self.ids["logs"] = {log["id"] for log in logs}
        about = {"file": {"id": self.flow}, "evaluators": []}
        evaluations = [api.post("/evaluations", about | {"name": str(n)}) for n in range(AMOUNT)]
        self.ids["evaluations"] = {evaluation["id"] for evaluation in evaluations}
        points = [{"inputs": {"number": str(n)}} for n in range(AMOUNT)]
        shown = {"include_datapoints": True}
        dataset = api.post("/datasets", {"path": "points", "datapoints": points}, query_string=shown)
        self.dataset = dataset["id"]
        self.ids["datasets"].add(self.dataset)
        self.ids["datapoints"] = {point["id"] for point in dataset["datapoints"]}

    def walk(self, name: str, **page: int) -> list[str]:
        """Return the ids that a pager yields, a few too many if it does not end."""
        return [item.id for item in islice(self.list(name, **page), 3 * AMOUNT)]

    def list(self, name: str, **page: int) -> Any:
        """List something as the client does."""
        if name == "datapoints":
            return self.client.datasets.list_datapoints(self.dataset, **page)
        needed = {"file_id": self.flow} if name in ("logs", "evaluations") else {}
        return getattr(self.client, name).list(**needed, **page)


@pytest.fixture(scope="module")
def shelf() -> Iterator[Shelf]:
    app = make_app()
    yield Shelf(Api(app), make_client(app))
    app.extensions["emulator"].db.close()


PAGED = [*FILES, "datapoints", "logs", "evaluations"]


@pytest.mark.parametrize("size", [1, 2, 5, 10, None])
@pytest.mark.parametrize("name", PAGED)
def test_a_pager_yields_everything_once_and_ends(shelf: Shelf, name: str, size: int | None) -> None:
    found = shelf.walk(name, **({"size": size} if size else {}))
    assert len(found) == len(shelf.ids[name])
    assert set(found) == shelf.ids[name]


@pytest.mark.parametrize("name", PAGED)
def test_pages_are_full_but_the_last(shelf: Shelf, name: str) -> None:
    sizes = [len(page.items) for page in islice(shelf.list(name, size=2).iter_pages(), AMOUNT)]
    whole, rest = divmod(len(shelf.ids[name]), 2)
    assert sizes == [2] * whole + [1] * rest


@pytest.mark.parametrize("name", PAGED)
def test_a_page_past_the_end_is_empty(shelf: Shelf, name: str) -> None:
    assert (shelf.list(name, page=99, size=2).items, shelf.walk(name, page=99, size=2)) == ([], [])


@pytest.mark.parametrize("name", PAGED)
def test_a_walk_can_begin_at_any_page(shelf: Shelf, name: str) -> None:
    assert shelf.walk(name, page=2, size=2) == shelf.walk(name, size=100)[2:]
