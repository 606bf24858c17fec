"""The journal: see what was asked and answered lately, resize it, and clear it."""

from typing import Any

import orjson
from flask import Blueprint, Response, current_app, request
from marshmallow import ValidationError

from ...api.operations import PARSER
from ...schemas.fields import Bool, Checked, Int, Str, at_least
from ..shared import Control, answer, require_one_process
from .journal import Journal

blueprint = Blueprint("journal", __name__)
OFF = 'The journal is off. POST {"size": 1000} here to switch it on, or start the server with --journal 1000.'


class JsonText(Checked):
    """JSON in a parameter of a query string."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError as error:
            raise ValidationError(f"value is not valid JSON: {error}") from None


class JournalQuery(Control):
    """Which requests of the journal are shown; `query` and `body` are parts of what was sent, as JSON."""

    method = Str()
    path = Str()
    operation = Str()
    organisation = Str()
    status = Int()
    query = JsonText()
    body = JsonText()
    text = Str()
    unhandled = Bool()
    since = Int(validate=at_least(0))
    limit = Int(validate=at_least(0))


class JournalRequest(Control):
    """How many requests the journal keeps."""

    size = Int(required=True, validate=at_least(0))


QUERY, SIZE = JournalQuery(), JournalRequest()


@blueprint.get("/journal")
def list_requests() -> Response:
    """Answer the requests that pass the filters, oldest first, and how many the journal keeps; or that it is off."""
    journal = _journal()
    found = journal.requests(**PARSER.parse(QUERY, request, location="query"))
    document = {"size": journal.size, "count": len(found), "requests": [entry.document() for entry in found]}
    return answer(document if journal.size else document | {"hint": OFF})


@blueprint.post("/journal")
def resize_journal() -> Response:
    """Keep this many requests from now on, even after a reset; 0 switches the journal off."""
    journal = _journal()
    journal.resize(PARSER.parse(SIZE, request, location="json")["size"])
    return answer({"size": journal.size})


@blueprint.delete("/journal")
def clear_journal() -> Response:
    """Forget all requests."""
    _journal().clear()
    return Response(status=204)


def _journal() -> Journal:
    require_one_process()
    journal: Journal = current_app.extensions["emulator"].journal
    return journal
