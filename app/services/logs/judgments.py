"""Judgments: checked against the Evaluator that gives them, and kept as the verdict that counts on a Log."""

import math
from collections.abc import Iterable

import orjson

from ...errors import Invalid
from ...ids import new_etag
from ...json_types import Json, JsonObject
from ...store.models import Verdict
from ...store.statement import sql
from ..workspace import Workspace

LOC = ("body", "judgment")
TOLERANCE = 1e-9  # of the number of steps: 0.3 is three steps of 0.1, though 0.3 / 0.1 is no whole number


RECORD = sql("""
    INSERT INTO verdict (log_id, evaluator_version_id, evaluator_log_id, outcome, number, judgment)
    VALUES (:log, :evaluator_version, :evaluator_log, :outcome, :number, :judgment)
    ON CONFLICT (log_id, evaluator_version_id) DO UPDATE SET
        evaluator_log_id = excluded.evaluator_log_id, outcome = excluded.outcome,
        number = excluded.number, judgment = excluded.judgment
""")

TOUCH_RUNS = sql("""
    UPDATE run SET etag = :etag, decided = CASE WHEN decided IN ('completed', 'cancelled') THEN decided END
    WHERE id IN (SELECT run_id FROM run_log WHERE log_id = :log)
""")


def check(spec: JsonObject, judgment: Json) -> None:
    """Raise Invalid when a judgment is not of the Evaluator's return type, options or limits; null always passes."""
    if judgment is not None:
        complaint = CHECKS[spec["return_type"]](judgment, spec)
        if complaint:
            raise Invalid("Invalid judgment.", complaint, loc=LOC)


def _verdict(judgment: Json, error: Json) -> tuple[str, float | None, str | None]:
    """Return the outcome of a judgment or an error, its number, and the JSON of one that is not a number."""
    if error is not None:
        return "error", None, None
    if judgment is None:
        return "null", None, None
    if isinstance(judgment, bool | int | float):
        return "judged", float(judgment), None
    return "judged", None, orjson.dumps(judgment).decode()


def record(ws: Workspace, *, log: int, evaluator_version: int, evaluator_log: int, judgment: Json, error: Json) -> None:
    """Make this the verdict of an Evaluator Version on a Log: the latest one counts, a null withdraws [D]."""
    outcome, number, other = _verdict(judgment, error)
    ws.db.run(
        RECORD,
        log=log,
        evaluator_version=evaluator_version,
        evaluator_log=evaluator_log,
        outcome=outcome,
        number=number,
        judgment=other,
    )
    ws.db.run(TOUCH_RUNS, log=log, etag=new_etag())


def restore(ws: Workspace, counting: Iterable[tuple[int, int, int, Json, Json]]) -> None:
    """Store verdicts of (log, evaluator version, evaluator log, judgment, error) where there are none."""
    names = ("log", "evaluator_version", "evaluator_log", "outcome", "number", "judgment")
    ws.db.insert_many(Verdict, names, [(*keys, *_verdict(judgment, error)) for *keys, judgment, error in counting])


def _boolean(judgment: Json, spec: JsonObject) -> str | None:
    return None if isinstance(judgment, bool) else "The evaluator returns booleans."


def _number(judgment: Json, spec: JsonObject) -> str | None:
    if isinstance(judgment, bool) or not isinstance(judgment, int | float):
        return "The evaluator returns numbers."
    limits = spec.get("number_limits") or {}
    low, high, step = limits.get("min"), limits.get("max"), limits.get("step")
    if low is not None and judgment < low:
        return f"{judgment} is below the minimum {low}."
    if high is not None and judgment > high:
        return f"{judgment} is above the maximum {high}."
    if step:
        steps = (judgment - (low or 0)) / step
        if math.isfinite(steps) and abs(steps - round(steps)) > max(TOLERANCE, 4 * math.ulp(steps)):
            return f"{judgment} is not a multiple of the step {step}."
    return None


def _text(judgment: Json, spec: JsonObject) -> str | None:
    return None if isinstance(judgment, str) else "The evaluator returns text."


def _select(judgment: Json, spec: JsonObject) -> str | None:
    if not isinstance(judgment, str):
        return "The evaluator returns the name of one option."
    return _unknown_options([judgment], spec)


def _multi_select(judgment: Json, spec: JsonObject) -> str | None:
    if not isinstance(judgment, list) or not all(isinstance(name, str) for name in judgment):
        return "The evaluator returns a list of option names."
    if len(set(judgment)) != len(judgment):
        return "An option is named twice."
    return _unknown_options(judgment, spec)


def _unknown_options(names: list[str], spec: JsonObject) -> str | None:
    options = [option["name"] for option in spec.get("options") or []]
    unknown = [name for name in names if name not in options]
    return f"Not among the options {options}: {unknown}." if unknown else None


CHECKS = {"boolean": _boolean, "number": _number, "text": _text, "select": _select, "multi_select": _multi_select}
