"""What the journal is asked and told."""

from typing import Any

import orjson
from marshmallow import ValidationError

from ...schemas.fields import Bool, Checked, Int, Str, at_least
from ..schema import Control


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
    """How many requests the journal shall keep."""

    size = Int(required=True, validate=at_least(0))
