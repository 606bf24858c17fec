"""The journal: what was asked and answered lately."""

from typing import Any

from flask import Blueprint, Response, current_app, request

from ..api.blueprint import PARSER
from ..control.journal import Journal
from ..schemas.control import JournalQuery
from .answers import answer

blueprint = Blueprint("journal", __name__)
QUERY = JournalQuery()


def _journal() -> Journal:
    journal: Journal = current_app.extensions["emulator"].journal
    return journal


def _query() -> dict[str, Any]:
    query: dict[str, Any] = PARSER.parse(QUERY, request, location="query")
    return query


@blueprint.get("/journal")
def list_requests() -> Response:
    """Answer the requests that pass the filters, oldest first, and how many the journal keeps."""
    journal = _journal()
    found = journal.requests(**_query())
    return answer({"size": journal.size, "count": len(found), "requests": [entry.document() for entry in found]})


@blueprint.delete("/journal")
def clear_journal() -> Response:
    """Forget all requests."""
    _journal().clear()
    return Response(status=204)
