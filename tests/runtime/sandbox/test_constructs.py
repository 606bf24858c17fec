"""How much of what evaluators are written with each runtime knows: the figures in docs/runtime.md."""

from pathlib import Path

import pytest

from humanloop_emulator.runtime.sandbox.confinement import missing
from tests.runtime.sandbox.constructs import CONSTRUCTS, head, table

GUIDE = (Path(__file__).parents[3] / "docs" / "runtime.md").read_text("utf-8")


def test_each_has_a_name_of_its_own() -> None:
    assert len({each.name for each in CONSTRUCTS}) == len(CONSTRUCTS)


@pytest.mark.parametrize("runtime", ["monty", "auto"])
def test_the_guide_tells_what_a_runtime_knows(runtime: str) -> None:
    if runtime == "auto" and (lacking := missing()):
        pytest.skip(f"code cannot be shut in here: {lacking}")
    assert head() in GUIDE.splitlines()
    assert table(runtime) in GUIDE.splitlines()
