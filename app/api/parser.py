"""What a request brings, loaded through its schema; anything unreadable is a schema error (422), never a 400 [A]."""

import logging
import math
import sys
import zlib
from typing import Any, NoReturn

import flask
import marshmallow
import orjson
from webargs.core import is_json
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import RequestEntityTooLarge

from ..errors import SchemaError
from ..schemas import json_text
from ..schemas.problems import flatten

logger = logging.getLogger(__name__)

MULTIPART = "multipart/form-data"
LOCATIONS = {"json": "body", "form": "body", "files": "body", "text": "body", "query": "query"}


class Parser(FlaskParser):
    """webargs' parser with the API's rules for bodies and for errors."""

    __location_map__ = {**FlaskParser.__location_map__, "text": "load_text"}
    DEFAULT_UNKNOWN_BY_LOCATION = dict.fromkeys(__location_map__)

    def load_json(self, req: flask.Request, schema: marshmallow.Schema) -> Any:
        """Return the JSON body; an empty one is an empty object: clients send it so [C]."""
        raw = req.get_data(cache=False)
        if not raw:
            return {}
        if req.content_length is None and len(raw) >= (req.max_content_length or math.inf):
            raise RequestEntityTooLarge  # a body sent in chunks is cut at the limit without a word
        if not is_json(req.mimetype):
            _refuse("value is not a valid dict: the content type is not JSON", "type_error.dict")
        try:
            return json_text.read(raw)
        except orjson.JSONDecodeError as error:
            _refuse(f"value is not valid JSON: {error}", "value_error.jsondecode")
        except json_text.TooDeep as error:
            _refuse(str(error), "value_error.jsondecode")

    def load_text(self, req: flask.Request, schema: marshmallow.Schema) -> bytes:
        """Return the body for a schema that reads it itself; one that is too large is as good as none."""
        most = req.max_content_length or sys.maxsize - 1
        try:
            raw = req.get_data(cache=False)
            if req.content_length is None and len(raw) >= most:
                raise RequestEntityTooLarge  # a body sent in chunks is cut at the limit without a word
            if req.headers.get("Content-Encoding", "identity") != "identity":
                raw = _inflate(raw, most)
        except (RequestEntityTooLarge, zlib.error) as error:
            logger.warning("Ignored a body sent to %s: %s", req.path, error)
            return b""
        return raw

    def load_files(self, req: flask.Request, schema: marshmallow.Schema) -> Any:
        """Return the parts of a multipart body, files and texts alike.

        The Python SDK names the content type without the boundary: the body begins with it [C].
        """
        if req.headers.get("Content-Type") == MULTIPART:
            boundary = req.get_data()[:100].partition(b"\r\n")[0].removeprefix(b"--").decode("latin-1")
            req.environ["CONTENT_TYPE"] = f"{MULTIPART}; boundary={boundary}"
        parts = {**req.form.to_dict(), **req.files.to_dict()}
        return {name or "": part for name, part in parts.items()}  # a part may lack its name

    def handle_error(self, error: marshmallow.ValidationError, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise the API's own schema error."""
        problems = [
            problem
            for location, messages in error.normalized_messages().items()
            for problem in flatten(messages, LOCATIONS[location])
        ]
        raise SchemaError([dict(problem) for problem in problems])


def _refuse(message: str, kind: str) -> NoReturn:
    raise SchemaError([{"loc": ["body"], "msg": message, "type": kind}])


def _inflate(raw: bytes, most: int) -> bytes:
    """Decompress gzip or deflate, but never to more than `most` bytes."""
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # whichever of both its first bytes say
    inflated = inflater.decompress(raw, most + 1)
    if len(inflated) > most:
        raise RequestEntityTooLarge
    if not inflater.eof:
        raise zlib.error("it ends too early")
    return inflated
