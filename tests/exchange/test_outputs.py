"""Names of files: what stays as it is, what is written otherwise, and that nothing leaves the folder."""

from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from humanloop_emulator.exchange.outputs import LONGEST, OutputError, distinct, opened, safe_name, safe_path


@pytest.mark.parametrize("name", ["answer", "Is it good", "v1.2", "ä ü", "a%b", "100% sure!", "(x) [y] {z}", "consul"])
def test_most_names_stay_as_they_are(name: str) -> None:
    assert safe_name(name) == name


@pytest.mark.parametrize(
    ("name", "written"),
    [
        (".", "%2E"),
        ("..", "%2E%2E"),
        (".git", "%2Egit"),
        ("a/b\\c", "a%2Fb%5Cc"),
        ("a: b?", "a%3A b%3F"),
        ("line\nbreak", "line%0Abreak"),
        ("CON", "%43ON"),
        ("lpt1.old", "%6Cpt1.old"),
        ("ends.", "ends%2E"),
        (" ", "%20"),
    ],
)
def test_names_that_some_system_refuses_are_written_otherwise(name: str, written: str) -> None:
    assert safe_name(name) == written


def test_an_ending_is_part_of_the_name() -> None:
    assert (safe_name("ends.", ".prompt"), safe_name("nul", ".prompt")) == ("ends..prompt", "%6Eul.prompt")
    long = safe_name("ä" * 300, ".prompt")
    assert long.endswith(".prompt") and len(long.encode()) <= LONGEST + 7
    assert long != safe_name("ä" * 301, ".prompt")


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="/"), min_size=1), min_size=1, max_size=4))
@settings(max_examples=100)
def test_no_path_leaves_its_folder(names: list[str]) -> None:
    path = PurePosixPath(safe_path("/".join(names), ".csv"))
    assert not path.is_absolute()
    assert len(path.parts) == len(names)
    assert not {".", "..", ".git"} & set(path.parts)
    assert all(len(part.encode()) < 256 or "%" in part for part in path.parts)


def test_of_several_with_one_path_each_has_its_own() -> None:
    assert distinct([["a"], ["b", "c"]]) == ["a", "b"]
    assert distinct([["a", "a1"], ["A", "a2"]]) == ["a1", "a2"]
    assert distinct([["e\u0301", "1"], ["\u00e9", "2"]]) == ["1", "2"]
    assert distinct([["a", "b", "c"], ["a", "d"], ["b"]]) == ["c", "d", "b"]


def test_a_file_does_not_take_the_path_of_a_folder() -> None:
    assert distinct([["a.prompt", "other"], ["a.prompt/b"]]) == ["other", "a.prompt/b"]


def test_a_file_is_there_when_all_is_written(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), opened(tmp_path, "a/b") as file:
        file.write(b"half")
        raise ZeroDivisionError
    assert [path.name for path in tmp_path.rglob("*")] == ["a"]
    for text in (b"one", b"two"):
        with opened(tmp_path, "a/b") as file:
            file.write(text)
    assert (tmp_path / "a" / "b").read_bytes() == b"two"


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    outside.mkdir()
    folder.mkdir()
    (folder / "link").symlink_to(outside)
    with pytest.raises(OutputError), opened(folder, "link/a"):
        pass
    (outside / "kept").write_text("kept")
    (folder / "kept").symlink_to(outside / "kept")
    with opened(folder, "kept") as file:
        file.write(b"new")
    assert [(path.name, path.read_text()) for path in outside.iterdir()] == [("kept", "kept")]
    assert (folder / "kept").read_text() == "new"
