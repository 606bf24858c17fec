"""Lists of Files of one kind: filters, order and pages."""

import pytest

from tests.builders.files import KINDS, Files, fresh_api

pytestmark = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def files(kind: str) -> Files:
    return Files(fresh_api(), kind)


def test_a_list_shows_each_file_at_its_default_version_and_no_other_kind(files: Files, kind: str) -> None:
    first = files.upsert("a")
    files.upsert("a", 2)
    Files(files.api, KINDS[KINDS.index(kind) - 1]).upsert("b")
    page = files.page()
    assert page == {"records": [files.get(first["id"])], "page": 1, "size": 10, "total": 1}


def test_the_name_filter_ignores_case_in_every_alphabet(files: Files) -> None:
    for path in ("shared/Straße ÉTÉ", "shared/other", "été/none"):
        files.upsert(path)
    assert files.names(name="été") == ["Straße ÉTÉ"]
    assert files.names(name="STRASSE") == ["Straße ÉTÉ"]
    assert files.names(name="THE") == ["other"]
    assert files.names(name="%") == []
    assert files.page(name="absent")["total"] == 0


def test_the_user_filter_looks_at_address_and_full_name(files: Files) -> None:
    user = files.upsert()["created_by"]
    for text in (user["email_address"].upper(), user["full_name"].lower(), user["full_name"][2:]):
        assert files.page(user_filter=text)["total"] == 1
    assert files.page(user_filter="somebody else")["total"] == 0


def test_the_newest_comes_first_unless_asked_otherwise(files: Files) -> None:
    for path in ("b", "c", "a"):
        files.upsert(path)
    assert files.names() == files.names(sort_by="created_at", order="desc") == ["a", "c", "b"]
    assert files.names(order="asc") == ["b", "c", "a"]
    assert files.names(sort_by="name", order="asc") == ["a", "b", "c"]
    assert files.names(sort_by="name") == ["c", "b", "a"]


def test_a_changed_file_comes_first_by_the_time_of_its_update(files: Files) -> None:
    oldest = files.upsert("a")
    files.upsert("b")
    files.upsert("a", 2)
    assert files.names(sort_by="updated_at") == ["a", "b"]
    assert files.names(sort_by="updated_at", order="asc") == ["b", "a"]
    assert files.get(oldest["id"])["updated_at"] > oldest["updated_at"]


def test_pages_divide_the_list(files: Files) -> None:
    for number in range(5):
        files.upsert(f"f{number}")
    everything = files.names()
    assert [files.names(page=page, size=2) for page in (1, 2, 3)] == [everything[:2], everything[2:4], everything[4:]]
    assert files.page(page=2, size=2) | {"records": []} == {"records": [], "page": 2, "size": 2, "total": 5}


def test_ten_files_are_a_page(files: Files) -> None:
    for number in range(11):
        files.upsert(f"f{number}")
    assert len(files.page()["records"]) == 10
    assert len(files.page(size=1000)["records"]) == 11


def test_a_page_past_the_end_is_empty_and_no_error(files: Files) -> None:
    files.upsert()
    for page in (2, 1000, 2**62):
        assert files.page(page=page) == {"records": [], "page": page, "size": 10, "total": 1}


def test_a_page_of_size_zero_tells_the_total_alone(files: Files) -> None:
    files.upsert()
    assert files.page(size=0) == {"records": [], "page": 1, "size": 0, "total": 1}


def test_impossible_pages_and_orders_are_refused(files: Files) -> None:
    for name, value in (
        ("page", "0"),
        ("page", "-1"),
        ("size", "-1"),
        ("size", "x"),
        ("page", str(2**64)),
        ("order", "up"),
        ("sort_by", "id"),
    ):
        detail = files.api.detail("GET", files.root, status=422, query_string={name: value})
        assert [problem["loc"] for problem in detail] == [["query", name]]


def test_filters_and_pages_go_together(files: Files) -> None:
    for path in ("aa", "ab", "b", "ac"):
        files.upsert(path)
    page = files.page(name="A", sort_by="name", order="asc", page=2, size=2)
    assert [record["name"] for record in page["records"]] == ["ac"]
    assert page["total"] == 3
