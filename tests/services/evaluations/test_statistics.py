"""The numbers of an Evaluator: against Python's own statistics, and percentiles against their definition."""

import math
import statistics
import sys
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from humanloop_emulator.services.evaluations.statistics import PERCENTILES, Verdicts, moments, percentile, summarize

numbers = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50)
any_numbers = st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=50)


def exact_percentile(values: list[float], percent: str) -> Fraction:
    """Interpolate linearly between the closest ranks, in exact arithmetic: how numpy does it by default."""
    exact = sorted(map(Fraction, values))
    rank = Fraction(percent) / 100 * (len(exact) - 1)
    below = math.floor(rank)
    above = math.ceil(rank)
    return exact[below] + (exact[above] - exact[below]) * (rank - below)


@given(numbers)
def test_mean_and_sum_are_those_of_the_numbers(values: list[float]) -> None:
    shown = moments(values)
    assert shown["sum"] == math.fsum(values)
    assert shown["mean"] == pytest.approx(statistics.fmean(values), abs=1e-9)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=50))
def test_std_is_of_a_sample(values: list[float]) -> None:
    assert moments(values)["std"] == pytest.approx(statistics.stdev(values), rel=1e-6, abs=1e-6)


@given(numbers)
def test_percentiles_interpolate_between_the_closest_ranks(values: list[float]) -> None:
    shown = moments(values)["percentiles"]
    assert list(shown) == ["0", "25", "50", "75", "90", "95", "99", "99.9", "100"]
    for percent, value in shown.items():
        assert value == pytest.approx(float(exact_percentile(values, percent)), rel=1e-9, abs=1e-6)
    assert (shown["0"], shown["100"]) == (min(values), max(values))
    assert shown["50"] == pytest.approx(statistics.median(values), abs=1e-9)


def test_known_numbers_give_what_numpy_gives() -> None:
    shown = moments([4.0, 1.0, 3.0, 2.0])
    assert (shown["mean"], shown["sum"]) == (2.5, 10.0)
    assert shown["std"] == pytest.approx(1.2909944487358056)
    assert [shown["percentiles"][text] for text in ("25", "50", "75", "90")] == pytest.approx([1.75, 2.5, 3.25, 3.7])
    assert [shown["percentiles"][text] for text in ("95", "99", "99.9")] == pytest.approx([3.85, 3.97, 3.997])


def test_no_numbers_have_no_moments() -> None:
    assert moments([]) == {"mean": None, "sum": None, "std": None, "percentiles": {}}


def test_one_number_is_its_mean_and_every_percentile_and_has_no_std() -> None:
    shown = moments([7.0])
    assert (shown["mean"], shown["sum"], shown["std"]) == (7.0, 7.0, None)
    assert shown["percentiles"] == dict.fromkeys(PERCENTILES, 7.0)


@given(any_numbers)
def test_all_that_is_shown_is_a_number_that_json_has(values: list[float]) -> None:
    shown = moments(values)
    assert all(value is None or math.isfinite(value) for value in (shown["mean"], shown["sum"], shown["std"]))
    assert all(min(values) <= value <= max(values) for value in shown["percentiles"].values())


def test_a_result_beyond_all_floats_is_null_and_the_others_stay() -> None:
    wide = moments([-1e200, 1e200])
    assert (wide["mean"], wide["sum"], wide["std"]) == (0.0, 0.0, None)
    wide = moments([-1e154, 1e154, 1e154, -1e154])
    assert (wide["mean"], wide["sum"], wide["std"]) == (0.0, 0.0, None), "the squares fit, their sum does not"
    large = moments([sys.float_info.max] * 3)
    assert (large["mean"], large["sum"], large["std"]) == (None, None, None)
    assert large["percentiles"]["50"] == sys.float_info.max


def test_rounding_does_not_lead_out_of_the_interval() -> None:
    largest = sys.float_info.max
    pair = [math.nextafter(largest, 0), largest]
    assert all(pair[0] <= percentile(pair, percent) <= pair[1] for percent in range(101))


def verdicts(*numbers: float, nulls: int = 0, errors: int = 0, **judged: int) -> Verdicts:
    """Return verdicts: numbers, outcomes without a judgment, and counted judgments by their JSON."""
    made = Verdicts(list(numbers))
    made.others.update({("null", None): nulls, ("error", None): errors})
    made.others.update({("judged", f'"{name}"'): count for name, count in judged.items()})
    return made


@pytest.mark.parametrize(
    ("spec", "given_verdicts", "own"),
    [
        ({"return_type": "boolean"}, verdicts(1.0, 0.0, 1.0), {"num_true": 2, "num_false": 1}),
        ({"return_type": "number"}, verdicts(1.0, 0.0, 1.0), moments([1.0, 0.0, 1.0])),
        ({"return_type": "text"}, verdicts(fine=2, bad=1), {}),
        (
            {"return_type": "select", "options": [{"name": "fine"}, {"name": "never"}]},
            verdicts(fine=3),
            {"num_judgments_per_option": {"fine": 3, "never": 0}},
        ),
    ],
)
def test_each_return_type_has_its_own_fields_beside_the_common_ones(
    spec: dict[str, object], given_verdicts: Verdicts, own: dict[str, object]
) -> None:
    common = {"evaluator_version_id": "evv_1", "total_logs": 3, "num_judgments": 3, "num_nulls": 0, "num_errors": 0}
    assert summarize("evv_1", spec, given_verdicts) == common | own


def test_several_choices_count_for_each_option_that_they_name() -> None:
    spec = {"return_type": "multi_select", "options": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}
    made = Verdicts()
    made.others.update({("judged", '["a","b"]'): 2, ("judged", '["b"]'): 1, ("judged", "[]"): 1})
    shown = summarize("evv_1", spec, made)
    assert shown["num_judgments_per_option"] == {"a": 2, "b": 3, "c": 0}
    assert shown["num_judgments"] == 4


@pytest.mark.parametrize("return_type", ["boolean", "number", "select", "multi_select", "text"])
def test_nulls_and_errors_are_verdicts_but_no_judgments(return_type: str) -> None:
    shown = summarize("evv_1", {"return_type": return_type}, verdicts(nulls=2, errors=3))
    counts = [shown[name] for name in ("total_logs", "num_judgments", "num_nulls", "num_errors")]
    assert counts == [5, 0, 2, 3]
