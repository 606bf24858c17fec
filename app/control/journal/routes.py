"""The journal: what was asked and answered lately."""

from typing import Any

from flask import Blueprint, Response, current_app, request

from ...api.operations import PARSER
from ..answers import answer, require_one_process
from .journal import Journal
from .schema import JournalQuery, JournalRequest

blueprint = Blueprint("journal", __name__)
QUERY, SIZE = JournalQuery(), JournalRequest()
OFF = 'The journal is off. POST {"size": 1000} here to switch it on, or start the server with --journal 1000.'


def _journal() -> Journal:
    require_one_process()
    journal: Journal = current_app.extensions["emulator"].journal
    return journal


def _query() -> dict[str, Any]:
    query: dict[str, Any] = PARSER.parse(QUERY, request, location="query")
    return query


@blueprint.get("/journal")
def list_requests() -> Response:
    """Answer the requests that pass the filters, oldest first, and how many the journal keeps; or that it is off."""
    journal = _journal()
    found = journal.requests(**_query())
    document = {"size": journal.size, "count": len(found), "requests": [entry.document() for entry in found]}
    return answer(document if journal.size else document | {"hint": OFF})


@blueprint.post("/journal")
def resize_journal() -> Response:
    """Keep so many requests from now on, also after a reset; 0 switches the journal off."""
    _journal().resize(PARSER.parse(SIZE, request, location="json")["size"])
    return answer({"size": _journal().size})


@blueprint.delete("/journal")
def clear_journal() -> Response:
    """Forget all requests."""
    _journal().clear()
    return Response(status=204)
