"""The sample project passes its tests as it is: alone, in parallel, and without a network."""

from pathlib import Path

import pytest

from tests.testing.runs import NO_NETWORK, PARALLEL, ROOT, outcomes, run_pytest

PROJECT = ROOT / "examples" / "sample-project"


@pytest.mark.parametrize("options", [PARALLEL, NO_NETWORK], ids=["in parallel", "alone and without a network"])
def test_the_sample_project_passes(options: tuple[str, ...]) -> None:
    done = run_pytest(PROJECT, *options)
    assert outcomes(done) == "10 passed", done.stdout + done.stderr


def test_the_block_of_the_network_is_one(tmp_path: Path) -> None:
    (tmp_path / "test_block.py").write_text(
        "import pytest, requests\n"
        "def test_blocked(humanloop):\n"
        "    with pytest.raises(AssertionError, match='network is blocked'):\n"
        "        requests.get(humanloop.url, timeout=5)\n"
    )
    assert outcomes(run_pytest(tmp_path, *NO_NETWORK)) == "1 passed"


def test_the_application_knows_nothing_of_the_emulator() -> None:
    for path in (PROJECT / "triage").glob("*.py"):
        assert "emulator" not in path.read_text(encoding="utf-8")
