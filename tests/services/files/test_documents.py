"""What is kept of Versions that were rendered: it is bounded, and never in the way of an answer."""

import pytest

from humanloop_emulator.services.files import documents
from tests.conftest import Api


def test_no_more_is_kept_than_the_bound(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MOST_KEPT", 3)
    made = [api.post("/flows", {"path": f"a/flow-{number}", "attributes": {}}) for number in range(12)]
    kept = api.app.extensions["emulator"].db.documents
    for flow in made * 2:
        assert api.get(f"/flows/{flow['id']}")["path"] == flow["path"]
        assert 0 < len(kept) <= 4
