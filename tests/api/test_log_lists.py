"""Lists of Logs: newest first, with every filter, in pages that divide the whole."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from humanloop_emulator.json_types import JsonObject
from tests.builders.files import Logs, fresh_api
from tests.conftest import Api


class Listed(Logs):
    """Logs of one Flow."""

    def add(self, **fields: Any) -> str:
        return self.create("flow", **fields)["id"]

    @property
    def file(self) -> str:
        return self.api.post("/files/retrieve-by-path", {"path": "logged"})["id"]

    def found(self, **query: Any) -> list[str]:
        """Return the ids that a filter finds, and hold the total to them."""
        page = self.page(self.file, size=1000, **query)
        ids = [record["id"] for record in page["records"]]
        assert page["total"] == len(ids)
        return ids


@pytest.fixture
def logs(api: Api) -> Listed:
    return Listed(api)


def day(number: int) -> str:
    return f"2025-05-{number:02}T00:00:00.000000Z"


def test_the_newest_comes_first(logs: Listed) -> None:
    first, second, third = logs.add(), logs.add(created_at=day(1)), logs.add()
    assert logs.found() == [third, first, second]


def test_of_equal_times_the_last_to_come_is_the_newest(logs: Listed) -> None:
    ids = [logs.add(created_at=day(1)) for _ in range(3)]
    assert logs.found() == ids[::-1]


def test_only_the_logs_of_the_file_are_listed(logs: Listed) -> None:
    log = logs.add()
    logs.create("flow", "other")
    assert logs.found() == [log]


def test_a_file_is_required_and_must_exist(logs: Listed) -> None:
    logs.add()
    detail = logs.api.detail("GET", "/logs", status=422)
    assert (detail[0]["loc"], detail[0]["type"]) == (["query", "file_id"], "value_error.missing")
    assert logs.api.detail("GET", "/logs", status=404, query_string={"file_id": "no_such"})["loc"] == [
        "query",
        "file_id",
    ]


def test_ten_logs_are_a_page(logs: Listed) -> None:
    for _ in range(11):
        logs.add()
    page = logs.page(logs.file)
    assert (len(page["records"]), page["page"], page["size"], page["total"]) == (10, 1, 10, 11)
    assert len(logs.ids(logs.file, page=2)) == 1


def test_a_page_past_the_end_is_empty(logs: Listed) -> None:
    logs.add()
    assert logs.page(logs.file, page=2) == {"records": [], "page": 2, "size": 10, "total": 1}
    assert logs.page(logs.file, size=0) == {"records": [], "page": 1, "size": 0, "total": 1}
    assert logs.page(logs.file, page=2, search="nothing")["total"] == 0


def test_a_version(logs: Listed) -> None:
    log = logs.add()
    other = logs.create("flow", flow={"attributes": {"number": 2}})
    assert logs.found(version_id=other["version_id"]) == [other["id"]]
    assert logs.found(version_id=logs.get(log)["flow"]["version_id"]) == [log]
    assert logs.found(version_id="no_such") == []


def test_parts_of_ids(logs: Listed) -> None:
    for uid in ("alpha-1", "alpha-2", "beta-1"):
        logs.add(log_id=uid)
    assert logs.found(id="alpha") == ["alpha-2", "alpha-1"]
    assert logs.found(id="-1") == ["beta-1", "alpha-1"]
    assert logs.found(id=["beta", "a-2"]) == ["beta-1", "alpha-2"]
    assert logs.found(id="%") == logs.found(id="alpha_1") == []


def test_more_ids_than_a_statement_has_places(logs: Listed) -> None:
    log = logs.add()
    assert logs.found(id=[f"no_such_{number}" for number in range(1500)] + [log]) == [log]


def test_text_in_inputs_and_output_in_any_case(logs: Listed) -> None:
    one = logs.add(inputs={"question": "Où est la Gare?"})
    other = logs.add(output="À côté de la gare")
    logs.add(error="gare", metadata={"gare": "gare"})
    assert logs.found(search="GARE") == [other, one]
    assert logs.found(search="OÙ EST") == [one]
    assert logs.found(search="à côté") == [other]
    assert logs.found(search="train") == []


@pytest.mark.parametrize(
    "text", ['say "hi"', "two\nlines", "back\\slash", "100%", "under_score", "NUL\0here", "😀", "tab\t"]
)
def test_any_text_is_found_wherever_it_stands(logs: Listed, text: str) -> None:
    decoys = [logs.add(inputs={"a": "nothing"}, output="nothing", metadata={"b": "nothing"})]
    ids = [
        logs.add(inputs={"a": [f"… {text} …"]}),
        logs.add(output=f"… {text} …"),
    ]
    assert logs.found(search=text.upper()) == ids[::-1]
    described = logs.add(metadata={"b": {"c": f"… {text} …"}})
    assert logs.found(metadata_search=text.upper()) == [described]
    assert set(logs.found()) == {*decoys, *ids, described}


def test_text_in_metadata(logs: Listed) -> None:
    log = logs.add(metadata={"Customer": "ACME", "number": 17})
    logs.add(inputs={"customer": "acme"}, output="acme")
    for text in ("acme", "customer", "17"):
        assert logs.found(metadata_search=text) == [log]


def test_dates_limit_both_ends_and_include_them(logs: Listed) -> None:
    ids = [logs.add(created_at=day(number)) for number in (1, 2, 3)]
    assert logs.found(start_date=day(2)) == [ids[2], ids[1]]
    assert logs.found(end_date=day(2)) == [ids[1], ids[0]]
    assert logs.found(start_date=day(2), end_date=day(2)) == [ids[1]]
    assert logs.found(start_date="2025-05-02T02:00:00+02:00", end_date="2025-05-02") == [ids[1]]
    assert logs.found(start_date=day(3), end_date=day(1)) == []


def test_logs_in_traces(logs: Listed) -> None:
    top = logs.add()
    inside = logs.add(trace_parent_id=top)
    assert logs.found(in_trace_filter="true") == [inside]
    assert logs.found(in_trace_filter="false") == [top]
    assert logs.found(in_trace_filter=["true", "false"]) == [inside, top]


def test_samples_are_the_same_each_time(logs: Listed) -> None:
    everything = [logs.add() for _ in range(12)][::-1]
    sample = logs.found(sample=5)
    assert len(sample) == 5
    assert logs.found(sample=5) == sample
    assert sample == [uid for uid in everything if uid in sample]
    assert [*logs.ids(logs.file, sample=5, size=3), *logs.ids(logs.file, sample=5, size=3, page=2)] == sample
    assert logs.found(sample=100) == everything
    assert logs.found(sample=0) == []


def test_a_sample_is_taken_of_what_the_filters_find(logs: Listed) -> None:
    marked = {logs.add(output="marked") for _ in range(6)}
    for _ in range(6):
        logs.add()
    assert set(logs.found(sample=4, search="marked")) < marked


def test_filters_go_together(logs: Listed) -> None:
    log = logs.add(log_id="a-1", output="x", metadata={"m": 1}, created_at=day(2))
    logs.add(log_id="a-2", output="x", metadata={"m": 2}, created_at=day(2))
    logs.add(log_id="b-1", output="x", metadata={"m": 1}, created_at=day(2))
    logs.add(log_id="a-3", output="y", metadata={"m": 1}, created_at=day(2))
    logs.add(log_id="a-4", output="x", metadata={"m": 1}, created_at=day(3))
    query: JsonObject = {"id": "a-", "search": "x", "metadata_search": "1", "end_date": day(2)}
    assert logs.found(**query, in_trace_filter="false", sample=10) == [log]


def test_the_judged_log_comes_when_asked_for(logs: Listed) -> None:
    judged = logs.add(output="judged")
    judgment = logs.judge(judged, judgment=True)
    evaluator = logs.get(judgment["id"])["evaluator"]["id"]
    [plain] = logs.page(evaluator)["records"]
    assert (plain["parent"], plain["parent_id"]) == (None, judged)
    [with_parent] = logs.page(evaluator, include_parent="true")["records"]
    assert (with_parent["parent"]["id"], with_parent["parent"]["output"]) == (judged, "judged")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("start_date", "yesterday"),
        ("sample", "some"),
        ("in_trace_filter", "maybe"),
        ("page", "0"),
        ("size", "-1"),
        ("include_parent", "2"),
    ],
)
def test_filters_that_cannot_be_read_are_refused(logs: Listed, name: str, value: str) -> None:
    logs.add()
    query = {"file_id": logs.file, name: value}
    detail = logs.api.detail("GET", "/logs", status=422, query_string=query)
    assert {tuple(problem["loc"][:2]) for problem in detail} == {("query", name)}


@given(
    st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["x", "y"])), max_size=12),
    st.integers(1, 5),
    st.sampled_from([{}, {"search": "X"}, {"start_date": day(2)}, {"sample": 4}]),
)
@settings(max_examples=30, deadline=None)
def test_pages_divide_every_list(made: list[tuple[int, str]], size: int, query: JsonObject) -> None:
    logs = Listed(fresh_api())
    logs.create("flow", "logged", output="x", created_at=day(2))
    for number, output in made:
        logs.add(created_at=day(number), output=output)
    whole = logs.found(**query)
    pages = [logs.ids(logs.file, size=size, page=page, **query) for page in range(1, len(whole) // size + 3)]
    assert [uid for page in pages for uid in page] == whole
    assert len(set(whole)) == len(whole)
    assert all(len(page) == size for page in pages[: len(whole) // size])
    assert pages[-1] == []
