"""The numbers of one Evaluator in one Run, as the API gives them for each return type (behaviour.md section 4)."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

Verdict = tuple[str, float | None, str | None]  # outcome (judged, null, error), number, JSON of another judgment

PERCENTILES = ("0", "25", "50", "75", "90", "95", "99", "99.9", "100")


def summarize(evaluator_version_id: str, spec: dict[str, Any], verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Return the stats of an Evaluator Version over the verdicts of a Run."""
    outcomes = Counter(outcome for outcome, _, _ in verdicts)
    common = {
        "evaluator_version_id": evaluator_version_id,
        "total_logs": len(verdicts),
        "num_judgments": outcomes["judged"],
        "num_nulls": outcomes["null"],
        "num_errors": outcomes["error"],
    }
    return common | SUMMARIES[spec["return_type"]](spec, verdicts)


def _boolean(spec: dict[str, Any], verdicts: Sequence[Verdict]) -> dict[str, Any]:
    counted = Counter(number for _, number, _ in verdicts)
    return {"num_true": counted[1.0], "num_false": counted[0.0]}


def _number(spec: dict[str, Any], verdicts: Sequence[Verdict]) -> dict[str, Any]:
    return moments([number for _, number, _ in verdicts if number is not None])


def _options(spec: dict[str, Any], verdicts: Sequence[Verdict]) -> dict[str, Any]:
    counts = dict.fromkeys((option["name"] for option in spec.get("options") or []), 0)
    for _, _, judgment in verdicts:
        if judgment is not None:
            chosen = orjson.loads(judgment)
            for name in chosen if isinstance(chosen, list) else [chosen]:
                counts[name] = counts.get(name, 0) + 1
    return {"num_judgments_per_option": counts}


SUMMARIES = {
    "boolean": _boolean,
    "number": _number,
    "select": _options,
    "multi_select": _options,
    "text": lambda spec, verdicts: {},
}


def moments(numbers: Iterable[float]) -> dict[str, Any]:
    """Return mean, sum, sample standard deviation and percentiles; null where there are too few numbers [A].

    A result that no float can hold is null as well: JSON has no infinity.
    """
    ordered = sorted(numbers)
    if not ordered:
        return {"mean": None, "sum": None, "std": None, "percentiles": {}}
    try:
        total = math.fsum(ordered)
        mean = total / len(ordered)
        std = _deviation(ordered, mean)
    except OverflowError:
        total = mean = std = None  # type: ignore[assignment]
    shown = {text: percentile(ordered, float(text)) for text in PERCENTILES}
    return {"mean": mean, "sum": total, "std": std, "percentiles": shown}


def _deviation(numbers: list[float], mean: float) -> float | None:
    if len(numbers) < 2:
        return None
    std = math.sqrt(math.fsum([(number - mean) * (number - mean) for number in numbers]) / (len(numbers) - 1))
    return std if math.isfinite(std) else None


def percentile(ordered: list[float], percent: float) -> float:
    """Return a percentile by linear interpolation between the closest ranks; `ordered` is sorted and not empty."""
    rank = (len(ordered) - 1) * percent / 100
    low = math.floor(rank)
    high = min(low + 1, len(ordered) - 1)
    fraction = rank - low
    if fraction == 0 or ordered[low] == ordered[high]:
        return ordered[low]
    return ordered[low] * (1 - fraction) + ordered[high] * fraction
