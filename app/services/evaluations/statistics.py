"""The numbers of one Evaluator in one Run, as the API gives them for each return type."""

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import orjson

from ...json_types import JsonObject

PERCENTILES = ("0", "25", "50", "75", "90", "95", "99", "99.9", "100")


@dataclass
class Verdicts:
    """The verdicts of one Evaluator on the Logs of a Run: numbers one by one, all others counted.

    Booleans are the numbers 1 and 0. `others` counts (outcome, judgment as JSON): outcomes are judged, null, error.
    """

    numbers: list[float] = field(default_factory=list)
    others: Counter[tuple[str, str | None]] = field(default_factory=Counter)

    def count(self, outcome: str) -> int:
        """Return how many of the verdicts that are not numbers have this outcome."""
        return sum(count for (other, _), count in self.others.items() if other == outcome)


def summarize(evaluator_version_id: str, spec: JsonObject, verdicts: Verdicts) -> JsonObject:
    """Return the stats of an Evaluator Version over the verdicts of a Run."""
    common = {
        "evaluator_version_id": evaluator_version_id,
        "total_logs": len(verdicts.numbers) + verdicts.others.total(),
        "num_judgments": len(verdicts.numbers) + verdicts.count("judged"),
        "num_nulls": verdicts.count("null"),
        "num_errors": verdicts.count("error"),
    }
    return common | SUMMARIES[spec["return_type"]](spec, verdicts)


def _boolean(spec: JsonObject, verdicts: Verdicts) -> JsonObject:
    true = verdicts.numbers.count(1.0)
    return {"num_true": true, "num_false": len(verdicts.numbers) - true}


def _number(spec: JsonObject, verdicts: Verdicts) -> JsonObject:
    return moments(verdicts.numbers)


def _options(spec: JsonObject, verdicts: Verdicts) -> JsonObject:
    counts = dict.fromkeys((option["name"] for option in spec.get("options") or []), 0)
    for (_, judgment), count in verdicts.others.items():
        if judgment is not None:
            chosen = orjson.loads(judgment)
            for name in chosen if isinstance(chosen, list) else [chosen]:
                counts[name] = counts.get(name, 0) + count
    return {"num_judgments_per_option": counts}


SUMMARIES: dict[str, Callable[[JsonObject, Verdicts], JsonObject]] = {
    "boolean": _boolean,
    "number": _number,
    "select": _options,
    "multi_select": _options,
    "text": lambda spec, verdicts: {},
}


def moments(numbers: Iterable[float]) -> JsonObject:
    """Return mean, sum, sample standard deviation and percentiles; null where there are too few numbers [A].

    A result that no float can hold is null as well: JSON has no infinity.
    """
    ordered = sorted(numbers)
    if not ordered:
        return {"mean": None, "sum": None, "std": None, "percentiles": {}}
    total = _sum(ordered)
    mean = total / len(ordered)
    std = _deviation(ordered, mean)
    shown = {text: percentile(ordered, float(text)) for text in PERCENTILES}
    return {"mean": _finite(mean), "sum": _finite(total), "std": _finite(std), "percentiles": shown}


def _sum(numbers: Iterable[float]) -> float:
    try:
        return math.fsum(numbers)
    except OverflowError:
        return math.inf


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _deviation(numbers: list[float], mean: float) -> float:
    if len(numbers) < 2:
        return math.nan
    return math.sqrt(_sum([(number - mean) * (number - mean) for number in numbers]) / (len(numbers) - 1))


def percentile(ordered: list[float], percent: float) -> float:
    """Return a percentile by linear interpolation between the closest ranks; `ordered` is sorted and not empty."""
    rank = (len(ordered) - 1) * percent / 100
    low = math.floor(rank)
    high = min(low + 1, len(ordered) - 1)
    fraction = rank - low
    if fraction == 0 or ordered[low] == ordered[high]:
        return ordered[low]
    between = ordered[low] * (1 - fraction) + ordered[high] * fraction
    return max(ordered[low], min(between, ordered[high]))  # rounding may leave the interval, even to infinity
