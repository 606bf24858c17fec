"""How a value of another JSON type becomes what a field asks for.

The API was FastAPI with pydantic 1, as its error texts show [O]; so values are read as that read them: `1732000000.5`
is a time, `"12"` and `12.0` are whole numbers, `"yes"` is true. Each function takes a value that is not null, and
raises ValidationError with the API's own words where nothing can be made of it. What we refuse and pydantic would
take (and the reverse) stands in `docs/differences.md`, and in the test that compares both.
"""

import math
import re
from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta, timezone

from marshmallow import ValidationError

from ..clock import wire_time
from ..json_types import Json
from . import problems

strict: ContextVar[bool] = ContextVar("strict", default=False)
"""Whether to refuse what the API let pass: unknown keys, and values that lose something when they are made to fit.

This holds for requests that ask for it, and for what is written for the emulator, such as seeds and rules: there
`output: yes` was meant as a text, which YAML makes a boolean, and `times: 0.5` is a slip."""

uncoerced: ContextVar[bool] = ContextVar("uncoerced", default=False)
"""Whether values must have their own JSON type, as in the bodies that strict mode reads."""

INT64 = 2**63
BOOLEANS = {
    **dict.fromkeys((1, "1", "on", "t", "true", "y", "yes"), True),
    **dict.fromkeys((0, "0", "off", "f", "false", "n", "no"), False),
}

USUAL = re.compile(  # what almost all clients send, and Python reads fast
    r"\d{4}-\d\d-\d\d[T ](?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d{3}(?:\d{3})?)?(?:Z|[+-]\d\d:[0-5]\d)?", re.ASCII
)
MOMENT = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,6})\d{0,6})?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?$"
)
EPOCH = datetime(1970, 1, 1)  # without a zone, which is UTC
LARGEST_SECONDS = 20_000_000_000  # a number beyond is in milliseconds; or, if it still is, in micro- or nanoseconds
LARGEST_NUMBER = 300_000_000_000_000_000_000  # a number beyond is the last moment that there is


def text(value: Json) -> str:
    """Read a number or a boolean as text, as Python writes it."""
    if isinstance(value, int | float) and not _is_slip(value):
        return str(value)
    raise ValidationError(problems.STRING)


def whole(value: Json) -> int:
    """Read a number, a boolean or a numeric text as a whole number; decimals are dropped."""
    with suppress(TypeError, ValueError, OverflowError):
        if not _is_slip(value) and not (strict.get() and isinstance(value, float)):
            return int(value)
    raise ValidationError(problems.INTEGER)


def number(value: Json) -> float:
    """Read a number, a boolean or a numeric text as a number, which must be finite: JSON has no others."""
    with suppress(TypeError, ValueError, OverflowError):
        read = float(value)
        if math.isfinite(read) and not _is_slip(value):
            return read
    raise ValidationError(problems.FLOAT)


def boolean(value: Json) -> bool:
    """Read 1, 0 or one of the usual words, in whatever case, as a boolean."""
    try:
        return BOOLEANS[value.lower() if isinstance(value, str) else value]
    except (KeyError, TypeError):
        raise ValidationError(problems.BOOLEAN) from None


def time(value: Json) -> str:
    """Read a point in time, and return its wire form.

    A text is a date and a time of day, with `T` or a blank between, with or without a zone; a date alone is its
    midnight. A number, or the text of one, is counted from the start of 1970: in seconds, or, where they would lie
    beyond the year 2603, in milliseconds.
    """
    with suppress(ValueError, OverflowError):
        if isinstance(value, str):
            if USUAL.fullmatch(value):
                moment = datetime.fromisoformat(value)
                return value if len(value) == 27 and value[10] + value[26] == "TZ" else wire_time(moment)
            found = MOMENT.match(value)
            if found:
                return wire_time(_moment(found))
            value = None if uncoerced.get() else float(value)
        if isinstance(value, int | float):
            return wire_time(_since_1970(value))
    raise ValidationError(problems.TIME)


def mapping(value: Json) -> Mapping[str, Json]:
    """Read an object, or a list of pairs; so an empty list is an empty object, as some languages write it."""
    if isinstance(value, Mapping):
        return value
    if not strict.get() and not uncoerced.get():
        with suppress(TypeError, ValueError):
            pairs = dict(value)
            if all(isinstance(name, str) for name in pairs):
                return pairs
    raise ValidationError(problems.DICT)


def _is_slip(value: Json) -> bool:
    return isinstance(value, bool) and strict.get()


def _moment(found: re.Match[str]) -> datetime:
    *parts, fraction, zone = found.groups()
    year, month, day, hour, minute, second = (int(part or 0) for part in parts)
    microsecond = int((fraction or "").ljust(6, "0"))
    return datetime(year, month, day, hour, minute, second, microsecond, _zone(zone))


def _zone(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text == "Z":
        return UTC
    sign, hours, minutes = text[0], int(text[1:3]), int(text[3:].lstrip(":") or 0)
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if sign == "-" else offset)


def _since_1970(seconds: float) -> datetime:
    if abs(seconds) > LARGEST_NUMBER:
        return datetime.max if seconds > 0 else datetime.min
    while abs(seconds) > LARGEST_SECONDS:
        seconds /= 1000
    return EPOCH + timedelta(seconds=seconds)
