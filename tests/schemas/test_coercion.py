"""How fields read values, against pydantic 1: what it reads they read to the same value, what it refuses they refuse.

`DIFFERENCES` names where they do not on purpose; each entry is a sentence of docs/differences.md.
"""

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

import pydantic.v1 as pydantic
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from humanloop_emulator.schemas import fields
from humanloop_emulator.schemas.base import Request
from humanloop_emulator.schemas.choices import AnyOf
from humanloop_emulator.schemas.problems import flatten

DOCUMENT = (Path(__file__).parents[2] / "docs" / "differences.md").read_text()


class Colour(Enum):
    """What pydantic makes an Enum field of."""

    RED = "red"
    BLUE = "1"


class Leaf(pydantic.BaseModel):
    name: str
    size: int | None


class LeafShape(Request):
    """The same for us."""

    name = fields.Str(required=True)
    size = fields.Int()


Page = pydantic.conint(ge=1)
Name = pydantic.constr(min_length=1)

FIELDS: dict[str, tuple[fields.Checked, Any]] = {
    "Str": (fields.Str(required=True), str),
    "Int": (fields.Int(required=True), int),
    "Float": (fields.Float(required=True), float),
    "Bool": (fields.Bool(required=True), bool),
    "Time": (fields.Time(required=True), datetime),
    "Enum": (fields.Enum("red", "1", required=True), Colour),
    "Dict": (fields.Dict(required=True), dict[str, Any]),
    "StrDict": (fields.StrDict(required=True), dict[str, str]),
    "List of Str": (fields.List(fields.Str(), required=True), list[str]),
    "List of Int": (fields.List(fields.Int(), required=True), list[int]),
    "List of Time": (fields.List(fields.Time(), required=True), list[datetime]),
    "Nested": (fields.Nested(LeafShape, required=True), Leaf),
    "List of Nested": (fields.many(LeafShape, required=True), list[Leaf]),
    "Page": (fields.Int(required=True, validate=fields.at_least(1)), Page),
    "Name": (fields.Str(required=True, validate=fields.non_empty()), Name),
}
UNIONS: dict[str, tuple[AnyOf, Any]] = {
    "Bool, Float, Str, List": (
        AnyOf(fields.Bool(), fields.Float(), fields.Str(), fields.List(fields.Str()), required=True),
        bool | float | str | list[str],
    ),
    "Int, Str": (AnyOf(fields.Int(), fields.Str(), required=True), int | str),
    "Enum, Int": (AnyOf(fields.Enum("red", "1"), fields.Int(), required=True), Colour | int),
    "Bool, Time": (AnyOf(fields.Bool(), fields.Time(), required=True), bool | datetime),
    "Str, Nested": (AnyOf(fields.Str(), LeafShape, required=True), str | Leaf),
}


class Refusal(NamedTuple):
    """What is wrong, as `loc`, `msg`, `type`."""

    problems: frozenset[tuple[Any, ...]]

    @property
    def messages(self) -> set[str]:
        return {problem[1] for problem in self.problems}


def refusal(problems: Any) -> Refusal:
    return Refusal(frozenset((tuple(it["loc"]), it["msg"], it["type"]) for it in problems))


def ours_of(field: fields.Checked) -> Callable[[Any], Any]:
    schema = Request.from_dict({"value": field})()

    def read(value: Any) -> Any:
        try:
            return schema.load({"value": value})["value"]
        except ValidationError as error:
            return refusal(flatten(error.messages, "body"))

    return read


def theirs_of(kind: Any) -> Callable[[Any], Any]:
    model = pydantic.create_model("Model", value=(kind, ...))

    def read(value: Any) -> Any:
        try:
            return plain(model(value=value).value)
        except pydantic.ValidationError as error:
            return refusal([it | {"loc": ("body", *it["loc"])} for it in error.errors()])
        except OverflowError as error:  # what the API would have answered with 500
            return error

    return read


def plain(value: Any) -> Any:
    """Return what pydantic read as JSON: that is how values stay here."""
    match value:
        case datetime():
            try:
                moment = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
            except OverflowError as error:
                return error
            return moment.isoformat(timespec="microseconds") + "Z"
        case Enum():
            return value.value
        case pydantic.BaseModel():
            return {name: item for name, item in value.dict().items() if item is not None}
        case list():
            return [plain(item) for item in value]
        case dict():
            return {key: plain(item) for key, item in value.items()}
    return value


def leaves_of(value: Any) -> list[Any]:
    if isinstance(value, list | dict):
        items = value.values() if isinstance(value, dict) else value
        return [leaf for item in items for leaf in leaves_of(item)]
    return [value]


def too_large(sent: Any, ours: Any, theirs: Any) -> bool:
    limits = {"less than or equal to 9223372036854775807", "greater than or equal to -9223372036854775808"}
    return isinstance(ours, Refusal) and any(message.endswith(tuple(limits)) for message in ours.messages)


def not_finite(sent: Any, ours: Any, theirs: Any) -> bool:
    numbers = [leaf for leaf in leaves_of(theirs) if isinstance(leaf, int | float)]
    return isinstance(ours, Refusal) and (isinstance(theirs, OverflowError) or not all(map(math.isfinite, numbers)))


def date_alone(sent: Any, ours: Any, theirs: Any) -> bool:
    dates = [leaf for leaf in leaves_of(sent) if re.fullmatch(r"\d{4}-\d{1,2}-\d{1,2}", str(leaf))]
    return bool(dates) and isinstance(theirs, Refusal) and "invalid datetime format" in theirs.messages


def outside_of_time(sent: Any, ours: Any, theirs: Any) -> bool:
    overflown = any(isinstance(leaf, OverflowError) for leaf in leaves_of(theirs))
    return overflown and isinstance(ours, Refusal) and "invalid datetime format" in ours.messages


def other_words(sent: Any, ours: Any, theirs: Any) -> bool:
    """Both refuse, at the same place; where pydantic repeats an error of Python's, we say what is asked for."""
    if not (isinstance(ours, Refusal) and isinstance(theirs, Refusal)):
        return False
    python = {"type_error", "value_error"}
    return {it[0] for it in ours.problems if it not in theirs.problems} <= {it[0] for it in theirs.problems} and all(
        it in ours.problems or it[2] in python for it in theirs.problems
    )


def odd_names(sent: Any, ours: Any, theirs: Any) -> bool:
    return isinstance(ours, Refusal) and "value is not a valid dict" in ours.messages


Judge = Callable[[Any, Any, Any], bool]
DIFFERENCES: dict[str, tuple[Judge, str, Any]] = {
    "Whole numbers must fit 64 bits.": (too_large, "Int", 2**63),
    "All numbers must be finite.": (not_finite, "Float", "nan"),
    "A date alone is its midnight.": (date_alone, "Time", "2025-05-01"),
    "A time must lie in the years 1 to 9999 in UTC, too.": (outside_of_time, "Time", "0001-01-01T00:00:00+05:00"),
    "In a list of pairs, names are texts.": (odd_names, "Dict", [[1, 2]]),
    "Where its texts were errors of Python's, ours say what is asked for.": (other_words, "Time", []),
}
READERS = {name: (ours_of(field), theirs_of(kind)) for name, (field, kind) in {**FIELDS, **UNIONS}.items()}

NUMERIC = ["1", "0", "-1", "+1", " 12 ", "1_0", "1.0", "1.7", "1e3", "1e400", "nan", "inf", "-inf", "0x1", "１２", ""]
WORDS = ["true", "True", "YES", "no", "on", "off", "t", "f", "y", "n", "2", "null", "red", "Red", "a", "ab", "é"]
MOMENTS = [
    *("2025-05-01T12:00:00Z", "2025-05-01 12:00:00", "2025-05-01T12:00", "2025-5-1T2:3", "2025-05-01T12:00:00.1Z"),
    *("2025-05-01T12:00:00.123456789Z", "2025-05-01T12:00:00.1234567890123", "2025-05-01T12:00:00+02", "2025-05-01"),
    *("2025-05-01T12:00:00+0230", "2025-05-01T12:00:00-02:30", "2025-05-01T12:00:00+12:75", "2025-05-01t12:00:00Z"),
    *("2025-05-01T24:00:00", "2025-05-01T12:60:00", "2025-05-01T12:00:60Z", "2025-02-30T12:00:00", "2025-05-01T12"),
    *("2025-05-01T12:00:00z", "2025-05-01T12:00:00 Z", "2025-05-01T12:00:00Z\n", "2025-05-01T12:00:00,123456Z"),
    *("20250501T120000", "20250501", "2025-W18-4T12:00:00.123456Z", "2025-05-01T12:00:00+24:00", "٢٠٢٥-05-01T12:00"),
    *("0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00", "0000-01-01T00:00:00Z", "2025-05-01Z", "yesterday"),
    *("1732000000.5", "1732000000500", "-1.5", "2e10", "20000000001", "3e20", "4e20", "-4e20", "2025-05-01T25:00:00Z"),
]
EDGES = [1732000000.5, 1732000000500, 2e10, 20000000001, -20000000001, 3e20, 3.1e20, -1e300, 1e-9, 2**63, -(2**63) - 1]
LARGE = [10**20, 10**400, 3 * 10**20 + 1, 0.1, 1.7, -0.5, 1e22, 5e-324]
written = st.builds(
    "{:%Y-%m-%d}{}{:%H:%M:%S}{}{}".format,
    (day := st.datetimes()),
    st.sampled_from(["T", " ", "_"]),
    day,
    st.sampled_from(["", ".5", ".123", ".000001", ".1234567"]),
    st.sampled_from(["", "Z", "+00", "+0100", "-11:30", "+1"]),
)
texts = st.sampled_from(NUMERIC + WORDS + MOMENTS) | written | st.text(max_size=4)
scalars = (
    st.none()
    | st.booleans()
    | st.sampled_from(EDGES + LARGE)
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
pairs = st.lists(st.lists(scalars, min_size=2, max_size=2), max_size=2)
leaves = st.fixed_dictionaries({}, optional={"name": scalars, "size": scalars, "other": scalars})
documents = st.recursive(
    scalars | pairs | leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)


def is_same(ours: Any, theirs: Any) -> bool:
    """Compare values with their JSON types; a number is a number."""
    if isinstance(theirs, list) and isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(is_same, ours, theirs))
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return ours.keys() == theirs.keys() and all(is_same(ours[key], theirs[key]) for key in ours)
    return type(ours) is type(theirs) and ours == theirs


def on_purpose(sent: Any, ours: Any, theirs: Any) -> bool:
    return any(judge(sent, ours, theirs) for judge, _, _ in DIFFERENCES.values())


def assert_alike(name: str, sent: Any) -> None:
    ours, theirs = (read(sent) for read in READERS[name])
    if is_same(ours, theirs) or on_purpose(sent, ours, theirs):
        return
    accepted = without_refused(sent, ours, theirs)
    assert accepted != sent, (ours, theirs)
    assert_alike(name, accepted)


def without_refused(sent: Any, ours: Any, theirs: Any) -> Any:
    """Return a list without the items that both refuse: pydantic tells what else it would make of it only then."""
    if not (isinstance(sent, list) and isinstance(ours, Refusal) and isinstance(theirs, Refusal)):
        return sent
    mine, others = ({place[2] for place, *_ in it.problems if len(place) > 2} for it in (ours, theirs))
    return [item for position, item in enumerate(sent) if position not in mine & others]


@pytest.mark.parametrize("name", FIELDS)
@given(value=documents)
@settings(max_examples=150, deadline=None)
def test_a_field_reads_json_as_pydantic_1_did(name: str, value: Any) -> None:
    assert_alike(name, value)


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_reads_texts_of_queries_and_awkward_values_as_pydantic_1_did(name: str) -> None:
    for value in (*NUMERIC, *WORDS, *MOMENTS, *EDGES, *LARGE, True, False, None, [], {}, [["a", 1]], ["ab"], [[1, 2]]):
        assert_alike(name, value)
        assert_alike(name, [value])
        assert_alike(name, [None, value])


@pytest.mark.parametrize("name", UNIONS)
@given(value=documents)
@example(value=1)
@example(value="true")
@settings(max_examples=150, deadline=None)
def test_a_union_takes_what_pydantic_1_did_and_keeps_its_type(name: str, value: Any) -> None:
    ours, theirs = (read(value) for read in READERS[name])
    assert isinstance(ours, Refusal) == isinstance(theirs, Refusal) or on_purpose(value, ours, theirs)
    own = {bool: fields.Bool, int: fields.Int | fields.Float, float: fields.Float, str: fields.Str}.get(type(value))
    if own and any(isinstance(member, own) for member in UNIONS[name][0].members) and not isinstance(ours, Refusal):
        assert is_same(ours, value) or (type(value) is int and is_same(ours, float(value)))


@pytest.mark.parametrize("sentence", DIFFERENCES)
def test_each_difference_is_there_and_documented(sentence: str) -> None:
    judge, name, sent = DIFFERENCES[sentence]
    ours, theirs = (read(sent) for read in READERS[name])
    assert not is_same(ours, theirs) and judge(sent, ours, theirs)
    assert sentence in " ".join(DOCUMENT.split())
